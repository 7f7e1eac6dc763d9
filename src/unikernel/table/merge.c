/* merge.c - what another tree changed, taken into the entries. A path that one side alone changed
 * is that side's; what one removed and the other changed stays; for what both changed, the kind
 * knows. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <stdarg.h>
#include <string.h>

/* The values of one path; NULL: none. */
struct sides {
	_Alignas(16) uint8_t key[TABLE_KEY_MAX];
	const void *base, *ours, *theirs;
};

enum value_buffer { VALUE_BASE = 1, VALUE_THEIRS, VALUE_RESULT };

static void say(char *why, const char *part, size_t n)
{
	size_t used = strlen(why);
	if (n > TABLE_MESSAGE_MAX - 1 - used)
		n = TABLE_MESSAGE_MAX - 1 - used;
	for (size_t i = 0; i < n; i++)
		why[used + i] = (char)(part[i] < ' ' || part[i] > '~' ? ' ' : part[i]);
	why[used + n] = '\0';
}

void merge_refuse(char *why, const char *path, size_t n, const char *what)
{
	why[0] = '\0';
	say(why, path, n);
	if (n)
		say(why, ": ", 2);
	say(why, what, strlen(what));
}

/* Some entry of the table as an example, else one of zeros. */
static void sample(struct table *t, const void **key, const void **value)
{
	size_t cursor = 0;
	if (table_next(t, &cursor, key, value))
		return;
	memset(t->value[VALUE_RESULT], 0, t->value_room);
	*key = t->value[VALUE_RESULT];
	*value = t->value[VALUE_RESULT];
}

static bool refuse_path(struct merge *m, const struct difference *d)
{
	struct change c;
	const void *key, *value;
	sample(m->t, &key, &value);
	change_path(m->t, key, &c);
	merge_refuse(m->why, d->path, d->n, "expected a path like ");
	say(m->why, c.path, c.n);
	return false;
}

static bool refuse_text(struct merge *m, const struct difference *d)
{
	struct flat *f = &m->t->flat[FLAT_TEXT];
	const void *key, *value;
	sample(m->t, &key, &value);
	f->n = m->t->kind->text(value, (char *)f->p);
	flat_used(f, f->n);
	merge_refuse(m->why, d->path, d->n, "expected text like ");
	say(m->why, (const char *)f->p, f->n);
	return false;
}

bool merge_key(const struct table *t, const char *path, size_t n, void *key)
{
	size_t skip = t->name_n + 1;
	return n > skip && memcmp(path, t->kind->name, t->name_n) == 0 && path[t->name_n] == '/' &&
	       t->kind->parse_path(path + skip, n - skip, key);
}

static bool read_sides(struct merge *m, const struct difference *d, struct sides *s)
{
	struct table *t = m->t;
	memset(s->key, 0, sizeof(s->key));
	if (!merge_key(t, d->path, d->n, s->key))
		return refuse_path(m, d);
	s->base = s->theirs = NULL;
	if (d->right) {
		if (!object_value(t, d->right, t->value[VALUE_THEIRS]))
			return refuse_text(m, d);
		s->theirs = t->value[VALUE_THEIRS];
	}
	if (d->left && object_value(t, d->left, t->value[VALUE_BASE]))
		s->base = t->value[VALUE_BASE];
	s->ours = table_get(t, s->key);
	return true;
}

static bool same(const struct table *t, const void *a, const void *b)
{
	return a == b || (a && b && memcmp(a, b, t->kind->value_size) == 0);
}

/* The value that is to be; NULL: none. */
static const void *decide(struct table *t, const struct sides *s, enum table_won *won)
{
	uint8_t *out = t->value[VALUE_RESULT];
	*won = TABLE_THEIRS;
	if (same(t, s->ours, s->base) || same(t, s->ours, s->theirs) || !s->ours)
		return s->theirs;
	*won = TABLE_OURS;
	if (!s->theirs || same(t, s->theirs, s->base))
		return s->ours;
	memset(out, 0, t->value_room);
	t->kind->merge(s->key, s->base, s->ours, s->theirs, out);
	if (same(t, out, s->theirs))
		*won = TABLE_THEIRS;
	else if (!same(t, out, s->ours))
		*won = TABLE_BOTH;
	return out;
}

