/* test_guest_table_bounds.c - a full table, a full log, and a history that is too long: what is
 * lost, and what never is. SPDX-License-Identifier: ISC */
#include "table_repo.h"

static void a_full_table_refuses(void **state)
{
	(void)state;
	struct made_table m = make_table(&flat_kind, (struct table_limits){.entries = 3});
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(put(m.t, i, i, 60, NOTE_ADDED), TABLE_CHANGED);
	assert_int_equal(put(m.t, 9, 9, 60, NOTE_ADDED), TABLE_FULL);
	assert_int_equal(put(m.t, 1, 7, 60, NOTE_ADDED), TABLE_CHANGED);
	assert_int_equal(table_stats(m.t).refused, 1);
	assert_int_equal(table_stats(m.t).entries, 3);
	take_out(m.t, 0, NOTE_EXPIRED);
	assert_int_equal(put(m.t, 9, 9, 60, NOTE_ADDED), TABLE_CHANGED);
	drop_table(&m);
}

/* The tree that git has at primary is that of the entries. */
static void assert_tree_is_of_entries(struct made_table *m)
{
	struct made_table fresh = make_table(&flat_kind, (struct table_limits){.entries = 4096});
	struct repo r;
	size_t cursor = 0;
	const void *key, *value;
	char tree[64];
	make_repo(&r);
	assert_git_agrees(m->t, &r);
	strcpy(tree, git(&r, "rev-parse primary^{tree}"));
	drop_repo(&r);
	while (table_next(m->t, &cursor, &key, &value))
		table_put(fresh.t, key, value, NOTE_LATER);
	table_commit(fresh.t, NOTE_OTHER);
	table_flush(fresh.t);
	make_repo(&r);
	export_table(fresh.t, &r);
	assert_string_equal(tree, git(&r, "rev-parse primary^{tree}"));
	drop_repo(&r);
	drop_table(&fresh);
}

static void a_full_log_joins_commits_and_loses_no_entry(void **state)
{
	(void)state;
	struct made_table m = make_table(&flat_kind, (struct table_limits){.log_records = 10});
	struct repo r;
	for (unsigned i = 0; i < 100; i++)
		put(m.t, i, i, 60, NOTE_ADDED);
	for (unsigned i = 0; i < 50; i++)
		take_out(m.t, i, NOTE_EXPIRED);
	assert_true(table_is_behind(m.t));
	assert_int_equal(table_stats(m.t).changes_joined, 140);
	table_flush(m.t);
	assert_int_equal(table_count(m.t), 50);
	assert_int_equal(table_stats(m.t).commits, 11);
	make_repo(&r);
	export_table(m.t, &r);
	assert_string_equal(git(&r, "log -1 --format=%s"), "expired: 10.0.0.49 -> gone");
	drop_repo(&r);
	assert_tree_is_of_entries(&m);
	put(m.t, 200, 1, 60, NOTE_ADDED);
	table_flush(m.t);
	assert_int_equal(table_stats(m.t).commits, 12);
	drop_table(&m);
}

/* Losses at all moments, also while what was lost is looked for. */
static void what_the_log_loses_is_found_again(void **state)
{
	(void)state;
	uint64_t random = 5;
	for (unsigned round = 0; round < 200; round++) {
		struct made_table m = make_table(&flat_kind, (struct table_limits){.entries = 300,
								     .log_records = 2 + round % 7,
								     .history_bytes = 100000});
		for (unsigned step = 0; step < 600; step++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			unsigned what = (unsigned)(random >> 60),
				 key = (unsigned)(random >> 33) % 320,
				 note = (unsigned)(random >> 50) % 3;
			if (what < 9)
				put(m.t, key, step, 60, note);
			else if (what < 13)
				take_out(m.t, key, note);
			else
				table_work(m.t);
		}
		table_flush(m.t);
		table_commit(m.t, NOTE_OTHER);
		table_flush(m.t);
		assert_false(table_is_behind(m.t));
		if (round % 20 == 0)
			assert_tree_is_of_entries(&m);
		drop_table(&m);
	}
}

