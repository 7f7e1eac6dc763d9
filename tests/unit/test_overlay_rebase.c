/* test_overlay_rebase.c - patches move to another version of upstream, held against the git
 * program. SPDX-License-Identifier: ISC */
#include "bench.h"

/* Runs VERB, which must work. */
static struct overlay_rebase rebase(struct bench *b, enum rebase_verb verb)
{
	struct err e = {0};
	struct overlay_rebase done;
	struct rebase_request q = {.package = "lib", .verb = verb};
	open_workspace(b);
	bool ok = overlay_rebase(&b->w, &q, &done, &e);
	if (!ok)
		print_error("%s (%s; %s)\n", e.text, e.where, e.hint);
	assert_true(ok);
	return done;
}

static struct err rebase_fails(struct bench *b, enum rebase_verb verb)
{
	struct err e = {0};
	struct overlay_rebase done;
	struct rebase_request q = {.package = "lib", .verb = verb};
	open_workspace(b);
	assert_false(overlay_rebase(&b->w, &q, &done, &e));
	return e;
}

static void save(struct bench *b)
{
	struct err e;
	struct overlay o;
	assert_ok(overlay_save(&b->w, "lib", NULL, &o, &e));
}

/* Three patches of a.c and b.c, saved. */
static void three_patches(struct bench *b)
{
	make_patch(b, "p.patch",
		"sed -i s/^10$/ten/ src/a.c; c 'one: ten' -m 'Body of one.'\n"
		"GIT_AUTHOR_NAME='B. Other' GIT_AUTHOR_EMAIL=b@example.org "
		"GIT_AUTHOR_DATE='2020-02-02T02:02:02+0200'; export GIT_AUTHOR_NAME "
		"GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE\n"
		"sed -i s/^50$/fifty/ src/a.c; c 'two: fifty'\n"
		"sed -i s/^20$/twenty/ src/b.c; c 'three: twenty'");
	apply(b, "p.patch");
	save(b);
}

/* Upstream's 2.0 is what EDIT makes of 1.0. */
static void new_upstream(struct bench *b, const char *edit)
{
	sh(b, "cd upstream; %s", edit);
	write_recipe(b, "2.0");
}

static void expect_subjects(const strings *got, const char *wanted)
{
	defer(arena_free) struct arena a = {0};
	struct text t = {.a = &a};
	text_addz(&t, "");
	vec_for(z, got)
		text_addf(&t, "%s%s", t.n ? "|" : "", *z);
	assert_string_equal(t.p, wanted);
}

/* What a rebase leaves is what anybody would get who had the series and the new source. */
static void expect_whole(struct bench *b)
{
	struct overlay o = list(b);
	assert_true(o.saved);
	assert_false(o.dirty);
	assert_null(o.rebase);
	assert_string_equal(o.version, "2.0");
	assert_str(git_tree(b, b->src), o.tree);
	assert_str(sh(b, "git -C %s status --porcelain --ignored", b->src), "");
	assert_str(sh(b, "git -C %s fsck 2>&1 | grep -v dangling || true", b->src), "");
	struct str head = sh(b, "git -C %s rev-parse HEAD^{tree}", b->src);
	sh(b, "test ! -e overlays/lib/.respin; test ! -e %s/.git/respin-rebase.json; mv %s moved",
		b->src, b->src);
	open_workspace(b);
	o = list(b);
	assert_str(sh(b, "git -C %s rev-parse HEAD^{tree}", b->src), head.p);
	sh(b, "rm -rf %s; mv moved %s", b->src, b->src);
}

static void clean_patches_move(void **state)
{
	struct bench *b = *state;
	three_patches(b);
	struct str log = sh(b, "git -C %s log --format='%%an %%ae %%aI %%B' upstream..", b->src);
	new_upstream(b, "sed -i '1s/^/first\\n/; s/^90$/ninety/' src/a.c; echo new >src/new.c");
	struct overlay_rebase done = rebase(b, REBASE_START);
	assert_true(done.done);
	expect_subjects(&done.moved, "one: ten|two: fifty|three: twenty");
	assert_int_equal(done.dropped.n, 0);
	assert_str(sh(b, "git -C %s log --format='%%an %%ae %%aI %%B' upstream..", b->src), log.p);
	assert_str(sh(b, "grep -n -e first -e ten -e fifty -e ninety %s/src/a.c", b->src),
		"1:first\n11:ten\n51:fifty\n91:ninety");
	assert_str(sh(b, "git -C %s log -1 --format=%%s upstream", b->src), "lib 2.0");
	sh(b, "git -C %s rev-parse -q --verify refs/respin/before", b->src);
	expect_whole(b);
}

