/* fuzz_disklog.c - the log's replay of any disk: superblock and blocks are the input's; their
 * checksums are made right where the first byte says so, else nothing would get behind them.
 * SPDX-License-Identifier: ISC */
#include <nettle/sha2.h>
#include <stdint.h>

#include "disk_sim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIX_SUPERBLOCK = 1, FIX_BLOCKS = 2, READ_ONLY = 4 };
#define AREA (16 * SECTOR)
#define HEADER 112

static void digest(
	const uint8_t *id, const uint8_t *p, size_t n, const uint8_t *q, size_t m, uint8_t *out)
{
	struct sha256_ctx sha;
	sha256_init(&sha);
	sha256_update(&sha, id ? 16 : 0, id);
	sha256_update(&sha, n, p);
	sha256_update(&sha, m, q);
	sha256_digest(&sha, 32, out);
}

/* Chains the blocks of the first area, as long as their lengths make sense. */
static void fix_blocks(uint8_t *bytes, size_t n)
{
	const uint8_t *id = bytes + 16, *previous = bytes + 80;
	for (size_t at = AREA; at + HEADER <= n;) {
		uint32_t length;
		uint8_t *p = bytes + at;
		memcpy(&length, p + 12, 4);
		if (length > n - at - HEADER)
			return;
		memcpy(p + 48, previous, 32);
		digest(id, p, 80, p + HEADER, length, p + 80);
		previous = p + 80;
		at += (HEADER + length + SECTOR - 1) / SECTOR * SECTOR;
	}
}

static void fill(struct disk *d, const uint8_t *data, size_t size)
{
	size_t head = size < SECTOR ? size : SECTOR;
	size_t room = d->sectors * SECTOR - AREA;
	size_t rest = size - head < room ? size - head : room;
	memcpy(d->bytes, data, head);
	memcpy(d->bytes + AREA, data + head, rest);
}

/* The number of records; each within the memory. */
static unsigned replay(struct disklog *log, const uint8_t *memory)
{
	unsigned n = 0;
	struct disklog_record r;
	while (disklog_next(log, &r) == DISKLOG_RECORD) {
		if (r.p < memory || r.p > memory + disklog_memory() ||
			r.n > (size_t)(memory + disklog_memory() - r.p))
			__builtin_trap();
		n++;
	}
	return n;
}

/* What was replayed is replayed again, with what is appended now. */
static void check_again(struct disk *d, void *memory, const struct disklog_options *options)
{
	struct disklog *log;
	struct disklog_device device = disk_device(d);
	struct disklog_part part = {"more", 4};
	if (disklog_open(memory, &device, options, &log) != DISKLOG_OPENED)
		return;
	unsigned n = replay(log, memory);
	unsigned more = disklog_append(log, 1, 1, &part, 1) && disklog_commit(log);
	if (disklog_open(memory, &device, options, &log) != DISKLOG_OPENED)
		__builtin_trap();
	if (replay(log, memory) != n + more)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(16) uint8_t memory[3 * DISKLOG_BLOCK_MAX];
	struct disk d;
	if (size == 0 || disklog_memory() > sizeof(memory))
		return 0;
	disk_make(&d, disklog_size(0) / SECTOR);
	fill(&d, data + 1, size - 1);
	if (data[0] & FIX_SUPERBLOCK)
		digest(NULL, d.bytes, 480, NULL, 0, d.bytes + 480);
	if (data[0] & FIX_BLOCKS)
		fix_blocks(d.bytes, d.sectors * SECTOR);
	struct disklog_options options = {.read_only = data[0] & READ_ONLY};
	check_again(&d, memory, &options);
	disk_free(&d);
	return 0;
}