static void ten_minutes_of_a_large_folder_fit(void **state)
{
	(void)state;
	struct made_table m = make_table(&flat_kind, (struct table_limits){0});
	struct repo r;
	make_repo(&r);
	for (unsigned i = 0; i < 1000; i++)
		put(m.t, i, i, 60, NOTE_LATER);
	table_commit(m.t, NOTE_OTHER);
	table_flush(m.t);
	for (unsigned s = 1; s < 600; s++) {
		table_set_time(m.t, START + s * SECOND);
		put(m.t, s * 7 % 1000, s, 60 + s, NOTE_ADDED);
		table_flush(m.t);
	}
	struct table_stats stats = table_stats(m.t);
	assert_int_equal(stats.commits, 600);
	assert_int_equal(stats.commits_dropped, 0);
	assert_in_range(stats.history_bytes, 1, 2 << 20);
	assert_git_agrees(m.t, &r);
	assert_string_equal(git(&r, "rev-list --count primary"), "600");
	print_message("600 commits of a folder of 1,000: %zu bytes\n", stats.history_bytes);
	drop_repo(&r);
	drop_table(&m);
}

static void what_is_too_old_goes_but_its_newest(void **state)
{
	(void)state;
	struct made_table m =
		make_table(&flat_kind, (struct table_limits){.history_ns = 100 * SECOND});
	struct repo r;
	struct table_id edge;
	for (unsigned s = 0; s < 300; s += 10) {
		table_set_time(m.t, START + s * SECOND);
		put(m.t, 1, s, s, NOTE_ADDED);
		table_flush(m.t);
	}
	/* Now it is second 290: those of 190 to 290 are young enough, and one more stays. */
	make_repo(&r);
	assert_git_agrees(m.t, &r);
	assert_string_equal(git(&r, "log --reverse --format=%ct | head -1"), "1700000180");
	assert_string_equal(git(&r, "rev-list --count primary"), "12");
	assert_true(table_shallow(m.t, 0, &edge));
	assert_false(table_shallow(m.t, 1, &edge));
	assert_int_equal(table_stats(m.t).commits_dropped, 18);
	table_set_time(m.t, START + 10000 * SECOND);
	table_flush(m.t);
	drop_repo(&r);
	make_repo(&r);
	assert_git_agrees(m.t, &r);
	assert_string_equal(git(&r, "rev-list --count primary"), "1");
	drop_repo(&r);
	drop_table(&m);
}

static void too_much_goes_from_the_oldest_on(void **state)
{
	(void)state;
	struct made_table m = make_table(&flat_kind, (struct table_limits){.history_bytes = 30000});
	struct repo r;
	for (unsigned i = 0; i < 5000; i++) {
		put(m.t, i % 100, i, i, NOTE_ADDED);
		table_flush(m.t);
		assert_in_range(table_stats(m.t).history_bytes, 0, 30000);
	}
	struct table_stats stats = table_stats(m.t);
	assert_int_equal(stats.entries, 100);
	assert_true(stats.commits_dropped > 4000 && stats.commits_dropped < 5000);
	make_repo(&r);
	assert_git_agrees(m.t, &r);
	assert_int_equal(strtoul(git(&r, "rev-list --count primary"), NULL, 10),
		stats.commits - stats.commits_dropped);
	drop_repo(&r);
	drop_table(&m);
}

/* A branch that was merged has its ref as long as its commit is here. */
static void refs_go_with_their_commits(void **state)
{
	(void)state;
	struct made_table m =
		make_table(&flat_kind, (struct table_limits){.history_ns = 100 * SECOND});
	struct table_ref ref;
	struct address key = address(1);
	for (unsigned i = 0; i < 20; i++) {
		char name[32];
		table_set_time(m.t, START + i * 60 * SECOND);
		snprintf(name, sizeof(name), "expire_%u", i);
		put(m.t, 1, i, 60, NOTE_ADDED);
		struct table_branch *b = table_branch(m.t, name);
		assert_int_equal(table_branch_remove(b, &key), TABLE_CHANGED);
		put(m.t, 2, i, 60, NOTE_ADDED);
		table_branch_merge(b, NOTE_MERGED);
		table_flush(m.t);
	}
	struct repo r;
	make_repo(&r);
	assert_git_agrees(m.t, &r);
	drop_repo(&r);
	assert_true(table_ref(m.t, 0, &ref));
	assert_string_equal(ref.name, "primary");
	assert_true(table_ref(m.t, 1, &ref));
	assert_string_equal(ref.name, "expire_18");
	assert_true(table_ref(m.t, 2, &ref));
	assert_string_equal(ref.name, "expire_19");
	assert_false(table_ref(m.t, 3, &ref));
	drop_table(&m);
}

