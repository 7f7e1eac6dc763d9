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
#include <nettle/sha2.h>

#include "disk_sim.h"
#include "unikernel/disklog/inner.h"

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

/* ---- what is on the disk at opening ------------------------------------------------------------
 */

static void a_disk_that_is_too_small_is_refused(void **state)
{
	(void)state;
	for (uint64_t sectors = 0; sectors < SMALLEST; sectors += SMALLEST / 7) {
		struct box b;
		box_make(&b, sectors ? sectors : 1);
		assert_int_equal(open_again(&b), DISKLOG_TOO_SMALL);
		box_free(&b);
	}
	struct box b;
	box_make(&b, SMALLEST);
	b.options.snapshot = 100000;
	assert_int_equal(open_again(&b), DISKLOG_TOO_SMALL);
	assert_true(disklog_size(b.options.snapshot) > SMALLEST * SECTOR);
	b.options.snapshot = 0;
	assert_int_equal(open_again(&b), DISKLOG_FORMATTED);
	b.disk.sectors -= 16; /* the disk has shrunk */
	assert_int_equal(open_again(&b), DISKLOG_TOO_SMALL);
	box_free(&b);
}

static bool is_untouched(const struct box *b)
{
	return b->disk.count == 0;
}

/* A byte anywhere where file systems and partition tables have their marks. */
static void a_foreign_disk_is_left_alone(void **state)
{
	(void)state;
	struct box b;
	box_make(&b, 3 * 2048);
	b.disk.recording = true;
	const size_t places[] = {0, 510, 1080, 4086, 8 * SECTOR, 32769, 65600, (1 << 20) - 1,
		2 << 20, (3 << 20) - 512, (3 << 20) - 1};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		b.disk.bytes[places[i]] = 0x55;
		assert_int_equal(open_again(&b), DISKLOG_FOREIGN);
		assert_true(is_untouched(&b));
		b.disk.bytes[places[i]] = 0;
	}
	b.disk.bytes[1080] = 0x53;
	b.options.overwrite = true;
	assert_int_equal(open_again(&b), DISKLOG_FORMATTED);
	replay(b.log);
	append(b.log, 1, "mine");
	assert_true(disklog_commit(b.log));
	assert_int_equal(open_again(&b), DISKLOG_OPENED); /* overwrite spares a log */
	assert_string_equal(replay(b.log), "mine.|");
	box_free(&b);
}

/* A log, one record in it, nothing of it recorded. */
static void box_with_log(struct box *b)
{
	box_make(b, SMALLEST);
	assert_int_equal(open_again(b), DISKLOG_FORMATTED);
	assert_string_equal(replay(b->log), "");
	assert_true(append(b->log, 1, "one") && disklog_commit(b->log));
	b->disk.recording = true;
}

static void one_lost_superblock_does_no_harm_and_is_written_anew(void **state)
{
	(void)state;
	for (size_t slot = 0; slot < 2; slot++) {
		struct box b;
		box_with_log(&b);
		b.disk.bytes[slot * 4096 + 40] ^= 1;
		assert_int_equal(open_again(&b), DISKLOG_OPENED);
		assert_true(disklog_stats(b.log).superblock_lost);
		assert_string_equal(replay(b.log), "one.|");
		assert_int_equal(open_again(&b), DISKLOG_OPENED);
		assert_false(disklog_stats(b.log).superblock_lost);
		memset(b.disk.bytes + (1 - slot) * 4096, 0, SECTOR);
		assert_int_equal(open_again(&b), DISKLOG_OPENED);
		assert_string_equal(replay(b.log), "one.|");
		box_free(&b);
	}
}

