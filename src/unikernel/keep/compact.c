/* compact.c - all that the tables have now, into the log's other area. SPDX-License-Identifier: ISC
 */
#include "inner.h"

void keep_marks_clear(struct keep *k)
{
	size_t n = hash_memory(k->options.objects, sizeof(struct object_key), sizeof(struct mark));
	memset(k->marks_memory, 0, n);
	k->marks = hash_open(k->marks_memory, k->options.objects, sizeof(struct object_key),
		sizeof(struct mark), k->options.secret);
	k->objects = k->base = 0;
}

/* Three quarters of the room for objects that the last compaction left are used. */
static bool is_due(const struct keep *k)
{
	size_t marks = hash_count(k->marks);
	size_t free = k->options.objects - k->base;
	return !k->synced || disklog_is_due(k->log) ||
	       (marks > k->base && marks - k->base >= free / 4 * 3);
}

/* The old area has what it had, but MARKS does not tell any more: all must be written anew. */
static void give_up(struct keep *k)
{
	keep_refs_stop(k);
	disklog_compact_abort(k->log);
	k->phase = PHASE_NONE;
	k->synced = false;
	k->stats.compactions_failed++;
	k->wait = k->pause;
	if (k->pause < PAUSE_MOST)
		k->pause *= 2;
}

static bool begin(struct keep *k)
{
	keep_refs_stop(k);
	disklog_seal(k->log);
	if (!disklog_compact_begin(k->log))
		return false;
	keep_marks_clear(k);
	k->pendings = 0;
	k->listing = false;
	k->phase = PHASE_STORES;
	k->at = k->cursor = 0;
	return true;
}

static bool put_stores(struct keep *k)
{
	for (unsigned i = 0; i < k->count; i++) {
		if (!keep_put_store(k, i) ||
			(k->stores[i].is.values && !keep_put(k, KEEP_CLEAR, i, NULL, 0)))
			return false;
	}
	k->phase = PHASE_VALUES;
	return true;
}

/* Some entries. Those that change meanwhile are in the log behind, or still to come as they are. */
static bool put_values(struct keep *k)
{
	const struct keep_store *s = &k->stores[k->at].is;
	for (int i = 0; i < STEP && k->at < k->count; i++) {
		const void *key, *value;
		if (!s->values || !table_next(s->table, &k->cursor, &key, &value)) {
			s = &k->stores[++k->at].is;
			k->cursor = 0;
			continue;
		}
		const struct disklog_part parts[] = {
			{key, s->kind->key_size}, {value, s->kind->value_size}};
		if (!keep_put(k, KEEP_VALUE, (unsigned)k->at, parts, 2))
			return false;
	}
	if (k->at == k->count) {
		k->phase = PHASE_REFS;
		k->all_refs = true;
	}
	return true;
}

static bool end(struct keep *k)
{
	if (!disklog_compact_end(k->log))
		return false;
	k->phase = PHASE_NONE;
	k->synced = true;
	k->base = hash_count(k->marks);
	k->pause = PAUSE_LEAST;
	return true;
}

static bool step(struct keep *k)
{
	bool refused;
	switch (k->phase) {
	case PHASE_NONE:
		return begin(k);
	case PHASE_STORES:
		return put_stores(k);
	case PHASE_VALUES:
		return put_values(k);
	case PHASE_REFS:
		return keep_refs_step(k, &refused) ? !refused : end(k);
	}
	return false;
}

bool keep_compact_step(struct keep *k)
{
	if (k->phase == PHASE_NONE) {
		if (!is_due(k))
			return false;
		if (k->wait > 0) {
			k->wait--;
			return false;
		}
	}
	disklog_seal(k->log);
	if (!step(k))
		give_up(k);
	return true;
}