static void a_pin_keeps_what_is_too_old(void **state)
{
	(void)state;
	struct made_table m = make_table(&flat_kind,
		(struct table_limits){
			.entries = 64, .history_ns = 10 * SECOND, .history_bytes = 50000});
	put(m.t, 1, 1, 1, NOTE_ADDED);
	table_flush(m.t);
	struct table_ref old;
	assert_true(table_ref(m.t, 0, &old));
	int pin = table_pin(m.t);
	assert_true(pin >= 0);
	for (unsigned s = 0; s < 100; s++) {
		table_set_time(m.t, START + s * SECOND);
		put(m.t, 2, s, s, NOTE_ADDED);
		table_flush(m.t);
	}
	enum table_type type;
	size_t n;
	uint8_t *out = malloc(TABLE_OBJECT_MAX);
	assert_true(table_read(m.t, &old.id, &type, out, &n));
	assert_true(table_pin_holds(m.t, pin));
	table_unpin(m.t, pin);
	table_flush(m.t);
	assert_false(table_read(m.t, &old.id, &type, out, &n));
	/* Where memory gets short, it breaks. */
	pin = table_pin(m.t);
	for (unsigned s = 0; s < 5000; s++) {
		put(m.t, s % 64, s, s, NOTE_ADDED);
		table_flush(m.t);
	}
	assert_false(table_pin_holds(m.t, pin));
	assert_false(table_is_behind(m.t));
	free(out);
	drop_table(&m);
}

static void there_are_so_many_pins(void **state)
{
	(void)state;
	struct made_table m = make_table(&flat_kind, (struct table_limits){0});
	for (int i = 0; i < TABLE_PINS; i++)
		assert_int_equal(table_pin(m.t), i);
	assert_int_equal(table_pin(m.t), -1);
	table_unpin(m.t, 3);
	assert_int_equal(table_pin(m.t), 3);
	drop_table(&m);
}

/* ---- a folder that is too large -----------------------------------------------------------------
 */

/* Its entries go on, and history stays as it was until some of them go. */
static void a_folder_too_large_costs_no_history(void **state)
{
	(void)state;
	struct made_table m = make_table(&flat_kind, (struct table_limits){.entries = 4096});
	struct repo r;
	struct table_ref before, now;
	for (unsigned i = 0; i < 1000; i++)
		put(m.t, i, i, i, NOTE_LATER);
	put(m.t, 1000, 1, 1, NOTE_ADDED);
	table_flush(m.t);
	assert_true(table_ref(m.t, 0, &before));
	for (unsigned i = 1001; i < 3000; i++) {
		assert_int_equal(put(m.t, i, i, i, NOTE_ADDED), TABLE_CHANGED);
		if (i < 1010)
			table_flush(m.t);
	}
	table_flush(m.t);
	assert_int_equal(table_stats(m.t).too_large, 1);
	assert_int_equal(table_stats(m.t).commits_dropped, 0);
	assert_true(table_is_behind(m.t));
	assert_null(table_branch(m.t, "b"));
	assert_true(table_ref(m.t, 0, &now));
	make_repo(&r);
	assert_git_agrees(m.t, &r);
	assert_true(strtoul(git(&r, "rev-list --count primary"), NULL, 10) >= 10);
	drop_repo(&r);
	/* Nobody looks again before an entry goes. */
	put(m.t, 5, 77, 77, NOTE_ADDED);
	assert_false(table_work(m.t));
	assert_int_equal(table_stats(m.t).too_large, 1);
	take_out(m.t, 6, NOTE_EXPIRED);
	table_flush(m.t);
	assert_int_equal(table_stats(m.t).too_large, 2);
	for (unsigned i = 1500; i < 3000; i++)
		take_out(m.t, i, NOTE_EXPIRED);
	table_flush(m.t);
	assert_false(table_is_behind(m.t));
	assert_int_equal(get(m.t, 5)->expires, 77);
	assert_tree_is_of_entries(&m);
	make_repo(&r);
	assert_git_agrees(m.t, &r);
	char command[100], hex[41];
	table_id_text(&before.id, hex);
	snprintf(command, sizeof(command), "merge-base --is-ancestor %s primary", hex);
	git(&r, command);
	drop_repo(&r);
	drop_table(&m);
}

