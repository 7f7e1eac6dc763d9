/* walk.c - over all that a commit reaches: its folders and files first, then the commit, then its
 * parents. SPDX-License-Identifier: ISC */
#include "inner.h"

struct mark *keep_mark(struct keep *k, unsigned store, const struct table_id *id)
{
	struct object_key key = {.id = *id, .store = (uint8_t)store};
	bool fresh;
	return hash_put(k->marks, &key, &fresh);
}

void keep_walk_start(struct keep *k, unsigned store, const struct table_id *commit)
{
	struct walk *w = &k->walk;
	w->store = store;
	w->number = ++k->walks;
	w->open = w->holes = false;
	w->first = true;
	w->stacked = w->queue_first = 0;
	w->queued = 1;
	w->queue[0] = *commit;
}

/* ---- what objects name ---------------------------------------------------------------------- */

/* Remembers an object to be visited, once. */
static bool push(struct keep *k, const struct traffic *traffic, enum table_type type,
	const struct table_id *id)
{
	struct walk *w = &k->walk;
	struct mark *m = keep_mark(k, w->store, id);
	if (!m)
		return false;
	if (m->queued == w->number || m->walked == k->generation)
		return true;
	if (type == TABLE_BLOB && m->address && !traffic->everything)
		return true;
	if (w->stacked == STACK)
		return false;
	m->queued = w->number;
	w->stack[w->stacked++] = (struct item){*id, type};
	return true;
}

/* Entries are "40000 NAME", NUL, id: folders, or "100644 NAME": files. */
static bool push_entries(struct keep *k, const struct traffic *traffic, const uint8_t *p, size_t n)
{
	struct table_id id;
	while (n > 0) {
		const uint8_t *end = memchr(p, 0, n);
		if (!end || (size_t)(p + n - end) < 1 + sizeof(id.bytes))
			return false;
		memcpy(id.bytes, end + 1, sizeof(id.bytes));
		if (!push(k, traffic, p[0] == '4' ? TABLE_TREE : TABLE_BLOB, &id))
			return false;
		n -= (size_t)(end - p) + 1 + sizeof(id.bytes);
		p = end + 1 + sizeof(id.bytes);
	}
	return true;
}

/* The id behind WORD in the line at *P, and on to the next line. */
static bool take_line(const uint8_t **p, size_t *n, const char *word, struct table_id *id)
{
	size_t w = strlen(word), line = w + 41;
	if (*n < line || memcmp(*p, word, w) != 0 || (*p)[line - 1] != '\n' ||
		!table_id_parse((const char *)*p + w, 40, id))
		return false;
	*p += line;
	*n -= line;
	return true;
}

/* A commit's parents, into the queue. */
static void queue_parents(struct keep *k, const uint8_t *p, size_t n)
{
	struct walk *w = &k->walk;
	struct table_id id;
	if (!take_line(&p, &n, "tree ", &id))
		return;
	while (take_line(&p, &n, "parent ", &id)) {
		struct mark *m = keep_mark(k, w->store, &id);
		if (m && (m->queued == w->number || m->walked == k->generation))
			continue;
		if (!m || w->queued == QUEUE)
			continue; /* too many lines side by side: history ends here */
		m->queued = w->number;
		w->queue[(w->queue_first + w->queued++) % QUEUE] = id;
	}
}

/* ---- steps ----------------------------------------------------------------------------------- */

static bool read_object(struct keep *k, const struct traffic *traffic, const struct table_id *id,
	enum table_type type, const uint8_t **p, size_t *n)
{
	enum table_type is;
	return traffic->read(k, id, keep_mark(k, k->walk.store, id), &is, p, n) && is == type;
}

/* An object that the open commit needs is not here. */
static enum step miss(struct keep *k)
{
	struct walk *w = &k->walk;
	k->generation++; /* what was said to be complete may name it */
	w->open = false;
	w->holes = true;
	w->stacked = 0;
	return w->first ? STEP_MISSING : STEP_MORE;
}

static enum step visit(struct keep *k, const struct traffic *traffic)
{
	struct walk *w = &k->walk;
	struct item item = w->stack[--w->stacked];
	struct mark *m = keep_mark(k, w->store, &item.id);
	const uint8_t *p;
	size_t n;
	if (!m)
		return STEP_REFUSED;
	if (!read_object(k, traffic, &item.id, item.type, &p, &n))
		return miss(k);
	if (!traffic->write(k, &item.id, m, item.type, p, n))
		return STEP_REFUSED;
	if (item.type == TABLE_TREE && !push_entries(k, traffic, p, n))
		return STEP_REFUSED;
	m->walked = k->generation;
	return STEP_MORE;
}

static enum step open_commit(struct keep *k, const struct traffic *traffic)
{
	struct walk *w = &k->walk;
	const uint8_t *p;
	size_t n;
	struct table_id tree;
	if (w->queued == 0)
		return STEP_DONE;
	w->commit = w->queue[w->queue_first];
	w->queue_first = (w->queue_first + 1) % QUEUE;
	w->queued--;
	if (!read_object(k, traffic, &w->commit, TABLE_COMMIT, &p, &n) ||
		!take_line(&p, &n, "tree ", &tree))
		return w->first ? STEP_MISSING : STEP_MORE;
	w->open = true;
	return push(k, traffic, TABLE_TREE, &tree) ? STEP_MORE : STEP_REFUSED;
}

static enum step close_commit(struct keep *k, const struct traffic *traffic)
{
	struct walk *w = &k->walk;
	struct mark *m = keep_mark(k, w->store, &w->commit);
	const uint8_t *p;
	size_t n;
	if (!m)
		return STEP_REFUSED;
	if (!read_object(k, traffic, &w->commit, TABLE_COMMIT, &p, &n))
		return miss(k);
	if (!traffic->write(k, &w->commit, m, TABLE_COMMIT, p, n))
		return STEP_REFUSED;
	m->walked = k->generation;
	queue_parents(k, p, n);
	w->open = w->first = false;
	return STEP_MORE;
}

enum step keep_walk_step(struct keep *k, const struct traffic *traffic)
{
	struct walk *w = &k->walk;
	if (!w->open)
		return open_commit(k, traffic);
	return w->stacked > 0 ? visit(k, traffic) : close_commit(k, traffic);
}
