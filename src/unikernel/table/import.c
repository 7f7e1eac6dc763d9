/* import.c - objects from elsewhere, and states made of them. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define WORTH_A_DELTA 512u /* bytes of a tree */

struct table_import *table_import(struct table *t)
{
	struct table_import *im = &t->import;
	if (im->open)
		return NULL;
	*im = (struct table_import){.t = t, .open = true};
	return im;
}

/* A table that has a history keeps half of it at least. */
static bool fits(const struct table *t, size_t n)
{
	size_t taken = t->cells_present + t->import.cells + n / CELL_BYTES + 2;
	return taken + t->cells_spare + (t->head ? t->cells_history / 2 : 0) <= t->cells_n;
}

/* A blob is kept as a value where it is exactly what that value's text is. */
static uint32_t put_blob(struct table *t, const uint8_t *p, size_t n)
{
	uint8_t *value = t->value[1];
	struct flat *text = &t->flat[FLAT_TEXT];
	memset(value, 0, t->value_room);
	if (n <= TABLE_TEXT_MAX && t->kind->parse_text((const char *)p, n, value)) {
		text->n = t->kind->text(value, (char *)text->p);
		flat_used(text, text->n);
		if (text->n == n && memcmp(text->p, p, n) == 0)
			return object_put_value(t, value);
	}
	return object_put(t, TABLE_BLOB, p, n);
}

/* A large tree is kept as a delta against one of those that came just before it. */
static void make_small(struct table_import *im, uint32_t i, const uint8_t *p, size_t n)
{
	struct table *t = im->t;
	struct flat *own = &t->flat[FLAT_OLD], *other = &t->flat[FLAT_NEW];
	size_t recent = sizeof(im->recent) / sizeof(*im->recent);
	memcpy(own->p, p, n);
	own->n = n;
	flat_used(own, n);
	for (size_t k = 0; k < recent && object_at(t, i)->form == RAW; k++) {
		uint32_t against = im->recent[k];
		if (!against || object_at(t, against)->size / 2 > n ||
			object_at(t, against)->size < n / 2)
			continue;
		object_flat(t, against, other);
		object_make_delta(t, i, against, own, other);
	}
	im->recent[im->turn++ % recent] = i;
}

static bool is_well_formed(enum table_type type, const uint8_t *p, size_t n)
{
	if (n > TABLE_OBJECT_MAX)
		return false;
	if (type == TABLE_TREE)
		return check_tree(p, n);
	return type == TABLE_BLOB || (type == TABLE_COMMIT && check_commit(p, n));
}

static uint32_t put_object(struct table *t, enum table_type type, const uint8_t *p, size_t n)
{
	uint32_t i;
	do
		i = type == TABLE_BLOB ? put_blob(t, p, n) : object_put(t, type, p, n);
	while (i == FAILED && history_make_room(t, cells_left(t) + 1));
	return i;
}

static bool add(struct table_import *im, enum table_type type, const uint8_t *p, size_t n,
	struct table_id *id)
{
	struct table *t = im->t;
	size_t before = t->objects;
	if (!is_well_formed(type, p, n) || !fits(t, n))
		return false;
	uint32_t i = put_object(t, type, p, n);
	if (i == FAILED)
		return false;
	if (!list_push(t, &im->objects, i)) {
		object_sweep(t, i);
		return false;
	}
	object_hold(t, i);
	*id = object_at(t, i)->id;
	if (t->objects == before)
		return true;
	if (type == TABLE_TREE && n > WORTH_A_DELTA)
		make_small(im, i, p, n);
	im->cells += object_cells(object_at(t, i));
	return true;
}

bool table_import_add(struct table_import *im, enum table_type type, const uint8_t *p, size_t n,
	struct table_id *id)
{
	struct table *t = im->t;
	t->silent = true;
	t->needed = t->head; /* history makes room, but not all of it */
	bool done = add(im, type, p, n, id);
	t->needed = NONE;
	t->silent = false;
	flats_wipe(t);
	return done;
}

bool table_import_read(const struct table_import *im, const struct table_id *id,
	enum table_type *type, uint8_t *out, size_t *n)
{
	return table_read(im->t, id, type, out, n);
}

/* ---- which commits come with it ------------------------------------------------------------ */

/* What is found on the way down from a commit that came. */
struct search {
	struct table *t;
	size_t n;      /* commits that came, in t->order, parents first */
	uint32_t base; /* the newest commit that both have; NONE */
};

