/* test_guest_table_branch.c - branches of a table, and what their merging gives.
 * SPDX-License-Identifier: ISC */
#include "table_repo.h"

static void branch_put(struct table_branch *b, unsigned n, unsigned mac, uint64_t expires)
{
	struct address key = address(n);
	struct holder value = holder(mac, expires);
	assert_int_equal(table_branch_put(b, &key, &value), TABLE_CHANGED);
}

static void branch_remove(struct table_branch *b, unsigned n)
{
	struct address key = address(n);
	assert_int_equal(table_branch_remove(b, &key), TABLE_CHANGED);
}

static const struct holder *branch_get(struct table_branch *b, unsigned n)
{
	struct address key = address(n);
	return table_branch_get(b, &key);
}

static struct made_table seeded(void)
{
	struct made_table m = make_table(&flat_kind, (struct table_limits){0});
	put(m.t, 1, 1, 100, NOTE_LATER);
	put(m.t, 2, 2, 100, NOTE_LATER);
	put(m.t, 3, 3, 100, NOTE_ADDED);
	return m;
}

static void nothing_else_moved_is_a_fast_forward(void **state)
{
	(void)state;
	struct made_table m = seeded();
	struct repo r;
	make_repo(&r);
	struct table_branch *b = table_branch(m.t, "expire_1429688434.645130");
	branch_remove(b, 1);
	assert_null(branch_get(b, 1));
	assert_int_equal(branch_get(b, 2)->expires, 100);
	assert_true(table_branch_commit(b, NOTE_EXPIRED));
	assert_false(table_branch_commit(b, NOTE_EXPIRED));
	assert_non_null(get(m.t, 1));
	table_branch_merge(b, NOTE_MERGED);
	assert_null(get(m.t, 1));
	assert_git_agrees(m.t, &r);
	assert_string_equal(git(&r, "log --format='%D %s' primary"),
		"HEAD -> primary, expire_1429688434.645130 expired\n"
		" entry: 10.0.0.3 -> mac 02:00:00:00:00:03");
	assert_string_equal(
		git(&r, "ls-tree -r --name-only primary"), "arp/10.0.0.2\narp/10.0.0.3");
	drop_repo(&r);
	drop_table(&m);
}

static void primary_moved_is_a_merge_commit(void **state)
{
	(void)state;
	struct made_table m = seeded();
	struct repo r;
	make_repo(&r);
	struct table_branch *b = table_branch(m.t, "expire");
	branch_remove(b, 1);
	branch_put(b, 2, 22, 50);
	assert_true(table_branch_commit(b, NOTE_EXPIRED));
	branch_put(b, 4, 4, 10);
	assert_true(table_branch_commit(b, NOTE_OTHER));
	put(m.t, 1, 11, 200, NOTE_ADDED); /* removed there, changed here: stays */
	put(m.t, 2, 21, 60, NOTE_ADDED);  /* changed by both: later wins */
	put(m.t, 5, 5, 60, NOTE_LATER);
	table_branch_merge(b, NOTE_MERGED);
	assert_int_equal(get(m.t, 1)->expires, 200);
	assert_int_equal(get(m.t, 2)->expires, 60);
	assert_int_equal(get(m.t, 4)->expires, 10);
	assert_int_equal(get(m.t, 5)->expires, 60);
	assert_git_agrees(m.t, &r);
	assert_string_equal(git(&r, "log --format=%s --graph"),
		"*   merge\n"
		"|\\  \n"
		"| * other\n"
		"| * expired\n"
		"* | update\n"
		"* | entry: 10.0.0.2 -> mac 02:00:00:00:00:15\n"
		"* | entry: 10.0.0.1 -> mac 02:00:00:00:00:0b\n"
		"|/  \n"
		"* entry: 10.0.0.3 -> mac 02:00:00:00:00:03");
	assert_string_equal(git(&r, "ls-tree -r --name-only primary"),
		"arp/10.0.0.1\narp/10.0.0.2\narp/10.0.0.3\narp/10.0.0.4\narp/10.0.0.5");
	drop_repo(&r);
	drop_table(&m);
}

/* ---- the rules ------------------------------------------------------------------------------- */

static void commit_branch(struct table_branch *b)
{
	assert_true(table_branch_commit(b, NOTE_OTHER));
}

/* The value of .1 with mac 1 until 100: what two branches make of it. NULL: removed. */
static const struct holder *merged(const struct holder *x, const struct holder *y)
{
	static struct holder result;
	struct made_table m = seeded();
	struct address key = address(1);
	const struct holder *sides[] = {x, y};
	struct table_branch *b[2];
	for (size_t i = 0; i < 2; i++) {
		b[i] = table_branch(m.t, i ? "y" : "x");
		if (sides[i])
			table_branch_put(b[i], &key, sides[i]);
		else
			table_branch_remove(b[i], &key);
	}
	for (size_t i = 0; i < 2; i++)
		table_branch_merge(b[i], NOTE_MERGED);
	const struct holder *found = get(m.t, 1);
	if (found)
		result = *found;
	drop_table(&m);
	return found ? &result : NULL;
}

