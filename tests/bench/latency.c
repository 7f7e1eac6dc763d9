/* latency.c - puts and look-ups, timed one by one. Each row of them is done on both tables, the one
 * first and the other first by turns, and then the table's history is worked out, so that both find
 * the caches as the other does. SPDX-License-Identifier: ISC */
#include "latency.h"
#include "hash.h"
#include <string.h>

#define BUCKETS 65536u /* ticks that are told apart; longer ones count as so long */

struct counts {
	uint32_t n, max;
	uint32_t at[BUCKETS];
};

struct run {
	const struct latency_setup *s;
	struct hash *hash;
	struct table *table;
	struct counts *hash_put, *table_put, *hash_get, *table_get;
};

static size_t aligned(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

static struct table_limits limits_of(const struct latency_setup *s)
{
	return (struct table_limits){.entries = s->live + 1024, .secret = s->secret};
}

size_t latency_memory(const struct latency_setup *s)
{
	struct table_limits l = limits_of(s);
	return aligned(hash_memory(l.entries, s->kind->key_size, s->kind->value_size)) +
	       aligned(table_memory(s->kind, &l)) + 4 * sizeof(struct counts);
}

static void count(struct counts *c, uint64_t ticks)
{
	c->n++;
	c->at[ticks < BUCKETS ? ticks : BUCKETS - 1]++;
	if (ticks > c->max)
		c->max = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

static uint32_t percentile(const struct counts *c, uint32_t percent)
{
	uint64_t below = 0, wanted = (uint64_t)c->n * percent / 100;
	uint32_t i = 0;
	while (i < BUCKETS - 1 && (below += c->at[i]) <= wanted)
		i++;
	return i;
}

static struct latency sum_up(const struct counts *c)
{
	return (struct latency){percentile(c, 50), percentile(c, 99), c->max};
}

static void put_in_hash(struct run *r, const void *key, const void *value)
{
	bool fresh;
	void *place = hash_put(r->hash, key, &fresh);
	memcpy(place, value, r->s->kind->value_size);
}

static void put_row(struct run *r, uint64_t from, bool in_table)
{
	uint8_t key[TABLE_KEY_MAX] = {0}, value[TABLE_VALUE_MAX] = {0};
	for (uint64_t i = from; i < from + r->s->put_in_a_row; i++) {
		r->s->make(i, key, value);
		uint64_t start = r->s->tick();
		if (in_table)
			table_put(r->table, key, value, TABLE_LATER);
		else
			put_in_hash(r, key, value);
		count(in_table ? r->table_put : r->hash_put, r->s->tick() - start);
	}
}

static void get_row(struct run *r, uint64_t from, bool in_table)
{
	uint8_t key[TABLE_KEY_MAX] = {0}, value[TABLE_VALUE_MAX] = {0};
	volatile const void *found;
	for (uint64_t i = from; i < from + r->s->put_in_a_row; i++) {
		r->s->make(i, key, value);
		uint64_t start = r->s->tick();
		found = in_table ? table_get(r->table, key) : hash_get(r->hash, key);
		count(in_table ? r->table_get : r->hash_get, r->s->tick() - start);
	}
	(void)found;
}

static void drop_row(struct run *r, uint64_t from)
{
	uint8_t key[TABLE_KEY_MAX] = {0}, value[TABLE_VALUE_MAX] = {0};
	for (uint64_t i = from; i < from + r->s->put_in_a_row; i++) {
		r->s->make(i, key, value);
		hash_remove(r->hash, key);
		table_remove(r->table, key, TABLE_LATER);
	}
}

static void work_out(struct run *r)
{
	table_commit(r->table, 1);
	table_flush(r->table);
	table_set_time(r->table, r->s->now());
}

/* Without timing, up to as many entries as are to be there. */
static uint64_t fill(struct run *r)
{
	uint64_t i = 0;
	for (; i < r->s->live; i += r->s->put_in_a_row) {
		put_row(r, i, false);
		put_row(r, i, true);
		work_out(r);
	}
	memset(r->hash_put, 0, sizeof(*r->hash_put));
	memset(r->table_put, 0, sizeof(*r->table_put));
	return i;
}

void latency_measure(const struct latency_setup *s, void *memory, struct latency_result *out)
{
	struct table_limits l = limits_of(s);
	size_t hash_n = aligned(hash_memory(l.entries, s->kind->key_size, s->kind->value_size));
	struct counts *counts = memory;
	uint8_t *p = (uint8_t *)memory + 4 * sizeof(*counts);
	struct run r = {.s = s,
		.hash_put = counts,
		.table_put = counts + 1,
		.hash_get = counts + 2,
		.table_get = counts + 3};
	r.hash = hash_open(p, l.entries, s->kind->key_size, s->kind->value_size, s->secret);
	r.table = table_open(p + hash_n, s->kind, &l);
	table_set_time(r.table, s->now());
	uint64_t at = fill(&r);
	for (size_t done = 0; done < s->puts; done += s->put_in_a_row, at += s->put_in_a_row) {
		bool first = done / s->put_in_a_row % 2;
		drop_row(&r, at - s->live / s->put_in_a_row * s->put_in_a_row);
		work_out(&r);
		put_row(&r, at, first);
		put_row(&r, at, !first);
		work_out(&r);
		get_row(&r, at - s->live / 2, first);
		get_row(&r, at - s->live / 2, !first);
	}
	*out = (struct latency_result){sum_up(r.hash_put), sum_up(r.table_put), sum_up(r.hash_get),
		sum_up(r.table_get), table_stats(r.table).commits};
}