/* The first copy to be written is the one that may be lost. */
static void the_whole_superblock_is_written_last(void **state)
{
	(void)state;
	for (size_t slot = 0; slot < 2; slot++) {
		struct box b;
		box_with_log(&b);
		b.disk.bytes[slot * 4096 + 40] ^= 1;
		assert_int_equal(open_again(&b), DISKLOG_OPENED);
		assert_int_equal(b.disk.count, 4);
		assert_int_equal(b.disk.events[0].sector, slot * 8);
		assert_int_equal(b.disk.events[1].what, DISK_FLUSH);
		assert_int_equal(b.disk.events[2].sector, (1 - slot) * 8);
		box_free(&b);
	}
}

/* A copy that the disk has lost a write of is a whole one, but an old one. */
static void a_stale_superblock_does_not_count(void **state)
{
	(void)state;
	for (size_t slot = 0; slot < 2; slot++) {
		struct box b;
		uint8_t stale[SECTOR];
		box_with_log(&b);
		memcpy(stale, b.disk.bytes + slot * 4096, SECTOR);
		assert_true(disklog_compact_begin(b.log) && disklog_compact_end(b.log));
		assert_true(append(b.log, 1, "new") && disklog_commit(b.log));
		memcpy(b.disk.bytes + slot * 4096, stale, SECTOR);
		assert_int_equal(open_again(&b), DISKLOG_OPENED);
		assert_string_equal(replay(b.log), "new.|");
		box_free(&b);
	}
}

static void damaged_and_newer_logs_are_left_alone(void **state)
{
	(void)state;
	struct box b;
	box_with_log(&b);
	b.disk.bytes[40] ^= 1;
	b.disk.bytes[4096 + 40] ^= 1;
	assert_int_equal(open_again(&b), DISKLOG_DAMAGED);
	memset(b.disk.bytes, 0, SECTOR);
	assert_int_equal(open_again(&b), DISKLOG_DAMAGED);
	assert_true(is_untouched(&b));
	box_free(&b);
	box_with_log(&b);
	struct sha256_ctx sha;
	b.disk.bytes[8] = 2;
	sha256_init(&sha);
	sha256_update(&sha, 480, b.disk.bytes);
	sha256_digest(&sha, 32, b.disk.bytes + 480);
	assert_int_equal(open_again(&b), DISKLOG_NEWER);
	assert_true(is_untouched(&b));
	box_free(&b);
}

static void looking_at_a_log_writes_nothing(void **state)
{
	(void)state;
	struct box b;
	box_with_log(&b);
	b.options.read_only = true;
	assert_int_equal(open_again(&b), DISKLOG_OPENED);
	assert_string_equal(replay(b.log), "one.|");
	assert_int_equal(disklog_state(b.log), DISKLOG_READING);
	assert_false(append(b.log, 1, "two"));
	assert_false(disklog_commit(b.log));
	assert_false(disklog_compact_begin(b.log));
	assert_false(disklog_is_due(b.log));
	assert_true(is_untouched(&b));
	memset(b.disk.bytes, 0, b.disk.sectors * SECTOR);
	assert_int_equal(open_again(&b), DISKLOG_BLANK);
	assert_true(is_untouched(&b));
	box_free(&b);
}

/* ---- the replay
 * ---------------------------------------------------------------------------------- */

#define BIG 100000 /* two such records do not fit a block */

static bool append_big(struct disklog *log, char what)
{
	static char text[BIG];
	memset(text, what, BIG);
	struct disklog_part parts[] = {{text, BIG / 2}, {NULL, 0}, {text, BIG / 2}};
	return disklog_append(log, 9, 3, parts, 3);
}

/* The first bytes of all records, "|" behind groups. */
static const char *replay_big(struct disklog *log)
{
	static char text[64];
	struct disklog_record r;
	size_t n = 0;
	while (disklog_next(log, &r) == DISKLOG_RECORD && n < 60) {
		assert_int_equal(r.n, BIG);
		text[n++] = (char)r.p[BIG - 1];
		if (r.last)
			text[n++] = '|';
	}
	text[n] = 0;
	return text;
}

