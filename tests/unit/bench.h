/* bench.h - a workspace of its own for each test of overlays: package lib, version 1.0, whose
 * source is the folder upstream/. SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_BENCH_H
#define RESPIN_TESTS_BENCH_H

#include "unit.h"

#include "overlay/overlay.h"
#include "sys/sys.h"

struct bench {
	struct arena a;
	struct workspace w;
	const char *root, *src;
};

static inline struct str sh(struct bench *b, const char *fmt, ...) CHECK_FMT(2, 3);

/* Output of a shell command in the workspace, which must work. */
static inline struct str sh(struct bench *b, const char *fmt, ...)
{
	struct err e;
	struct outcome o;
	va_list ap;
	va_start(ap, fmt);
	const char *argv[] = {"sh", "-ec", str_vformat(&b->a, fmt, ap), NULL};
	va_end(ap);
	struct command c = {.argv = argv, .dir = b->root};
	assert_ok(command_must(&b->a, &c, &o, &e));
	struct str text = str_trim(o.output);
	return (struct str){str_copy(&b->a, text), text.n};
}

static inline const char *in(struct bench *b, const char *path)
{
	return path_join(&b->a, b->root, path);
}

static inline void open_workspace(struct bench *b)
{
	struct err e;
	assert_ok(workspace_open(&b->a, b->root, &b->w, &e));
}

static inline void write_recipe(struct bench *b, const char *version)
{
	sh(b,
		"cat >recipes/lib/recipe.json <<'END'\n"
		"{\"name\": \"lib\", \"version\": \"%s\", \"license\": \"ISC\",\n"
		" \"source\": [{\"path\": \"../../upstream\"}],\n"
		" \"build\": {\"objects\": {\"sources\": [\"src/*.c\"]}}}\nEND\n",
		version);
	open_workspace(b);
}

static inline int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err e;
	const char *const names[][2] = {{"GIT_CONFIG_GLOBAL", "/dev/null"},
		{"GIT_CONFIG_NOSYSTEM", "1"}, {"GIT_AUTHOR_NAME", "A. Uthor"},
		{"GIT_AUTHOR_EMAIL", "a@example.org"}, {"GIT_COMMITTER_NAME", "A. Uthor"},
		{"GIT_COMMITTER_EMAIL", "a@example.org"}, {"TZ", "UTC"}};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		setenv(names[i][0], names[i][1], 1);
	assert_ok(dir_make_temp(&b->a, "/tmp/respin-overlay-", &b->root, &e));
	b->src = in(b, "overlays/lib/src");
	sh(b, "mkdir -p recipes/lib upstream/src upstream/doc; echo '{}' >respin.json\n"
	      "seq 1 100 >upstream/src/a.c; seq 1 40 >upstream/src/b.c\n"
	      "printf 'one\\r\\ntwo\\r\\nthree\\r\\n' >upstream/dos.txt\n"
	      "echo '*.log' >upstream/.gitignore; echo kept >upstream/kept.log\n"
	      "printf 'a\\0b' >upstream/doc/binary; ln -s ../src/a.c upstream/doc/link\n"
	      "chmod +x upstream/src/b.c");
	write_recipe(b, "1.0");
	*state = b;
	return 0;
}

static inline int tear_down(void **state)
{
	struct bench *b = *state;
	struct err e;
	if (!getenv("KEEP"))
		assert_ok(tree_remove(b->root, &e));
	arena_free(&b->a);
	free(b);
	return 0;
}

/* An error of this kind, whose text, place or hint says PART. */
static inline void assert_error(const struct err *e, enum code code, const char *part)
{
	bool said = strstr(e->text, part) || strstr(e->where, part) || strstr(e->hint, part);
	if (e->code != code || !said)
		print_error("expected %s with \"%s\", got %s: %s (%s; %s)\n", code_name(code), part,
			code_name(e->code), e->text, e->where, e->hint);
	assert_int_equal(e->code, code);
	assert_true(said);
}

#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static inline struct overlay add(struct bench *b)
{
	struct err e;
	struct overlay o;
	bool created;
	assert_ok(overlay_add(&b->w, "lib", &o, &created, &e));
	return o;
}

static inline struct overlay list(struct bench *b)
{
	struct err e;
	overlays all;
	assert_ok(overlay_list(&b->w, &all, &e));
	assert_int_equal(all.n, 1);
	return all.v[0];
}

/* The git program's word for the working tree, ignored files included. */
static inline struct str git_tree(struct bench *b, const char *dir)
{
	return sh(b,
		"export GIT_INDEX_FILE=$PWD/.index; cd %s; git add -Af .; git write-tree; "
		"rm -f $GIT_INDEX_FILE",
		dir);
}

/* Applies the file PATCH, which must work. */
static inline struct overlay apply(struct bench *b, const char *patch)
{
	struct err e;
	struct overlay o;
	assert_ok(overlay_apply(&b->w, "lib", in(b, patch), &o, &e));
	return o;
}

/* Makes the file NAME: the mails of the commits that the shell commands EDIT make. */
static inline void make_patch(struct bench *b, const char *name, const char *edit)
{
	sh(b,
		"rm -rf w; cp -a upstream w; cd w; git init -q .; git add -Af .; git commit -qm "
		"base\n"
		"git tag base\nc() { git add -Af .; git commit -q -m \"$@\"; }\n%s\n"
		"git format-patch -q --stdout base.. >../%s",
		edit, name);
}

#endif
