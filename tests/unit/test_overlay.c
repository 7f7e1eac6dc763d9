/* test_overlay.c - overlays of a small package, held against the git program.
 * SPDX-License-Identifier: ISC */
#include "bench.h"

static void add_is_pristine(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct overlay o;
	bool created = false;
	assert_ok(overlay_add(&b->w, "lib", &o, &created, &e));
	assert_true(created);
	assert_string_equal(o.version, "1.0");
	assert_false(o.dirty);
	assert_true(o.saved);
	assert_int_equal(o.patches.n, 0);
	sh(b, "diff -r --no-dereference -x .git upstream overlays/lib/src");
	assert_str(git_tree(b, b->src), o.tree);
	assert_str(sh(b, "git -C %s status --porcelain", b->src), "");
	assert_str(sh(b, "git -C %s fsck 2>&1", b->src), "");
	assert_ok(overlay_add(&b->w, "lib", &o, &created, &e));
	assert_false(created);
}

static void add_gives_the_same_commit_anywhere(void **state)
{
	struct bench *b = *state;
	add(b);
	struct str first = sh(b, "git -C %s rev-parse HEAD", b->src);
	sh(b, "rm -rf overlays");
	add(b);
	assert_str(sh(b, "git -C %s rev-parse HEAD", b->src), str_copy(&b->a, first));
}

static void add_names_near_misses(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct overlay o;
	bool created;
	assert_false(overlay_add(&b->w, "lub", &o, &created, &e));
	assert_int_equal(e.code, E_NOTFOUND);
	assert_non_null(strstr(e.hint, "'lib'"));
}

/* Each of these is an edit, and each must change the tree's id, seen through the cache. */
static void every_edit_is_seen(void **state)
{
	static const char *const edits[] = {"echo x >>src/a.c", "echo new >src/c.c",
		"echo hidden >src/x.log", "rm src/c.c", "chmod -x src/b.c", "mkdir n; echo 1 >n/f",
		"mv src/b.c src/bb.c", "ln -sf ../src/bb.c doc/link", "rm -r n",
		"git add -A; git commit -qm all", "git rm -q --cached src/a.c",
		"printf 'a\\0c' >doc/binary",
		/* the same size and the same time of modification */
		"cp -p src/a.c t; sed -i s/42/24/ src/a.c; touch -r t src/a.c; rm t"};
	struct bench *b = *state;
	char before[41] = "";
	add(b);
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		usleep(30000); /* so that the cache trusts what it has */
		list(b);
		list(b);
		sh(b, "cd %s; %s", b->src, edits[i]);
		struct overlay o = list(b);
		assert_str(git_tree(b, b->src), o.tree);
		bool commit = strstr(edits[i], "git") != NULL;
		assert_int_equal(!strcmp(before, o.tree), commit);
		snprintf(before, sizeof(before), "%s", o.tree);
		bool same = str_is(sh(b, "git -C %s rev-parse HEAD^{tree}", b->src), o.tree);
		assert_int_equal(o.dirty, !same);
	}
	assert_string_equal(list(b).patches.v[0], "all");
}

static void edits_within_the_clock_step_are_seen(void **state)
{
	struct bench *b = *state;
	add(b);
	for (int i = 0; i < 30; i++) {
		defer(arena_free) struct arena scratch = {0};
		struct err e;
		const char *text = str_format(&scratch, "%02d\n", i);
		assert_ok(file_write_cache(
			path_join(&scratch, b->src, "src/a.c"), str_of(text), 0644, &e));
		const char *seen = list(b).tree;
		FILE *f = fopen(path_join(&scratch, b->src, "src/a.c"), "r+");
		fputs("zz", f);
		fclose(f);
		assert_string_not_equal(list(b).tree, seen);
	}
}

static void fresh_clone(struct bench *b)
{
	sh(b, "git init -q .; git add .; git commit -qm project; git clone -q . ../$(basename "
	      "$PWD).c\n"
	      "c=../$(basename $PWD).c; rm -rf overlays .respin; mv $c/overlays .; rm -rf $c");
}

