/* keep.c - tables tied to a log. SPDX-License-Identifier: ISC */
#include "inner.h"

static size_t aligned(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

static size_t overlay_memory(const struct keep_store *s)
{
	if (!s->values)
		return 0;
	return aligned(hash_memory(s->entries, s->kind->key_size, sizeof(uint64_t)));
}

static size_t marks_memory(const struct keep_options *options)
{
	return aligned(
		hash_memory(options->objects, sizeof(struct object_key), sizeof(struct mark)));
}

size_t keep_memory(
	const struct keep_store *stores, size_t count, const struct keep_options *options)
{
	size_t n = aligned(sizeof(struct keep)) + marks_memory(options);
	for (size_t i = 0; i < count; i++)
		n += overlay_memory(&stores[i]);
	return n;
}

struct keep *keep_open(void *memory, struct disklog *log, const struct keep_store *stores,
	size_t count, const struct keep_options *options)
{
	struct keep *k = memory;
	uint8_t *p = (uint8_t *)memory + aligned(sizeof(*k));
	k->log = log;
	k->count = count;
	k->options = *options;
	k->generation = 1;
	k->pause = PAUSE_LEAST;
	memset(k->map, 0xff, sizeof(k->map));
	for (size_t i = 0; i < count; i++) {
		struct store *s = &k->stores[i];
		s->is = stores[i];
		s->keep = k;
		s->number = (unsigned)i;
		s->overlay_memory = s->is.values ? p : NULL;
		p += overlay_memory(&stores[i]);
	}
	k->marks_memory = p;
	keep_marks_clear(k);
	return k;
}

uint64_t keep_turn(struct keep *k)
{
	return disklog_seal(k->log);
}

bool keep_work(struct keep *k)
{
	bool refused;
	disklog_seal(k->log);
	if (keep_compact_step(k))
		return true;
	if (!k->synced)
		return false;
	bool more = keep_refs_step(k, &refused);
	disklog_seal(k->log);
	if (refused)
		k->synced = false;
	return more;
}

bool keep_is_behind(const struct keep *k)
{
	return disklog_state(k->log) != DISKLOG_READY || !k->synced || k->walking || k->all_refs ||
	       k->listing || k->pendings > 0 || k->phase != PHASE_NONE;
}

struct keep_stats keep_stats(const struct keep *k)
{
	struct keep_stats s = k->stats;
	s.objects = k->objects;
	return s;
}
