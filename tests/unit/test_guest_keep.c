/* test_guest_keep.c - tables that come back from a disk. SPDX-License-Identifier: ISC */
#include "kept.h"

#define DISK_SECTORS (4 * disklog_size(0) / SECTOR)
#define OBJECTS 4096
#define HISTORY 262144

static void reboot(struct machine *m)
{
	struct disk *disk = m->disk;
	machine_off(m);
	assert_true(machine_boot(m, disk, OBJECTS, HISTORY));
}

static void tables_come_back_with_the_same_commits(void **state)
{
	(void)state;
	struct disk disk;
	struct machine m;
	struct table_id before, after;
	disk_make(&disk, DISK_SECTORS);
	assert_true(machine_boot(&m, &disk, OBJECTS, HISTORY));
	assert_int_equal(m.verdict, DISKLOG_FORMATTED);
	assert_int_equal(keep_result(m.keep, ARP, NULL), KEEP_NEW);
	for (unsigned i = 0; i < 10; i++) {
		put(m.table[ARP].t, i % 4, i, 60, NOTE_ADDED);
		put(m.table[TCP].t, i % 4, i, 60, NOTE_LATER);
	}
	take_out(m.table[TCP].t, 3, NOTE_LATER);
	assert_true(machine_commit(&m));
	assert_true(head_of(m.table[ARP].t, &before));
	reboot(&m);
	assert_int_equal(keep_result(m.keep, ARP, NULL), KEEP_RESTORED);
	assert_int_equal(keep_result(m.keep, TCP, NULL), KEEP_RESTORED);
	assert_true(head_of(m.table[ARP].t, &after) && same_id(&before, &after));
	assert_int_equal(table_count(m.table[ARP].t), 4);
	assert_int_equal(get(m.table[ARP].t, 1)->mac[5], 9);
	assert_false(head_of(m.table[TCP].t, &after)); /* nothing was committed there */
	assert_int_equal(table_count(m.table[TCP].t), 3);
	assert_int_equal(get(m.table[TCP].t, 1)->mac[5], 9);
	assert_null(get(m.table[TCP].t, 3));
	machine_off(&m);
	disk_free(&disk);
}

static void entries_newer_than_the_last_commit_come_back_where_values_are_kept(void **state)
{
	(void)state;
	struct disk disk;
	struct machine m;
	disk_make(&disk, DISK_SECTORS);
	assert_true(machine_boot(&m, &disk, OBJECTS, HISTORY));
	for (size_t i = 0; i < STORES; i++) {
		for (unsigned key = 0; key < 4; key++)
			put(m.table[i].t, key, key, 60, NOTE_LATER);
		table_commit(m.table[i].t, NOTE_OTHER);
	}
	assert_true(machine_commit(&m));
	for (size_t i = 0; i < STORES; i++) {
		put(m.table[i].t, 1, 99, 70, NOTE_LATER);
		take_out(m.table[i].t, 2, NOTE_LATER);
		put(m.table[i].t, 7, 7, 70, NOTE_LATER);
	}
	uint64_t turn = keep_turn(m.keep);
	put(m.table[TCP].t, 8, 8, 70, NOTE_LATER); /* of a turn that does not end */
	assert_true(disklog_durable(m.log) < turn);
	assert_false(disklog_flush(m.log));
	keep_turn(m.keep);
	take_out(m.table[TCP].t, 8, NOTE_LATER);
	keep_turn(m.keep);
	assert_true(disklog_flush(m.log));
	assert_true(disklog_durable(m.log) >= turn);
	reboot(&m);
	assert_int_equal(table_count(m.table[ARP].t), 4);
	assert_int_equal(get(m.table[ARP].t, 1)->mac[5], 1);
	assert_non_null(get(m.table[ARP].t, 2));
	assert_int_equal(table_count(m.table[TCP].t), 4);
	assert_int_equal(get(m.table[TCP].t, 1)->mac[5], 99);
	assert_null(get(m.table[TCP].t, 2));
	assert_int_equal(get(m.table[TCP].t, 7)->mac[5], 7);
	/* They are in the next commit. */
	assert_true(table_commit(m.table[TCP].t, NOTE_OTHER));
	assert_true(machine_commit(&m));
	reboot(&m);
	assert_int_equal(get(m.table[TCP].t, 1)->mac[5], 99);
	assert_null(get(m.table[TCP].t, 2));
	machine_off(&m);
	disk_free(&disk);
}