static void save_and_clone_give_the_same_commits(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct overlay o;
	add(b);
	make_patch(b, "p.patch",
		"sed -i s/^50$/fifty/ src/a.c; c one -m 'A body.\n\nAnother: line'\n"
		"git mv src/b.c src/moved.c; sed -i s/3/drei/ src/moved.c; c 'two: moved, "
		"\"quoted\" & more'\n"
		"printf 'x\\0y' >doc/binary; rm kept.log; chmod +x src/a.c; c 'three "
		"\xc3\xa9\xc3\xa8'");
	apply(b, "p.patch");
	sh(b,
		"cd %s; sed -i s/two/2/ dos.txt; git commit -qam 'four: by hand'; "
		"echo loose >src/loose.c; echo hidden >x.log",
		b->src);
	assert_false(overlay_save(&b->w, "lib", NULL, &o, &e));
	assert_int_equal(e.code, E_CONFLICT);
	assert_ok(overlay_save(&b->w, "lib", "five: the rest", &o, &e));
	assert_true(o.saved);
	assert_false(o.dirty);
	assert_int_equal(o.patches.n, 5);
	assert_string_equal(o.patches.v[2], "three \xc3\xa9\xc3\xa8");
	assert_str(sh(b, "ls overlays/lib"),
		"0001-one.patch\n0002-two-moved-quoted-more.patch\n0003-three.patch\n"
		"0004-four-by-hand.patch\n0005-five-the-rest.patch\noverlay.json\nsrc");
	struct str head = sh(b, "git -C %s rev-parse HEAD", b->src);
	const char *tree = o.tree;
	fresh_clone(b);
	sh(b, "test ! -e overlays/lib/src");
	o = list(b);
	assert_string_equal(o.tree, tree);
	assert_true(o.saved);
	assert_int_equal(o.patches.n, 5);
	assert_str(sh(b, "git -C %s rev-parse HEAD", b->src), head.p);
	assert_str(sh(b, "git -C %s status --porcelain --ignored", b->src), "");
	/* git takes the series too */
	sh(b, "git -C %s checkout -q upstream; cd %s; git am -q --keep-cr ../00*.patch", b->src,
		b->src);
	assert_str(sh(b, "git -C %s rev-parse HEAD^{tree}", b->src), tree);
}

static void save_twice_changes_nothing(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct overlay o;
	add(b);
	make_patch(b, "p.patch",
		"sed -i s/^50$/fifty/ src/a.c; c one; sed -i s/^50$/fifty/ src/b.c; echo 1 >n; c "
		"two");
	apply(b, "p.patch");
	assert_ok(overlay_save(&b->w, "lib", NULL, &o, &e));
	struct str before = sh(b, "cat overlays/lib/*.*");
	assert_ok(overlay_save(&b->w, "lib", NULL, &o, &e));
	assert_str(sh(b, "cat overlays/lib/*.*"), before.p);
	/* fewer commits: the patch that is no more goes */
	sh(b, "git -C %s reset -q --hard HEAD^", b->src);
	assert_ok(overlay_save(&b->w, "lib", NULL, &o, &e));
	assert_str(sh(b, "ls overlays/lib; cat overlays/.gitignore"),
		"0001-one.patch\noverlay.json\nsrc\n/*/src/\n/*/.respin/");
}

static void save_refuses_what_would_come_back_different(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct overlay o;
	add(b);
	sh(b, "cd %s; echo 1 >n; git add n; git commit -qm cut -m 'a\n---\nb'", b->src);
	assert_false(overlay_save(&b->w, "lib", NULL, &o, &e));
	assert_non_null(strstr(e.text, "message would come back different"));
	sh(b,
		"cd %s; git reset -q --hard upstream; git checkout -qb side; echo 1 >n; git add n; "
		"git commit -qm n;"
		"git checkout -q main; echo 2 >m; git add m; git commit -qm m; git merge -q side "
		"-m merge",
		b->src);
	assert_false(overlay_save(&b->w, "lib", NULL, &o, &e));
	assert_non_null(strstr(e.text, "a merge"));
	sh(b, "cd %s; git reset -q --hard upstream; git commit -q --allow-empty -m nothing",
		b->src);
	assert_false(overlay_save(&b->w, "lib", NULL, &o, &e));
	assert_int_equal(e.code, E_CONFLICT);
	sh(b, "test ! -e overlays/lib/0001*");
}