static void what_upstream_has_is_dropped(void **state)
{
	struct bench *b = *state;
	three_patches(b);
	/* "one" as it is, and "two" with changes about it */
	new_upstream(b, "sed -i 's/^10$/ten/; s/^50$/fifty/; s/^48$/forty-eight/' src/a.c");
	struct overlay_rebase done = rebase(b, REBASE_START);
	assert_true(done.done);
	expect_subjects(&done.moved, "three: twenty");
	assert_int_equal(done.dropped.n, 2);
	assert_string_equal(done.dropped.v[0].subject, "one: ten");
	assert_string_equal(done.dropped.v[0].why, "upstream 2.0 has it");
	assert_string_equal(done.dropped.v[1].subject, "two: fifty");
	assert_str(sh(b, "ls overlays/lib"), "0001-three-twenty.patch\noverlay.json\nsrc");
	expect_whole(b);
}

static void nothing_to_do(void **state)
{
	struct bench *b = *state;
	three_patches(b);
	struct str head = sh(b, "git -C %s rev-parse HEAD", b->src);
	struct overlay_rebase done = rebase(b, REBASE_START);
	assert_true(done.done);
	assert_int_equal(done.moved.n, 0);
	assert_str(sh(b, "git -C %s rev-parse HEAD", b->src), head.p);
}

/* The same version, but the user's own folder has changed so that a patch does not apply. */
static void same_version_another_source(void **state)
{
	struct bench *b = *state;
	struct err e;
	overlays all;
	three_patches(b);
	sh(b, "sed -i s/^48$/forty-eight/ upstream/src/a.c");
	assert_false(overlay_list(&b->w, &all, &e));
	assert_error(&e, E_CONFLICT, "respin overlay rebase lib");
	struct overlay_rebase done = rebase(b, REBASE_START);
	assert_true(done.done);
	assert_int_equal(done.moved.n, 3);
	assert_string_equal(list(b).version, "1.0");
	assert_true(list(b).saved);
}

/* "two" conflicts. */
static void conflicting(struct bench *b)
{
	three_patches(b);
	new_upstream(b, "sed -i s/^50$/FIFTY/ src/a.c");
	struct overlay_rebase done = rebase(b, REBASE_START);
	assert_false(done.done);
	assert_string_equal(done.stopped, "two: fifty");
	expect_subjects(&done.conflicts, "src/a.c");
	expect_subjects(&done.moved, "one: ten");
	assert_int_equal(done.left, 1);
}

static void conflict_is_resolved(void **state)
{
	struct bench *b = *state;
	struct err e;
	conflicting(b);
	assert_str(sh(b, "sed -n '50,56p' %s/src/a.c", b->src),
		"<<<<<<< lib 2.0\nFIFTY\n||||||| where the patch comes from\n50\n=======\nfifty\n"
		">>>>>>> two: fifty");
	assert_str(sh(b, "git -C %s status --porcelain", b->src), "UU src/a.c");
	e = rebase_fails(b, REBASE_CONTINUE);
	assert_error(&e, E_CONFLICT, "src/a.c");
	sh(b, "sed -i '/^<<<<<<</,/^>>>>>>>/c\\fifty and more' %s/src/a.c", b->src);
	struct overlay_rebase done = rebase(b, REBASE_CONTINUE);
	assert_true(done.done);
	expect_subjects(&done.moved, "one: ten|two: fifty|three: twenty");
	assert_str(sh(b, "git -C %s log -1 --format='%%an %%aI' HEAD~", b->src),
		"B. Other 2020-02-02T02:02:02+02:00");
	assert_str(sh(b, "sed -n 50p %s/src/a.c", b->src), "fifty and more");
	expect_whole(b);
}

static void conflict_is_resolved_by_git(void **state)
{
	struct bench *b = *state;
	struct err e;
	conflicting(b);
	sh(b,
		"cd %s; sed -i '/^<<<<<<</,/^>>>>>>>/c\\by git' src/a.c; git add src/a.c; git -c "
		"core.editor=true cherry-pick --continue; echo more >>src/b.c",
		b->src);
	e = rebase_fails(b, REBASE_CONTINUE);
	assert_error(&e, E_CONFLICT, "uncommitted changes on top of your commit");
	sh(b, "git -C %s commit -q --amend --all -m 'two: by git'", b->src);
	struct overlay_rebase done = rebase(b, REBASE_CONTINUE);
	assert_true(done.done);
	expect_subjects(&done.moved, "one: ten|two: by git|three: twenty");
	assert_str(sh(b, "tail -n 1 %s/src/b.c", b->src), "more");
	expect_whole(b);
}