static void a_branch_that_is_too_large_costs_no_history(void **state)
{
	(void)state;
	struct made_table m = make_table(&flat_kind, (struct table_limits){.entries = 4096});
	struct table_ref before, now;
	unsigned n = 0;
	put(m.t, 1, 1, 1, NOTE_ADDED);
	table_flush(m.t);
	assert_true(table_ref(m.t, 0, &before));
	struct table_branch *b = table_branch(m.t, "b");
	assert_non_null(b);
	for (; n < 3000; n++) {
		struct address key = address(n + 2);
		struct holder value = holder(n, n);
		if (table_branch_put(b, &key, &value) == TABLE_FULL)
			break;
	}
	assert_in_range(n, 1500, 2000);
	table_branch_drop(b);
	assert_true(table_ref(m.t, 0, &now));
	assert_memory_equal(&before.id, &now.id, sizeof(now.id));
	drop_table(&m);
}

/* ---- no memory ---------------------------------------------------------------------------------
 */

static size_t deep_path(const void *key, char out[TABLE_PATH_MAX])
{
	const uint8_t *b = key;
	return (size_t)snprintf(
		out, TABLE_PATH_MAX, "%u/%u/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/%u", b[3], b[2], b[1]);
}

static bool deep_parse_path(const char *path, size_t n, void *key)
{
	struct address *a = key;
	char text[TABLE_PATH_MAX], again[TABLE_PATH_MAX];
	unsigned b[3];
	memcpy(text, path, n);
	text[n] = '\0';
	if (sscanf(text, "%u/%u/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/%u", &b[0], &b[1], &b[2]) != 3)
		return false;
	*a = (struct address){{10, (uint8_t)b[2], (uint8_t)b[1], (uint8_t)b[0]}};
	return deep_path(key, again) == n && memcmp(again, path, n) == 0;
}

/* A kind that needs far more for its folders than a table counts with. */
static const struct table_kind deep_kind = {"arp", "arp", sizeof(struct address),
	sizeof(struct holder), deep_path, deep_parse_path, write_holder, read_holder, later_holder,
	write_message};

static void without_memory_for_history_entries_go_on(void **state)
{
	(void)state;
	struct made_table m = make_table(&deep_kind,
		(struct table_limits){.entries = 2000, .history_bytes = 10000, .log_records = 100});
	struct repo r;
	for (unsigned i = 0; i < 2000; i++) {
		assert_int_equal(put(m.t, i, i, i, NOTE_ADDED), TABLE_CHANGED);
		table_work(m.t);
	}
	table_flush(m.t);
	assert_true(table_is_behind(m.t));
	for (unsigned i = 0; i < 2000; i++)
		assert_int_equal(get(m.t, i)->expires, i);
	struct address key = address(1);
	struct table_branch *b = table_branch(m.t, "b");
	assert_null(b);
	for (unsigned i = 20; i < 2000; i++)
		take_out(m.t, i, NOTE_EXPIRED);
	table_flush(m.t);
	assert_false(table_is_behind(m.t));
	make_repo(&r);
	assert_git_agrees(m.t, &r);
	assert_string_equal(git(&r, "ls-tree -r primary | wc -l"), "20");
	struct table_id edge; /* even now there is a parent, behind the boundary */
	assert_true(table_shallow(m.t, 0, &edge));
	drop_repo(&r);
	b = table_branch(m.t, "b");
	assert_int_equal(table_branch_remove(b, &key), TABLE_CHANGED);
	table_branch_merge(b, NOTE_MERGED);
	assert_null(get(m.t, 1));
	drop_table(&m);
}

