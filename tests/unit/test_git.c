/* test_git.c - the git module by itself, held against the git program. SPDX-License-Identifier: ISC
 */
#include "bench.h"

#include "git/git.h"

static const struct git_api *load(void)
{
	struct err e;
	const struct git_api *git;
	assert_ok(git_load(&git, &e));
	return git;
}

/* A repository in w/ whose commits the shell commands EDIT make; opened. */
static struct git_repo *open_repo(struct bench *b, const char *edit)
{
	struct err e;
	struct git_repo *r;
	make_patch(b, "unused.patch", edit);
	assert_ok(load()->open(in(b, "w"), &r, &e));
	return r;
}

static struct git_id id_at(struct git_repo *r, const char *name)
{
	struct err e;
	struct git_id id;
	assert_ok(load()->find(r, name, &id, NULL, &e));
	return id;
}

static void clone_gives_the_files_of_a_commit(void **state)
{
	struct bench *b = *state;
	struct err e;
	make_patch(b, "unused.patch",
		"echo 1 >one; c one; echo 2 >two; echo '*.c text eol=crlf' >.gitattributes; c two\n"
		"rm two; c 3");
	const char *commit = sh(b, "git -C w rev-parse HEAD^").p;
	assert_ok(load()->clone_commit(in(b, "w"), commit, in(b, "out"), NULL, NULL, &e));
	/* The very bytes of the commit, whatever its attributes ask for. */
	sh(b, "cmp upstream/src/a.c out/src/a.c");
	sh(b, "test -e out/two -a -x out/src/b.c -a -L out/doc/link");
	sh(b, "test ! -e out/.git -a ! -e out.git");
	assert_false(load()->clone_commit(in(b, "w"), commit, in(b, "out"), NULL, NULL, &e));
	assert_error(&e, E_CONFLICT, "is there already");
}

static void clone_leaves_nothing_where_it_fails(void **state)
{
	static const char nobody[] = "0123456789012345678901234567890123456789";
	struct bench *b = *state;
	struct err e;
	make_patch(b, "unused.patch", "ln -s ../../etc out; c 'a link that leaves'");
	const char *commit = sh(b, "git -C w rev-parse HEAD").p;
	assert_false(load()->clone_commit(in(b, "w"), commit, in(b, "out"), NULL, NULL, &e));
	assert_error(&e, E_UNSAFE, "leaves the tree");
	assert_false(load()->clone_commit(in(b, "w"), nobody, in(b, "out"), NULL, NULL, &e));
	assert_error(&e, E_NOTFOUND, nobody);
	assert_false(load()->clone_commit(in(b, "none"), nobody, in(b, "out"), NULL, NULL, &e));
	assert_error(&e, E_NET, "none");
	sh(b, "test ! -e out -a ! -e out.git");
}

static bool stop_at_once(void *ctx, uint64_t objects, uint64_t total, uint64_t bytes)
{
	(void)objects;
	(void)total;
	(void)bytes;
	++*(int *)ctx;
	return false;
}

static void clone_can_be_ended(void **state)
{
	struct bench *b = *state;
	struct err e;
	int calls = 0;
	make_patch(b, "unused.patch", "echo 1 >one; c one");
	const char *commit = sh(b, "git -C w rev-parse HEAD").p;
	const char *url = str_format(&b->a, "file://%s", in(b, "w"));
	assert_false(load()->clone_commit(url, commit, in(b, "out"), stop_at_once, &calls, &e));
	assert_error(&e, E_INTERRUPTED, "ended");
	assert_int_equal(calls, 1);
	sh(b, "test ! -e out -a ! -e out.git");
}