static void resolution_may_leave_nothing(void **state)
{
	struct bench *b = *state;
	conflicting(b);
	sh(b, "git -C %s checkout -q HEAD src/a.c", b->src);
	struct overlay_rebase done = rebase(b, REBASE_CONTINUE);
	assert_true(done.done);
	expect_subjects(&done.moved, "one: ten|three: twenty");
	assert_string_equal(done.dropped.v[0].why, "its resolution changes nothing");
	expect_whole(b);
}

static void conflict_is_skipped(void **state)
{
	struct bench *b = *state;
	struct err e;
	conflicting(b);
	sh(b, "echo mine >%s/mine", b->src);
	struct overlay_rebase done = rebase(b, REBASE_SKIP);
	assert_true(done.done);
	expect_subjects(&done.moved, "one: ten|three: twenty");
	assert_string_equal(done.dropped.v[0].subject, "two: fifty");
	assert_string_equal(done.dropped.v[0].why, "skipped");
	assert_str(sh(b, "git -C %s show refs/respin/kept:mine", b->src), "mine");
	assert_str(sh(b, "sed -n 50p %s/src/a.c", b->src), "FIFTY");
	expect_whole(b);
	e = rebase_fails(b, REBASE_SKIP);
	assert_error(&e, E_CONFLICT, "no rebase of lib is under way");
}

static void what_is_taken_back_twice_is_kept_twice(void **state)
{
	struct bench *b = *state;
	three_patches(b);
	new_upstream(b, "sed -i s/^50$/FIFTY/ src/a.c; sed -i s/^20$/TWENTY/ src/b.c");
	assert_false(rebase(b, REBASE_START).done);
	sh(b, "echo first >%s/mine", b->src);
	assert_false(rebase(b, REBASE_SKIP).done);
	sh(b, "echo second >%s/mine", b->src);
	struct overlay_rebase done = rebase(b, REBASE_ABORT);
	assert_true(done.aborted);
	assert_int_equal(done.notes.n, 3);
	assert_true(str_ends(str_of(done.notes.v[0]), S(" show refs/respin/kept")));
	assert_true(str_ends(str_of(done.notes.v[1]), S(" show refs/respin/kept-2")));
	assert_str(sh(b, "git -C %s show refs/respin/kept:mine", b->src), "first");
	assert_str(sh(b, "git -C %s show refs/respin/kept-2:mine", b->src), "second");
}

static void abort_gives_all_back(void **state)
{
	struct bench *b = *state;
	three_patches(b);
	sh(b, "cp -a overlays before");
	new_upstream(b, "sed -i s/^50$/FIFTY/ src/a.c");
	assert_false(rebase(b, REBASE_START).done);
	sh(b, "echo mine >%s/mine; git -C %s add mine", b->src, b->src);
	struct overlay_rebase done = rebase(b, REBASE_ABORT);
	assert_true(done.aborted);
	assert_false(done.done);
	sh(b, "diff -r -x .git before overlays");
	assert_str(sh(b, "git -C %s status --porcelain", b->src), "");
	assert_str(sh(b, "git -C %s show refs/respin/kept:mine", b->src), "mine");
	assert_str(
		sh(b,
			"cd %s; git rev-parse HEAD upstream | sed 's/$/ same/' | sort >../a; cd "
			"../../../before/lib/src; git rev-parse HEAD upstream | sed 's/$/ same/' "
			"| sort >../../../overlays/lib/b; cd ../../../overlays/lib; cmp a b; rm a "
			"b",
			b->src),
		"");
	sh(b, "git init -q x; rm -r x; sed -i s/^FIFTY$/50/ upstream/src/a.c");
	write_recipe(b, "1.0");
	assert_true(list(b).saved);
}

static void others_wait_meanwhile(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct overlay o;
	struct str diff;
	bool created;
	conflicting(b);
	assert_false(overlay_add(&b->w, "lib", &o, &created, &e));
	assert_error(&e, E_CONFLICT, "in the middle of a rebase from 1.0 to 2.0");
	assert_false(overlay_apply(&b->w, "lib", in(b, "p.patch"), &o, &e));
	assert_error(&e, E_CONFLICT, "--continue lib");
	assert_false(overlay_save(&b->w, "lib", "all", &o, &e));
	assert_int_equal(e.code, E_CONFLICT);
	assert_false(overlay_diff(&b->w, "lib", &diff, &e));
	assert_int_equal(e.code, E_CONFLICT);
	assert_false(overlay_drop(&b->w, "lib", false, &e));
	assert_error(&e, E_CONFLICT, "rebase");
	assert_false(overlay_scratch(&b->w, "lib", in(b, "p.patch"), &o, &e));
	assert_int_equal(e.code, E_CONFLICT);
	e = rebase_fails(b, REBASE_START);
	assert_error(&e, E_CONFLICT, "--abort");
	o = list(b);
	assert_non_null(o.rebase);
	assert_string_equal(o.rebase->stopped, "two: fifty");
	assert_int_equal(o.rebase->left, 1);
	assert_false(overlay_busy(&o, &e));
	assert_error(&e, E_CONFLICT, "--continue lib");
	assert_ok(overlay_drop(&b->w, "lib", true, &e));
}