static void a_group_of_many_blocks_counts_when_its_last_one_is_there(void **state)
{
	(void)state;
	struct box b;
	box_make(&b, 8 * SMALLEST);
	open_again(&b);
	replay(b.log);
	assert_true(append_big(b.log, 'a') && disklog_commit(b.log));
	assert_true(append_big(b.log, 'b') && append_big(b.log, 'c') && append_big(b.log, 'd'));
	assert_int_equal(open_again(&b), DISKLOG_OPENED);
	assert_string_equal(replay_big(b.log), "a|");
	assert_true(append_big(b.log, 'e') && append_big(b.log, 'f') && append_big(b.log, 'g'));
	assert_true(disklog_commit(b.log));
	assert_int_equal(open_again(&b), DISKLOG_OPENED);
	assert_string_equal(replay_big(b.log), "a|efg|");
	box_free(&b);
}

/* The middle block of a group is lost in a power cut; the next life writes the same group, and is
 * cut off before the last block: is the old last block its end? OLD_EPOCH: that life goes on in the
 * epoch of the one before. */
static const char *repeat_half_a_group(bool old_epoch)
{
	struct box b;
	box_make(&b, 8 * SMALLEST);
	open_again(&b);
	replay(b.log);
	assert_true(append_big(b.log, 'a') && append_big(b.log, 'b') && append_big(b.log, 'c'));
	assert_true(disklog_commit(b.log));
	size_t block = (112 + 8 + BIG + SECTOR - 1) / SECTOR * SECTOR;
	memset(b.disk.bytes + 16 * SECTOR + block, 0, block);
	open_again(&b);
	assert_string_equal(replay_big(b.log), "");
	b.log->super.epoch -= old_epoch;
	assert_true(append_big(b.log, 'a') && append_big(b.log, 'b') && append_big(b.log, 'x'));
	open_again(&b);
	const char *text = replay_big(b.log);
	box_free(&b);
	return text;
}

static void an_old_epochs_block_does_not_end_a_new_group(void **state)
{
	(void)state;
	assert_string_equal(repeat_half_a_group(false), "");
	/* Without epochs it would. */
	assert_string_equal(repeat_half_a_group(true), "abc|");
}

/* The attempt at a compaction that a power cut ended has left a block in the other area; the next
 * one has nothing to write there. */
static void an_old_attempts_block_does_not_follow_a_new_one(void **state)
{
	(void)state;
	struct box b;
	box_make(&b, 8 * SMALLEST);
	open_again(&b);
	replay(b.log);
	assert_true(disklog_compact_begin(b.log));
	static char text[BIG];
	struct disklog_part part = {memset(text, 'a', BIG), BIG};
	assert_true(disklog_compact_add(b.log, 9, 3, &part, 1));
	assert_true(disklog_compact_add(b.log, 9, 3, &part, 1));
	open_again(&b);
	assert_string_equal(replay_big(b.log), "");
	assert_true(disklog_compact_begin(b.log) && disklog_compact_end(b.log));
	open_again(&b);
	assert_string_equal(replay_big(b.log), "");
	box_free(&b);
}

/* Each of the things that make a block the successor of another. */
static void a_block_follows_one_block_only(void **state)
{
	(void)state;
	struct chain c = {.sequence = 5, .epoch = 3, .digest = {1, 2, 3}};
	struct block b = {.sequence = 5, .epoch = 3, .previous = {1, 2, 3}};
	assert_true(log_block_follows(&b, &c, 3));
	b.epoch = 4;
	assert_true(log_block_follows(&b, &c, 4));
	assert_false(log_block_follows(&b, &c, 3));
	b.epoch = 2;
	assert_false(log_block_follows(&b, &c, 4));
	b.epoch = 3;
	b.sequence = 6;
	assert_false(log_block_follows(&b, &c, 4));
	b.sequence = 4;
	assert_false(log_block_follows(&b, &c, 4));
	b.sequence = 5;
	b.previous[31] = 1;
	assert_false(log_block_follows(&b, &c, 4));
}

