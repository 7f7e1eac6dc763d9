/* log.c - the ring of changes that wait to be worked out. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

static struct record *record_at(const struct log *l, size_t i)
{
	size_t at = l->first + i;
	if (at >= l->capacity)
		at -= l->capacity;
	return (void *)(l->records + at * l->size);
}

struct record *log_at(const struct table *t, size_t i)
{
	return record_at(&t->log, i);
}

const void *log_value(const struct table *t, const struct record *r)
{
	return (const uint8_t *)r + t->log.value_at;
}

bool log_ends_commit(const struct record *r)
{
	return r->note != TABLE_LATER || (r->what & LOG_MARK);
}

static void fill(struct table *t, struct record *r, uint32_t what, const void *key,
	const void *value, unsigned note)
{
	r->time = t->now;
	r->what = (uint16_t)what;
	r->note = note;
	if (key)
		memcpy(r->key, key, t->kind->key_size);
	if (value)
		memcpy((uint8_t *)r + t->log.value_at, value, t->kind->value_size);
}

/* The log is full: what changed is found in the entries themselves, later. */
static void lose(struct table *t, uint32_t what, const void *key, const void *value, unsigned note,
	struct entry *e)
{
	struct log *l = &t->log;
	l->lost = true;
	if (e)
		e->dirty = 1;
	l->lost_removal |= what == LOG_REMOVE;
	t->stats.changes_joined += what != LOG_MARK;
	if (note == TABLE_LATER && what != LOG_MARK)
		return;
	memset(l->mark, 0, l->size);
	fill(t, l->mark, what, key, value, note);
	l->lost_mark = true;
}

void log_add(struct table *t, uint32_t what, const void *key, const void *value, unsigned note,
	struct entry *e)
{
	struct log *l = &t->log;
	bool ends = note != TABLE_LATER || what == LOG_MARK;
	t->stats.changes += what != LOG_MARK;
	l->changed = !ends;
	if (l->lost || l->used == l->capacity) {
		lose(t, what, key, value, note, e);
		return;
	}
	fill(t, record_at(l, l->used++), what, key, value, note);
	l->marks += ends;
	if (e)
		e->round = t->resync.round;
}

void log_pop(struct table *t)
{
	struct log *l = &t->log;
	struct record *r = record_at(l, 0);
	l->marks -= log_ends_commit(r);
	memset(r, 0, l->size);
	l->first = l->first + 1 == l->capacity ? 0 : l->first + 1;
	l->used--;
}

static void lose_record(struct table *t, const struct record *r, bool with_mark)
{
	struct log *l = &t->log;
	struct entry *e = r->what & LOG_PUT ? hash_get(t->live, r->key) : NULL;
	if (e && !(r->what & LOG_DONE))
		e->dirty = 1;
	l->lost_removal |= (r->what & LOG_REMOVE) != 0;
	t->stats.changes_joined += !(r->what & LOG_MARK);
	if (with_mark && log_ends_commit(r)) {
		memcpy(l->mark, r, l->size);
		l->lost_mark = true;
	}
}

/* A mark that was lost before is newer than those that the log has. */
void log_give_up(struct table *t)
{
	struct log *l = &t->log;
	bool with_mark = !l->lost_mark;
	l->lost |= l->used > 0;
	while (l->used) {
		lose_record(t, log_at(t, 0), with_mark);
		log_pop(t);
	}
}