static void removed_then_updated_stays(void **state)
{
	(void)state;
	struct holder later = holder(9, 200), earlier = holder(9, 50);
	assert_int_equal(merged(NULL, &later)->expires, 200);
	assert_int_equal(merged(&later, NULL)->expires, 200);
	assert_int_equal(merged(NULL, &earlier)->expires, 50);
	assert_null(merged(NULL, NULL));
}

static void removed_and_unchanged_is_removed(void **state)
{
	(void)state;
	struct holder as_it_was = holder(1, 100);
	assert_null(merged(NULL, &as_it_was));
	assert_null(merged(&as_it_was, NULL));
}

static void competing_updates_are_the_kinds_matter(void **state)
{
	(void)state;
	struct holder x = holder(8, 200), y = holder(9, 150), tie = holder(9, 200);
	assert_int_equal(merged(&x, &y)->mac[5], 8);
	assert_int_equal(merged(&y, &x)->mac[5], 8);
	assert_int_equal(merged(&x, &tie)->mac[5], 9);
	assert_int_equal(merged(&tie, &x)->mac[5], 9);
}

static void different_keys_do_not_conflict(void **state)
{
	(void)state;
	struct made_table m = seeded();
	struct table_branch *x = table_branch(m.t, "x"), *y = table_branch(m.t, "y");
	branch_put(x, 7, 7, 70);
	branch_put(y, 8, 8, 80);
	branch_remove(x, 1);
	branch_remove(y, 2);
	table_branch_merge(x, NOTE_MERGED);
	table_branch_merge(y, NOTE_MERGED);
	assert_null(get(m.t, 1));
	assert_null(get(m.t, 2));
	assert_int_equal(get(m.t, 3)->expires, 100);
	assert_int_equal(get(m.t, 7)->expires, 70);
	assert_int_equal(get(m.t, 8)->expires, 80);
	drop_table(&m);
}

/* ---- what branches are
 * --------------------------------------------------------------------------- */

static void a_branch_reads_back_what_it_has(void **state)
{
	(void)state;
	struct made_table m = seeded();
	struct table_branch *b = table_branch(m.t, "b");
	struct address key = address(1);
	struct holder as_it_was = holder(1, 100);
	assert_int_equal(table_branch_put(b, &key, &as_it_was), TABLE_SAME);
	for (unsigned i = 0; i < 100; i++)
		branch_put(b, 10 + i, i, i);
	for (unsigned i = 0; i < 100; i += 2)
		branch_remove(b, 10 + i);
	put(m.t, 1, 5, 500, NOTE_ADDED);
	assert_int_equal(branch_get(b, 1)->expires, 100);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(branch_get(b, 10 + i) != NULL, i % 2);
	key = address(10);
	assert_int_equal(table_branch_remove(b, &key), TABLE_SAME);
	commit_branch(b);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(branch_get(b, 10 + i) != NULL, i % 2);
	table_branch_drop(b);
	assert_null(get(m.t, 11));
	drop_table(&m);
}

static void a_branch_without_changes_vanishes(void **state)
{
	(void)state;
	struct made_table m = seeded();
	struct table_ref ref;
	table_flush(m.t);
	uint64_t commits = table_stats(m.t).commits;
	struct table_branch *b = table_branch(m.t, "b");
	put(m.t, 9, 9, 9, NOTE_LATER);
	table_branch_merge(b, NOTE_MERGED);
	assert_int_equal(table_stats(m.t).commits, commits);
	assert_false(table_ref(m.t, 1, &ref));
	drop_table(&m);
}

static void a_dropped_branch_leaves_nothing(void **state)
{
	(void)state;
	struct made_table m = seeded();
	struct table_ref ref;
	table_flush(m.t);
	size_t objects = table_stats(m.t).objects;
	int pin = table_pin(m.t);
	struct table_branch *b = table_branch(m.t, "b");
	branch_put(b, 1, 9, 9);
	commit_branch(b);
	branch_put(b, 2, 9, 9);
	commit_branch(b);
	assert_true(table_ref(m.t, 1, &ref));
	assert_string_equal(ref.name, "b");
	table_branch_drop(b);
	assert_false(table_ref(m.t, 1, &ref));
	assert_int_equal(table_stats(m.t).objects, objects);
	assert_false(table_pin_holds(m.t, pin));
	drop_table(&m);
}