/* At every amount of memory that a branch may meet: what it changed is in the table after it. */
static void without_memory_a_branch_still_merges(void **state)
{
	(void)state;
	for (unsigned entries = 40; entries < 600; entries += 7) {
		struct made_table m = make_table(&deep_kind,
			(struct table_limits){
				.entries = 600, .history_bytes = 5000, .log_records = 50});
		struct repo r;
		for (unsigned i = 0; i < entries; i++) {
			put(m.t, i, i, i, NOTE_LATER);
			table_work(m.t);
		}
		table_flush(m.t);
		struct table_branch *b = table_branch(m.t, "b");
		unsigned changed = 0;
		for (unsigned i = 0; b && i < 40; i++) {
			struct address key = address(i);
			struct holder value = holder(i, 5000);
			if (table_branch_put(b, &key, &value) == TABLE_FULL)
				break;
			changed++;
		}
		put(m.t, 39, 1, 6000, NOTE_ADDED);
		if (b)
			table_branch_merge(b, NOTE_MERGED);
		for (unsigned i = 0; i < changed && i < 39; i++)
			assert_int_equal(get(m.t, i)->expires, 5000);
		table_flush(m.t);
		assert_int_equal(get(m.t, 39)->expires, 6000);
		if (entries < 100)
			assert_int_equal(changed, 40);
		struct table_ref head;
		if (entries % 5 == 0 && table_ref(m.t, 0, &head)) {
			make_repo(&r);
			assert_git_agrees(m.t, &r);
			drop_repo(&r);
		}
		drop_table(&m);
	}
}

/* A commit of 130 to 329 changes, of 1 to 200 keys in 1 to 40 folders. */
static void burst(struct made_table *m, unsigned *random)
{
	unsigned shape[3];
	for (size_t i = 0; i < 3; i++) {
		*random = *random * 1103515245u + 12345u;
		shape[i] = *random >> 16;
	}
	unsigned folders = 1 + shape[0] % 40, keys = 1 + shape[1] % 200,
		 puts = 130 + shape[2] % 200;
	for (unsigned i = 0; i < puts; i++) {
		unsigned k = i % keys;
		put(m->t, k % folders << 8 | k / folders, *random + i, 60, NOTE_LATER);
	}
	table_commit(m->t, NOTE_OTHER);
}

/* A log that is never a quarter full is worked out a folder at a time. */
static void slices_of_many_folders_make_the_same_history(void **state)
{
	(void)state;
	struct table_limits limits = {.entries = 8192, .log_records = 512}, ample = limits;
	ample.log_records = 8192;
	struct made_table many = make_table(&fanned_kind, limits);
	struct made_table one = make_table(&fanned_kind, ample);
	unsigned random[2] = {7, 7};
	struct table_ref a, b;
	for (unsigned i = 0; i < 300; i++) {
		burst(&many, &random[0]);
		burst(&one, &random[1]);
		table_flush(many.t);
		table_flush(one.t);
		assert_true(table_ref(many.t, 0, &a) && table_ref(one.t, 0, &b));
		assert_memory_equal(a.id.bytes, b.id.bytes, sizeof(a.id.bytes));
	}
	assert_int_equal(table_stats(many.t).changes_joined, 0);
	drop_table(&many);
	drop_table(&one);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_table_refuses),
		cmocka_unit_test(a_full_log_joins_commits_and_loses_no_entry),
		cmocka_unit_test(what_the_log_loses_is_found_again),
		cmocka_unit_test(ten_minutes_of_a_large_folder_fit),
		cmocka_unit_test(what_is_too_old_goes_but_its_newest),
		cmocka_unit_test(too_much_goes_from_the_oldest_on),
		cmocka_unit_test(refs_go_with_their_commits),
		cmocka_unit_test(a_pin_keeps_what_is_too_old),
		cmocka_unit_test(there_are_so_many_pins),
		cmocka_unit_test(a_folder_too_large_costs_no_history),
		cmocka_unit_test(a_branch_that_is_too_large_costs_no_history),
		cmocka_unit_test(without_memory_for_history_entries_go_on),
		cmocka_unit_test(without_memory_a_branch_still_merges),
		cmocka_unit_test(slices_of_many_folders_make_the_same_history),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_table_bounds", tests, NULL, NULL);
}
