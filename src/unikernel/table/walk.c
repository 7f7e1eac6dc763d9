/* walk.c - the differences between two trees. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

struct walker {
	struct table *t;
	walk_visit *visit;
	void *ctx;
	char path[PATH_BYTES];
	const char *from; /* only what is behind this path */
	size_t from_n;
};

/* A place in two folders side by side. */
struct place {
	uint32_t left, right;
	size_t left_at, right_at;
	bool fresh; /* the buffers hold them */
};

/* An entry of either side or of both. */
struct pair {
	struct tree_entry left, right;
	bool in_left, in_right;
};

static bool next_pair(struct walker *w, struct place *p, struct pair *e)
{
	struct flat *l = &w->t->flat[FLAT_LEFT], *r = &w->t->flat[FLAT_RIGHT];
	if (!p->fresh) {
		object_flat(w->t, p->left, l);
		object_flat(w->t, p->right, r);
		p->fresh = true;
	}
	e->in_left = tree_entry(l->p, l->n, p->left_at, &e->left);
	e->in_right = tree_entry(r->p, r->n, p->right_at, &e->right);
	if (e->in_left && e->in_right) {
		int order = tree_compare(e->left.name, e->left.name_n, e->left.folder,
			e->right.name, e->right.name_n, e->right.folder);
		e->in_left = order <= 0;
		e->in_right = order >= 0;
	}
	p->left_at += e->in_left ? e->left.size : 0;
	p->right_at += e->in_right ? e->right.size : 0;
	return e->in_left || e->in_right;
}

/* Was all at or below this path visited before? */
static bool is_behind_us(const struct walker *w, size_t n, bool folder)
{
	size_t common = n < w->from_n ? n : w->from_n;
	int order = memcmp(w->path, w->from, common);
	if (order || !w->from_n)
		return order < 0;
	return folder ? n < w->from_n && w->from[n] > '/' : n <= w->from_n;
}

static uint32_t side(struct walker *w, bool in, const struct tree_entry *e, bool *missing)
{
	uint32_t i = in ? object_find(w->t, e->id) : NONE;
	*missing |= in && (!i || (object_at(w->t, i)->type == TABLE_TREE) != e->folder);
	return i;
}

static bool walk_folder(struct walker *w, uint32_t left, uint32_t right, size_t prefix)
{
	struct place p = {.left = left, .right = right};
	struct pair e;
	while (next_pair(w, &p, &e)) {
		const struct tree_entry *one = e.in_left ? &e.left : &e.right;
		struct difference d = {.path = w->path, .folder = one->folder};
		if (e.in_left && e.in_right && id_is(e.left.id, e.right.id))
			continue;
		d.left = side(w, e.in_left, &e.left, &d.missing);
		d.right = side(w, e.in_right, &e.right, &d.missing);
		bool fits = prefix + one->name_n + 1 < sizeof(w->path);
		d.missing |= !fits;
		d.n = prefix + (fits ? one->name_n : 0);
		memcpy(w->path + prefix, one->name, d.n - prefix);
		w->path[d.n] = '\0';
		if (is_behind_us(w, d.n, d.folder))
			continue;
		p.fresh = false;
		if (!w->visit(w->ctx, &d))
			return false;
		if (!d.folder || d.missing)
			continue;
		w->path[d.n] = '/';
		if (!walk_folder(w, d.left, d.right, d.n + 1))
			return false;
	}
	return true;
}

bool walk_from(struct table *t, uint32_t left, uint32_t right, const char *from, size_t from_n,
	walk_visit *visit, void *ctx)
{
	struct walker w = {.t = t, .visit = visit, .ctx = ctx, .from = from, .from_n = from_n};
	return walk_folder(&w, left, right, 0);
}

bool walk(struct table *t, uint32_t left, uint32_t right, walk_visit *visit, void *ctx)
{
	return walk_from(t, left, right, "", 0, visit, ctx);
}

struct owning {
	struct table *t;
	struct list *l;
};

static bool own_object(struct table *t, uint32_t i, struct list *l)
{
	if (!list_push(t, l, i))
		return false;
	object_hold(t, i);
	return true;
}

/* An old folder is a delta against the newer one, if nothing else has it. */
static void make_delta(struct table *t, uint32_t left, uint32_t right)
{
	struct flat *a = &t->flat[FLAT_OLD], *b = &t->flat[FLAT_NEW];
	if (object_at(t, left)->present || object_at(t, left)->form != RAW)
		return;
	object_flat(t, left, a);
	object_flat(t, right, b);
	object_make_delta(t, left, right, a, b);
}

static bool own(void *ctx, const struct difference *d)
{
	const struct owning *o = ctx;
	if (d->missing || (d->left && !own_object(o->t, d->left, o->l)))
		return false;
	if (d->folder && d->left && d->right)
		make_delta(o->t, d->left, d->right);
	return true;
}

bool walk_own(struct table *t, uint32_t left, uint32_t right, struct list *l)
{
	struct owning o = {t, l};
	if (left == right)
		return true;
	if (!own_object(t, left, l))
		return false;
	make_delta(t, left, right);
	return walk(t, left, right, own, &o);
}