static void names_are_such_as_git_takes(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "primary", "a/b", ".a", "a.", "a..b", "a.lock", "-a",
		"a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "a\x7f",
		"a123456789012345678901234567890123456789012345678901234567890123"};
	struct made_table m = seeded();
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_null(table_branch(m.t, bad[i]));
	for (size_t i = 0; i < TABLE_BRANCHES; i++) {
		char name[] = "a_0.b";
		name[2] = (char)('0' + i);
		assert_non_null(table_branch(m.t, name));
		assert_null(table_branch(m.t, name));
	}
	assert_null(table_branch(m.t, "one-more"));
	drop_table(&m);
}

/* A name that is used again moves on; there are never two refs of one name. */
static void a_name_is_used_again(void **state)
{
	(void)state;
	struct made_table m = seeded();
	struct table_ref ref;
	for (unsigned i = 0; i < 5; i++) {
		struct table_branch *b = table_branch(m.t, "again");
		branch_put(b, 1, 50 + i, 500 + i);
		table_branch_merge(b, NOTE_MERGED);
	}
	assert_true(table_ref(m.t, 1, &ref));
	assert_false(table_ref(m.t, 2, &ref));
	drop_table(&m);
}

/* The same change twice within a second, on two branches and on primary: still three commits. */
static void equal_commits_get_different_dates(void **state)
{
	(void)state;
	struct made_table m = seeded();
	struct repo r;
	struct table_branch *x = table_branch(m.t, "x"), *y = table_branch(m.t, "y");
	branch_put(x, 1, 9, 900);
	branch_put(y, 1, 9, 900);
	commit_branch(x);
	commit_branch(y);
	table_branch_merge(x, NOTE_MERGED);
	table_branch_merge(y, NOTE_MERGED);
	make_repo(&r);
	assert_git_agrees(m.t, &r);
	assert_string_equal(git(&r, "rev-parse x y | sort -u | wc -l"), "2");
	drop_repo(&r);
	drop_table(&m);
}

/* ---- algebra -----------------------------------------------------------------------------------
 */

#define ORDERS 6
#define MERGES 10000

/* In all six orders three branches of one table give one state. */
static void merging_is_commutative_associative_and_total(void **state)
{
	(void)state;
	static const unsigned orders[ORDERS][3] = {
		{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	enum { KEYS = 5 };
	struct made_table m[ORDERS];
	uint64_t random = 9;
	for (size_t o = 0; o < ORDERS; o++)
		m[o] = make_table(&flat_kind, (struct table_limits){.history_bytes = 50000});
	for (unsigned round = 0; round < MERGES; round++) {
		unsigned change[4][KEYS];
		for (size_t i = 0; i < 4 * KEYS; i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			change[i / KEYS][i % KEYS] = (unsigned)(random >> 33) % 7;
		}
		for (size_t o = 0; o < ORDERS; o++) {
			struct table_branch *b[3];
			for (unsigned k = 0; k < KEYS; k++)
				if (change[3][k] < 2)
					take_out(m[o].t, k, NOTE_LATER);
				else
					put(m[o].t, k, change[3][k], change[3][k] % 3, NOTE_LATER);
			for (unsigned i = 0; i < 3; i++) {
				char name[] = "b0";
				name[1] = (char)('0' + i);
				b[i] = table_branch(m[o].t, name);
				assert_non_null(b[i]);
				for (unsigned k = 0; k < KEYS; k++) {
					unsigned what = change[i][k];
					struct address key = address(k);
					struct holder value = holder(what, what % 3);
					if (what == 0)
						table_branch_remove(b[i], &key);
					else if (what < 5)
						table_branch_put(b[i], &key, &value);
				}
			}
			for (unsigned i = 0; i < 3; i++)
				table_branch_merge(b[orders[o][i]], NOTE_MERGED);
		}
		for (unsigned o = 1; o < ORDERS; o++)
			for (unsigned k = 0; k < KEYS; k++) {
				const struct holder *x = get(m[0].t, k), *y = get(m[o].t, k);
				assert_int_equal(x == NULL, y == NULL);
				if (x)
					assert_memory_equal(x, y, sizeof(*x));
			}
	}
	for (size_t o = 0; o < ORDERS; o++)
		drop_table(&m[o]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_else_moved_is_a_fast_forward),
		cmocka_unit_test(primary_moved_is_a_merge_commit),
		cmocka_unit_test(removed_then_updated_stays),
		cmocka_unit_test(removed_and_unchanged_is_removed),
		cmocka_unit_test(competing_updates_are_the_kinds_matter),
		cmocka_unit_test(different_keys_do_not_conflict),
		cmocka_unit_test(a_branch_reads_back_what_it_has),
		cmocka_unit_test(a_branch_without_changes_vanishes),
		cmocka_unit_test(a_dropped_branch_leaves_nothing),
		cmocka_unit_test(names_are_such_as_git_takes),
		cmocka_unit_test(a_name_is_used_again),
		cmocka_unit_test(equal_commits_get_different_dates),
		cmocka_unit_test(merging_is_commutative_associative_and_total),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_table_branch", tests, NULL, NULL);
}
