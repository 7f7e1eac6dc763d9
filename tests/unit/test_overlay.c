/* test_overlay.c - overlays of a small package, held against the git program.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include "overlay/overlay.h"
#include "sys/sys.h"

/* A workspace of its own for each test: package lib, version 1.0, source in upstream/. */
struct bench {
	struct arena a;
	struct workspace w;
	const char *root, *src;
};

static struct str sh(struct bench *b, const char *fmt, ...) CHECK_FMT(2, 3);

/* Output of a shell command in the workspace, which must work. */
static struct str sh(struct bench *b, const char *fmt, ...)
{
	struct err e;
	struct outcome o;
	va_list ap;
	va_start(ap, fmt);
	const char *argv[] = {"sh", "-ec", str_vformat(&b->a, fmt, ap), NULL};
	va_end(ap);
	struct command c = {.argv = argv, .dir = b->root};
	assert_ok(command_must(&b->a, &c, &o, &e));
	return str_trim(o.output);
}

static void open_workspace(struct bench *b)
{
	struct err e;
	assert_ok(workspace_open(&b->a, b->root, &b->w, &e));
}

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err e;
	const char *root;
	assert_ok(dir_make_temp(&b->a, "/tmp/respin-overlay-", &root, &e));
	b->root = root;
	sh(b, "mkdir -p recipes/lib upstream/src upstream/doc; echo '{}' >respin.json\n"
	      "cat >recipes/lib/recipe.json <<'END'\n"
	      "{\"name\": \"lib\", \"version\": \"1.0\", \"license\": \"ISC\",\n"
	      " \"source\": [{\"path\": \"../../upstream\"}],\n"
	      " \"build\": {\"objects\": {\"sources\": [\"src/*.c\"]}}}\nEND\n"
	      "seq 1 100 >upstream/src/a.c; seq 1 40 >upstream/src/b.c\n"
	      "printf 'one\\r\\ntwo\\r\\nthree\\r\\n' >upstream/dos.txt\n"
	      "echo '*.log' >upstream/.gitignore; echo kept >upstream/kept.log\n"
	      "printf 'a\\0b' >upstream/doc/binary; ln -s ../src/a.c upstream/doc/link\n"
	      "chmod +x upstream/src/b.c");
	open_workspace(b);
	b->src = path_join(&b->a, b->root, "overlays/lib/src");
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_AUTHOR_NAME", "A. Uthor", 1);
	setenv("GIT_AUTHOR_EMAIL", "a@example.org", 1);
	setenv("GIT_COMMITTER_NAME", "A. Uthor", 1);
	setenv("GIT_COMMITTER_EMAIL", "a@example.org", 1);
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	struct err e;
	if (!getenv("KEEP"))
		assert_ok(tree_remove(b->root, &e));
	arena_free(&b->a);
	free(b);
	return 0;
}

static struct overlay add(struct bench *b)
{
	struct err e;
	struct overlay o;
	bool created;
	assert_ok(overlay_add(&b->w, "lib", &o, &created, &e));
	return o;
}

static struct overlay list(struct bench *b)
{
	struct err e;
	overlays all;
	assert_ok(overlay_list(&b->w, &all, &e));
	assert_int_equal(all.n, 1);
	return all.v[0];
}

/* The git program's word for the working tree, ignored files included. */
static struct str git_tree(struct bench *b, const char *dir)
{
	return sh(b, "cd %s; export GIT_INDEX_FILE=/tmp/.index.$$; git add -Af .; git write-tree; "
		     "rm -f $GIT_INDEX_FILE", dir);
}

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
		defer(arena_free)
		struct arena scratch = {0};
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

static void patch_file(struct bench *b, const char *name, const char *edit)
{
	sh(b, "rm -rf w; cp -a upstream w; cd w; git init -q .; git add -Af .; git commit -qm base\n"
	      "%s\ngit add -Af .; git commit -qm 'change it' -m 'Because.\n\nIt is better.'\n"
	      "git format-patch -q --stdout -1 >../%s", edit, name);
}

static void apply_makes_the_commit_of_git_am(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct overlay o;
	add(b);
	patch_file(b, "p.patch", "sed -i s/^50$/fifty/ src/a.c; sed -i s/two/2/ dos.txt\n"
				 "printf 'b\\0b' >doc/binary; rm kept.log; echo n >src/new.c\n"
				 "chmod +x src/a.c; git mv src/b.c src/renamed.c; ln -s a.c src/l");
	sh(b, "cp -a %s am; cd am; git am -q --keep-cr --committer-date-is-author-date ../p.patch", b->src);
	assert_ok(overlay_apply(&b->w, "lib", path_join(&b->a, b->root, "p.patch"), &o, &e));
	assert_str(sh(b, "git -C am rev-parse HEAD^{tree}"), o.tree);
	assert_str(sh(b, "git -C am rev-parse HEAD"),
		str_copy(&b->a, sh(b, "git -C %s rev-parse HEAD", b->src)));
	assert_int_equal(o.patches.n, 1);
	assert_string_equal(o.patches.v[0], "change it");
	assert_false(o.dirty);
	assert_false(o.saved);
	assert_str(sh(b, "git -C %s status --porcelain --ignored", b->src), "");
}

static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	T(add_is_pristine),
	T(add_gives_the_same_commit_anywhere),
	T(add_names_near_misses),
	T(every_edit_is_seen),
	T(edits_within_the_clock_step_are_seen),
	T(apply_makes_the_commit_of_git_am),
};

RUN_TESTS("overlay")
