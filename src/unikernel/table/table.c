/* table.c - a table's memory and its entries. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define ALIGN 16u
#define HISTORY_BYTES ((size_t)2 << 20)
#define HISTORY_NS (600u * UINT64_C(1000000000))
#define LOG_RECORDS 1024u
#define CELL 64u
#define CHAIN_MAX 1100u
/* For each entry: its blob's own cell, and two for what it adds to folders. */
#define CELLS_PER_ENTRY 3u
/* At least: two for its own lines, an object and a record. */
#define CELLS_PER_COMMIT 5u
/* What a commit under way may take: some folders, old and new. */
#define CELLS_SPARE (4 * (TABLE_OBJECT_MAX / CELL_BYTES + 2))

struct room {
	uint8_t *memory; /* NULL: only counts */
	size_t used;
};

static size_t aligned(size_t n)
{
	return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static void *take(struct room *r, size_t n)
{
	void *p = r->memory ? r->memory + r->used : NULL;
	r->used += aligned(n);
	return p;
}

static void set_limits(struct table *t, const struct table_limits *limits)
{
	t->limits = *limits;
	if (!t->limits.entries)
		t->limits.entries = 1;
	if (!t->limits.history_bytes)
		t->limits.history_bytes = HISTORY_BYTES;
	if (!t->limits.history_ns)
		t->limits.history_ns = HISTORY_NS;
	if (!t->limits.log_records)
		t->limits.log_records = LOG_RECORDS;
}

static void lay_out_log(struct table *t, struct room *r)
{
	struct log *l = &t->log;
	l->capacity = t->limits.log_records;
	l->value_at = offsetof(struct record, key) + t->key_room;
	l->size = l->value_at + t->value_room;
	l->records = take(r, l->capacity * l->size);
	l->mark = take(r, l->size);
	t->resync.mark = take(r, l->size);
}

static void lay_out_cells(struct table *t, struct room *r)
{
	size_t of_value = (t->kind->value_size + CELL_BYTES - 1) / CELL_BYTES, buckets = 2;
	t->cells_history = t->limits.history_bytes / CELL;
	t->cells_spare = CELLS_SPARE;
	t->cells_floor = CELLS_SPARE / 4;
	t->cells_n = t->limits.entries * (CELLS_PER_ENTRY + of_value) + t->cells_history +
		     t->cells_spare;
	while (buckets < t->cells_n / 2)
		buckets *= 2;
	t->buckets_mask = (uint32_t)(buckets - 1);
	t->cells = take(r, t->cells_n * CELL);
	t->buckets = take(r, buckets * sizeof(*t->buckets));
}

static void lay_out_buffers(struct table *t, struct room *r)
{
	struct flat *flats = take(r, FLATS * sizeof(*flats));
	for (size_t i = 0; i < FLATS; i++) {
		uint8_t *p = take(r, TABLE_OBJECT_MAX);
		if (flats)
			flats[i].p = p;
	}
	t->flat = flats;
	t->chain = take(r, CHAIN_MAX * sizeof(*t->chain));
	t->order_max = t->cells_n / CELLS_PER_COMMIT + 1;
	t->order = take(r, t->order_max * sizeof(*t->order));
	t->changes = take(r, SLICE * sizeof(*t->changes));
	t->change_objects = take(r, SLICE * sizeof(*t->change_objects));
	for (size_t i = 0; i < sizeof(t->value) / sizeof(*t->value); i++)
		t->value[i] = take(r, t->value_room);
	for (size_t i = 0; i < TABLE_BRANCHES; i++) {
		t->branches[i].keys = take(r, STEP * t->key_room);
		t->branches[i].values = take(r, STEP * t->value_room);
		t->branches[i].answer = take(r, t->value_room);
	}
}

static void lay_out(struct table *t, const struct table_kind *kind,
	const struct table_limits *limits, struct room *r)
{
	t->kind = kind;
	set_limits(t, limits);
	t->name_n = strlen(kind->name);
	t->key_room = aligned(kind->key_size);
	t->value_room = aligned(kind->value_size);
	t->live = take(r, hash_memory(t->limits.entries, kind->key_size,
				  sizeof(struct entry) + kind->value_size));
	lay_out_log(t, r);
	lay_out_cells(t, r);
	lay_out_buffers(t, r);
}

size_t table_memory(const struct table_kind *kind, const struct table_limits *limits)
{
	struct table t = {0};
	struct room r = {.used = aligned(sizeof(t))};
	lay_out(&t, kind, limits, &r);
	return r.used;
}

struct table *table_open(
	void *memory, const struct table_kind *kind, const struct table_limits *limits)
{
	struct table *t = memory;
	struct room r = {memory, aligned(sizeof(*t))};
	lay_out(t, kind, limits, &r);
	t->live = hash_open(t->live, t->limits.entries, kind->key_size,
		sizeof(struct entry) + kind->value_size, limits->secret);
	t->root = object_put(t, TABLE_TREE, "", 0);
	object_enter(t, t->root);
	object_hold(t, t->root); /* the empty tree stays, whatever comes */
	t->work = 1;
	t->reach = 1;
	return t;
}

void table_set_time(struct table *t, uint64_t ns)
{
	if (ns > t->now)
		t->now = ns;
}

void table_watch(struct table *t, const struct table_watcher *w)
{
	t->watcher = *w;
	if (w->object)
		w->object(w->ctx, TABLE_TREE, (const uint8_t *)"", 0);
}

const void *table_get(const struct table *t, const void *key)
{
	const struct entry *e = hash_get(t->live, key);
	return e ? e->value : NULL;
}

size_t table_count(const struct table *t)
{
	return hash_count(t->live);
}

bool table_next(const struct table *t, size_t *cursor, const void **key, const void **value)
{
	void *entry;
	if (!hash_next(t->live, cursor, key, &entry))
		return false;
	*value = ((struct entry *)entry)->value;
	return true;
}

enum table_change table_put(struct table *t, const void *key, const void *value, unsigned note)
{
	bool fresh;
	struct entry *e = hash_put(t->live, key, &fresh);
	if (!e) {
		t->stats.refused++;
		return TABLE_FULL;
	}
	if (!fresh && memcmp(e->value, value, t->kind->value_size) == 0)
		return TABLE_SAME;
	memcpy(e->value, value, t->kind->value_size);
	log_add(t, LOG_PUT, key, value, note, e);
	if (t->watcher.changed)
		t->watcher.changed(t->watcher.ctx, key, value);
	return TABLE_CHANGED;
}

enum table_change table_remove(struct table *t, const void *key, unsigned note)
{
	if (!hash_remove(t->live, key))
		return TABLE_SAME;
	t->stuck = false;
	log_add(t, LOG_REMOVE, key, NULL, note, NULL);
	if (t->watcher.changed)
		t->watcher.changed(t->watcher.ctx, key, NULL);
	return TABLE_CHANGED;
}

/* The first commit of all may be of an empty table. */
bool table_commit(struct table *t, unsigned note)
{
	bool first = !t->head && !t->log.marks && !t->log.lost_mark;
	if (!t->log.changed && !first)
		return false;
	log_add(t, LOG_MARK, NULL, NULL, note, NULL);
	return true;
}
