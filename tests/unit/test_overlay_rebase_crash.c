/* test_overlay_rebase_crash.c - a rebase that is killed at each step that changes the disk: what is
 * there is enough to go on with it and to take it back. SPDX-License-Identifier: ISC */
#include "killed.h"

static bool rebase(struct bench *b, enum rebase_verb verb, struct overlay_rebase *out)
{
	struct err e = {0};
	struct rebase_request q = {.package = "lib", .verb = verb};
	open_workspace(b);
	bool ok = overlay_rebase(&b->w, &q, out, &e);
	if (!ok)
		print_error("%s (%s; %s)\n", e.text, e.where, e.hint);
	return ok;
}

static bool do_start(struct bench *b, struct err *e)
{
	struct overlay_rebase done;
	(void)e;
	return rebase(b, REBASE_START, &done);
}

static bool do_continue(struct bench *b, struct err *e)
{
	struct overlay_rebase done;
	(void)e;
	return rebase(b, REBASE_CONTINUE, &done);
}

static bool do_skip(struct bench *b, struct err *e)
{
	struct overlay_rebase done;
	(void)e;
	return rebase(b, REBASE_SKIP, &done);
}

static bool do_abort(struct bench *b, struct err *e)
{
	struct overlay_rebase done;
	(void)e;
	return rebase(b, REBASE_ABORT, &done);
}

/* The overlay of version VERSION is whole, with nothing left of a rebase. */
static void expect_version(struct bench *b, const char *version)
{
	struct err e;
	overlays all;
	sh(b, "sed -i 's/\"version\": \"[0-9.]*\"/\"version\": \"%s\"/' recipes/lib/recipe.json",
		version);
	open_workspace(b);
	assert_ok(overlay_list(&b->w, &all, &e));
	assert_int_equal(all.n, 1);
	struct overlay o = all.v[0];
	assert_null(o.rebase);
	assert_string_equal(o.version, version);
	assert_false(o.dirty);
	assert_true(o.saved);
	assert_str(git_tree(b, b->src), o.tree);
	assert_str(sh(b, "git -C %s status --porcelain --ignored", b->src), "");
	assert_str(sh(b, "git -C %s fsck 2>&1 | grep -v dangling || true", b->src), "");
	sh(b,
		"test ! -e overlays/lib/.respin; cd %s/.git; test ! -e respin-rebase.json; test ! "
		"-e "
		"CHERRY_PICK_HEAD; test ! -e index.lock; test ! -e HEAD.lock",
		b->src);
}

static bool under_way(struct bench *b)
{
	return file_exists(path_join(&b->a, b->src, ".git/respin-rebase.json"));
}

/* The source is a folder of the user's: for 1.0 it is as it was. */
static void expect_old(struct bench *b)
{
	sh(b, "rm -rf upstream; cp -a old upstream");
	expect_version(b, "1.0");
	assert_int_equal(list(b).patches.n, 3);
	assert_str(sh(b, "sed -n 50p %s/src/a.c", b->src), "fifty");
}

static void expect_new(struct bench *b, const char *line)
{
	expect_version(b, "2.0");
	assert_str(sh(b, "sed -n 50p %s/src/a.c", b->src), line);
	assert_str(sh(b, "git -C %s log -1 --format=%%s refs/respin/before", b->src), "three: 20");
}

static bool in_phase(struct bench *b, const char *phase)
{
	return under_way(b) &&
	       str_find(sh(b, "cat %s/.git/respin-rebase.json", b->src), str_of(phase)) >= 0;
}

static void resolve(struct bench *b)
{
	sh(b, "sed -i '/^<<<<<<</,/^>>>>>>>/c\\resolved' %s/src/a.c", b->src);
}

/* Either it has not begun, or it can be gone on with; where it stops at a conflict, that is
 * resolved. */
static void finish(struct bench *b)
{
	struct overlay_rebase done;
	for (int i = 0; i < 3; i++) {
		if (in_phase(b, "\"stopped\""))
			resolve(b);
		assert_true(rebase(b, under_way(b) ? REBASE_CONTINUE : REBASE_START, &done));
		if (done.done)
			return;
		assert_string_equal(done.stopped, "two: fifty");
	}
	assert_true(done.done);
}

static void check_clean(struct bench *b, bool done)
{
	assert_true(!done || !under_way(b));
	finish(b);
	expect_new(b, "fifty");
	assert_int_equal(list(b).patches.n, 3);
}

static void check_conflict(struct bench *b, bool done)
{
	assert_true(!done || under_way(b));
	finish(b);
	expect_new(b, "resolved");
	assert_int_equal(list(b).patches.n, 3);
}

static void check_resolved(struct bench *b, bool done)
{
	assert_true(!done || !under_way(b));
	finish(b);
	expect_new(b, "resolved");
	assert_int_equal(list(b).patches.n, 3);
}

