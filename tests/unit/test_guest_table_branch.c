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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_else_moved_is_a_fast_forward),
		cmocka_unit_test(primary_moved_is_a_merge_commit),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_table_branch", tests, NULL, NULL);
}
