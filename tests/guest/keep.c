/* keep.c - counts up in a table that is kept on the disk, and says how far it got as soon as that
 * is durable; goes on where an earlier life ended. SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "disklog_disk.h"
#include "keep.h"

#define KEYS 50

static size_t path(const void *key, char out[TABLE_PATH_MAX])
{
	return (size_t)snprintf(out, TABLE_PATH_MAX, "%u", *(const uint8_t *)key);
}

static bool parse_path(const char *p, size_t n, void *key)
{
	unsigned number = 0;
	char again[8];
	for (size_t i = 0; i < n && i < 3; i++)
		number = number * 10 + (unsigned)(p[i] - '0');
	*(uint8_t *)key = (uint8_t)number;
	return path(key, again) == n && memcmp(again, p, n) == 0;
}

static size_t text(const void *value, char out[TABLE_TEXT_MAX])
{
	return (size_t)snprintf(out, TABLE_TEXT_MAX, "%llu\n", *(const unsigned long long *)value);
}

static bool parse_text(const char *p, size_t n, void *value)
{
	uint64_t number = 0;
	if (n < 2 || n > 20 || p[n - 1] != '\n')
		return false;
	for (size_t i = 0; i + 1 < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(p[i] - '0');
	}
	memcpy(value, &number, sizeof(number));
	return true;
}

static void larger(const void *key, const void *base, const void *a, const void *b, void *out)
{
	(void)key;
	(void)base;
	memcpy(out, *(const uint64_t *)a > *(const uint64_t *)b ? a : b, 8);
}

static size_t message(
	unsigned note, const void *key, const void *value, char out[TABLE_MESSAGE_MAX])
{
	(void)note;
	(void)key;
	return (size_t)snprintf(out, TABLE_MESSAGE_MAX, "count %llu",
		value ? *(const unsigned long long *)value : 0);
}

static const struct table_kind kind = {
	"numbers", "guest", 1, 8, path, parse_path, text, parse_text, larger, message};
static const uint64_t secret[2] = {1, 2};
static const struct table_limits limits = {
	.entries = 100, .secret = secret, .history_bytes = 65536};
static struct keep_store stores[] = {
	{"each", NULL, &kind, 100, true}, {"commits", NULL, &kind, 100, false}};
static const struct keep_options options = {.objects = 2000, .secret = secret};

static void *memory(size_t n)
{
	void *p = memory_take(n);
	return p;
}

static uint64_t count_in(const struct table *t)
{
	const uint8_t zero = 0;
	const uint64_t *count = table_get(t, &zero);
	return count ? *count : 0;
}

static struct disklog *open_log(void)
{
	struct disk_info disk;
	struct disklog *log;
	if (!disk_open(&disk))
		panic("no disk");
	struct disklog_device device = disklog_disk(&disk);
	struct disklog_options log_options = {.id = "guest"};
	enum disklog_verdict v =
		disklog_open(memory(disklog_memory()), &device, &log_options, &log);
	if (v != DISKLOG_OPENED && v != DISKLOG_FORMATTED)
		panic("%s", disklog_verdict_text(v));
	return log;
}

static struct keep *restore(struct disklog *log)
{
	for (size_t i = 0; i < 2; i++)
		stores[i].table = table_open(memory(table_memory(&kind, &limits)), &kind, &limits);
	void *room = memory(keep_memory(stores, 2, &options));
	struct keep *k = keep_open(room, log, stores, 2, &options);
	if (!keep_restore(k))
		panic("the tables can't be restored");
	for (size_t i = 0; i < 2; i++) {
		const char *why;
		enum keep_restored r = keep_result(k, i, &why);
		if (r != KEEP_NEW && r != KEEP_RESTORED)
			panic("%s: %s", stores[i].name, why);
	}
	return k;
}

/* One turn: the count and another number, in either table. */
static void turn(uint64_t count, struct keep *k)
{
	const uint8_t zero = 0, other = (uint8_t)(1 + count * 31 % KEYS);
	for (size_t i = 0; i < 2; i++) {
		table_set_time(stores[i].table, count * 1000000000);
		table_put(stores[i].table, &other, &count, TABLE_LATER);
		table_put(stores[i].table, &zero, &count, i == 1 || count % 10 == 0);
		table_flush(stores[i].table);
	}
	keep_turn(k);
	for (int i = 0; i < 1000 && keep_work(k); i++)
		;
}

int main(void)
{
	struct disklog *log = open_log();
	uint64_t from = clock_ns();
	struct keep *k = restore(log);
	uint64_t each = count_in(stores[0].table), commits = count_in(stores[1].table);
	uint64_t most = option_number("count", UINT64_MAX);
	console_printf("guest: restored %llu %llu in %llu us\n", (unsigned long long)each,
		(unsigned long long)commits, (unsigned long long)((clock_ns() - from) / 1000));
	for (uint64_t i = each + 1; most > 0; i++, most--) {
		turn(i, k);
		bool behind = keep_is_behind(k);
		if (!disklog_flush(log))
			panic("the log is not durable");
		console_printf("guest: durable %llu %llu\n", (unsigned long long)i,
			behind ? 0 : (unsigned long long)i);
	}
	console_printf("guest: %llu compactions, %llu failed\n",
		(unsigned long long)disklog_stats(log).compactions,
		(unsigned long long)keep_stats(k).compactions_failed);
	return 0;
}
