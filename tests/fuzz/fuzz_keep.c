/* fuzz_keep.c - tables restored from a log with any records: each is a byte of kind, of store, two
 * of length, and contents. SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdio.h>

#include "disk_sim.h"
#include "keep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t path(const void *key, char out[TABLE_PATH_MAX])
{
	const uint8_t *k = key;
	return (size_t)snprintf(out, TABLE_PATH_MAX, "%02x/%02x", k[0], k[1]);
}

static bool hex(const char *p, uint8_t *out)
{
	unsigned v = 0;
	for (int i = 0; i < 2; i++) {
		bool digit = p[i] >= '0' && p[i] <= '9', letter = p[i] >= 'a' && p[i] <= 'f';
		if (!digit && !letter)
			return false;
		v = v * 16 + (unsigned)(digit ? p[i] - '0' : p[i] - 'a' + 10);
	}
	*out = (uint8_t)v;
	return true;
}

static bool parse_path(const char *p, size_t n, void *key)
{
	uint8_t *k = key;
	return n == 5 && p[2] == '/' && hex(p, k) && hex(p + 3, k + 1);
}

static size_t text(const void *value, char out[TABLE_TEXT_MAX])
{
	return (size_t)snprintf(out, TABLE_TEXT_MAX, "%02x\n", *(const uint8_t *)value);
}

static bool parse_text(const char *p, size_t n, void *value)
{
	return n == 3 && p[2] == '\n' && hex(p, value);
}

static void larger(const void *key, const void *base, const void *a, const void *b, void *out)
{
	(void)key;
	(void)base;
	memcpy(out, *(const uint8_t *)a > *(const uint8_t *)b ? a : b, 1);
}

static size_t message(
	unsigned note, const void *key, const void *value, char out[TABLE_MESSAGE_MAX])
{
	(void)key;
	(void)value;
	return (size_t)snprintf(out, TABLE_MESSAGE_MAX, "note %u", note);
}

static const struct table_kind kind = {
	"t", "fuzz", 2, 1, path, parse_path, text, parse_text, larger, message};
static const uint64_t secret[2] = {1, 2};
static const struct table_limits limits = {
	.entries = 32, .history_bytes = 16384, .log_records = 64, .secret = secret};
static const struct keep_options options = {.objects = 200, .secret = secret};

static void *zeroed(size_t n)
{
	void *p = aligned_alloc(16, (n + 15) & ~(size_t)15);
	return memset(p, 0, n);
}

/* Boots, and counts the entries of both stores: as the log has them, and behind some work. */
static size_t boot(struct disk *d, bool work)
{
	struct keep_store stores[2] = {{"a", NULL, &kind, 32, true}, {"b", NULL, &kind, 32, false}};
	struct disklog *log;
	struct disklog_device device = disk_device(d);
	struct disklog_options log_options = {.id = "fuzz"};
	void *memory[4] = {zeroed(disklog_memory()), zeroed(keep_memory(stores, 2, &options))};
	size_t n = 0;
	for (size_t i = 0; i < 2; i++) {
		memory[2 + i] = zeroed(table_memory(&kind, &limits));
		stores[i].table = table_open(memory[2 + i], &kind, &limits);
		table_set_time(stores[i].table, UINT64_C(1000000000000));
	}
	if (disklog_open(memory[0], &device, &log_options, &log) > DISKLOG_FORMATTED)
		__builtin_trap();
	struct keep *k = keep_open(memory[1], log, stores, 2, &options);
	if (!keep_restore(k))
		__builtin_trap();
	for (size_t i = 0; i < 2; i++)
		n = n * 100 + table_count(stores[i].table);
	if (work) {
		const uint8_t key[2] = {1, 1}, value = 77;
		for (size_t i = 0; i < 2; i++) {
			table_put(stores[i].table, key, &value, 1);
			table_flush(stores[i].table);
		}
		n = 0;
		for (int i = 0; i < 10000 && keep_work(k); i++)
			;
		keep_turn(k);
		if (!disklog_flush(log) || keep_is_behind(k))
			__builtin_trap();
		for (size_t i = 0; i < 2; i++)
			n = n * 100 + table_count(stores[i].table);
	}
	for (size_t i = 0; i < 4; i++)
		free(memory[i]);
	return n;
}

static void fill(struct disk *d, const uint8_t *data, size_t size)
{
	struct disklog *log;
	struct disklog_device device = disk_device(d);
	struct disklog_options log_options = {.id = "fuzz"};
	struct disklog_record r;
	void *memory = zeroed(disklog_memory());
	disklog_open(memory, &device, &log_options, &log);
	disklog_next(log, &r);
	while (size >= 4) {
		size_t n = data[2] | (size_t)data[3] << 8;
		n = n < size - 4 ? n : size - 4;
		struct disklog_part part = {data + 4, n};
		disklog_append(log, data[0], data[1], &part, 1);
		data += 4 + n;
		size -= 4 + n;
	}
	disklog_commit(log);
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct disk d;
	disk_make(&d, disklog_size(0) / SECTOR);
	fill(&d, data, size);
	size_t first = boot(&d, false);
	if (boot(&d, false) != first)
		__builtin_trap();
	size_t worked = boot(&d, true);
	if (boot(&d, false) != worked)
		__builtin_trap();
	disk_free(&d);
	return 0;
}
