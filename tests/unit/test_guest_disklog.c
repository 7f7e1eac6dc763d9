/* test_guest_disklog.c - the log on a disk: what comes back, what is refused, what errors do.
 * SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "disk_sim.h"

#define SMALLEST (disklog_size(0) / SECTOR)

/* A disk with an open log. */
struct box {
	struct disk disk;
	void *memory;
	struct disklog *log;
	struct disklog_options options;
};

static enum disklog_verdict open_again(struct box *b)
{
	struct disklog_device device = disk_device(&b->disk);
	memset(b->memory, 0xa5, disklog_memory());
	return disklog_open(b->memory, &device, &b->options, &b->log);
}

static void box_make(struct box *b, uint64_t sectors)
{
	*b = (struct box){.memory = aligned_alloc(16, (disklog_memory() + 15) & ~(size_t)15)};
	disk_make(&b->disk, sectors);
	memset(b->options.id, 7, sizeof(b->options.id));
}

static void box_free(struct box *b)
{
	disk_free(&b->disk);
	free(b->memory);
}

static bool append(struct disklog *log, unsigned kind, const char *text)
{
	struct disklog_part part = {text, strlen(text)};
	return disklog_append(log, kind, 3, &part, 1);
}

/* Replays all; the payloads in a row, each with a dot behind, groups with a bar. */
static const char *replay(struct disklog *log)
{
	static char text[4096];
	struct disklog_record r;
	size_t n = 0;
	enum disklog_next next;
	while ((next = disklog_next(log, &r)) == DISKLOG_RECORD) {
		n += (size_t)snprintf(
			text + n, sizeof(text) - n, "%.*s.%s", (int)r.n, r.p, r.last ? "|" : "");
		assert_int_equal(r.store, 3);
	}
	assert_int_equal(next, DISKLOG_END);
	text[n] = 0;
	return text;
}

static void a_blank_disk_becomes_a_log_that_stays(void **state)
{
	(void)state;
	struct box b;
	box_make(&b, SMALLEST);
	assert_int_equal(open_again(&b), DISKLOG_FORMATTED);
	assert_int_equal(disklog_state(b.log), DISKLOG_REPLAYING);
	assert_false(append(b.log, 1, "too early"));
	assert_string_equal(replay(b.log), "");
	assert_int_equal(disklog_state(b.log), DISKLOG_READY);
	assert_true(append(b.log, 1, "one") && append(b.log, 2, "two") && disklog_commit(b.log));
	assert_true(append(b.log, 1, "") && disklog_commit(b.log));
	assert_true(append(b.log, 1, "never sealed"));
	assert_int_equal(open_again(&b), DISKLOG_OPENED);
	assert_string_equal(replay(b.log), "one.two.|.|");
	assert_true(append(b.log, 1, "three") && disklog_commit(b.log));
	assert_int_equal(open_again(&b), DISKLOG_OPENED);
	assert_string_equal(replay(b.log), "one.two.|.|three.|");
	assert_int_equal(disklog_stats(b.log).blocks, 3);
	box_free(&b);
}

static void groups_become_durable_by_a_flush_and_in_order(void **state)
{
	(void)state;
	struct box b;
	box_make(&b, SMALLEST);
	open_again(&b);
	replay(b.log);
	assert_int_equal(disklog_seal(b.log), 0); /* nothing to seal */
	append(b.log, 1, "a");
	assert_false(disklog_flush(b.log)); /* the group is open */
	assert_int_equal(disklog_seal(b.log), 1);
	append(b.log, 1, "b");
	assert_int_equal(disklog_seal(b.log), 2);
	assert_int_equal(disklog_durable(b.log), 0);
	assert_int_equal(disklog_stats(b.log).blocks, 0);
	assert_true(disklog_flush(b.log));
	assert_int_equal(disklog_durable(b.log), 2);
	assert_int_equal(disklog_stats(b.log).blocks, 1); /* one block for both */
	uint64_t before = b.disk.operations;
	assert_true(disklog_flush(b.log)); /* nothing to do */
	assert_int_equal(b.disk.operations, before);
	box_free(&b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blank_disk_becomes_a_log_that_stays),
		cmocka_unit_test(groups_become_durable_by_a_flush_and_in_order),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_disklog", tests, NULL, NULL);
}