static void reboot_as(struct machine *m, struct machine_plan plan)
{
	struct disk *disk = m->disk;
	machine_off(m);
	plan.objects = OBJECTS;
	plan.history = HISTORY;
	assert_true(machine_boot_as(m, disk, plan));
}

/* A machine with some commits in ARP and some entries in TCP, all durable. */
static void start(struct machine *m, struct disk *disk)
{
	disk_make(disk, DISK_SECTORS);
	assert_true(machine_boot(m, disk, OBJECTS, HISTORY));
	for (unsigned i = 0; i < 5; i++) {
		put(m->table[ARP].t, i, i, 60, NOTE_ADDED);
		put(m->table[TCP].t, i, i, 60, i == 2 ? NOTE_ADDED : NOTE_LATER);
	}
	assert_true(machine_commit(m));
}

static void stores_are_found_by_their_names(void **state)
{
	(void)state;
	struct disk disk;
	struct machine m;
	start(&m, &disk);
	for (unsigned i = 0; i < 4; i++) {
		reboot_as(&m, (struct machine_plan){.reversed = i % 2 == 0});
		assert_int_equal(machine_result(&m, ARP), KEEP_RESTORED);
		assert_int_equal(machine_result(&m, TCP), KEEP_RESTORED);
		assert_int_equal(table_count(m.table[ARP].t), 5 + i);
		assert_int_equal(table_count(m.table[TCP].t), 5 + i);
		put(m.table[ARP].t, 10 + i, 1, 60, NOTE_ADDED);
		put(m.table[TCP].t, 10 + i, 1, 60, NOTE_LATER);
		assert_true(machine_commit(&m));
	}
	machine_off(&m);
	disk_free(&disk);
}

/* Changes kept, then not, then kept again: never a mixture of both times. */
static void what_is_kept_of_a_store_may_change(void **state)
{
	(void)state;
	struct disk disk;
	struct machine m;
	start(&m, &disk);
	reboot_as(&m, (struct machine_plan){.plain = true});
	assert_int_equal(table_count(m.table[TCP].t), 3); /* as the last commit has it */
	take_out(m.table[TCP].t, 1, NOTE_EXPIRED);
	assert_true(machine_commit(&m));
	take_out(m.table[TCP].t, 2, NOTE_LATER);
	assert_true(machine_commit(&m));
	reboot_as(&m, (struct machine_plan){.plain = false});
	assert_int_equal(table_count(m.table[TCP].t), 2);
	assert_null(get(m.table[TCP].t, 1));
	take_out(m.table[TCP].t, 2, NOTE_LATER);
	assert_true(machine_commit(&m));
	reboot_as(&m, (struct machine_plan){.plain = false});
	assert_int_equal(table_count(m.table[TCP].t), 1);
	machine_off(&m);
	disk_free(&disk);
}

/* The log names a commit that it does not have. */
static void a_lost_commit_is_told_and_the_entries_come_back(void **state)
{
	(void)state;
	struct disk disk;
	struct machine m;
	const char *why;
	start(&m, &disk);
	for (unsigned store = 0; store < STORES; store++) {
		uint8_t id[20] = {1, 2, 3};
		struct disklog_part parts[] = {{id, 20}, {"primary", 7}};
		assert_true(disklog_append(m.log, KEEP_MOVED, store, parts, 2));
	}
	assert_true(disklog_commit(m.log));
	reboot(&m);
	assert_int_equal(keep_result(m.keep, ARP, &why), KEEP_LOST);
	assert_string_equal(why, "the log lacks a part of the last commit");
	assert_int_equal(table_count(m.table[ARP].t), 0);
	assert_int_equal(keep_result(m.keep, TCP, NULL), KEEP_LOST);
	assert_int_equal(table_count(m.table[TCP].t), 5);
	machine_off(&m);
	disk_free(&disk);
}

