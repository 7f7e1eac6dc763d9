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
		cmocka_unit_test(a_clone_goes_on_pulling),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_keep", tests, NULL, NULL);
}
