/* test_base.c - bytes, memory, errors, lists and maps. SPDX-License-Identifier: ISC */
#include "unit.h"

static void arena_gives_zeroed_apart_memory(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	char *small = arena_alloc(&a, 3), *other = arena_alloc(&a, 3);
	memset(small, 0xff, 3);
	assert_int_equal(other[0], 0);
	char *large = arena_alloc(&a, 1 << 20);
	assert_int_equal(large[(1 << 20) - 1], 0);
	assert_int_equal((uintptr_t)arena_alloc(&a, 1) % _Alignof(max_align_t), 0);
	assert_non_null(arena_alloc(&a, 0));
}

static void arena_is_reusable_after_free(void **state)
{
	(void)state;
	struct arena a = {0};
	arena_alloc(&a, 100);
	arena_free(&a);
	assert_null(a.head);
	assert_non_null(arena_alloc(&a, 100));
	arena_free(&a);
}

static void str_cut_walks_all_parts(void **state)
{
	(void)state;
	struct str rest = S("a,,b");
	assert_str(str_cut(&rest, ','), "a");
	assert_str(str_cut(&rest, ','), "");
	assert_non_null(rest.p);
	assert_str(str_cut(&rest, ','), "b");
	assert_null(rest.p);
}

static void str_u64_refuses_all_but_numbers(void **state)
{
	(void)state;
	uint64_t n = 7;
	assert_true(str_u64(S("18446744073709551615"), &n));
	assert_true(n == UINT64_MAX);
	n = 7;
	assert_false(str_u64(S("18446744073709551616"), &n));
	assert_false(str_u64(S(""), &n));
	assert_false(str_u64(S("-1"), &n));
	assert_false(str_u64(S("1 "), &n));
	assert_true(n == 7);
}

static void str_finds_and_trims(void **state)
{
	(void)state;
	assert_int_equal(str_find(S("abcabc"), S("ca")), 2);
	assert_int_equal(str_find(S("abc"), S("abcd")), -1);
	assert_int_equal(str_find(S("abc"), S("")), 0);
	assert_str(str_trim(S(" \t a b\r\n")), "a b");
	assert_str(str_trim(S("  ")), "");
	assert_true(str_ends(S("a.c"), S(".c")));
	assert_false(str_ends(S("c"), S(".c")));
	assert_true(str_cmp(S("a"), S("ab")) < 0);
	assert_true(str_cmp(S("b"), S("ab")) > 0);
}

static void str_nearest_finds_slips_only(void **state)
{
	(void)state;
	static const char *const words[] = {"sources", "include", "flags"};
	assert_string_equal(str_nearest(S("sorces"), words, 3), "sources");
	assert_string_equal(str_nearest(S("flag"), words, 3), "flags");
	assert_null(str_nearest(S("zebra"), words, 3));
	assert_null(str_nearest(S(""), words, 3));
}

static void text_grows_and_stays_terminated(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct text t = {.a = &a};
	for (int i = 0; i < 1000; i++)
		text_addf(&t, "%d,", i);
	assert_int_equal(t.n, strlen(t.p));
	assert_true(str_ends(text_str(&t), S("998,999,")));
}

static void paths_join(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	assert_string_equal(path_join(&a, "a", "b"), "a/b");
	assert_string_equal(path_join(&a, "a/", "b"), "a/b");
	assert_string_equal(path_join(&a, "", "b"), "b");
	assert_string_equal(path_join(&a, "a", "/b"), "/b");
}

static void vec_keeps_what_was_added(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	VEC(int) v = {0};
	for (int i = 0; i < 1000; i++)
		vec_push(&a, &v, i);
	int expected = 0;
	vec_for(it, &v)
		assert_int_equal(*it, expected++);
	assert_int_equal(expected, 1000);
	assert_int_equal(*vec_add(&a, &v), 0);
}

static void map_keeps_order_and_finds_all(void **state)
{
	(void)state;
	defer(arena_free) struct arena a = {0};
	struct map m = {.a = &a};
	char key[16];
	for (uintptr_t i = 1; i <= 1000; i++) {
		int n = snprintf(key, sizeof(key), "k%zu", (size_t)i);
		*map_put(&m, (struct str){key, (size_t)n}) = (void *)i;
	}
	assert_int_equal(m.entries.n, 1000);
	assert_str(m.entries.v[499].key, "k500");
	assert_true(map_get(&m, S("k77")) == (void *)(uintptr_t)77);
	assert_null(map_get(&m, S("k1001")));
	*map_put(&m, S("k77")) = NULL;
	assert_int_equal(m.entries.n, 1000);
	assert_true(map_has(&m, S("k77")));
	assert_false(map_has(&m, S("")));
	*map_put(&m, S("")) = &m;
	assert_true(map_get(&m, S("")) == &m);
}

static void err_gathers_context(void **state)
{
	(void)state;
	struct err e = {0};
	assert_false(fail(&e, E_INPUT, "expected %d", 3));
	assert_false(fail_context(&e, "recipe '%s'", "lwip"));
	fail_where(&e, "recipe.json:1");
	fail_where(&e, "elsewhere");
	fail_hint(&e, "mend it");
	assert_int_equal(e.code, E_INPUT);
	assert_string_equal(e.text, "recipe 'lwip': expected 3");
	assert_string_equal(e.where, "recipe.json:1");
	assert_string_equal(e.hint, "mend it");
	assert_string_equal(code_name(E_CHECKSUM), "checksum");
}

static void err_never_overflows(void **state)
{
	(void)state;
	struct err e = {0};
	char big[4000];
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_false(fail(&e, E_IO, "%s", big));
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_false(fail_context(&e, "%s", big));
	assert_true(strlen(e.text) < sizeof(e.text));
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(arena_gives_zeroed_apart_memory),
	cmocka_unit_test(arena_is_reusable_after_free), cmocka_unit_test(str_cut_walks_all_parts),
	cmocka_unit_test(str_u64_refuses_all_but_numbers), cmocka_unit_test(str_finds_and_trims),
	cmocka_unit_test(str_nearest_finds_slips_only),
	cmocka_unit_test(text_grows_and_stays_terminated), cmocka_unit_test(paths_join),
	cmocka_unit_test(vec_keeps_what_was_added), cmocka_unit_test(map_keeps_order_and_finds_all),
	cmocka_unit_test(err_gathers_context), cmocka_unit_test(err_never_overflows)};
RUN_TESTS("base")
