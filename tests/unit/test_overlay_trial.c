/* test_overlay_trial.c - each patch on its own: does it apply, and what is there without it?
 * SPDX-License-Identifier: ISC */
#include "bench.h"

struct trial {
	struct overlay_trial *t;
	trial_patches patches;
	bool dirty;
};

static struct trial open_lib(struct bench *b)
{
	struct err e = {0};
	struct trial t = {0};
	open_workspace(b);
	assert_ok(trial_open(&b->w, "lib", &t.t, &t.patches, &t.dirty, &e));
	return t;
}

/* Four patches; the third stands on the second. */
static void four_patches(struct bench *b)
{
	struct err e;
	struct overlay o;
	make_patch(b, "p.patch",
		"sed -i s/^10$/ten/ src/a.c; c 'one' -m 'Forwarded: no'\n"
		"sed -i s/^50$/fifty/ src/a.c; c 'two'\n"
		"sed -i s/^fifty$/FIFTY/ src/a.c; c 'three'\n"
		"sed -i s/^90$/ninety/ src/a.c; echo new >src/new.c; c 'four'");
	apply(b, "p.patch");
	assert_ok(overlay_save(&b->w, "lib", NULL, &o, &e));
}

static const char *lines(struct bench *b, const struct overlay *o)
{
	const char *words = sh(b,
		"sed -n '10p;50p;90p' %s/src/a.c | tr '\\n' ' '; ls %s/src | grep -c new || true",
		o->dir, o->dir)
				    .p;
	assert_str(git_tree(b, o->dir), o->tree);
	return words;
}

static void each_is_taken_out(void **state)
{
	static const char *const without[] = {"10 FIFTY ninety 1", "", "ten fifty ninety 1",
		"ten FIFTY 90 0", "ten FIFTY ninety 1"};
	struct bench *b = *state;
	struct err e = {0};
	struct overlay o;
	four_patches(b);
	sh(b, "cp -a overlays before");
	struct trial t = open_lib(b);
	assert_int_equal(t.patches.n, 4);
	assert_false(t.dirty);
	assert_string_equal(t.patches.v[0].subject, "one");
	assert_string_equal(t.patches.v[0].body, "Forwarded: no");
	for (size_t i = 0; i <= 4; i++) {
		if (i < 4) {
			assert_true(t.patches.v[i].applies);
			assert_int_equal(t.patches.v[i].separable, i != 1);
		}
		if (i == 1)
			continue;
		assert_ok(trial_set(t.t, &t.patches, i, &o, &e));
		assert_string_equal(lines(b, &o), without[i]);
		assert_int_equal(o.patches.n, i < 4 ? 3 : 4);
	}
	assert_non_null(strstr(t.patches.v[1].why, "later patches stand on it, in src/a.c"));
	assert_string_equal(o.tree, list(b).tree);
	trial_close(&t.t);
	sh(b, "test ! -e .respin/verify; diff -r before overlays");
}

/* The recipe has moved on; the patches have not. */
static void on_another_source(void **state)
{
	struct bench *b = *state;
	struct err e = {0};
	struct overlay o;
	four_patches(b);
	sh(b, "sed -i 's/^10$/ten/; s/^50$/50 anew/' upstream/src/a.c");
	write_recipe(b, "2.0");
	struct trial t = open_lib(b);
	assert_false(t.patches.v[0].applies);
	assert_string_equal(t.patches.v[0].why, "upstream 2.0 has it already");
	assert_false(t.patches.v[1].applies);
	assert_non_null(strstr(t.patches.v[1].why, "src/a.c"));
	assert_false(t.patches.v[2].applies);
	assert_true(t.patches.v[3].applies && t.patches.v[3].separable);
	assert_ok(trial_set(t.t, &t.patches, 4, &o, &e));
	assert_string_equal(lines(b, &o), "ten 50 anew ninety 1");
	assert_string_equal(o.version, "2.0");
	assert_int_equal(o.patches.n, 1);
	trial_close(&t.t);
}

/* In a fresh clone there is only the series; what a killed trial left is swept away. */
static void from_the_series(void **state)
{
	struct bench *b = *state;
	four_patches(b);
	sh(b, "rm -rf %s .respin; mkdir -p .respin/verify/lib; echo x >.respin/verify/lib/x",
		b->src);
	struct trial t = open_lib(b);
	assert_int_equal(t.patches.n, 4);
	assert_true(t.patches.v[3].applies);
	sh(b, "test ! -e %s; test ! -e .respin/verify/lib/x", b->src);
	trial_close(&t.t);
}

static void what_is_not_committed_is_no_patch(void **state)
{
	struct bench *b = *state;
	add(b);
	struct trial t = open_lib(b);
	assert_int_equal(t.patches.n, 0);
	assert_false(t.dirty);
	trial_close(&t.t);
	sh(b, "echo x >>%s/src/a.c", b->src);
	t = open_lib(b);
	assert_int_equal(t.patches.n, 0);
	assert_true(t.dirty);
	trial_close(&t.t);
}

static void refused_where_there_is_none(void **state)
{
	struct bench *b = *state;
	struct err e = {0};
	struct trial t = {0};
	struct overlay_rebase done;
	struct rebase_request q = {.package = "lib"};
	assert_false(trial_open(&b->w, "lib", &t.t, &t.patches, &t.dirty, &e));
	assert_error(&e, E_NOTFOUND, "no overlay of lib");
	assert_null(t.t);
	four_patches(b);
	sh(b, "sed -i 's/^50$/50 anew/' upstream/src/a.c");
	write_recipe(b, "2.0");
	assert_ok(overlay_rebase(&b->w, &q, &done, &e));
	assert_string_equal(done.stopped, "two");
	assert_false(trial_open(&b->w, "lib", &t.t, &t.patches, &t.dirty, &e));
	assert_error(&e, E_CONFLICT, "in the middle of a rebase");
	sh(b, "test ! -e .respin/verify");
}

static const struct CMUnitTest tests[] = {
	BENCH_TEST(each_is_taken_out),
	BENCH_TEST(on_another_source),
	BENCH_TEST(from_the_series),
	BENCH_TEST(what_is_not_committed_is_no_patch),
	BENCH_TEST(refused_where_there_is_none),
};

RUN_TESTS("overlay_trial")