/* Flags what primary's head reaches. */
static void mark_reach(struct table *t)
{
	struct flat *text = &t->flat[FLAT_OLD];
	struct table_id id;
	if (t->head)
		commit_at(t, t->head)->flags |= IN_REACH;
	for (uint32_t i = t->newest; i; i = commit_at(t, i)->prev) {
		if (!(commit_at(t, i)->flags & IN_REACH))
			continue;
		object_flat(t, commit_at(t, i)->object, text);
		for (size_t k = 0; commit_parent(text->p, text->n, k, &id); k++) {
			uint32_t parent = commit_of(t, &id);
			if (parent)
				commit_at(t, parent)->flags |= IN_REACH;
		}
	}
}

static void unmark_reach(struct table *t)
{
	for (uint32_t i = t->newest; i; i = commit_at(t, i)->prev)
		commit_at(t, i)->flags &= (uint16_t)~IN_REACH;
}

static void meet(struct search *s, uint32_t kept)
{
	struct table *t = s->t;
	if (!(commit_at(t, kept)->flags & IN_REACH))
		return;
	if (!s->base || commit_at(t, s->base)->seq < commit_at(t, kept)->seq)
		s->base = kept;
}

/* The next parent of a commit that came which is one of those too, and was not met yet; NONE. On
 * the way, a commit's weight is 1 and the number of parents looked at. */
static uint32_t next_parent(struct search *s, uint32_t i)
{
	struct table *t = s->t;
	struct flat *text = &t->flat[FLAT_OLD];
	struct object *o = object_at(t, i);
	struct table_id id;
	object_flat(t, i, text);
	while (commit_parent(text->p, text->n, o->weight - 1, &id)) {
		uint32_t parent = object_find(t, &id);
		o->weight++;
		if (!parent || object_at(t, parent)->type != TABLE_COMMIT)
			continue;
		if (object_at(t, parent)->base)
			meet(s, object_at(t, parent)->base);
		else if (!object_at(t, parent)->weight)
			return parent;
	}
	return NONE;
}

/* Orders the commits that came, parents first; each one's SIBLING is the child it was met from. */
static bool find_commits(struct search *s, uint32_t theirs)
{
	struct table *t = s->t;
	uint32_t i = theirs;
	object_at(t, i)->weight = 1;
	while (i) {
		uint32_t parent = next_parent(s, i);
		if (parent) {
			object_at(t, parent)->sibling = i;
			object_at(t, parent)->weight = 1;
			i = parent;
			continue;
		}
		if (s->n == t->order_max)
			return false;
		t->order[s->n++] = i;
		i = object_at(t, i)->sibling;
	}
	return true;
}

/* Commit objects have no use for these but here. */
static void forget_search(struct table_import *im)
{
	struct list_at at = {0};
	for (const uint32_t *i; (i = list_next(im->t, &im->objects, &at));) {
		struct object *o = object_at(im->t, *i);
		if (o->type == TABLE_COMMIT)
			o->weight = o->sibling = 0;
	}
}

static uint32_t tree_of(struct table *t, uint32_t commit)
{
	struct flat *text = &t->flat[FLAT_OLD];
	struct table_id id;
	object_flat(t, commit, text);
	uint32_t tree = commit_tree(text->p, text->n, &id) ? object_find(t, &id) : NONE;
	return tree && object_at(t, tree)->type == TABLE_TREE ? tree : NONE;
}

static bool is_there(void *ctx, const struct difference *d)
{
	(void)ctx;
	return !d->missing;
}

/* Drops those commits from the order's start on whose trees did not come whole. */
static void drop_broken(struct search *s)
{
	struct table *t = s->t;
	size_t i = s->n - 1;
	for (; i > 0; i--) {
		uint32_t tree = tree_of(t, t->order[i - 1]);
		uint32_t next = tree_of(t, object_at(t, t->order[i - 1])->sibling);
		if (!tree || !walk(t, tree, next, is_there, NULL))
			break;
	}
	for (size_t k = 0; k < i; k++)
		object_at(t, t->order[k])->weight = 0;
	s->n -= i;
	memmove(t->order, t->order + i, s->n * sizeof(*t->order));
}

/* ---- what they may change ------------------------------------------------------------------- */

#define PARENTS_MAX 8 /* of a commit, that are looked at */

/* One commit, as it is looked at. */
struct guarded {
	struct table_import *im;
	uint32_t trees[PARENTS_MAX]; /* of its parents; NONE: not here */
	char *why;
};

