/* store.c - the list of an image's tables. SPDX-License-Identifier: ISC */
#include "store.h"
#include "platform.h"
#include <stdio.h>

#define SECOND 1000000000ull
#define HISTORY_BYTES_MIN 65536
#define HISTORY_BYTES_MAX (1u << 30)
#define HISTORY_SECONDS_MAX 31536000 /* a year */
#define OPTION_MAX 64

static struct store stores[STORES_MAX];
static size_t count;
static uint64_t secret[2];

/* The option KIND.WHAT=, which lies between LEAST and MOST. */
static uint64_t limit(const struct table_kind *kind, const char *what, uint64_t preset,
	uint64_t least, uint64_t most)
{
	char key[OPTION_MAX];
	snprintf(key, sizeof(key), "%s.%s", kind->name, what);
	uint64_t n = option_number(key, preset);
	if (n < least || n > most)
		refuse("%s=%lu: expected %lu to %lu", key, n, least, most);
	return n;
}

struct table *store_open(const struct store *defaults)
{
	if (count == STORES_MAX)
		panic("more than %d stores", STORES_MAX);
	if (!count)
		random_bytes(secret, sizeof(secret));
	struct store *s = &stores[count++];
	*s = *defaults;
	s->entries = limit(s->kind, "entries", s->entries, s->entries_min, s->entries_max);
	s->history_bytes = limit(
		s->kind, "history.bytes", s->history_bytes, HISTORY_BYTES_MIN, HISTORY_BYTES_MAX);
	s->history_seconds = (unsigned)limit(
		s->kind, "history.seconds", s->history_seconds, 1, HISTORY_SECONDS_MAX);
	const struct table_limits limits = {.entries = s->entries,
		.history_bytes = s->history_bytes,
		.history_ns = s->history_seconds * SECOND,
		.log_records = s->log_records,
		.secret = secret};
	s->table = table_open(memory_take(table_memory(s->kind, &limits)), s->kind, &limits);
	table_set_time(s->table, wall_ns());
	return s->table;
}

size_t store_count(void)
{
	return count;
}

const struct store *store_at(size_t i)
{
	return &stores[i];
}

const struct store *store_of(const struct table *t)
{
	size_t i = 0;
	while (i < count && stores[i].table != t)
		i++;
	if (i == count)
		panic("this table is no store's");
	return &stores[i];
}

bool store_work(void)
{
	uint64_t now = wall_ns();
	bool more = false;
	for (size_t i = 0; i < count; i++) {
		table_set_time(stores[i].table, now);
		more = table_work(stores[i].table) || more;
	}
	return more;
}
