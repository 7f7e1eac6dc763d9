/* restore.c - a log's stores, back into the tables. SPDX-License-Identifier: ISC */
#include "inner.h"

/* ---- what the log has
 * ---------------------------------------------------------------------------- */

static void overlay_clear(struct store *s)
{
	size_t key = s->is.kind->key_size;
	memset(s->overlay_memory, 0, hash_memory(s->is.entries, key, sizeof(uint64_t)));
	s->overlay = hash_open(
		s->overlay_memory, s->is.entries, key, sizeof(uint64_t), s->keep->options.secret);
}

static void take_store(struct keep *k, const struct keep_record *r)
{
	k->map[r->store] = -1;
	for (size_t i = 0; i < k->count; i++) {
		struct store *s = &k->stores[i];
		if (strcmp(s->is.name, r->name) != 0)
			continue;
		k->map[r->store] = (int)i;
		s->known = true;
		s->fits = r->key_size == s->is.kind->key_size &&
			  r->value_size == s->is.kind->value_size;
		s->as_wanted = r->store == i && r->values == s->is.values && s->fits;
		return;
	}
	k->stats.unknown++;
}

static void take_value(struct store *s, const struct keep_record *r, uint64_t address)
{
	const struct table_kind *kind = s->is.kind;
	size_t n = kind->key_size + (r->kind == KEEP_VALUE ? kind->value_size : 0);
	if (!s->overlay || !s->fits || r->n != n)
		return;
	if (r->kind == KEEP_REMOVED) {
		hash_remove(s->overlay, r->p);
		return;
	}
	bool fresh;
	uint64_t *at = hash_put(s->overlay, r->p, &fresh);
	if (at)
		*at = address;
	else
		s->overflow = true;
}

static void take(struct keep *k, const struct disklog_record *record)
{
	struct keep_record r;
	if (!keep_parse(record, &r))
		return;
	if (r.kind == KEEP_STORE) {
		take_store(k, &r);
		return;
	}
	if (k->map[r.store] < 0)
		return;
	unsigned i = (unsigned)k->map[r.store];
	struct store *s = &k->stores[i];
	if (r.kind == KEEP_OBJECT) {
		struct mark *m = keep_mark(k, i, &r.id);
		if (m)
			m->address = record->address;
		else
			s->overflow = true;
	} else if (r.kind == KEEP_MOVED) {
		if (strcmp(r.name, "primary") == 0) {
			s->head = r.id;
			s->has_head = true;
		}
	} else if (r.kind == KEEP_CLEAR) {
		if (s->overlay_memory)
			overlay_clear(s);
	} else {
		take_value(s, &r, record->address);
	}
}

/* ---- history
 * --------------------------------------------------------------------------------------- */

static bool log_read(struct keep *k, const struct table_id *id, const struct mark *m,
	enum table_type *type, const uint8_t **p, size_t *n)
{
	struct disklog_record record;
	struct keep_record r;
	(void)id;
	if (!m || !m->address || !disklog_read(k->log, m->address, &record) ||
		!keep_parse(&record, &r) || r.kind != KEEP_OBJECT)
		return false;
	*type = r.type;
	*p = r.p;
	*n = r.n;
	return true;
}

static bool import_write(struct keep *k, const struct table_id *id, struct mark *m,
	enum table_type type, const uint8_t *p, size_t n)
{
	struct table_id got;
	(void)m;
	return table_import_add(k->import, type, p, n, &got) && memcmp(&got, id, sizeof(got)) == 0;
}

static const struct traffic from_log = {log_read, import_write, true};

/* Imports all that HEAD reaches, as far as there is room. */
static enum keep_restored import_history(struct keep *k, struct store *s)
{
	enum step step;
	keep_walk_start(k, s->number, &s->head);
	do
		step = keep_walk_step(k, &from_log);
	while (step == STEP_MORE);
	if (step != STEP_DONE || k->walk.holes)
		k->generation++;
	if (step != STEP_DONE && k->walk.first) {
		s->why = step == STEP_MISSING ? "the log lacks a part of the last commit"
					      : "no room for the last commit";
		return KEEP_LOST;
	}
	if (!k->walk.holes)
		return KEEP_RESTORED;
	s->why = "the log lacks a part of old history";
	return KEEP_CUT;
}

static enum keep_restored restore_history(struct keep *k, struct store *s)
{
	if (!s->has_head)
		return s->overlay ? KEEP_RESTORED : KEEP_NEW;
	k->import = table_import(s->is.table);
	if (!k->import) {
		s->why = "the table can't import";
		return KEEP_LOST;
	}
	enum keep_restored result = import_history(k, s);
	if (result != KEEP_LOST && !table_import_restore(k->import, &s->head, s->text)) {
		s->why = s->text;
		result = KEEP_LOST;
	}
	table_import_close(k->import);
	return result;
}

/* ---- entries
 * --------------------------------------------------------------------------------------- */

static void remove_others(struct store *s)
{
	size_t cursor = 0;
	const void *key, *value;
	while (table_next(s->is.table, &cursor, &key, &value)) {
		uint8_t copy[TABLE_KEY_MAX];
		memcpy(copy, key, s->is.kind->key_size);
		if (!hash_get(s->overlay, copy))
			table_remove(s->is.table, copy, TABLE_LATER);
	}
}

/* Makes the entries what the log says; false on a read error. */
static bool restore_entries(struct keep *k, struct store *s)
{
	size_t cursor = 0;
	const void *key;
	void *address;
	remove_others(s);
	while (hash_next(s->overlay, &cursor, &key, &address)) {
		struct disklog_record r;
		uint8_t value[TABLE_VALUE_MAX];
		if (!disklog_read(k->log, *(const uint64_t *)address, &r))
			return false;
		memcpy(value, r.p + s->is.kind->key_size, s->is.kind->value_size);
		if (table_put(s->is.table, key, value, TABLE_LATER) == TABLE_FULL)
			s->overflow = true;
	}
	return true;
}

/* ---- all
 * ------------------------------------------------------------------------------------------- */

static bool restore_store(struct keep *k, struct store *s)
{
	s->result = s->known ? restore_history(k, s) : KEEP_NEW;
	if (s->overlay && !restore_entries(k, s))
		return false;
	if (s->overflow && s->result == KEEP_RESTORED) {
		s->result = KEEP_CUT;
		s->why = "the log has more than there is room for";
	}
	return true;
}

bool keep_restore(struct keep *k)
{
	enum disklog_next next;
	struct disklog_record record;
	while ((next = disklog_next(k->log, &record)) == DISKLOG_RECORD)
		take(k, &record);
	if (next != DISKLOG_END)
		return false;
	k->synced = true;
	for (size_t i = 0; i < k->count; i++) {
		if (!restore_store(k, &k->stores[i]))
			return false;
		k->synced = k->synced && k->stores[i].as_wanted && !k->stores[i].overflow;
	}
	keep_watch(k);
	/* Before a log knows its stores, nothing in it can be found again. */
	while (!k->synced || disklog_is_compacting(k->log)) {
		keep_compact_step(k);
		if (k->wait > 0)
			return false;
	}
	return true;
}

enum keep_restored keep_result(const struct keep *k, size_t i, const char **why)
{
	if (why)
		*why = k->stores[i].why ? k->stores[i].why : "";
	return k->stores[i].result;
}