/* Whoever changes a block and its digest breaks the next block's link. */
static void a_forged_block_ends_the_log(void **state)
{
	(void)state;
	struct box b;
	box_with_log(&b);
	append(b.log, 1, "two");
	assert_true(disklog_commit(b.log));
	struct block block;
	uint8_t *p = b.disk.bytes + 16 * SECTOR;
	assert_true(log_block_parse(b.options.id, p, SECTOR, &block));
	memcpy(p + BLOCK_HEADER + RECORD_HEADER, "eno", 3);
	log_block_finish(b.options.id, p, &block);
	open_again(&b);
	assert_string_equal(replay(b.log), "eno.|");
	box_free(&b);
}

static void nothing_of_a_longer_block_shows_behind_a_shorter_one(void **state)
{
	(void)state;
	struct box b;
	box_with_log(&b);
	append(b.log, 1, "a long record of secrets");
	disklog_commit(b.log);
	append(b.log, 1, "short");
	disklog_commit(b.log);
	for (size_t i = BLOCK_HEADER + RECORD_HEADER + 5; i < SECTOR; i++)
		assert_int_equal(b.disk.bytes[18 * SECTOR + i], 0);
	box_free(&b);
}

static void a_log_made_anew_knows_nothing_of_the_old_one(void **state)
{
	(void)state;
	struct box b;
	box_with_log(&b);
	memset(b.disk.bytes, 0, 16 * SECTOR);
	memcpy(b.disk.bytes, "something else", 14);
	b.options.overwrite = true;
	b.options.id[0]++;
	assert_int_equal(open_again(&b), DISKLOG_FORMATTED);
	assert_string_equal(replay(b.log), "");
	box_free(&b);
}

/* Rot in what was durable: the replay ends before it, and says that there was more. */
static void lost_records_are_noticed(void **state)
{
	(void)state;
	struct box b;
	box_with_log(&b);
	for (char c = 'a'; c <= 'e'; c++)
		assert_true(append(b.log, 1, (char[]){c, 0}) && disklog_commit(b.log));
	b.disk.bytes[18 * SECTOR + 115] ^= 4; /* of the third block */
	open_again(&b);
	assert_string_equal(replay(b.log), "one.|a.|");
	assert_true(disklog_stats(b.log).damaged);
	/* Life goes on; the lost ones are no news when they were given up. */
	assert_true(append(b.log, 1, "f") && disklog_commit(b.log));
	open_again(&b);
	assert_string_equal(replay(b.log), "one.|a.|f.|");
	assert_false(disklog_stats(b.log).damaged);
	box_free(&b);
}

static void a_sector_that_cannot_be_read_is_not_the_end(void **state)
{
	(void)state;
	struct box b;
	box_with_log(&b);
	uint64_t before = b.disk.operations;
	open_again(&b);
	replay(b.log);
	uint64_t each = b.disk.operations - before;
	for (uint64_t i = 0; i < each; i++) {
		struct disklog_record r;
		b.disk.fail_from = b.disk.operations + i;
		b.disk.fail_until = b.disk.fail_from + 1;
		b.disk.failed = false;
		enum disklog_verdict v = open_again(&b);
		if (v == DISKLOG_OPENED) {
			enum disklog_next next;
			while ((next = disklog_next(b.log, &r)) == DISKLOG_RECORD)
				;
			assert_int_equal(next, DISKLOG_NOT_READ);
			assert_false(append(b.log, 1, "too early"));
			while ((next = disklog_next(b.log, &r)) == DISKLOG_RECORD)
				;
			assert_int_equal(next, DISKLOG_END);
		} else {
			assert_true(v == DISKLOG_UNREADABLE || v == DISKLOG_UNWRITABLE);
		}
		assert_true(b.disk.failed);
		assert_int_equal(open_again(&b), DISKLOG_OPENED);
		assert_string_equal(replay(b.log), "one.|");
	}
	box_free(&b);
}

