/* record.c - how stores, objects, refs and entries look in the log. SPDX-License-Identifier: ISC */
#include "inner.h"

/* STORE: sizes of key and value, 1 where values are kept, the name.
 * OBJECT: type, id, contents. MOVED: id, name. VALUE: key, value. REMOVED: key. */
#define STORE_HEAD 5
#define OBJECT_HEAD 21

bool keep_put(struct keep *k, enum keep_kind kind, unsigned store, const struct disklog_part *parts,
	size_t count)
{
	if (k->phase != PHASE_NONE)
		return disklog_compact_add(k->log, kind, store, parts, count);
	return disklog_append(k->log, kind, store, parts, count);
}

bool keep_put_store(struct keep *k, unsigned store)
{
	const struct keep_store *s = &k->stores[store].is;
	size_t key = s->kind->key_size, value = s->kind->value_size;
	const uint8_t head[STORE_HEAD] = {(uint8_t)key, (uint8_t)(key >> 8), (uint8_t)value,
		(uint8_t)(value >> 8), s->values};
	const struct disklog_part parts[] = {{head, STORE_HEAD}, {s->name, strlen(s->name)}};
	return keep_put(k, KEEP_STORE, store, parts, 2);
}

bool keep_put_object(struct keep *k, unsigned store, const struct table_id *id,
	enum table_type type, const uint8_t *p, size_t n)
{
	const uint8_t head = (uint8_t)type;
	const struct disklog_part parts[] = {{&head, 1}, {id->bytes, sizeof(id->bytes)}, {p, n}};
	return keep_put(k, KEEP_OBJECT, store, parts, 3);
}

bool keep_put_moved(struct keep *k, unsigned store, const struct table_ref *ref)
{
	const struct disklog_part parts[] = {
		{ref->id.bytes, sizeof(ref->id.bytes)}, {ref->name, strlen(ref->name)}};
	return keep_put(k, KEEP_MOVED, store, parts, 2);
}

/* The rest of a record as a name; false where it can't be one. */
static bool take_name(const uint8_t *p, size_t n, size_t room, char name[TABLE_NAME_MAX])
{
	if (n == 0 || n >= room || memchr(p, 0, n))
		return false;
	memcpy(name, p, n);
	name[n] = 0;
	return true;
}

static bool parse_store(const uint8_t *p, size_t n, struct keep_record *out)
{
	if (n < STORE_HEAD || p[4] > 1)
		return false;
	out->key_size = p[0] | (size_t)p[1] << 8;
	out->value_size = p[2] | (size_t)p[3] << 8;
	out->values = p[4];
	return take_name(p + STORE_HEAD, n - STORE_HEAD, KEEP_NAME_MAX, out->name);
}

static bool parse_object(const uint8_t *p, size_t n, struct keep_record *out)
{
	if (n < OBJECT_HEAD || p[0] < TABLE_COMMIT || p[0] > TABLE_BLOB)
		return false;
	out->type = (enum table_type)p[0];
	memcpy(out->id.bytes, p + 1, sizeof(out->id.bytes));
	out->p = p + OBJECT_HEAD;
	out->n = n - OBJECT_HEAD;
	return out->n <= TABLE_OBJECT_MAX;
}

static bool parse_moved(const uint8_t *p, size_t n, struct keep_record *out)
{
	size_t id = sizeof(out->id.bytes);
	if (n < id)
		return false;
	memcpy(out->id.bytes, p, id);
	return take_name(p + id, n - id, TABLE_NAME_MAX, out->name);
}

bool keep_parse(const struct disklog_record *record, struct keep_record *out)
{
	memset(out, 0, sizeof(*out));
	out->store = record->store;
	out->p = record->p;
	out->n = record->n;
	if (record->kind < KEEP_STORE || record->kind > KEEP_CLEAR)
		return false;
	out->kind = (enum keep_kind)record->kind;
	switch (out->kind) {
	case KEEP_STORE:
		return parse_store(record->p, record->n, out);
	case KEEP_OBJECT:
		return parse_object(record->p, record->n, out);
	case KEEP_MOVED:
		return parse_moved(record->p, record->n, out);
	case KEEP_VALUE:
	case KEEP_REMOVED:
		return record->n > 0;
	case KEEP_CLEAR:
		return record->n == 0;
	}
	return false;
}