static void find_parents(struct guarded *g, uint32_t commit)
{
	struct table *t = g->im->t;
	struct flat *text = &t->flat[FLAT_OLD];
	struct table_id id;
	for (size_t k = 0; k < PARENTS_MAX; k++) {
		g->trees[k] = NONE;
		object_flat(t, commit, text);
		uint32_t parent =
			commit_parent(text->p, text->n, k, &id) ? object_find(t, &id) : NONE;
		const struct object *o = object_at(t, parent);
		if (parent && o->type == TABLE_COMMIT && (o->base || o->weight))
			g->trees[k] = tree_of(t, parent);
	}
}

/* Has another parent, or the present state, the same at this path? */
static bool is_taken_over(const struct guarded *g, const struct difference *d)
{
	struct table *t = g->im->t;
	for (size_t k = 1; k < PARENTS_MAX; k++)
		if (g->trees[k] && tree_at(t, g->trees[k], d->path, d->n) == d->right)
			return true;
	return tree_at(t, t->root, d->path, d->n) == d->right;
}

static bool may_change(void *ctx, const struct difference *d)
{
	const struct guarded *g = ctx;
	struct table *t = g->im->t;
	uint8_t key[TABLE_KEY_MAX] = {0};
	const char *what = "an earlier commit changes this path, which is not theirs to change";
	if (d->folder && !d->missing && (!d->right || object_at(t, d->right)->size))
		return true;
	if (d->missing || d->folder || !merge_key(t, d->path, d->n, key))
		what = "an earlier commit has or removes this path, which is no entry's";
	else if (g->im->allows(g->im->ctx, d->path))
		return true;
	if (!d->missing && !d->folder && is_taken_over(g, d))
		return true;
	merge_refuse(g->why, d->path, d->n, what);
	return false;
}

/* All commits that would come into the history. */
static bool may_come(struct table_import *im, const struct search *s, char *why)
{
	struct table *t = im->t;
	for (size_t i = 0; im->allows && i < s->n; i++) {
		struct guarded g = {.im = im, .why = why};
		find_parents(&g, t->order[i]);
		if (!walk(t, g.trees[0], tree_of(t, t->order[i]), may_change, &g))
			return false;
	}
	return true;
}

void table_import_guard(struct table_import *im, table_allows *allows, void *ctx)
{
	im->allows = allows;
	im->ctx = ctx;
}

/* ---- taking it in --------------------------------------------------------------------------- */

static bool refuse(char *why, const char *what)
{
	merge_refuse(why, "", 0, what);
	return false;
}

/* Can it be done? Everything that waited is worked out. */
static bool try(struct merge m, uint32_t base, uint32_t theirs)
{
	const struct table *t = m.t;
	struct fit fit;
	m.dry = true;
	m.fit = &fit;
	fit_begin(&fit, t);
	if (!merge_trees(&m, base, theirs) || !fit_end(&fit, m.why))
		return false;
	if (table_count(t) + m.added - m.removed > t->limits.entries)
		return refuse(m.why, "more entries than the table has room for");
	return true;
}

/* Removals come first, so that there is room for what is added. */
static void take_entries(struct table *t, uint32_t base, uint32_t theirs)
{
	char why[TABLE_MESSAGE_MAX];
	struct merge m = {.t = t, .only_removals = true, .why = why};
	merge_trees(&m, base, theirs);
	m.only_removals = false;
	merge_trees(&m, base, theirs);
}

/* Keeps the commits that came; their objects' SIBLING says whose successor is which. */
static bool keep_commits(struct table *t, size_t n)
{
	struct flat *text = &t->flat[FLAT_OLD];
	for (size_t i = 0; i < n; i++) {
		uint32_t object = t->order[i], kept;
		object_flat(t, object, text);
		uint64_t seconds = commit_seconds(text->p, text->n);
		uint64_t time = seconds < t->now / 1000000000u ? seconds * 1000000000u : t->now;
		do
			kept = commit_keep(t, object, time);
		while (kept == FAILED && history_make_room(t, cells_left(t) + 1));
		if (kept == FAILED) {
			while (i--)
				commit_forget(t, t->order[i]);
			return false;
		}
		t->order[i] = kept;
		if (!t->head && !t->needed)
			t->needed = kept;
	}
	for (size_t i = 0; i + 1 < n; i++) {
		struct commit *c = commit_at(t, t->order[i]);
		c->successor = object_at(t, object_at(t, c->object)->sibling)->base;
	}
	return true;
}

