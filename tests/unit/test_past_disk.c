/* test_past_disk.c - histories read off a machine's disk, which a real log and tables wrote.
 * SPDX-License-Identifier: ISC */
#include "kept.h"

#include "past/past.h"
#include "sys/sys.h"

#include <sys/stat.h>

#define DISK_SECTORS (2 * disklog_size(0) / SECTOR)
#define OBJECTS 4096

static struct arena arena;
static const char *root;
static struct disk disk;
static struct machine machine;

static int setup(void **state)
{
	(void)state;
	struct err e = {0};
	assert_ok(dir_make_temp(&arena, "/tmp/respin-test-disk.", &root, &e));
	disk_make(&disk, DISK_SECTORS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	struct err e = {0};
	disk_free(&disk);
	assert_ok(tree_remove(root, &e));
	arena_free(&arena);
	disk = (struct disk){0};
	arena = (struct arena){0};
	return 0;
}

/* Boots with HISTORY bytes of it, and changes ARP's entries N times, each a commit. */
static void live(size_t history, unsigned n)
{
	assert_true(machine_boot(&machine, &disk, OBJECTS, history));
	for (unsigned i = 0; i < n; i++) {
		put(machine.table[ARP].t, i % 4, i, 60, NOTE_ADDED);
		assert_true(machine_commit(&machine));
	}
}

static const char *disk_file(void)
{
	struct err e = {0};
	const char *file = path_join(&arena, root, "disk.img");
	assert_ok(file_write_cache(
		file, (struct str){(const char *)disk.bytes, disk.sectors * SECTOR}, 0444, &e));
	return file;
}

static const char *folder(void)
{
	struct err e = {0};
	const char *dir;
	assert_ok(dir_make_temp(&arena, path_join(&arena, root, "stores."), &dir, &e));
	return dir;
}

static struct str stock_git(const char *dir, const char *word, const char *more)
{
	struct err e = {0};
	struct outcome out = {0};
	const char *const argv[] = {
		"git", "-c", "safe.directory=*", "--git-dir", dir, word, more, NULL};
	const struct command command = {.argv = argv, .timeout_ms = 20000};
	assert_ok(command_must(&arena, &command, &out, &e));
	return str_trim(out.output);
}

/* The store "arp" of the disk, opened; stock git finds nothing wrong with it. */
static struct past read_arp(void)
{
	struct err e = {0};
	struct past p;
	strings names;
	const char *dir = folder();
	assert_ok(past_from_disk(&arena, disk_file(), dir, &names, &e));
	assert_int_equal(names.n, 2);
	assert_string_equal(names.v[0], "arp");
	assert_string_equal(names.v[1], "tcp");
	dir = path_join(&arena, dir, "arp.git");
	stock_git(dir, "fsck", "--strict");
	assert_ok(past_open(&arena, dir, &p, &e));
	assert_true(str_is(stock_git(dir, "rev-parse", "HEAD"), p.tip.hex));
	return p;
}

static void a_history_is_as_the_machine_had_it(void **state)
{
	(void)state;
	struct table_id head;
	char text[41];
	struct err e = {0};
	past_entries entries;
	live(262144, 20);
	struct past p = read_arp();
	assert_true(head_of(machine.table[ARP].t, &head));
	table_id_text(&head, text);
	assert_string_equal(p.tip.hex, text);
	assert_string_equal(p.primary, "primary");
	assert_int_equal(p.line.n, 20);
	assert_ok(past_list(&p, &arena, past_tree(&p), &entries, &e));
	assert_int_equal(entries.n, 4);
	past_close(&p);
	machine_off(&machine);
}

static void what_was_cut_off_is_behind_a_boundary(void **state)
{
	(void)state;
	live(16384, 1200);
	struct past p = read_arp();
	assert_true(p.line.n >= 2);
	assert_true(p.line.n < 1200);
	assert_int_equal(p.steps.v[p.line.v[0]].parents.n, 0);
	past_close(&p);
	machine_off(&machine);
}

static void what_is_no_log_is_an_error(void **state)
{
	(void)state;
	struct err e = {0};
	strings names;
	assert_false(past_from_disk(&arena, disk_file(), folder(), &names, &e));
	assert_int_equal(e.code, E_NOTFOUND);
	memset(disk.bytes, 'x', 100000);
	assert_false(past_from_disk(&arena, disk_file(), folder(), &names, &e));
	assert_int_equal(e.code, E_INPUT);
	assert_non_null(strstr(e.text, "disk.img: "));
	disk.sectors = 1;
	assert_false(past_from_disk(&arena, disk_file(), folder(), &names, &e));
	assert_int_equal(e.code, E_INPUT);
	disk.sectors = DISK_SECTORS;
	const char *none = path_join(&arena, root, "none");
	assert_false(past_from_disk(&arena, none, folder(), &names, &e));
	assert_int_equal(e.code, E_ABSENT);
}

/* A disk that lost its end, or a bit, gives what was before it; or an error, and no crash. */
static void damage_leaves_what_was_before_it(void **state)
{
	(void)state;
	struct err e = {0};
	strings names;
	uint64_t seed = 1;
	size_t read = 0;
	live(262144, 20);
	machine_off(&machine);
	uint8_t *whole = memcpy(malloc(disk.sectors * SECTOR), disk.bytes, disk.sectors * SECTOR);
	for (int i = 0; i < 24; i++) {
		memcpy(disk.bytes, whole, disk.sectors * SECTOR);
		size_t at = (size_t)random_below(&seed, 40000);
		disk.bytes[at] ^= (uint8_t)(1 + random_below(&seed, 255));
		const char *dir = folder();
		if (!past_from_disk(&arena, disk_file(), dir, &names, &e))
			continue;
		struct past p = {0};
		read++;
		if (names.n)
			assert_ok(past_open(&arena, path_join(&arena, dir, "arp.git"), &p, &e));
		assert_true(p.line.n <= 20);
		past_close(&p);
	}
	assert_true(read > 12);
	free(whole);
}

#define ON_DISK(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
static const struct CMUnitTest tests[] = {
	ON_DISK(a_history_is_as_the_machine_had_it),
	ON_DISK(what_was_cut_off_is_behind_a_boundary),
	ON_DISK(what_is_no_log_is_an_error),
	ON_DISK(damage_leaves_what_was_before_it),
};
RUN_TESTS("past_disk")