/* The way back from wherever it was killed; near the end there is only the way forward. */
static void check_back(struct bench *b, bool done)
{
	struct err e = {0};
	struct overlay_rebase r;
	(void)done;
	struct rebase_request q = {.package = "lib", .verb = REBASE_ABORT};
	open_workspace(b);
	if (under_way(b) && !overlay_rebase(&b->w, &q, &r, &e)) {
		assert_error(&e, E_CONFLICT, "done but for its last steps");
		finish(b);
	}
	if (str_is(sh(b, "git -C %s log -1 --format=%%s upstream", b->src), "lib 2.0"))
		expect_version(b, "2.0");
	else
		expect_old(b);
}

static void check_skip(struct bench *b, bool done)
{
	struct overlay_rebase r;
	assert_true(!done || !under_way(b));
	/* killed before the skip was written down, the conflict is there as it was */
	if (in_phase(b, "\"stopped\""))
		assert_true(rebase(b, REBASE_SKIP, &r));
	else if (under_way(b))
		assert_true(rebase(b, REBASE_CONTINUE, &r));
	expect_new(b, "FIFTY");
	assert_int_equal(list(b).patches.n, 2);
}

static void three_patches(struct bench *b, const char *edit)
{
	struct err e;
	struct overlay o;
	make_patch(b, "p.patch",
		"sed -i s/^10$/ten/ src/a.c; echo 1 >src/made.c; c 'one: ten'\n"
		"sed -i s/^50$/fifty/ src/a.c; mv src/b.c src/moved.c; rm kept.log; c 'two: "
		"fifty'\n"
		"sed -i s/^90$/ninety/ src/a.c; c 'three: 20'");
	apply(b, "p.patch");
	assert_ok(overlay_save(&b->w, "lib", NULL, &o, &e));
	sh(b, "rm -rf w; cp -a upstream old; cd upstream; %s", edit);
	write_recipe(b, "2.0");
}

#define CLEAN "echo new >src/new.c; sed -i s/^70$/seventy/ src/a.c"
#define CLASH "echo new >src/new.c; sed -i s/^50$/FIFTY/ src/a.c"

static void killed_in_a_clean_rebase(void **state)
{
	struct bench *b = *state;
	three_patches(b, CLEAN);
	kill_everywhere(b, do_start, 11, check_clean);
}

static void killed_and_taken_back(void **state)
{
	struct bench *b = *state;
	three_patches(b, CLEAN);
	kill_everywhere(b, do_start, 11, check_back);
}

static void killed_before_a_conflict(void **state)
{
	struct bench *b = *state;
	three_patches(b, CLASH);
	kill_everywhere(b, do_start, 11, check_conflict);
}

static void killed_before_a_conflict_and_taken_back(void **state)
{
	struct bench *b = *state;
	three_patches(b, CLASH);
	kill_everywhere(b, do_start, 11, check_back);
}

static bool do_name(struct bench *b, struct err *e)
{
	struct overlay_rebase done;
	struct rebase_request q = {.package = "lib", .version = "2.0"};
	open_workspace(b);
	return overlay_rebase(&b->w, &q, &done, e);
}

/* The recipe says the old version or the new one, and at the end the new one. */
static void check_name(struct bench *b, bool done)
{
	struct err e = {0};
	struct overlay_rebase r;
	sh(b, "grep -q '\"version\": \"[12].0\"' recipes/lib/recipe.json; ls recipes/lib | grep -c "
	      ". | grep -qx -e 1 -e 2");
	assert_true(!done || !under_way(b));
	if (under_way(b))
		assert_true(rebase(b, REBASE_CONTINUE, &r));
	else
		assert_true(do_name(b, &e));
	sh(b, "grep -q '\"version\": \"2.0\"' recipes/lib/recipe.json");
	expect_new(b, "fifty");
}

static void killed_while_the_recipe_changes(void **state)
{
	struct bench *b = *state;
	three_patches(b, CLEAN);
	write_recipe(b, "1.0");
	kill_everywhere(b, do_name, 11, check_name);
}

static void stopped_at_a_conflict(struct bench *b)
{
	struct overlay_rebase done;
	three_patches(b, CLASH);
	assert_true(rebase(b, REBASE_START, &done));
	assert_string_equal(done.stopped, "two: fifty");
}

static void killed_while_going_on(void **state)
{
	struct bench *b = *state;
	stopped_at_a_conflict(b);
	resolve(b);
	kill_everywhere(b, do_continue, 5, check_resolved);
}

static void killed_while_skipping(void **state)
{
	struct bench *b = *state;
	stopped_at_a_conflict(b);
	kill_everywhere(b, do_skip, 11, check_skip);
}

static void killed_while_aborting(void **state)
{
	struct bench *b = *state;
	stopped_at_a_conflict(b);
	sh(b, "echo mine >%s/mine", b->src);
	kill_everywhere(b, do_abort, 2, check_back);
}

static const struct CMUnitTest tests[] = {
	BENCH_TEST(killed_in_a_clean_rebase),
	BENCH_TEST(killed_and_taken_back),
	BENCH_TEST(killed_before_a_conflict),
	BENCH_TEST(killed_before_a_conflict_and_taken_back),
	BENCH_TEST(killed_while_the_recipe_changes),
	BENCH_TEST(killed_while_going_on),
	BENCH_TEST(killed_while_skipping),
	BENCH_TEST(killed_while_aborting),
};

RUN_TESTS("overlay_rebase_crash")