static void what_is_in_the_way_is_told(void **state)
{
	struct bench *b = *state;
	struct err e = rebase_fails(b, REBASE_START);
	assert_error(&e, E_NOTFOUND, "no overlay of lib");
	three_patches(b);
	new_upstream(b, "echo new >src/new.c");
	sh(b, "echo x >>%s/src/a.c", b->src);
	e = rebase_fails(b, REBASE_START);
	assert_error(&e, E_CONFLICT, "uncommitted changes");
	sh(b,
		"cd %s; git checkout -q .; git checkout -q -b side upstream; echo x >x; git add x; "
		"git "
		"commit -qm x; git checkout -q main; git merge -q --no-ff -m merge side",
		b->src);
	e = rebase_fails(b, REBASE_START);
	assert_error(&e, E_CONFLICT, "has a merge");
	sh(b,
		"cd %s; git reset -q --hard main~; echo x >x; git add x; git commit -qm "
		"'x\n\n---\n\ny'",
		b->src);
	e = rebase_fails(b, REBASE_START);
	assert_error(&e, E_CONFLICT, "can't be saved as a patch");
	e = rebase_fails(b, REBASE_CONTINUE);
	assert_error(&e, E_CONFLICT, "no rebase of lib is under way");
	sh(b, "test ! -e %s/.git/respin-rebase.json", b->src);
}

/* Commits that were never saved move, too. */
static void unsaved_commits_move(void **state)
{
	struct bench *b = *state;
	add(b);
	sh(b, "cd %s; sed -i s/^5$/five/ src/a.c; git commit -qam 'five'", b->src);
	new_upstream(b, "echo new >src/new.c");
	struct overlay_rebase done = rebase(b, REBASE_START);
	assert_true(done.done);
	expect_subjects(&done.moved, "five");
	assert_str(sh(b, "ls overlays/lib"), "0001-five.patch\noverlay.json\nsrc");
	expect_whole(b);
}

static void renames_are_followed(void **state)
{
	struct bench *b = *state;
	three_patches(b);
	new_upstream(
		b, "mkdir core; mv src/a.c core/moved.c; mv src/b.c core/b.c; echo 1 >src/c.c");
	struct overlay_rebase done = rebase(b, REBASE_START);
	assert_true(done.done);
	assert_int_equal(done.moved.n, 3);
	assert_str(sh(b, "grep -c -e ten -e fifty %s/core/moved.c", b->src), "2");
	expect_whole(b);
}

static void renamed_files_conflict_where_they_are(void **state)
{
	struct bench *b = *state;
	three_patches(b);
	new_upstream(b, "mkdir core; sed -i s/^50$/FIFTY/ src/a.c; mv src/a.c core/a.c");
	struct overlay_rebase done = rebase(b, REBASE_START);
	assert_string_equal(done.stopped, "two: fifty");
	expect_subjects(&done.conflicts, "core/a.c");
	assert_str(sh(b, "git -C %s status --porcelain", b->src), "UU core/a.c");
	sh(b, "sed -i '/^<<<<<<</,/^>>>>>>>/c\\resolved' %s/core/a.c", b->src);
	assert_true(rebase(b, REBASE_CONTINUE).done);
	assert_str(sh(b, "sed -n 50p %s/core/a.c; ls %s/src", b->src, b->src), "resolved\nb.c");
	expect_whole(b);
}

static void an_overlay_without_patches_moves(void **state)
{
	struct bench *b = *state;
	add(b);
	new_upstream(b, "echo new >src/new.c");
	struct overlay_rebase done = rebase(b, REBASE_START);
	assert_true(done.done);
	assert_int_equal(done.moved.n + done.dropped.n, 0);
	sh(b, "test -e %s/src/new.c", b->src);
	expect_whole(b);
}

/* Killed while the conflict got into the files, and edited before anybody looked again. */
static void edits_after_a_kill_stay(void **state)
{
	struct bench *b = *state;
	conflicting(b);
	sh(b,
		"cd %s; sed -i s/stopped/stopping/ .git/respin-rebase.json; echo mine >src/a.c; rm "
		".git/CHERRY_PICK_HEAD",
		b->src);
	struct overlay_rebase done = rebase(b, REBASE_CONTINUE);
	assert_string_equal(done.stopped, "two: fifty");
	assert_str(sh(b, "cat %s/src/a.c", b->src), "mine");
	assert_str(sh(b, "git -C %s status --porcelain", b->src), "UU src/a.c");
	assert_true(rebase(b, REBASE_CONTINUE).done);
	assert_str(sh(b, "cat %s/src/a.c", b->src), "mine");
	expect_whole(b);
}