/* What would become of the table's size, and of its folders'. */
static bool count(struct merge *m, const struct difference *d, const void *ours, const void *value)
{
	bool adds = value && !ours;
	if (value && ours)
		return true;
	m->added += adds;
	m->removed += !adds;
	return fit_change(m->fit, m->t, d->path, d->n, adds, m->why);
}

static void apply(struct merge *m, const struct sides *s, const void *value)
{
	struct table *t = m->t;
	if (m->only_removals && value)
		return;
	if (value)
		table_put(t, s->key, value, TABLE_LATER);
	else
		table_remove(t, s->key, TABLE_LATER);
	if (t->log.used > t->log.capacity / 2)
		work_drain(t);
}

static bool merge_path(void *ctx, const struct difference *d)
{
	struct merge *m = ctx;
	struct sides s;
	enum table_won won;
	if (d->missing) {
		merge_refuse(m->why, d->path, d->n,
			"its object did not come, or is none that it can be");
		return false;
	}
	if (d->folder)
		return true;
	if (!read_sides(m, d, &s))
		return false;
	const void *value = decide(m->t, &s, &won);
	const char *no = NULL;
	if (m->dry && m->report)
		no = m->report(m->ctx, d->path, won, s.key, value);
	if (no) {
		merge_refuse(m->why, d->path, d->n, no);
		return false;
	}
	if (same(m->t, value, s.ours))
		return true;
	if (m->dry)
		return count(m, d, s.ours, value);
	apply(m, &s, value);
	return true;
}

void merge_value(struct merge *m, const void *key, uint32_t base, const void *theirs)
{
	struct table *t = m->t;
	struct sides s = {.ours = table_get(t, key), .theirs = theirs};
	enum table_won won;
	memcpy(s.key, key, t->kind->key_size);
	if (base && object_value(t, base, t->value[VALUE_BASE]))
		s.base = t->value[VALUE_BASE];
	const void *value = decide(t, &s, &won);
	if (!same(t, value, s.ours))
		apply(m, &s, value);
}

bool merge_trees(struct merge *m, uint32_t base, uint32_t theirs)
{
	return walk(m->t, base, theirs, merge_path, m);
}

/* The first of N commits in COMMITS has the second one's state for its successor, and so on; the
 * last has TREE. What each alone has is kept with it. False where memory is short: then none is. */
static bool own_once(struct table *t, const uint32_t *commits, size_t n, uint32_t tree)
{
	for (size_t i = 0; i < n; i++) {
		struct commit *c = commit_at(t, commits[i]);
		uint32_t next = c->successor ? commit_at(t, c->successor)->tree : tree;
		if (!c->tree || !walk_own(t, c->tree, next, &c->own)) {
			for (size_t k = 0; k <= i; k++)
				objects_release(t, &commit_at(t, commits[k])->own);
			return false;
		}
	}
	return true;
}

bool merge_own(struct table *t, const uint32_t *commits, size_t n, uint32_t tree)
{
	while (!own_once(t, commits, n, tree))
		if (!history_make_room(t, cells_left(t) + 1))
			return false;
	return true;
}

/* Flags all on the line of first parents down from I that are not yet. */
static void mark_line(struct table *t, uint32_t i)
{
	struct flat *text = &t->flat[FLAT_OLD];
	struct table_id id;
	while (i && !(commit_at(t, i)->flags & IN_PRIMARY)) {
		commit_at(t, i)->flags |= IN_PRIMARY;
		object_flat(t, commit_at(t, i)->object, text);
		i = commit_parent(text->p, text->n, 0, &id) ? commit_of(t, &id) : NONE;
	}
}

bool merge_commit(struct table *t, uint32_t tip, bool forward, unsigned note)
{
	uint32_t parents[2] = {t->head, tip}, made = tip;
	bool has_state = commit_at(t, tip)->tree == t->root;
	if (forward && (has_state || !t->head)) {
		mark_line(t, tip);
		commit_advance(t, tip);
		parents[0] = tip;
	}
	if (!forward || !has_state) {
		commit_message(t, note, NULL, NULL);
		do
			made = commit_make(t, t->root, parents, parents[0] == tip ? 1 : 2, t->now);
		while (made == FAILED && history_make_room(t, cells_left(t) + 1));
		if (made == FAILED)
			return false;
		commit_advance(t, made);
	}
	t->log.changed = false;
	return true;
}