static void replayed_records_can_be_read_again(void **state)
{
	(void)state;
	struct box b;
	uint64_t addresses[200];
	size_t n = 0;
	struct disklog_record r;
	box_make(&b, 8 * SMALLEST);
	open_again(&b);
	replay(b.log);
	for (uint32_t i = 0; i < 200; i++) {
		static uint8_t text[9000];
		memset(text, (int)i, sizeof(text));
		struct disklog_part part = {text, 40 * i};
		assert_true(disklog_append(b.log, 1, 2, &part, 1));
		if (i % 7 == 0)
			assert_true(disklog_commit(b.log));
	}
	assert_true(disklog_commit(b.log));
	open_again(&b);
	while (disklog_next(b.log, &r) == DISKLOG_RECORD) {
		assert_false(disklog_read(b.log, r.address, &r)); /* not in between */
		addresses[n++] = r.address;
	}
	assert_int_equal(n, 200);
	for (size_t i = n; i-- > 0;) {
		assert_true(disklog_read(b.log, addresses[i], &r));
		assert_int_equal(r.n, 40 * i);
		assert_int_equal(r.store, 2);
		for (size_t j = 0; j < r.n; j++)
			assert_int_equal(r.p[j], (uint8_t)i);
	}
	assert_true(append(b.log, 1, "more") && disklog_commit(b.log));
	assert_true(disklog_read(b.log, addresses[100], &r));
	assert_false(disklog_read(b.log, 0, &r));
	assert_false(disklog_read(b.log, addresses[3] + 1, &r));
	assert_false(disklog_read(b.log, UINT64_MAX - 7, &r));
	assert_true(disklog_compact_begin(b.log));
	assert_false(disklog_read(b.log, addresses[3], &r));
	box_free(&b);
}

/* ---- full, failed, compacted
 * ---------------------------------------------------------------------- */

static bool add(struct disklog *log, const char *text)
{
	struct disklog_part part = {text, strlen(text)};
	return disklog_compact_add(log, 1, 3, &part, 1);
}

static void a_compaction_takes_the_place_of_what_was_before(void **state)
{
	(void)state;
	struct box b;
	box_with_log(&b);
	for (int turn = 0; turn < 5; turn++) {
		assert_true(append(b.log, 1, "before") && disklog_commit(b.log));
		assert_true(disklog_compact_begin(b.log));
		assert_false(disklog_compact_begin(b.log));
		assert_true(append(b.log, 1, "meanwhile") && disklog_commit(b.log));
		assert_true(add(b.log, "all"));
		append(b.log, 1, "last");
		assert_false(disklog_compact_end(b.log)); /* a group is open: it is over */
		assert_false(disklog_is_compacting(b.log));
		disklog_seal(b.log);
		assert_true(disklog_compact_begin(b.log));
		assert_true(add(b.log, "all") && append(b.log, 1, "new"));
		uint64_t group = disklog_seal(b.log);
		assert_true(disklog_durable(b.log) < group);
		assert_true(disklog_compact_end(b.log));
		assert_int_equal(disklog_durable(b.log), group);
		assert_true(append(b.log, 1, "after") && disklog_commit(b.log));
		assert_int_equal(disklog_stats(b.log).compactions, 1);
		assert_int_equal(open_again(&b), DISKLOG_OPENED);
		assert_string_equal(replay(b.log), "all.|new.|after.|");
	}
	box_free(&b);
}

/* Fills the log; the number of groups that got in. */
static unsigned fill(struct disklog *log)
{
	unsigned n = 0;
	while (append_big(log, (char)('a' + n)) && append_big(log, 'z') && disklog_commit(log))
		n++;
	return n;
}

