/* A thousand changes of a table, with branches, and the id of the head that they lead to: an image
 * and the host must come to the same one. SPDX-License-Identifier: ISC */
#include "table.h"
#include <stdio.h>
#include <string.h>

#ifdef ON_HOST
#define say printf
#else
#include "platform.h"
#define say console_printf
#endif

static uint8_t memory[4 << 20] __attribute__((aligned(16)));

static size_t path(const void *key, char out[TABLE_PATH_MAX])
{
	const uint8_t *k = key;
	return (size_t)snprintf(out, TABLE_PATH_MAX, "%u/%u", k[0], k[1]);
}

static bool parse_path(const char *p, size_t n, void *key)
{
	(void)p;
	(void)n;
	(void)key;
	return false;
}

static size_t text(const void *value, char out[TABLE_TEXT_MAX])
{
	unsigned long long number;
	memcpy(&number, value, sizeof(number));
	return (size_t)snprintf(out, TABLE_TEXT_MAX, "%llu\n", number);
}

static bool parse_text(const char *p, size_t n, void *value)
{
	(void)p;
	(void)n;
	(void)value;
	return false;
}

static void larger(const void *key, const void *base, const void *a, const void *b, void *out)
{
	(void)key;
	(void)base;
	memcpy(out, memcmp(a, b, 8) > 0 ? a : b, 8);
}

static size_t message(
	unsigned note, const void *key, const void *value, char out[TABLE_MESSAGE_MAX])
{
	(void)key;
	(void)value;
	return (size_t)snprintf(out, TABLE_MESSAGE_MAX, "note %u", note);
}

static const struct table_kind kind = {
	"numbers", "guest", 2, 8, path, parse_path, text, parse_text, larger, message};
static const uint64_t secret[2] = {1, 2};
static const struct table_limits limits = {.entries = 1000, .secret = secret};

int main(void)
{
	struct table_ref ref;
	char hex[41];
	if (table_memory(&kind, &limits) > sizeof(memory)) {
		say("guest: a table needs %zu bytes\n", table_memory(&kind, &limits));
		return 1;
	}
	struct table *t = table_open(memory, &kind, &limits);
	for (uint64_t i = 1; i <= 1000; i++) {
		uint8_t key[2] = {(uint8_t)(i % 7), (uint8_t)(i * 31 % 100)};
		table_set_time(t, i * 1000000000u);
		table_put(t, key, &i, i % 3 ? 1 : TABLE_LATER);
		if (i % 100 == 0) {
			struct table_branch *b = table_branch(t, "branch");
			table_branch_remove(b, key);
			table_remove(t, (const uint8_t[2]){0, 0}, 2);
			table_branch_merge(b, 3);
		}
		table_work(t);
	}
	table_flush(t);
	table_ref(t, 0, &ref);
	table_id_text(&ref.id, hex);
	say("guest: head %s, %zu entries\n", hex, table_count(t));
	return 0;
}
