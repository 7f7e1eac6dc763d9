/* work.c - from the log to commits, a slice at a time. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

bool work_change(struct table *t, size_t i, const void *key, const void *value)
{
	struct change *c = &t->changes[i];
	change_path(t, key, c);
	t->change_objects[i] = NONE;
	if (!value)
		return true;
	c->object = object_put_value(t, value);
	if (c->object == FAILED)
		return false;
	object_hold(t, c->object);
	t->change_objects[i] = c->object;
	return true;
}

void work_clear(struct table *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (t->change_objects[i])
			object_release(t, t->change_objects[i]);
	memset(t->changes, 0, n * sizeof(*t->changes));
}

bool work_edit(struct table *t, size_t n)
{
	struct edit e;
	if (!edit_tree(t, t->root, 1, t->changes, n, &e))
		return false;
	edit_take(t, &e);
	return true;
}

/* The last record of each key, of the first ones in the log up to a commit's end; SLICE keys at
 * most. How many records that is. */
static size_t choose(struct table *t, const struct record **chosen, size_t *n)
{
	size_t taken = 0;
	*n = 0;
	while (taken < t->log.used && *n < SLICE) {
		const struct record *r = log_at(t, taken++);
		size_t k = 0;
		if (r->what & (LOG_PUT | LOG_REMOVE) && !(r->what & LOG_DONE)) {
			while (k < *n && memcmp(chosen[k]->key, r->key, t->kind->key_size) != 0)
				k++;
			chosen[k] = r;
			*n += k == *n;
		}
		if (log_ends_commit(r))
			break;
	}
	return taken;
}

static bool edit_records(struct table *t, const struct record *const *chosen, size_t n)
{
	size_t i = 0;
	bool done = true;
	for (; done && i < n; i++)
		done = work_change(t, i, chosen[i]->key,
			chosen[i]->what & LOG_PUT ? log_value(t, chosen[i]) : NULL);
	done = done && (!n || work_edit(t, n));
	work_clear(t, i);
	return done;
}

bool work_commit(struct table *t, const struct record *r)
{
	if (t->head && commit_at(t, t->head)->tree == t->root) {
		objects_release(t, &t->own);
		t->work++;
		return true;
	}
	bool of_key = r->what & (LOG_PUT | LOG_REMOVE);
	commit_message(
		t, r->note, of_key ? r->key : NULL, r->what & LOG_PUT ? log_value(t, r) : NULL);
	uint32_t made = commit_make(t, t->root, &t->head, t->head ? 1 : 0, r->time);
	if (made == FAILED)
		return false;
	commit_advance(t, made);
	return true;
}

bool work_log(struct table *t)
{
	const struct record *chosen[SLICE];
	size_t n, taken = choose(t, chosen, &n);
	if (!taken)
		return true;
	if (!edit_records(t, chosen, n))
		return false;
	while (--taken)
		log_pop(t);
	struct record *last = log_at(t, 0);
	last->what |= LOG_DONE;
	if (log_ends_commit(last) && !work_commit(t, last))
		return false;
	log_pop(t);
	return true;
}

/* Does STEP; drops history as long as that fails for want of memory. */
static bool do_step(struct table *t, bool (*step)(struct table *t))
{
	while (!step(t))
		if (!history_make_room(t, cells_left(t) + 1))
			return false;
	return true;
}

static bool log_is_due(const struct table *t)
{
	const struct log *l = &t->log;
	return l->used && (l->marks || l->lost || l->used > l->capacity / 2);
}

static bool is_due(const struct table *t)
{
	return t->resync.phase || log_is_due(t) || t->log.lost || history_is_due(t);
}

static bool do_work(struct table *t)
{
	if (!t->resync.phase && !log_is_due(t)) {
		if (t->log.lost)
			resync_start(t);
		else if (history_is_due(t))
			history_step(t);
		return true;
	}
	if (!do_step(t, t->resync.phase ? resync_step : work_log))
		return false;
	if (history_is_due(t))
		history_step(t);
	return true;
}

bool table_work(struct table *t)
{
	bool done = do_work(t);
	flats_wipe(t);
	return done && is_due(t);
}

void table_flush(struct table *t)
{
	while (table_work(t))
		;
}

bool table_is_behind(const struct table *t)
{
	return t->log.marks || t->log.lost_mark || t->resync.phase;
}

bool work_drain(struct table *t)
{
	while (t->resync.phase || t->log.used || t->log.lost) {
		if (!t->resync.phase && !t->log.used)
			resync_start(t);
		if (!do_step(t, t->resync.phase ? resync_step : work_log))
			return false;
	}
	return true;
}

bool work_settle(struct table *t)
{
	table_commit(t, TABLE_LATER);
	return work_drain(t);
}