/* The watcher is told of objects that came and stay. */
static void tell(struct table_import *im)
{
	struct table *t = im->t;
	struct flat *f = &t->flat[FLAT_OLD];
	struct list_at at = {0};
	if (!t->watcher.object)
		return;
	for (const uint32_t *i; (i = list_next(t, &im->objects, &at));) {
		const struct object *o = object_at(t, *i);
		if (o->held < 2 && !o->present)
			continue;
		object_flat(t, *i, f);
		t->watcher.object(t->watcher.ctx, o->type, f->p, f->n);
	}
}

static bool take_commits(struct table_import *im, size_t n, unsigned note)
{
	struct table *t = im->t;
	bool first = !t->head;
	if (!keep_commits(t, n))
		return false;
	uint32_t tip = t->order[n - 1];
	bool forward = first && commit_at(t, tip)->tree == t->root;
	if (!merge_own(t, t->order, n - forward, t->root)) {
		while (n--)
			commit_forget(t, t->order[n]);
		return false;
	}
	for (size_t i = 0; i < n; i++)
		commit_at(t, t->order[i])->successor = NONE;
	tell(im);
	return merge_commit(t, tip, first, note);
}

static enum table_merge_result take_in(struct table_import *im, struct search *s, uint32_t theirs,
	unsigned note, table_report *report, void *ctx, char *why)
{
	struct table *t = im->t;
	uint32_t tree = tree_of(t, theirs), base = s->base ? commit_at(t, s->base)->tree : NONE;
	if (!tree) {
		refuse(why, "the commit's tree did not come");
		return TABLE_REFUSED;
	}
	struct merge m = {.t = t, .report = report, .ctx = ctx, .why = why};
	if (!try(m, base, tree))
		return TABLE_REFUSED;
	drop_broken(s);
	if (!may_come(im, s, why))
		return TABLE_REFUSED;
	t->needed = s->base ? s->base : t->head;
	take_entries(t, base, tree);
	bool done = work_drain(t) && take_commits(im, s->n, note);
	t->needed = NONE;
	if (done)
		return TABLE_MERGED;
	table_commit(t, note);
	refuse(why, "no memory for the commits that came; the entries are merged without them");
	return TABLE_REFUSED;
}

static bool is_empty(const struct table *t)
{
	return !t->head && !t->headless && !t->log.used && !t->log.lost && !table_count(t);
}

static enum table_merge_result merge(struct table_import *im, const struct table_id *id,
	unsigned note, table_report *report, void *ctx, char *why)
{
	struct table *t = im->t;
	struct search s = {.t = t};
	uint32_t theirs = object_find(t, id);
	if (!theirs || object_at(t, theirs)->type != TABLE_COMMIT) {
		refuse(why, "there is no such commit");
		return TABLE_REFUSED;
	}
	if (!is_empty(t) && !work_settle(t)) {
		refuse(why, t->stuck ? "a folder has grown too large; entries must go first"
				     : "no memory for what waits");
		return TABLE_REFUSED;
	}
	mark_reach(t);
	uint32_t kept = object_at(t, theirs)->base;
	bool here = kept && commit_at(t, kept)->flags & IN_REACH;
	bool found = kept || find_commits(&s, theirs);
	unmark_reach(t);
	enum table_merge_result result = TABLE_UP_TO_DATE;
	if (!found || (kept && !here)) {
		refuse(why, found ? "the commit is of a branch that is here and not merged yet"
				  : "too many commits");
		result = TABLE_REFUSED;
	} else if (!here) {
		result = take_in(im, &s, theirs, note, report, ctx, why);
	}
	forget_search(im);
	return result;
}

enum table_merge_result table_import_merge(struct table_import *im, const struct table_id *theirs,
	unsigned note, table_report *report, void *ctx, char why[TABLE_MESSAGE_MAX])
{
	why[0] = '\0';
	enum table_merge_result result = merge(im, theirs, note, report, ctx, why);
	flats_wipe(im->t);
	return result;
}

bool table_import_restore(
	struct table_import *im, const struct table_id *head, char why[TABLE_MESSAGE_MAX])
{
	why[0] = '\0';
	if (!is_empty(im->t))
		return refuse(why, "the table is not empty");
	return table_import_merge(im, head, TABLE_LATER, NULL, NULL, why) == TABLE_MERGED;
}

void table_import_close(struct table_import *im)
{
	struct table *t = im->t;
	objects_release(t, &im->objects);
	im->cells = 0;
	im->open = false;
	flats_wipe(t);
}