static void a_full_log_refuses_keeps_and_is_cured_by_a_compaction(void **state)
{
	(void)state;
	struct box b;
	box_make(&b, 4 * SMALLEST);
	open_again(&b);
	replay(b.log);
	assert_false(disklog_is_due(b.log));
	unsigned n = fill(b.log);
	assert_int_equal(n, 5);
	assert_int_equal(disklog_state(b.log), DISKLOG_FULL);
	assert_true(disklog_is_due(b.log));
	disklog_seal(b.log);
	uint64_t durable = disklog_durable(b.log);
	assert_int_equal(durable, n);
	assert_false(append(b.log, 1, "tiny")); /* it could follow what was refused */
	assert_false(disklog_commit(b.log));
	assert_int_equal(disklog_durable(b.log), durable);
	assert_true(disklog_stats(b.log).refused >= 2);
	assert_true(disklog_compact_begin(b.log));
	assert_true(append(b.log, 1, "meanwhile"));
	assert_false(disklog_commit(b.log)); /* not before the end */
	assert_true(disklog_compact_end(b.log));
	assert_int_equal(disklog_state(b.log), DISKLOG_READY);
	assert_int_equal(disklog_durable(b.log), disklog_seal(b.log));
	assert_false(disklog_is_due(b.log));
	open_again(&b);
	assert_string_equal(replay(b.log), "meanwhile.|");
	box_free(&b);
}

static void a_log_uses_its_area_to_the_last_sector_and_no_more(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct box b;
		box_make(&b, SMALLEST);
		open_again(&b);
		replay(b.log);
		if (turn == 1)
			assert_true(disklog_compact_begin(b.log) && disklog_compact_end(b.log));
		size_t n = 0, sectors = disklog_stats(b.log).area_bytes / SECTOR;
		while (append(b.log, 1, "x") && disklog_commit(b.log))
			n++;
		assert_int_equal(n, sectors);
		for (size_t i = 0; i < SECTOR; i++)
			assert_int_equal(b.disk.bytes[(16 + (turn ? 0 : sectors)) * SECTOR + i], 0);
		box_free(&b);
	}
}

static void what_was_sealed_before_it_was_full_can_be_flushed(void **state)
{
	(void)state;
	struct box b;
	box_make(&b, 2 * SMALLEST);
	open_again(&b);
	replay(b.log);
	while (append_big(b.log, 'a'))
		disklog_seal(b.log);
	assert_int_equal(disklog_state(b.log), DISKLOG_FULL);
	uint64_t last = disklog_seal(b.log);
	assert_false(disklog_flush(b.log));
	assert_int_equal(disklog_durable(b.log), last - 1);
	open_again(&b);
	assert_string_equal(replay_big(b.log), "a|a|a|a|a|");
	box_free(&b);
}

static void a_snapshot_without_room_leaves_the_log_as_it_was(void **state)
{
	(void)state;
	struct box b;
	box_with_log(&b);
	assert_true(disklog_compact_begin(b.log));
	while (append_big(b.log, 'x') && disklog_compact_add(b.log, 1, 3, NULL, 0))
		disklog_seal(b.log);
	disklog_seal(b.log);
	assert_false(disklog_compact_end(b.log));
	assert_true(disklog_compact_begin(b.log) && add(b.log, "one") && append(b.log, 1, "two"));
	disklog_seal(b.log);
	assert_true(disklog_compact_end(b.log));
	open_again(&b);
	assert_string_equal(replay(b.log), "one.|two.|");
	box_free(&b);
}

static void a_failed_write_stops_the_log_until_a_compaction(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 2; i++) {
		struct box b;
		box_with_log(&b);
		append(b.log, 1, "two");
		b.disk.fail_from = b.disk.operations + i; /* the write, the flush */
		b.disk.fail_until = b.disk.fail_from + 1;
		assert_false(disklog_commit(b.log));
		assert_int_equal(disklog_state(b.log), DISKLOG_FAILED);
		assert_int_equal(disklog_durable(b.log), 1);
		assert_false(append(b.log, 1, "three"));
		disklog_seal(b.log);
		assert_false(disklog_flush(b.log));
		assert_true(disklog_is_due(b.log) && disklog_compact_begin(b.log));
		assert_true(add(b.log, "one to three") && disklog_compact_end(b.log));
		assert_true(append(b.log, 1, "four") && disklog_commit(b.log));
		open_again(&b);
		assert_string_equal(replay(b.log), "one to three.|four.|");
		box_free(&b);
	}
}