/* Lives with much history; the last turn that was durable. */
static unsigned live_long(struct machine *m)
{
	unsigned durable = 0;
	for (unsigned i = 1; i < 1500; i++) {
		struct table *t[] = {m->table[ARP].t, m->table[TCP].t};
		for (unsigned k = 0; k < STORES; k++) {
			put(t[k], i % 60, i % 256, i, NOTE_LATER);
			put(t[k], 63, i % 256, i, NOTE_ADDED);
			table_flush(t[k]);
		}
		uint64_t turn = keep_turn(m->keep);
		for (int steps = 0; steps < 50 && keep_work(m->keep); steps++)
			;
		disklog_flush(m->log);
		if (disklog_durable(m->log) >= turn)
			durable = i;
	}
	return durable;
}

/* Is EXPIRES anywhere on the disk, as a number or in a text? */
static bool disk_has(const struct disk *d, uint64_t expires)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "expires %llu", (unsigned long long)expires);
	size_t size = d->sectors * SECTOR;
	return memmem(d->bytes, size, text, (size_t)n) ||
	       memmem(d->bytes, size, &expires, sizeof(expires));
}

static void what_was_taken_out_and_cut_off_leaves_the_disk(void **state)
{
	(void)state;
	const uint64_t secret = 5021744209381673;
	struct disk disk;
	struct machine m;
	disk_make(&disk, disklog_size(0) / SECTOR);
	assert_true(machine_boot(&m, &disk, OBJECTS, HISTORY));
	for (size_t i = 0; i < STORES; i++)
		put(m.table[i].t, 61, 1, secret, NOTE_ADDED);
	assert_true(machine_commit(&m));
	assert_true(disk_has(&disk, secret));
	for (size_t i = 0; i < STORES; i++)
		take_out(m.table[i].t, 61, NOTE_ADDED);
	assert_true(machine_commit(&m));
	live_long(&m);
	assert_true(machine_commit(&m));
	assert_true(disklog_stats(m.log).compactions > 5);
	assert_false(disk_has(&disk, secret));
	machine_off(&m);
	disk_free(&disk);
}

static void live_until_compaction(struct machine *m)
{
	struct table *t = m->table[ARP].t;
	for (unsigned i = 0; !disklog_is_compacting(m->log); i++) {
		put(t, i % 60, i % 256, i, NOTE_ADDED);
		table_flush(t);
		keep_work(m->keep);
		disklog_flush(m->log);
	}
}

/* What a compaction has written is not in the log when it fails: no later commit may build on it.
 * CURED: another compaction follows. */
static void fail_in_a_compaction(bool cured)
{
	struct disk disk;
	struct machine m;
	struct table_id before, after;
	disk_make(&disk, disklog_size(0) / SECTOR);
	assert_true(machine_boot(&m, &disk, OBJECTS, HISTORY));
	live_until_compaction(&m);
	put(m.table[ARP].t, 1, 0xabcd, 2000, NOTE_ADDED);
	table_flush(m.table[ARP].t);
	disk.fail_until = UINT64_MAX;
	while (disklog_is_compacting(m.log))
		keep_work(m.keep);
	disk.fail_until = 0;
	assert_int_equal(disklog_state(m.log), DISKLOG_READY);
	assert_true(keep_is_behind(m.keep));
	put(m.table[ARP].t, 2, 0xabcd, 2001, NOTE_ADDED);
	for (int i = 0; cured && i < 100; i++)
		machine_settle(&m);
	assert_true(machine_commit(&m));
	assert_int_equal(keep_is_behind(m.keep), !cured);
	assert_true(head_of(m.table[ARP].t, &before));
	reboot(&m);
	assert_int_equal(machine_result(&m, ARP), KEEP_RESTORED);
	assert_true(head_of(m.table[ARP].t, &after));
	assert_int_equal(same_id(&before, &after), cured);
	machine_off(&m);
	disk_free(&disk);
}

static void commits_of_a_failed_compaction_are_written_again(void **state)
{
	(void)state;
	fail_in_a_compaction(false);
	fail_in_a_compaction(true);
}

