/* resync.c - after the log was full: what it lost is found by going through the paths of the
 * committed tree, and through the entries, and becomes one commit. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define LOOKED_AT 4096u /* entries or paths in a step */

void resync_start(struct table *t)
{
	struct resync *r = &t->resync;
	struct log *l = &t->log;
	struct record *mark = r->mark;
	r->phase = l->lost_removal ? REMOVALS : ENTRIES;
	r->round++;
	r->cursor = 0;
	r->path_n = 0;
	r->marked = l->lost_mark;
	r->mark = l->mark;
	l->mark = mark;
	l->lost = l->lost_removal = l->lost_mark = false;
}

/* Changes of entries; those that the log has again since are left to it. Where it has lost some
 * since, there will be another round, and that one needs the marks. */
static bool find_entries(struct table *t)
{
	struct resync *r = &t->resync;
	struct entry *found[STEP];
	size_t cursor = r->cursor, n = 0, looked = 0;
	const void *key;
	void *entry;
	bool done = true, more = false;
	while (done && n < STEP && looked++ < LOOKED_AT &&
		(more = hash_next(t->live, &cursor, &key, &entry))) {
		struct entry *e = entry;
		if (!e->dirty)
			continue;
		if (e->round == r->round) {
			e->dirty = t->log.lost;
			continue;
		}
		done = work_change(t, n, key, e->value);
		found[n++] = e;
	}
	done = done && (!n || work_edit(t, n));
	work_clear(t, n);
	if (!done)
		return false;
	for (size_t i = 0; i < n; i++)
		found[i]->dirty = t->log.lost;
	r->cursor = cursor;
	if (!more)
		r->phase = END;
	return true;
}

struct gone {
	struct table *t;
	size_t n, looked;
	bool ok;
};

/* Is this a path whose entry is gone? */
static bool look_at(void *ctx, const struct difference *d)
{
	struct gone *g = ctx;
	struct table *t = g->t;
	uint8_t key[TABLE_KEY_MAX] = {0};
	if (d->folder)
		return true;
	memcpy(t->resync.path, d->path, d->n);
	t->resync.path_n = d->n;
	size_t skip = t->name_n + 1;
	if (d->n > skip && t->kind->parse_path(d->path + skip, d->n - skip, key) &&
		!hash_get(t->live, key))
		g->ok = work_change(t, g->n++, key, NULL);
	return g->ok && g->n < STEP && ++g->looked < LOOKED_AT;
}

static bool find_removals(struct table *t)
{
	struct resync *r = &t->resync;
	struct gone g = {.t = t, .ok = true};
	char path[PATH_BYTES];
	size_t n = r->path_n;
	memcpy(path, r->path, n);
	size_t floor = t->cells_floor;
	bool end = walk_from(t, NONE, t->root, path, n, look_at, &g);
	t->cells_floor = 0;
	bool done = g.ok && (!g.n || work_edit(t, g.n));
	t->cells_floor = floor;
	work_clear(t, g.n);
	if (!done) {
		memcpy(r->path, path, n);
		r->path_n = n;
		return false;
	}
	if (end)
		r->phase = ENTRIES;
	return true;
}

static bool end(struct table *t)
{
	struct resync *r = &t->resync;
	if (r->marked && !work_commit(t, r->mark))
		return false;
	memset(r->mark, 0, t->log.size);
	memset(r->path, 0, sizeof(r->path));
	r->phase = IN_ORDER;
	return true;
}

void resync_give_up(struct table *t)
{
	struct resync *r = &t->resync;
	struct log *l = &t->log;
	if (r->phase == IN_ORDER)
		return;
	if (r->marked && !l->lost_mark) {
		memcpy(l->mark, r->mark, l->size);
		l->lost_mark = true;
	}
	l->lost = l->lost_removal = true;
	r->phase = IN_ORDER;
}

bool resync_step(struct table *t)
{
	switch (t->resync.phase) {
	case ENTRIES:
		return find_entries(t);
	case REMOVALS:
		return find_removals(t);
	case END:
		return end(t);
	default:
		return true;
	}
}
