/* test_compare.c - two sides in, typed differences out. SPDX-License-Identifier: ISC */
#include "unit.h"

#include "sample.h"

#include <math.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static struct check_result check_of(const char *name, enum verdict verdict)
{
	return (struct check_result){
		.name = name, .type = "command", .verdict = verdict, .why = "w"};
}

static const struct check_change *find_check(const struct comparison *c, const char *name)
{
	vec_for(check, &c->checks)
		if (!strcmp(check->name, name))
			return check;
	return NULL;
}

static const struct size_change *find_symbol(const struct comparison *c, const char *name)
{
	vec_for(symbol, &c->symbols)
		if (!strcmp(symbol->name, name))
			return symbol;
	return NULL;
}

static void sample_run_is_told_as_it_was(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct side before, after;
	struct comparison c;
	sample_sides(&a, &before, &after);
	compare_sides(&a, &before, &after, &c);
	assert_string_equal(c.image, "static-site");
	assert_ptr_equal(c.before, &before);
	assert_ptr_equal(c.after, &after);
	assert_int_equal(c.fixed, 1);
	assert_int_equal(c.broken + c.new_ + c.gone, 0);
	assert_int_equal(c.same, 7);
	assert_int_equal(c.size_difference, 560);
	assert_false(c.image_same);
	const struct check_change *flight = find_check(&c, "segments in the first flight");
	assert_string_equal(flight->before, "fail");
	assert_string_equal(flight->after, "pass");
	assert_int_equal(flight->change, FIXED);
	assert_string_equal(flight->why_before, "4 packets, expected at least 10");
}

/* Every pair of answers, "none" being a run without the check. */
static void each_pair_of_answers_has_its_change(void **state)
{
	(void)state;
	enum { NONE = SKIP + 1, ANSWERS };
	static const enum change expected[ANSWERS][ANSWERS] = {
		[PASS] = {[PASS] = SAME, [FAIL] = BROKEN, [SKIP] = GONE, [NONE] = GONE},
		[FAIL] = {[PASS] = FIXED, [FAIL] = SAME, [SKIP] = GONE, [NONE] = GONE},
		[SKIP] = {[PASS] = NEW, [FAIL] = NEW, [SKIP] = SAME, [NONE] = GONE},
		[NONE] = {[PASS] = NEW, [FAIL] = NEW, [SKIP] = NEW},
	};
	for (int x = PASS; x < ANSWERS; x++)
		for (int y = PASS; y < ANSWERS; y++) {
			defer(arena_free) struct arena a = {0};
			struct side before = {0}, after = {0};
			struct comparison c;
			if (x != NONE)
				vec_push(&a, &before.run.checks, check_of("it", (enum verdict)x));
			if (y != NONE)
				vec_push(&a, &after.run.checks, check_of("it", (enum verdict)y));
			compare_sides(&a, &before, &after, &c);
			if (x == NONE && y == NONE) {
				assert_int_equal(c.checks.n, 0);
				continue;
			}
			assert_int_equal(c.checks.n, 1);
			assert_int_equal(c.checks.v[0].change, expected[x][y]);
			assert_int_equal(c.same + c.fixed + c.broken + c.new_ + c.gone, 1);
			assert_int_equal(c.new_failing, expected[x][y] == NEW && y == FAIL);
			assert_int_equal(!c.checks.v[0].before, x == NONE);
			assert_int_equal(!c.checks.v[0].after, y == NONE);
		}
}

