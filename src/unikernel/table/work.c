/* work.c - from the log to commits, a slice at a time. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define FOLDERS 16u /* that a slice makes anew, besides those that they lie in */

bool work_change(struct table *t, size_t i, const void *key, const void *value)
{
	change_path(t, key, &t->changes[i]);
	return work_value(t, i, value);
}

bool work_value(struct table *t, size_t i, const void *value)
{
	struct change *c = &t->changes[i];
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

/* What one slice works on: the last record of each of N keys. */
struct slice {
	const struct record *of[SLICE];
	size_t n;
	size_t folders[FOLDERS]; /* numbers of changes, each of another folder */
	size_t folders_n;
	uint8_t by_key[2 * SLICE]; /* numbers of changes, from 1, by the keys' hashes */
};

/* While little waits, a slice is short: a packet that comes meanwhile waits for its end. When much
 * does, many folders in one slice are less work: those that they lie in are made anew once. */
static uint32_t reach(const struct table *t)
{
	return t->log.used < t->log.capacity / 4 ? 1 : t->reach;
}

static size_t folder_n(const struct change *c)
{
	size_t n = c->n;
	while (n && c->path[n - 1] != '/')
		n--;
	return n;
}

static uint16_t folder_hash(const struct table *t, const struct change *c)
{
	uint16_t hash = (uint16_t)siphash(t->limits.secret, c->path, folder_n(c));
	return hash ? hash : 1;
}

/* Is the record's folder one of the slice's, or is there room for one more? Its change, without an
 * object, is then the next one's. */
static bool has_folder(struct table *t, struct slice *s, struct record *r)
{
	struct change *c = &t->changes[s->n];
	size_t k = 0;
	while (r->folder && k < s->folders_n && s->of[s->folders[k]]->folder != r->folder)
		k++;
	if (r->folder && k == s->folders_n && k == reach(t))
		return false;
	change_path(t, r->key, c);
	r->folder = folder_hash(t, c);
	for (k = 0; k < s->folders_n; k++) {
		const struct change *other = &t->changes[s->folders[k]];
		size_t n = folder_n(other);
		if (s->of[s->folders[k]]->folder == r->folder && folder_n(c) == n &&
			memcmp(c->path, other->path, n) == 0)
			return true;
	}
	if (s->folders_n == reach(t))
		return false;
	s->folders[s->folders_n++] = s->n;
	return true;
}

/* Where the number of KEY's change stands, or is to stand. */
static uint8_t *place_of(const struct table *t, struct slice *s, const void *key)
{
	size_t n = t->kind->key_size, i = siphash(t->limits.secret, key, n) % (2 * SLICE);
	while (s->by_key[i] && memcmp(s->of[s->by_key[i] - 1]->key, key, n) != 0)
		i = (i + 1) % (2 * SLICE);
	return &s->by_key[i];
}

static void pick(struct table *t, struct slice *s, struct record *r)
{
	if (!has_folder(t, s, r))
		return;
	uint8_t *place = place_of(t, s, r->key);
	if (!*place)
		*place = (uint8_t)++s->n;
	s->of[*place - 1] = r;
	r->what |= LOG_PICKED;
}

static bool is_open(const struct record *r)
{
	return r->what & (LOG_PUT | LOG_REMOVE) && !(r->what & LOG_DONE);
}

/* Picks records up to the end of the first commit, of a few folders: so each folder is made anew
 * once for many changes. How many records were looked at. */
static size_t choose(struct table *t, struct slice *s)
{
	size_t looked = 0;
	memset(s, 0, sizeof(*s));
	while (looked < t->log.used && s->n < SLICE) {
		struct record *r = log_at(t, looked++);
		if (is_open(r))
			pick(t, s, r);
		if (log_ends_commit(r))
			break;
	}
	if (s->n < SLICE) /* the path of one that was not picked */
		memset(&t->changes[s->n], 0, sizeof(*t->changes));
	return looked;
}

/* A slice that was full before it had all changes of its folders makes some of them again: the next
 * one lies in fewer. */
static void set_reach(struct table *t, const struct slice *s)
{
	if (s->n == SLICE && s->folders_n > 1)
		t->reach = (uint32_t)s->folders_n / 2;
	else if (s->n < SLICE / 4 && s->folders_n == t->reach)
		t->reach = t->reach * 2 < FOLDERS ? t->reach * 2 : FOLDERS;
}

static bool edit_slice(struct table *t, const struct slice *s)
{
	size_t i = 0;
	bool done = true;
	for (; done && i < s->n; i++)
		done = work_value(t, i, s->of[i]->what & LOG_PUT ? log_value(t, s->of[i]) : NULL);
	done = done && (!s->n || work_edit(t, s->n));
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
	size_t floor = t->cells_floor;
	t->cells_floor = 0;
	uint32_t made = commit_make(t, t->root, &t->head, t->head ? 1 : 0, r->time);
	t->cells_floor = floor;
	if (made == FAILED)
		return false;
	commit_advance(t, made);
	return true;
}

static void unpick(struct table *t, size_t looked, bool done)
{
	for (size_t i = 0; i < looked; i++) {
		struct record *r = log_at(t, i);
		if (!(r->what & LOG_PICKED))
			continue;
		r->what ^= LOG_PICKED;
		if (done)
			r->what |= LOG_DONE;
	}
}

/* Takes what is done off the log, up to the end of one commit, which is made. */
static bool take_off(struct table *t)
{
	while (t->log.used && !is_open(log_at(t, 0))) {
		bool ends = log_ends_commit(log_at(t, 0));
		if (ends && !work_commit(t, log_at(t, 0)))
			return false;
		log_pop(t);
		if (ends)
			break;
	}
	return true;
}

bool work_log(struct table *t)
{
	struct slice s;
	size_t looked = choose(t, &s);
	set_reach(t, &s);
	bool done = edit_slice(t, &s);
	unpick(t, looked, done);
	return done && take_off(t);
}

/* All that waits is lost, and to be found in the entries: by these alone, less may be needed. */
static bool give_up(struct table *t)
{
	t->stuck = t->too_large;
	t->stats.too_large += t->too_large;
	log_give_up(t);
	resync_give_up(t);
	return false;
}

/* Does a step; drops history as long as that fails for want of memory. It is of no help where a
 * folder has grown too large. */
static bool do_step(struct table *t)
{
	t->too_large = false;
	while (!(t->resync.phase ? resync_step(t) : work_log(t)))
		if (t->too_large || !history_make_room(t, cells_left(t) + 1))
			return give_up(t);
	return true;
}

static bool log_is_due(const struct table *t)
{
	const struct log *l = &t->log;
	return l->used && (l->marks || l->lost || l->used > l->capacity / 2);
}

static bool resync_is_due(const struct table *t)
{
	return t->log.lost && !t->stuck;
}

static bool is_due(const struct table *t)
{
	return t->resync.phase || log_is_due(t) || resync_is_due(t) || history_is_due(t);
}

static bool do_work(struct table *t)
{
	if (!t->resync.phase && !log_is_due(t)) {
		if (resync_is_due(t))
			resync_start(t);
		else if (history_is_due(t))
			history_step(t);
		return true;
	}
	if (!do_step(t))
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
		if (t->stuck)
			return false;
		if (!t->resync.phase && !t->log.used)
			resync_start(t);
		if (!do_step(t))
			return false;
	}
	return true;
}

bool work_settle(struct table *t)
{
	table_commit(t, TABLE_LATER);
	return work_drain(t);
}