static void a_detached_head_moves(void **state)
{
	struct bench *b = *state;
	three_patches(b);
	sh(b, "git -C %s checkout -q --detach", b->src);
	new_upstream(b, "sed -i s/^50$/FIFTY/ src/a.c");
	assert_string_equal(rebase(b, REBASE_START).stopped, "two: fifty");
	assert_true(rebase(b, REBASE_ABORT).aborted);
	assert_string_equal(rebase(b, REBASE_START).stopped, "two: fifty");
	sh(b, "sed -i '/^<<<<<<</,/^>>>>>>>/c\\x' %s/src/a.c", b->src);
	assert_true(rebase(b, REBASE_CONTINUE).done);
	assert_int_equal(list(b).patches.n, 3);
	assert_true(list(b).saved);
	assert_str(sh(b, "git -C %s log -1 --format=%%s main", b->src), "three: twenty");
	assert_str(sh(b, "git -C %s branch --show-current", b->src), "");
}

/* Each patch may stop it. */
static void several_conflicts_in_a_row(void **state)
{
	struct bench *b = *state;
	three_patches(b);
	new_upstream(
		b, "sed -i 's/^10$/TEN/; s/^50$/FIFTY/' src/a.c; sed -i s/^20$/TWENTY/ src/b.c");
	struct overlay_rebase done = rebase(b, REBASE_START);
	assert_string_equal(done.stopped, "one: ten");
	sh(b, "sed -i '/^<<<<<<</,/^>>>>>>>/c\\ten too' %s/src/a.c", b->src);
	done = rebase(b, REBASE_CONTINUE);
	assert_string_equal(done.stopped, "two: fifty");
	done = rebase(b, REBASE_SKIP);
	assert_string_equal(done.stopped, "three: twenty");
	expect_subjects(&done.moved, "one: ten");
	assert_int_equal(done.dropped.n, 1);
	sh(b, "sed -i '/^<<<<<<</,/^>>>>>>>/c\\twenty too' %s/src/b.c", b->src);
	done = rebase(b, REBASE_CONTINUE);
	assert_true(done.done);
	expect_subjects(&done.moved, "one: ten|three: twenty");
	assert_str(sh(b, "sed -n '10p;50p' %s/src/a.c; sed -n 20p %s/src/b.c", b->src, b->src),
		"ten too\nFIFTY\ntwenty too");
	expect_whole(b);
}

/* Conflicts without markers: upstream has removed the file, or it is no text. */
static void conflicts_without_markers(void **state)
{
	struct bench *b = *state;
	struct err e;
	make_patch(b, "p.patch",
		"sed -i s/^20$/twenty/ src/b.c; printf 'x\\0y' >doc/binary; c 'one'\n"
		"rm kept.log; ln -sfn ../src/b.c doc/link; c 'two'");
	apply(b, "p.patch");
	save(b);
	new_upstream(b, "rm src/b.c; printf 'new\\0er' >doc/binary; echo more >>kept.log");
	struct overlay_rebase done = rebase(b, REBASE_START);
	assert_string_equal(done.stopped, "one");
	expect_subjects(&done.conflicts, "doc/binary|src/b.c");
	assert_str(sh(b, "sed -n 20p %s/src/b.c", b->src), "twenty");
	assert_str(sh(b, "od -c %s/doc/binary | head -n 1", b->src),
		"0000000   n   e   w  \\0   e   r");
	e = rebase_fails(b, REBASE_CONTINUE);
	assert_error(&e, E_CONFLICT, "doc/binary, src/b.c");
	sh(b, "cd %s; git add doc/binary; git rm -q -f src/b.c 2>&1; printf 'x\\0yz' >doc/binary",
		b->src);
	done = rebase(b, REBASE_CONTINUE);
	assert_string_equal(done.stopped, "two");
	expect_subjects(&done.conflicts, "kept.log");
	assert_str(sh(b, "readlink %s/doc/link", b->src), "../src/b.c");
	sh(b, "cd %s; git rm -qf kept.log", b->src);
	done = rebase(b, REBASE_CONTINUE);
	assert_true(done.done);
	expect_subjects(&done.moved, "one|two");
	sh(b, "test ! -e %s/kept.log; test ! -e %s/src/b.c", b->src, b->src);
	expect_whole(b);
}