static void checks_keep_their_order_and_new_ones_follow(void **state)
{
	(void)state;
	static const char *const expected[] = {"b", "a", "d", "c"};
	defer(arena_free) struct arena a = {0};
	struct side before = {0}, after = {0};
	struct comparison c;
	vec_push(&a, &before.run.checks, check_of("b", PASS));
	vec_push(&a, &before.run.checks, check_of("a", PASS));
	vec_push(&a, &after.run.checks, check_of("d", PASS));
	vec_push(&a, &after.run.checks, check_of("a", PASS));
	vec_push(&a, &after.run.checks, check_of("c", PASS));
	vec_push(&a, &after.run.checks, check_of("b", PASS));
	compare_sides(&a, &before, &after, &c);
	assert_int_equal(c.checks.n, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_string_equal(c.checks.v[i].name, expected[i]);
}

static struct side side_with_metric(struct arena *a, const char *unit, double value)
{
	struct side side = {0};
	struct check_result check = check_of("it", PASS);
	vec_push(a, &check.metrics, ((struct metric){"value", unit, value}));
	vec_push(a, &side.run.checks, check);
	return side;
}

static void times_are_notable_only_beyond_noise(void **state)
{
	(void)state;
	static const struct {
		const char *unit;
		double before, after;
		bool notable;
	} cases[] = {
		{"packets", 4, 10, true},
		{"packets", 4, 4, false},
		{"bytes", 9216, 9217, true},
		{NULL, 1, 2, true},
		{"ms", 121.3, 81.0, true},
		{"ms", 81.0, 121.3, true},
		{"ms", 100, 124, false}, /* less than a quarter */
		{"ms", 100, 126, true},	 /* beyond both */
		{"ms", 1, 9, false},	 /* less than 10 ms */
		{"ms", 0, 11, true},	 /* from nothing */
		{"s", 1.0, 1.3, true},
		{"s", 0.010, 0.015, false},
		{"us", 10000, 25000, true},
		{"us", 100, 900, false},
		{"ns", 10e6, 21e6, true},
		{"MB/s", 100, 140, false}, /* rates: half as much again */
		{"MB/s", 100, 160, true},
		{"ms", NAN, 5, false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		defer(arena_free) struct arena a = {0};
		struct comparison c;
		struct side before = side_with_metric(&a, cases[i].unit, cases[i].before);
		struct side after = side_with_metric(&a, cases[i].unit, cases[i].after);
		compare_sides(&a, &before, &after, &c);
		assert_int_equal(c.metrics.n, 1);
		if (c.metrics.v[0].notable != cases[i].notable) {
			print_error(
				"%g -> %g %s\n", cases[i].before, cases[i].after, cases[i].unit);
			_fail(__FILE__, __LINE__);
		}
	}
}

static void a_metric_of_one_side_has_no_other(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct side before = side_with_metric(&a, "packets", 4), after = {0};
	struct comparison c;
	vec_push(&a, &after.run.checks, check_of("it", FAIL));
	vec_push(&a, &after.run.checks.v[0].metrics, ((struct metric){"other", "packets", 7}));
	compare_sides(&a, &before, &after, &c);
	assert_int_equal(c.metrics.n, 2);
	assert_true(c.metrics.v[0].has_before && !c.metrics.v[0].has_after);
	assert_true(!c.metrics.v[1].has_before && c.metrics.v[1].has_after);
	assert_string_equal(c.metrics.v[1].name, "other");
	assert_false(c.metrics.v[0].notable || c.metrics.v[1].notable);
}

static void only_packages_that_differ_are_listed(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct side before, after;
	struct comparison c;
	sample_sides(&a, &before, &after);
	compare_sides(&a, &before, &after, &c);
	assert_int_equal(c.packages.n, 1);
	const struct package_change *lwip = &c.packages.v[0];
	assert_string_equal(lwip->name, "lwip");
	assert_null(lwip->overlay_before);
	assert_string_equal(lwip->overlay_after, SAMPLE_TREE);
	assert_int_equal(lwip->size_after - lwip->size_before, 112);
	assert_int_equal(lwip->patches.n, 1);
	assert_string_equal(lwip->patches.v[0], SAMPLE_SUBJECT);
	assert_int_equal(lwip->dropped.n, 0);
}

static struct side side_with_package(struct arena *a, struct manifest_package p)
{
	struct side side = {0};
	vec_push(a, &side.image.packages, p);
	return side;
}

static size_t packages_that_differ(struct manifest_package x, struct manifest_package y)
{
	defer(arena_free) struct arena a = {0};
	struct side before = side_with_package(&a, x), after = side_with_package(&a, y);
	struct comparison c;
	compare_sides(&a, &before, &after, &c);
	return c.packages.n;
}

static void any_field_makes_a_package_differ(void **state)
{
	(void)state;
	const struct manifest_package p = {.name = "p", .version = "1", .source_sha256 = "aa"};
	struct manifest_package q = p;
	assert_int_equal(packages_that_differ(p, q), 0);
	q.version = "2";
	assert_int_equal(packages_that_differ(p, q), 1);
	q = p;
	q.source_sha256 = "bb";
	assert_int_equal(packages_that_differ(p, q), 1);
	q = p;
	q.overlay_tree = "cc";
	assert_int_equal(packages_that_differ(p, q), 1);
	assert_int_equal(packages_that_differ(q, p), 1);
	q = p;
	q.size = 1;
	assert_int_equal(packages_that_differ(p, q), 1);
	q = p;
	q.name = "q";
	assert_int_equal(packages_that_differ(p, q), 2);
}

static void patches_are_a_difference_of_lists(void **state)
{
	(void)state;
	static const char *const x[] = {"one", "two", "two"}, *const y[] = {
								      "two", "three", "three"};
	defer(arena_free) struct arena a = {0};
	struct manifest_package p = {.name = "p"}, q = {.name = "p"};
	struct comparison c;
	for (size_t i = 0; i < COUNT(x); i++) {
		vec_push(&a, &p.patches, x[i]);
		vec_push(&a, &q.patches, y[i]);
	}
	struct side before = side_with_package(&a, p), after = side_with_package(&a, q);
	compare_sides(&a, &before, &after, &c);
	assert_int_equal(c.packages.n, 1);
	assert_int_equal(c.packages.v[0].patches.n, 2);
	assert_string_equal(c.packages.v[0].patches.v[0], "three");
	assert_string_equal(c.packages.v[0].patches.v[1], "three");
	assert_int_equal(c.packages.v[0].dropped.n, 2);
	assert_string_equal(c.packages.v[0].dropped.v[0], "one");
	assert_string_equal(c.packages.v[0].dropped.v[1], "two");
}

static void symbols_are_sorted_by_change(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct side before, after;
	struct comparison c;
	sample_sides(&a, &before, &after);
	compare_sides(&a, &before, &after, &c);
	assert_int_equal(c.symbols.n, 8);
	assert_string_equal(c.symbols.v[0].name, "ram_heap");
	assert_string_equal(c.symbols.v[0].package, "lwip");
	assert_int_equal(c.symbols.v[0].after - c.symbols.v[0].before, 65536);
	assert_int_equal(find_symbol(&c, "tcp_initial_window")->before, 0);
	assert_int_equal(find_symbol(&c, "tcp_calc_initial_cwnd")->after, 0);
	for (size_t i = 1; i < c.symbols.n; i++) {
		const struct size_change *x = &c.symbols.v[i - 1], *y = &c.symbols.v[i];
		assert_true(llabs(x->after - x->before) >= llabs(y->after - y->before));
	}
	assert_int_equal(c.sections.n, 2);
	assert_string_equal(c.sections.v[0].name, ".text");
}

static void add_symbol(
	struct arena *a, struct side *s, const char *package, const char *name, uint64_t size)
{
	vec_push(a, &s->image.symbols,
		((struct image_symbol){.package = package, .name = name, .size = size}));
}

static void renumbered_statics_are_the_same(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct side before = {0}, after = {0};
	struct comparison c;
	add_symbol(&a, &before, "p", "buffer.1", 64);
	add_symbol(&a, &before, "p", "buffer.2", 32);
	add_symbol(&a, &after, "p", "buffer.7", 32);
	add_symbol(&a, &after, "p", "buffer.3", 64);
	add_symbol(&a, &before, "p", "camlTcp__Window__fun_699", 16);
	add_symbol(&a, &after, "p", "camlTcp__Window__fun_702", 16);
	add_symbol(&a, &before, "p", "crc32", 10); /* digits alone are part of the name */
	add_symbol(&a, &after, "p", "crc16", 10);
	add_symbol(&a, &before, "p", "init", 8); /* the same name in two packages */
	add_symbol(&a, &before, "q", "init", 9);
	add_symbol(&a, &after, "p", "init", 9);
	add_symbol(&a, &after, "q", "init", 9);
	add_symbol(&a, &before, "q", "camlLwt_io__close_1613", 64); /* OCaml numbers them all */
	add_symbol(&a, &after, "q", "camlLwt_io__close_1622", 64);
	add_symbol(&a, &before, "q", "tcp_4", 1); /* C does not */
	add_symbol(&a, &after, "q", "tcp_6", 1);
	compare_sides(&a, &before, &after, &c);
	assert_int_equal(c.symbols.n, 5);
	assert_non_null(find_symbol(&c, "tcp_4"));
	assert_non_null(find_symbol(&c, "crc32"));
	assert_non_null(find_symbol(&c, "crc16"));
	assert_string_equal(find_symbol(&c, "init")->package, "p");
}

static void the_same_image_has_no_differences(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct side before, after;
	struct comparison c;
	sample_sides(&a, &before, &after);
	compare_sides(&a, &after, &after, &c);
	assert_true(c.image_same);
	assert_int_equal(c.size_difference, 0);
	assert_int_equal(c.same, 8);
	assert_int_equal(c.packages.n + c.sections.n + c.symbols.n, 0);
	vec_for(m, &c.metrics)
		assert_false(m->notable);
	after.image.sha256 = NULL;
	compare_sides(&a, &after, &after, &c);
	assert_false(c.image_same);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(sample_run_is_told_as_it_was),
	cmocka_unit_test(each_pair_of_answers_has_its_change),
	cmocka_unit_test(checks_keep_their_order_and_new_ones_follow),
	cmocka_unit_test(times_are_notable_only_beyond_noise),
	cmocka_unit_test(a_metric_of_one_side_has_no_other),
	cmocka_unit_test(only_packages_that_differ_are_listed),
	cmocka_unit_test(any_field_makes_a_package_differ),
	cmocka_unit_test(patches_are_a_difference_of_lists),
	cmocka_unit_test(symbols_are_sorted_by_change),
	cmocka_unit_test(renumbered_statics_are_the_same),
	cmocka_unit_test(the_same_image_has_no_differences),
};

RUN_TESTS("compare")
