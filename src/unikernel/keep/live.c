/* live.c - changes and refs of living tables, into the log. SPDX-License-Identifier: ISC */
#include "inner.h"

static bool live_read(struct keep *k, const struct table_id *id, const struct mark *m,
	enum table_type *type, const uint8_t **p, size_t *n)
{
	(void)m;
	*p = k->object;
	return table_read(k->stores[k->walk.store].is.table, id, type, k->object, n);
}

static bool live_write(struct keep *k, const struct table_id *id, struct mark *m,
	enum table_type type, const uint8_t *p, size_t n)
{
	if (!m || m->address)
		return m;
	if (!keep_put_object(k, k->walk.store, id, type, p, n))
		return false;
	m->address = THERE;
	k->objects++;
	return true;
}

static const struct traffic from_table = {live_read, live_write, false};

/* ---- the tables' watcher -----------------------------------------------------------------------
 */

static void changed(void *ctx, const void *key, const void *value)
{
	struct store *s = ctx;
	const struct table_kind *kind = s->is.kind;
	const struct disklog_part parts[] = {{key, kind->key_size}, {value, kind->value_size}};
	disklog_append(
		s->keep->log, value ? KEEP_VALUE : KEEP_REMOVED, s->number, parts, value ? 2 : 1);
}

/* A ref that moves twice is written once, with its last place. */
static void pend(struct keep *k, unsigned store, const struct table_ref *ref)
{
	size_t i = 0;
	while (i < k->pendings &&
		(k->pending[i].store != store || strcmp(k->pending[i].ref.name, ref->name) != 0))
		i++;
	if (i < k->pendings)
		memmove(&k->pending[i], &k->pending[i + 1],
			(--k->pendings - i) * sizeof(k->pending[0]));
	if (k->pendings == PENDING) {
		k->all_refs = true;
		return;
	}
	k->pending[k->pendings++] = (struct pending){store, *ref};
}

static void moved(void *ctx, const struct table_ref *ref)
{
	struct store *s = ctx;
	pend(s->keep, s->number, ref);
}

void keep_watch(struct keep *k)
{
	for (size_t i = 0; i < k->count; i++) {
		struct store *s = &k->stores[i];
		const struct table_watcher w = {
			.ctx = s, .changed = s->is.values ? changed : NULL, .moved = moved};
		table_watch(s->is.table, &w);
	}
}

/* ---- refs ------------------------------------------------------------------------------------ */

/* The next ref: all of them, one after another, where that is called for; then those that moved. */
static bool take_ref(struct keep *k)
{
	if (k->all_refs) {
		k->all_refs = false;
		k->listing = true;
		k->at = k->cursor = k->pendings = 0;
	}
	while (k->listing) {
		k->now.store = (unsigned)k->at;
		if (table_ref(k->stores[k->at].is.table, k->cursor++, &k->now.ref))
			return true;
		k->cursor = 0;
		k->listing = ++k->at < k->count;
	}
	if (k->pendings == 0)
		return false;
	k->now = k->pending[0];
	memmove(&k->pending[0], &k->pending[1], --k->pendings * sizeof(k->pending[0]));
	return true;
}

static void walk_end(struct keep *k)
{
	if (k->pin >= 0)
		table_unpin(k->stores[k->now.store].is.table, k->pin);
	k->walking = false;
}

/* A walk has come to its end in one way or another. */
static bool finish(struct keep *k, enum step step)
{
	walk_end(k);
	if (step == STEP_DONE && keep_put_moved(k, k->now.store, &k->now.ref)) {
		k->stats.moves++;
		return true;
	}
	/* A side branch that is gone by now is no loss. */
	return step == STEP_MISSING && strcmp(k->now.ref.name, "primary") != 0;
}

bool keep_refs_step(struct keep *k, bool *refused)
{
	*refused = false;
	if (!k->walking) {
		if (!take_ref(k))
			return false;
		k->walking = true;
		k->pin = table_pin(k->stores[k->now.store].is.table);
		keep_walk_start(k, k->now.store, &k->now.ref.id);
	}
	enum step step = STEP_MORE;
	for (int i = 0; i < STEP && step == STEP_MORE; i++)
		step = keep_walk_step(k, &from_table);
	if (step != STEP_MORE)
		*refused = !finish(k, step);
	return true;
}

void keep_refs_stop(struct keep *k)
{
	if (k->walking)
		walk_end(k);
}