static void edits_of_the_recipe_are_seen(void **state)
{
	struct bench *b = *state;
	struct err e;
	conflicting(b);
	sh(b, "sed -i '/^<<<<<<</,/^>>>>>>>/c\\x' %s/src/a.c", b->src);
	write_recipe(b, "3.0");
	e = rebase_fails(b, REBASE_CONTINUE);
	assert_error(&e, E_CONFLICT, "the recipe was changed");
	write_recipe(b, "2.0");
	assert_true(rebase(b, REBASE_CONTINUE).done);
	expect_whole(b);
}

static void head_that_was_moved_is_told(void **state)
{
	struct bench *b = *state;
	struct err e;
	conflicting(b);
	sh(b, "cd %s; git checkout -qf refs/respin/rebase/old", b->src);
	e = rebase_fails(b, REBASE_CONTINUE);
	assert_error(&e, E_CONFLICT, "does not descend");
	sh(b,
		"cd %s; git checkout -qf main; git merge -q --allow-unrelated-histories "
		"refs/respin/rebase/old >/dev/null 2>&1 "
		"|| true",
		b->src);
	e = rebase_fails(b, REBASE_CONTINUE);
	assert_int_equal(e.code, E_CONFLICT);
	assert_true(rebase(b, REBASE_ABORT).aborted);
	assert_str(sh(b, "git -C %s log -1 --format=%%s", b->src), "three: twenty");
}

static void damaged_record_is_told(void **state)
{
	struct bench *b = *state;
	struct err e;
	overlays all;
	conflicting(b);
	sh(b,
		"cp %s/.git/respin-rebase.json kept; sed -i s/stopped/waiting/ "
		"%s/.git/respin-rebase.json",
		b->src, b->src);
	e = rebase_fails(b, REBASE_CONTINUE);
	assert_error(&e, E_INPUT, "respin-rebase.json");
	assert_false(overlay_list(&b->w, &all, &e));
	sh(b, "cp kept %s/.git/respin-rebase.json", b->src);
	assert_true(rebase(b, REBASE_ABORT).aborted);
}

/* ---- a fetched source, and the recipe's text ------------------------------------------------- */

#define OLD_SUM "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NEW_SUM "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* lib is fetched: both versions lie where they would after that. */
static void fetched(struct bench *b)
{
	sh(b, "cat >recipes/lib/recipe.json <<'END'\n"
	      "{\"name\":\"lib\", \"version\" : \"1.0\",\t\"license\": \"ISC\",\n"
	      " \"source\": [{\"url\": \"https://example.org/1.0/lib-1.0.tar.gz\",\n   "
	      "\"sha256\": \"" OLD_SUM "\"},\n"
	      "  {\"git\": \"https://example.org/lib.git\", \"commit\": "
	      "\"0123456789012345678901234567890123456789\"}],\n"
	      " \"summary\": \"source: \\\"version\\\"\",\n"
	      " \"build\": {\"objects\": {\"sources\": [\"src/*.c\"]}}}\nEND\n"
	      "mkdir -p .respin/sources; cp -a upstream .respin/sources/lib-1.0-aaaaaaaaaaaa\n"
	      "cp -a upstream .respin/sources/lib-2.0-bbbbbbbbbbbb\n"
	      "echo new >.respin/sources/lib-2.0-bbbbbbbbbbbb/src/new.c");
	open_workspace(b);
}

static void recipe_is_changed_where_asked(void **state)
{
	struct bench *b = *state;
	struct err e = {0};
	struct overlay_rebase done;
	fetched(b);
	three_patches(b);
	struct rebase_request q = {.package = "lib", .version = "2.0", .sha256 = NEW_SUM};
	assert_ok(overlay_rebase(&b->w, &q, &done, &e));
	assert_true(done.done);
	assert_int_equal(done.notes.n, 2);
	assert_non_null(
		strstr(done.notes.v[0], "left out of the recipe: https://example.org/lib.git"));
	assert_non_null(strstr(done.notes.v[1], "version 1.0 -> 2.0"));
	assert_str(sh(b, "cat recipes/lib/recipe.json"),
		"{\"name\":\"lib\", \"version\" : \"2.0\",\t\"license\": \"ISC\",\n"
		" \"source\": [\n  { \"url\": \"https://example.org/2.0/lib-2.0.tar.gz\", "
		"\"sha256\": \"" NEW_SUM "\" }\n ],\n"
		" \"summary\": \"source: \\\"version\\\"\",\n"
		" \"build\": {\"objects\": {\"sources\": [\"src/*.c\"]}}}");
	assert_str(sh(b, "grep sha256 overlays/lib/overlay.json"), "\"sha256\": \"" NEW_SUM "\",");
	open_workspace(b);
	expect_whole(b);
}