static void odd_records_are_refused(void **state)
{
	(void)state;
	struct box b;
	static uint8_t large[DISKLOG_RECORD_MAX];
	box_with_log(&b);
	struct disklog_part parts[] = {{large, sizeof(large)}, {large, 1}, {large, SIZE_MAX}};
	assert_false(disklog_append(b.log, 1, 3, parts, 2));
	assert_false(disklog_append(b.log, 1, 3, parts, 3));
	assert_false(disklog_append(b.log, 256, 3, parts, 1));
	assert_false(disklog_append(b.log, 1, 256, parts, 1));
	assert_true(disklog_append(b.log, 255, 3, parts, 1));
	assert_true(disklog_append(b.log, 255, 3, parts, 0));
	assert_true(disklog_commit(b.log));
	struct disklog_record r;
	open_again(&b);
	assert_int_equal(disklog_next(b.log, &r), DISKLOG_RECORD);
	assert_int_equal(disklog_next(b.log, &r), DISKLOG_RECORD);
	assert_int_equal(r.n, DISKLOG_RECORD_MAX);
	assert_int_equal(r.kind, 255);
	assert_int_equal(disklog_next(b.log, &r), DISKLOG_RECORD);
	assert_int_equal(r.n, 0);
	assert_int_equal(disklog_next(b.log, &r), DISKLOG_END);
	box_free(&b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blank_disk_becomes_a_log_that_stays),
		cmocka_unit_test(groups_become_durable_by_a_flush_and_in_order),
		cmocka_unit_test(a_disk_that_is_too_small_is_refused),
		cmocka_unit_test(a_foreign_disk_is_left_alone),
		cmocka_unit_test(one_lost_superblock_does_no_harm_and_is_written_anew),
		cmocka_unit_test(the_whole_superblock_is_written_last),
		cmocka_unit_test(a_stale_superblock_does_not_count),
		cmocka_unit_test(damaged_and_newer_logs_are_left_alone),
		cmocka_unit_test(looking_at_a_log_writes_nothing),
		cmocka_unit_test(a_group_of_many_blocks_counts_when_its_last_one_is_there),
		cmocka_unit_test(an_old_epochs_block_does_not_end_a_new_group),
		cmocka_unit_test(an_old_attempts_block_does_not_follow_a_new_one),
		cmocka_unit_test(a_block_follows_one_block_only),
		cmocka_unit_test(a_forged_block_ends_the_log),
		cmocka_unit_test(nothing_of_a_longer_block_shows_behind_a_shorter_one),
		cmocka_unit_test(a_log_made_anew_knows_nothing_of_the_old_one),
		cmocka_unit_test(lost_records_are_noticed),
		cmocka_unit_test(a_sector_that_cannot_be_read_is_not_the_end),
		cmocka_unit_test(replayed_records_can_be_read_again),
		cmocka_unit_test(a_compaction_takes_the_place_of_what_was_before),
		cmocka_unit_test(a_full_log_refuses_keeps_and_is_cured_by_a_compaction),
		cmocka_unit_test(a_log_uses_its_area_to_the_last_sector_and_no_more),
		cmocka_unit_test(what_was_sealed_before_it_was_full_can_be_flushed),
		cmocka_unit_test(a_snapshot_without_room_leaves_the_log_as_it_was),
		cmocka_unit_test(a_failed_write_stops_the_log_until_a_compaction),
		cmocka_unit_test(odd_records_are_refused),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_disklog", tests, NULL, NULL);
}
