/* test_guest_table.c - a table's entries and the commits made of their changes.
 * SPDX-License-Identifier: ISC */
#include "table_repo.h"

static void a_change_is_a_commit_that_git_reads(void **state)
{
	(void)state;
	struct made_table m = make_table(&flat_kind, (struct table_limits){0});
	struct repo r;
	make_repo(&r);
	assert_true(table_commit(m.t, NOTE_OTHER));
	assert_false(table_commit(m.t, NOTE_OTHER));
	assert_int_equal(put(m.t, 2, 0x16, 60, NOTE_ADDED), TABLE_CHANGED);
	assert_int_equal(put(m.t, 2, 0x16, 60, NOTE_ADDED), TABLE_SAME);
	assert_int_equal(put(m.t, 3, 0x17, 60, NOTE_LATER), TABLE_CHANGED);
	table_set_time(m.t, START + 5 * SECOND);
	assert_int_equal(take_out(m.t, 2, NOTE_EXPIRED), TABLE_CHANGED);
	assert_true(table_is_behind(m.t));
	table_flush(m.t);
	assert_false(table_is_behind(m.t));
	assert_git_agrees(m.t, &r);
	assert_string_equal(git(&r, "log --format='%an %ae %at %s' primary"),
		"arp arp@respin 1700000005 expired: 10.0.0.2 -> gone\n"
		"arp arp@respin 1700000000 entry: 10.0.0.2 -> mac 02:00:00:00:00:16\n"
		"arp arp@respin 1700000000 other");
	assert_string_equal(git(&r, "ls-tree -r --name-only primary"), "arp/10.0.0.3");
	assert_string_equal(
		git(&r, "show primary~:arp/10.0.0.2"), "mac 02:00:00:00:00:16\nexpires 60");
	drop_repo(&r);
	drop_table(&m);
}

static void many_changes_are_one_commit(void **state)
{
	(void)state;
	const struct table_kind *kinds[] = {&flat_kind, &fanned_kind};
	for (size_t k = 0; k < 2; k++) {
		struct made_table m = make_table(kinds[k], (struct table_limits){0});
		struct repo r;
		make_repo(&r);
		for (unsigned i = 0; i < 1000; i++)
			put(m.t, i * 7919 % 70000, i, 60, NOTE_LATER);
		assert_true(table_commit(m.t, NOTE_OTHER));
		for (unsigned i = 0; i < 1000; i += 2)
			take_out(m.t, i * 7919 % 70000, NOTE_LATER);
		assert_true(table_commit(m.t, NOTE_OTHER));
		table_flush(m.t);
		assert_git_agrees(m.t, &r);
		assert_string_equal(git(&r, "rev-list --count primary"), "2");
		assert_string_equal(git(&r, "ls-tree -r primary~ | wc -l"), "1000");
		assert_string_equal(git(&r, "ls-tree -r primary | wc -l"), "500");
		drop_repo(&r);
		drop_table(&m);
	}
}

static void what_did_not_change_is_no_commit(void **state)
{
	(void)state;
	struct made_table m = make_table(&flat_kind, (struct table_limits){0});
	put(m.t, 1, 1, 60, NOTE_ADDED);
	table_flush(m.t);
	put(m.t, 1, 2, 60, NOTE_LATER);
	put(m.t, 2, 2, 60, NOTE_LATER);
	put(m.t, 1, 1, 60, NOTE_LATER);
	take_out(m.t, 2, NOTE_EXPIRED);
	table_flush(m.t);
	assert_int_equal(table_stats(m.t).commits, 1);
	drop_table(&m);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_is_a_commit_that_git_reads),
		cmocka_unit_test(many_changes_are_one_commit),
		cmocka_unit_test(what_did_not_change_is_no_commit),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_table", tests, NULL, NULL);
}