/* As long as it is as it was, nothing is told of it. */
static void recipe_is_changed_at_the_end(void **state)
{
	struct bench *b = *state;
	struct err e = {0};
	struct overlay_rebase done;
	fetched(b);
	three_patches(b);
	sh(b, "cp recipes/lib/recipe.json before; sed -i s/^50$/FIFTY/ "
	      ".respin/sources/lib-2.0-bbbbbbbbbbbb/src/a.c");
	struct rebase_request q = {.package = "lib", .version = "2.0", .sha256 = NEW_SUM};
	assert_ok(overlay_rebase(&b->w, &q, &done, &e));
	assert_string_equal(done.stopped, "two: fifty");
	assert_int_equal(done.notes.n, 0);
	sh(b, "cmp recipes/lib/recipe.json before");
	done = rebase(b, REBASE_ABORT);
	assert_true(done.aborted);
	assert_int_equal(done.notes.n, 1);
	assert_non_null(strstr(done.notes.v[0], "what was in the files is kept"));
	sh(b, "cmp recipes/lib/recipe.json before");
	assert_ok(overlay_rebase(&b->w, &q, &done, &e));
	done = rebase(b, REBASE_SKIP);
	assert_true(done.done);
	assert_non_null(strstr(done.notes.v[1], "version 1.0 -> 2.0"));
}

static void unknown_checksums_are_asked_for(void **state)
{
	struct bench *b = *state;
	struct err e = {0};
	struct overlay_rebase done;
	fetched(b);
	three_patches(b);
	struct rebase_request q = {.package = "lib", .version = "2.0"};
	assert_false(overlay_rebase(&b->w, &q, &done, &e));
	assert_error(&e, E_USAGE, "--sha256");
	assert_error(&e, E_USAGE, "--commit");
	q = (struct rebase_request){.package = "lib", .sha256 = NEW_SUM};
	assert_false(overlay_rebase(&b->w, &q, &done, &e));
	assert_error(&e, E_USAGE, "of a new version");
	q = (struct rebase_request){.package = "lib", .version = "2.0", .sha256 = "zz"};
	assert_false(overlay_rebase(&b->w, &q, &done, &e));
	assert_error(&e, E_USAGE, "64 hexadecimal digits");
	q = (struct rebase_request){.package = "lib", .version = "2.0", .commit = "HEAD"};
	assert_false(overlay_rebase(&b->w, &q, &done, &e));
	assert_error(&e, E_USAGE, "commit id");
	q = (struct rebase_request){.package = "lib", .version = ""};
	assert_false(overlay_rebase(&b->w, &q, &done, &e));
	assert_int_equal(e.code, E_USAGE);
	q = (struct rebase_request){
		.package = "lib", .version = "2.0", .sha256 = NEW_SUM, .url = "file:///etc"};
	assert_false(overlay_rebase(&b->w, &q, &done, &e));
	assert_error(&e, E_USAGE, "--url: expected a URL that begins with https://");
	assert_true(list(b).saved);
}

/* Stopped at a conflict, the recipe is edited by hand: to something else, then to what it is to be.
 */
static void recipe_may_be_set_by_hand(void **state)
{
	struct bench *b = *state;
	struct err e = {0};
	struct overlay_rebase done;
	fetched(b);
	three_patches(b);
	sh(b, "sed -i s/^50$/FIFTY/ .respin/sources/lib-2.0-bbbbbbbbbbbb/src/a.c");
	struct rebase_request q = {.package = "lib", .version = "2.0", .sha256 = NEW_SUM};
	assert_ok(overlay_rebase(&b->w, &q, &done, &e));
	assert_string_equal(done.stopped, "two: fifty");
	sh(b,
		"grep -q '\"1.0\"' recipes/lib/recipe.json; sed -i '/^<<<<<<</,/^>>>>>>>/c\\x' "
		"%s/src/a.c; sed -i s/ISC/MIT/ recipes/lib/recipe.json",
		b->src);
	e = rebase_fails(b, REBASE_CONTINUE);
	assert_error(&e, E_CONFLICT, "the recipe was changed");
	sh(b, "sed -i 's/1[.]0/2.0/g; s/" OLD_SUM "/" NEW_SUM "/' recipes/lib/recipe.json");
	assert_true(rebase(b, REBASE_CONTINUE).done);
	sh(b, "grep -q MIT recipes/lib/recipe.json");
	expect_whole(b);
}

#define OLD_COMMIT "0123456789012345678901234567890123456789"
#define NEW_COMMIT "abcdefabcdefabcdefabcdefabcdefabcdefabcd"