/* More refs move than are remembered one by one, in a compaction and without one. */
static void many_refs_may_move_at_a_time(void **state)
{
	(void)state;
	struct disk disk;
	struct machine m;
	struct table_id before, after;
	disk_make(&disk, disklog_size(0) / SECTOR);
	assert_true(machine_boot(&m, &disk, OBJECTS, HISTORY));
	for (unsigned round = 0; round < 2; round++) {
		struct table *t = m.table[ARP].t;
		if (round == 0)
			live_until_compaction(&m);
		for (unsigned i = 0; i < 100; i++) {
			char name[TABLE_NAME_MAX];
			struct address key = address(i % 60);
			snprintf(name, sizeof(name), "expire_%u.%u", round, i);
			put(t, (i + 1) % 60, i, 1000 + i, NOTE_ADDED);
			struct table_branch *b = table_branch(t, name);
			assert_non_null(b);
			table_branch_remove(b, &key);
			table_branch_commit(b, NOTE_EXPIRED);
			put(t, (i + 2) % 60, i, 1000 + i, NOTE_ADDED);
			table_branch_merge(b, NOTE_MERGED);
		}
		assert_true(machine_commit(&m));
		assert_false(keep_is_behind(m.keep));
		assert_true(head_of(t, &before));
		reboot(&m);
		assert_true(head_of(m.table[ARP].t, &after) && same_id(&before, &after));
	}
	machine_off(&m);
	disk_free(&disk);
}

/* Copies a log, but for the objects that are LOST. */
static void copy_log(struct disk *from, struct disk *to, const struct table_id *lost)
{
	struct disklog_options options = {.id = "a copy"};
	struct disklog_device devices[] = {disk_device(from), disk_device(to)};
	struct disklog *log[2];
	struct disklog_record r;
	struct keep_record k;
	void *memory[] = {zeroed(disklog_memory()), zeroed(disklog_memory())};
	assert_int_equal(disklog_open(memory[0], &devices[0], &options, &log[0]), DISKLOG_OPENED);
	assert_int_equal(
		disklog_open(memory[1], &devices[1], &options, &log[1]), DISKLOG_FORMATTED);
	assert_int_equal(disklog_next(log[1], &r), DISKLOG_END);
	while (disklog_next(log[0], &r) == DISKLOG_RECORD) {
		struct disklog_part part = {r.p, r.n};
		assert_true(keep_parse(&r, &k));
		if (k.kind != KEEP_OBJECT || !same_id(&k.id, lost))
			assert_true(disklog_append(log[1], r.kind, r.store, &part, 1));
	}
	assert_true(disklog_commit(log[1]));
	free(memory[0]);
	free(memory[1]);
}

/* An old commit's file is missing; the state goes back to what that commit had, and needs it. */
static void what_old_history_lacks_is_written_when_it_is_needed(void **state)
{
	(void)state;
	struct disk disk, copy;
	struct machine m;
	struct table_id blob;
	const char *why;
	disk_make(&disk, DISK_SECTORS);
	disk_make(&copy, DISK_SECTORS);
	assert_true(machine_boot(&m, &disk, OBJECTS, HISTORY));
	for (unsigned i = 0; i < 3; i++) {
		put(m.table[ARP].t, 1, 50 + i, 60, NOTE_ADDED);
		assert_true(machine_commit(&m));
	}
	struct repo r;
	make_repo(&r);
	export_table(m.table[ARP].t, &r);
	assert_true(table_id_parse(git(&r, "rev-parse primary~2:arp/10.0.0.1"), 40, &blob));
	drop_repo(&r);
	machine_off(&m);
	copy_log(&disk, &copy, &blob);
	assert_true(machine_boot(&m, &copy, OBJECTS, HISTORY));
	assert_int_equal(keep_result(m.keep, ARP, &why), KEEP_CUT);
	assert_string_equal(why, "the log lacks a part of old history");
	assert_int_equal(get(m.table[ARP].t, 1)->mac[5], 52);
	put(m.table[ARP].t, 1, 50, 60, NOTE_ADDED);
	assert_true(machine_commit(&m));
	reboot(&m);
	assert_true(machine_result(&m, ARP) != KEEP_LOST);
	assert_int_equal(get(m.table[ARP].t, 1)->mac[5], 50);
	machine_off(&m);
	disk_free(&disk);
	disk_free(&copy);
}

static void a_small_log_keeps_less_history(void **state)
{
	(void)state;
	struct disk disk;
	struct machine m;
	struct repo r;
	disk_make(&disk, disklog_size(0) / SECTOR);
	assert_true(machine_boot(&m, &disk, OBJECTS, HISTORY));
	assert_int_equal(live_long(&m), 1499);
	assert_true(machine_commit(&m));
	assert_int_equal(keep_stats(m.keep).compactions_failed, 0);
	assert_true(disklog_stats(m.log).compactions > 5);
	size_t before = table_stats(m.table[ARP].t).objects;
	reboot(&m);
	assert_int_equal(machine_result(&m, ARP), KEEP_RESTORED);
	assert_int_equal(get(m.table[ARP].t, 63)->expires, 1499);
	assert_true(table_stats(m.table[ARP].t).objects < before);
	make_repo(&r);
	assert_git_agrees(m.table[ARP].t, &r);
	assert_true(atoi(git(&r, "rev-list --count primary")) > 10);
	drop_repo(&r);
	machine_off(&m);
	disk_free(&disk);
}