static void drop_keeps_unsaved_edits(void **state)
{
	static const char *const edits[] = {"echo x >>src/a.c", "echo x >y.log",
		"git commit -qam x --allow-empty; echo y >>src/a.c; git commit -qam y",
		"git checkout -qb mine; echo y >>src/a.c; git commit -qam y; git checkout -q main",
		"echo y >>src/a.c; git stash -q", "rm ../overlay.json"};
	struct bench *b = *state;
	struct err e;
	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		add(b);
		sh(b, "cd %s; %s", b->src, edits[i]);
		assert_false(overlay_drop(&b->w, "lib", false, &e));
		assert_int_equal(e.code, E_CONFLICT);
		assert_true(dir_exists(b->src));
		assert_ok(overlay_drop(&b->w, "lib", true, &e));
		assert_false(file_exists(in(b, "overlays/lib")));
	}
	add(b);
	assert_ok(overlay_drop(&b->w, "lib", false, &e));
	assert_false(file_exists(in(b, "overlays/lib")));
	assert_false(overlay_drop(&b->w, "lib", false, &e));
	assert_int_equal(e.code, E_NOTFOUND);
	assert_false(overlay_drop(&b->w, "../upstream", true, &e));
	assert_true(dir_exists(in(b, "upstream")));
}

static void diff_shows_all(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct str diff;
	add(b);
	sh(b,
		"cd %s; sed -i s/^50$/fifty/ src/a.c; git commit -qam x; echo n >new.log; printf "
		"'q\\0' >doc/binary; rm src/b.c",
		b->src);
	assert_ok(overlay_diff(&b->w, "lib", &diff, &e));
	assert_ok(file_write(in(b, "d.patch"), diff, 0644, &e));
	sh(b,
		"cp -a upstream u; cd u; git init -q .; git apply ../d.patch; rm -rf .git; diff -r "
		"-x .git . %s",
		b->src);
}

/* git pull brings another series: the working tree follows, unless it holds edits of its own. */
static void series_changed_on_disk(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct overlay o;
	overlays all;
	add(b);
	make_patch(b, "p.patch", "sed -i s/^50$/fifty/ src/a.c; c one; echo 1 >n; c two");
	apply(b, "p.patch");
	assert_ok(overlay_save(&b->w, "lib", NULL, &o, &e));
	sh(b, "cp -a overlays/lib other; sed -i 's/,*\"0002-two.patch\"//; "
	      "s/\\(one.patch\"\\),/\\1/' overlays/lib/overlay.json; rm overlays/lib/0002*");
	o = list(b);
	assert_int_equal(o.patches.n, 1);
	assert_true(o.saved);
	assert_false(file_exists(in(b, "overlays/lib/src/n")));
	sh(b, "echo mine >%s/mine; cp other/*.patch other/overlay.json overlays/lib", b->src);
	assert_false(overlay_list(&b->w, &all, &e));
	assert_int_equal(e.code, E_CONFLICT);
	sh(b, "grep mine %s/mine; rm %s/mine", b->src, b->src);
	assert_int_equal(list(b).patches.n, 2);
}

static void other_versions_are_conflicts(void **state)
{
	struct bench *b = *state;
	struct err e;
	overlays all;
	add(b);
	list(b);
	write_recipe(b, "1.1");
	assert_false(overlay_list(&b->w, &all, &e));
	assert_int_equal(e.code, E_CONFLICT);
	assert_non_null(strstr(e.text, "1.0"));
	assert_non_null(strstr(e.text, "1.1"));
	sh(b, "rm -rf %s", b->src);
	assert_false(overlay_list(&b->w, &all, &e));
	assert_int_equal(e.code, E_CONFLICT);
}

static void a_changed_source_folder_is_followed(void **state)
{
	struct bench *b = *state;
	struct err e;
	overlays all;
	add(b);
	list(b);
	sh(b, "echo more >>upstream/src/a.c");
	assert_str(git_tree(b, b->src), list(b).tree);
	sh(b, "diff -r -x .git upstream %s; echo mine >%s/mine; echo new >upstream/new", b->src,
		b->src);
	assert_false(overlay_list(&b->w, &all, &e));
	assert_int_equal(e.code, E_CONFLICT);
	sh(b, "grep mine %s/mine", b->src);
}