static void author_is_the_user(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct git_words words;
	struct git_repo *r = open_repo(b, "echo 1 >one; c one");
	assert_ok(load()->words(r, &b->a, "m", &words, &e));
	assert_string_equal(words.name, "A. Uthor");
	assert_string_equal(words.email, "a@example.org");
	unsetenv("GIT_AUTHOR_NAME");
	unsetenv("GIT_AUTHOR_EMAIL");
	assert_ok(load()->words(r, &b->a, "m", &words, &e));
	assert_non_null(strstr(words.email, "@localhost"));
	sh(b, "printf '[user]\\nname = G. Lobal\\nemail = g@example.org\\n' >config");
	setenv("GIT_CONFIG_GLOBAL", in(b, "config"), 1);
	assert_ok(load()->words(r, &b->a, "m", &words, &e));
	assert_string_equal(words.name, "G. Lobal");
	sh(b, "git -C w config user.name 'L. Ocal'");
	assert_ok(load()->words(r, &b->a, "m", &words, &e));
	assert_string_equal(words.name, "L. Ocal");
	assert_string_equal(words.email, "g@example.org");
	load()->close(&r);
}

static void log_is_a_line_from_an_ancestor(void **state)
{
	struct bench *b = *state;
	struct err e;
	git_revisions log;
	struct git_repo *r = open_repo(b,
		"echo 1 >one; c one -m 'Body.'; git checkout -qb side base; echo 2 >two; c two\n"
		"git checkout -q -");
	struct git_id base = id_at(r, "refs/tags/base"), head = id_at(r, "HEAD");
	struct git_id side = id_at(r, "refs/heads/side");
	assert_ok(load()->log(r, &b->a, &base, &head, &log, &e));
	assert_int_equal(log.n, 1);
	assert_string_equal(log.v[0].subject, "one");
	assert_string_equal(log.v[0].body, "Body.");
	assert_int_equal(log.v[0].parents, 1);
	assert_ok(load()->log(r, &b->a, &head, &head, &log, &e));
	assert_int_equal(log.n, 0);
	assert_false(load()->log(r, &b->a, &side, &head, &log, &e));
	assert_error(&e, E_CONFLICT, "does not descend");
	assert_string_equal(id_at(r, "refs/heads/nobody").hex, "");
	load()->close(&r);
}

static void names_sort_as_in_git(void **state)
{
	struct bench *b = *state;
	struct err e;
	struct git_id id;
	git_files files = {0};
	static const char *const paths[] = {"a-b", "a.c", "a/b", "a0", "ab/c/d", "ab/c/e"};
	sh(b, "mkdir -p t/a t/ab/c; for f in a-b a.c a/b a0 ab/c/d ab/c/e; do echo $f >t/$f; done");
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		vec_push(&b->a, &files, ((struct git_file){.path = paths[i], .mode = 0100644}));
	assert_ok(git_folder_id(in(b, "t"), &files, &id, &e));
	sh(b, "git init -q t");
	assert_str(git_tree(b, "t"), id.hex);
}

static void hooks_and_filters_do_not_run(void **state)
{
	struct bench *b = *state;
	add(b);
	sh(b,
		"cd %s; for h in pre-commit post-checkout post-commit reference-transaction; do\n"
		"printf '#!/bin/sh\\ntouch %s/ran\\n' >.git/hooks/$h; chmod +x .git/hooks/$h; "
		"done\n"
		"echo '*.c filter=evil' >.gitattributes\n"
		"git config filter.evil.clean 'touch %s/ran'; git config core.autocrlf true\n"
		"git config core.fsmonitor 'touch %s/ran'",
		b->src, b->root, b->root, b->root);
	make_patch(b, "p.patch", "sed -i s/^50$/fifty/ src/a.c; c one");
	apply(b, "p.patch");
	struct err e;
	struct overlay o;
	assert_ok(overlay_save(&b->w, "lib", "attributes", &o, &e));
	sh(b, "test ! -e ran");
}

static const struct CMUnitTest tests[] = {
	BENCH_TEST(clone_gives_the_files_of_a_commit),
	BENCH_TEST(clone_leaves_nothing_where_it_fails),
	BENCH_TEST(clone_can_be_ended),
	BENCH_TEST(author_is_the_user),
	BENCH_TEST(log_is_a_line_from_an_ancestor),
	BENCH_TEST(names_sort_as_in_git),
	BENCH_TEST(hooks_and_filters_do_not_run),
};

RUN_TESTS("git")