/* Not even one commit fits: the machine lives on, and what was durable comes back. */
static void a_log_that_is_too_small_holds_nothing_up(void **state)
{
	(void)state;
	struct disk disk;
	struct machine m;
	disk_make(&disk, disklog_size(0) / SECTOR);
	assert_true(machine_boot(&m, &disk, 100, HISTORY));
	unsigned durable = live_long(&m);
	assert_true(keep_stats(m.keep).compactions_failed > 0);
	assert_true(keep_is_behind(m.keep));
	assert_true(durable > 20);
	reboot(&m);
	assert_int_equal(machine_result(&m, ARP), KEEP_RESTORED);
	assert_int_equal(machine_result(&m, TCP), KEEP_RESTORED);
	assert_true(get(m.table[TCP].t, 63)->expires >= durable);
	machine_off(&m);
	disk_free(&disk);
}

/* A clone made before a reboot goes on pulling behind it, over many reboots. */
static void a_clone_goes_on_pulling(void **state)
{
	(void)state;
	struct disk disk;
	struct machine m;
	struct repo served, clone = {.dir = ""};
	char command[256];
	disk_make(&disk, DISK_SECTORS);
	assert_true(machine_boot(&m, &disk, OBJECTS, HISTORY));
	snprintf(clone.dir, sizeof(clone.dir), "/tmp/respin-kept-%d", getpid());
	for (unsigned life = 0; life < 5; life++) {
		struct table *t = m.table[ARP].t;
		for (unsigned i = 0; i < 60; i++) {
			m.now += SECOND;
			table_set_time(t, m.now);
			put(t, i * 7 % 40, life * 60 + i, 60 + i, NOTE_ADDED);
			if (i % 3 == 0)
				assert_true(machine_commit(&m));
		}
		make_repo(&served);
		assert_true(machine_commit(&m));
		assert_git_agrees(t, &served);
		snprintf(command, sizeof(command), "rm -rf %s.served && mv %s %s.served", clone.dir,
			served.dir, clone.dir);
		assert_int_equal(system(command), 0);
		snprintf(command, sizeof(command),
			life ? "git -C %s pull -q --ff-only" : "git clone -q file://%s.served %s",
			clone.dir, clone.dir);
		assert_int_equal(system(command), 0);
		assert_string_equal(git(&clone, "fsck --full --strict --no-dangling"), "");
		uint64_t now = m.now;
		reboot(&m);
		assert_int_equal(keep_result(m.keep, ARP, NULL), KEEP_RESTORED);
		m.now = now;
		table_set_time(m.table[ARP].t, now);
	}
	assert_string_equal(git(&clone, "rev-list --count HEAD"), "300");
	snprintf(command, sizeof(command), "rm -rf %s %s.served", clone.dir, clone.dir);
	assert_int_equal(system(command), 0);
	machine_off(&m);
	disk_free(&disk);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_come_back_with_the_same_commits),
		cmocka_unit_test(
			entries_newer_than_the_last_commit_come_back_where_values_are_kept),
		cmocka_unit_test(stores_are_found_by_their_names),
		cmocka_unit_test(what_is_kept_of_a_store_may_change),
		cmocka_unit_test(a_lost_commit_is_told_and_the_entries_come_back),
		cmocka_unit_test(what_was_taken_out_and_cut_off_leaves_the_disk),
		cmocka_unit_test(commits_of_a_failed_compaction_are_written_again),
		cmocka_unit_test(many_refs_may_move_at_a_time),
		cmocka_unit_test(what_old_history_lacks_is_written_when_it_is_needed),
		cmocka_unit_test(a_small_log_keeps_less_history),
		cmocka_unit_test(a_log_that_is_too_small_holds_nothing_up),
		cmocka_unit_test(a_clone_goes_on_pulling),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_keep", tests, NULL, NULL);
}