static void broken_series_are_refused(void **state)
{
	static const struct {
		const char *make, *says;
	} samples[] = {{"echo '{' >overlay.json", "overlay.json"},
		{"echo '{\"patches\": []}' >overlay.json", "version"},
		{"echo '{\"version\": \"1.0\", \"patches\": [\"../x.patch\"]}' >overlay.json",
			"patch"},
		{"echo '{\"version\": \"1.0\", \"patches\": [\"x.patch\"]}' >overlay.json",
			"no such file"},
		{"echo >x.patch", "not in the list"},
		{"echo '{\"version\": \"1.0\", \"patches\": [\"x.patch\"]}' >overlay.json; echo "
		 "hello >x.patch",
			"no diff"}};
	struct bench *b = *state;
	struct err e;
	overlays all;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		add(b);
		sh(b, "cd overlays/lib; rm -rf src; %s", samples[i].make);
		assert_false(overlay_list(&b->w, &all, &e));
		assert_error(&e, E_INPUT, samples[i].says);
		assert_false(file_exists(b->src));
		sh(b, "rm -r overlays");
	}
}

static void scratch_leaves_overlays_alone(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct overlay o, again;
	make_patch(b, "p.patch", "sed -i s/^50$/fifty/ src/a.c; c one");
	assert_ok(overlay_scratch(&b->w, "lib", in(b, "p.patch"), &o, &e));
	assert_false(file_exists(in(b, "overlays")));
	assert_int_equal(o.patches.n, 1);
	assert_str(git_tree(b, o.dir), o.tree);
	struct str times = sh(b, "stat -c '%%n %%z' .respin/try/lib/src/*");
	assert_ok(overlay_scratch(&b->w, "lib", in(b, "p.patch"), &again, &e));
	assert_string_equal(again.tree, o.tree);
	assert_string_equal(again.patches.v[0], "one");
	assert_str(sh(b, "stat -c '%%n %%z' .respin/try/lib/src/*"), times.p);
	/* somebody has been there */
	sh(b, "echo x >>.respin/try/lib/src/a.c");
	assert_ok(overlay_scratch(&b->w, "lib", in(b, "p.patch"), &again, &e));
	assert_string_equal(again.tree, o.tree);
	assert_str(git_tree(b, again.dir), o.tree);
	/* on top of an overlay, uncommitted changes included */
	add(b);
	sh(b, "cd %s; echo new >new; git add new; git commit -qm new; echo loose >loose", b->src);
	struct overlay base = list(b);
	assert_ok(overlay_scratch(&b->w, "lib", in(b, "p.patch"), &o, &e));
	assert_int_equal(o.patches.n, 3);
	assert_string_equal(o.patches.v[2], "one");
	sh(b, "test -e .respin/try/lib/new -a -e .respin/try/lib/loose");
	assert_str(git_tree(b, o.dir), o.tree);
	assert_string_equal(list(b).tree, base.tree);
	assert_true(list(b).dirty);
	/* a patch that fails leaves the last one */
	make_patch(b, "q.patch", "sed -i s/^50$/50a/ src/a.c; c q; sed -i s/50a/50b/ src/a.c; c r");
	sh(b, "sed -i '/^-50a/s/a/x/' q.patch");
	assert_false(overlay_scratch(&b->w, "lib", in(b, "q.patch"), &again, &e));
	assert_int_equal(e.code, E_CONFLICT);
	assert_str(git_tree(b, o.dir), o.tree);
}

static void gitignore_of_the_user_is_kept(void **state)
{
	struct bench *b = *state;
	sh(b, "mkdir overlays; printf '*.orig' >overlays/.gitignore");
	add(b);
	add(b);
	assert_str(sh(b, "cat overlays/.gitignore"), "*.orig\n/*/src/\n/*/.respin/");
}

static const struct CMUnitTest tests[] = {
	BENCH_TEST(add_is_pristine),
	BENCH_TEST(add_gives_the_same_commit_anywhere),
	BENCH_TEST(add_names_near_misses),
	BENCH_TEST(every_edit_is_seen),
	BENCH_TEST(edits_within_the_clock_step_are_seen),
	BENCH_TEST(save_and_clone_give_the_same_commits),
	BENCH_TEST(save_twice_changes_nothing),
	BENCH_TEST(save_refuses_what_would_come_back_different),
	BENCH_TEST(drop_keeps_unsaved_edits),
	BENCH_TEST(diff_shows_all),
	BENCH_TEST(series_changed_on_disk),
	BENCH_TEST(other_versions_are_conflicts),
	BENCH_TEST(a_changed_source_folder_is_followed),
	BENCH_TEST(broken_series_are_refused),
	BENCH_TEST(scratch_leaves_overlays_alone),
	BENCH_TEST(gitignore_of_the_user_is_kept),
};

RUN_TESTS("overlay")