/* A source in git; and then at a URL, which the recipe had none of. */
static void commits_pin_a_source(void **state)
{
	struct bench *b = *state;
	struct err e = {0};
	struct overlay_rebase done;
	fetched(b);
	sh(b, "cat >recipes/lib/recipe.json <<'END'\n"
	      "{\"name\": \"lib\", \"version\": \"1.0\", \"license\": \"ISC\",\n \"source\": "
	      "[{\"git\": \"https://example.org/lib.git\", \"commit\": \"" OLD_COMMIT "\"}],\n"
	      " \"build\": {\"objects\": {\"sources\": [\"src/*.c\"]}}}\nEND\n"
	      "cd .respin/sources; cp -a lib-1.0-aaaaaaaaaaaa lib-1.0-012345678901\n"
	      "cp -a lib-2.0-bbbbbbbbbbbb lib-2.0-abcdefabcdef");
	open_workspace(b);
	three_patches(b);
	sh(b, "rm -rf %s", b->src);
	assert_true(list(b).saved);
	struct rebase_request q = {.package = "lib", .version = "2.0", .commit = NEW_COMMIT};
	assert_ok(overlay_rebase(&b->w, &q, &done, &e));
	assert_true(done.done);
	sh(b, "grep -q 'lib.git\", \"commit\": \"" NEW_COMMIT "\" }' recipes/lib/recipe.json");
	open_workspace(b);
	expect_whole(b);
	q = (struct rebase_request){.package = "lib",
		.version = "2.0",
		.url = "https://example.org/lib.tar.gz",
		.sha256 = NEW_SUM};
	assert_ok(overlay_rebase(&b->w, &q, &done, &e));
	assert_true(done.done);
	sh(b, "grep -q '{ \"url\": \"https://example.org/lib.tar.gz\", \"sha256\": \"" NEW_SUM
	      "\" }' recipes/lib/recipe.json; ! grep lib.git recipes/lib/recipe.json");
	open_workspace(b);
	expect_whole(b);
}

/* A fresh clone in which somebody else has set the recipe to the new version. */
static void fresh_clone_is_moved(void **state)
{
	struct bench *b = *state;
	struct err e;
	fetched(b);
	three_patches(b);
	sh(b,
		"rm -rf %s; sed -i 's/1[.]0/2.0/g; s/" OLD_SUM "/" NEW_SUM
		"/' recipes/lib/recipe.json",
		b->src);
	sh(b, "mv .respin/sources/lib-1.0-aaaaaaaaaaaa gone");
	e = rebase_fails(b, REBASE_START);
	assert_error(&e, E_CONFLICT, "whose source is not on disk");
	sh(b, "mv gone .respin/sources/lib-1.0-aaaaaaaaaaaa");
	struct overlay_rebase done = rebase(b, REBASE_START);
	assert_true(done.done);
	assert_int_equal(done.moved.n, 3);
	expect_whole(b);
}

static const struct CMUnitTest tests[] = {
	BENCH_TEST(clean_patches_move),
	BENCH_TEST(what_upstream_has_is_dropped),
	BENCH_TEST(nothing_to_do),
	BENCH_TEST(same_version_another_source),
	BENCH_TEST(conflict_is_resolved),
	BENCH_TEST(conflict_is_resolved_by_git),
	BENCH_TEST(resolution_may_leave_nothing),
	BENCH_TEST(conflict_is_skipped),
	BENCH_TEST(what_is_taken_back_twice_is_kept_twice),
	BENCH_TEST(abort_gives_all_back),
	BENCH_TEST(others_wait_meanwhile),
	BENCH_TEST(what_is_in_the_way_is_told),
	BENCH_TEST(unsaved_commits_move),
	BENCH_TEST(renames_are_followed),
	BENCH_TEST(renamed_files_conflict_where_they_are),
	BENCH_TEST(an_overlay_without_patches_moves),
	BENCH_TEST(edits_after_a_kill_stay),
	BENCH_TEST(a_detached_head_moves),
	BENCH_TEST(several_conflicts_in_a_row),
	BENCH_TEST(conflicts_without_markers),
	BENCH_TEST(edits_of_the_recipe_are_seen),
	BENCH_TEST(head_that_was_moved_is_told),
	BENCH_TEST(damaged_record_is_told),
	BENCH_TEST(recipe_is_changed_where_asked),
	BENCH_TEST(recipe_is_changed_at_the_end),
	BENCH_TEST(unknown_checksums_are_asked_for),
	BENCH_TEST(recipe_may_be_set_by_hand),
	BENCH_TEST(commits_pin_a_source),
	BENCH_TEST(fresh_clone_is_moved),
};

RUN_TESTS("overlay_rebase")
