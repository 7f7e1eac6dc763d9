/* edit.c - a tree with some changed paths: each folder that they lie in is made anew once, the
 * deepest first. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

struct editing {
	struct table *t;
	struct edit *e;
};

void change_path(const struct table *t, const void *key, struct change *c)
{
	memcpy(c->path, t->kind->name, t->name_n);
	c->path[t->name_n] = '/';
	c->n = t->name_n + 1 + t->kind->path(key, c->path + t->name_n + 1);
	c->folder = false;
	c->object = NONE;
}

/* By bytes: for paths, that is git's order of trees too. */
static int compare(const struct change *a, const struct change *b)
{
	int order = memcmp(a->path, b->path, a->n < b->n ? a->n : b->n);
	return order ? order : (a->n > b->n) - (a->n < b->n);
}

static void sort(struct change **c, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct change *moved = c[i];
		size_t at = i;
		for (; at > 0 && compare(c[at - 1], moved) > 0; at--)
			c[at] = c[at - 1];
		c[at] = moved;
	}
}

/* What the pass over a folder has copied so far. */
struct pass {
	const struct flat *from;
	struct flat *to;
	size_t at, copied; /* in FROM */
	bool changed, too_large;
};

static bool put_bytes(struct pass *p, const void *bytes, size_t n)
{
	p->too_large = TABLE_OBJECT_MAX - p->to->n < n;
	if (p->too_large)
		return false;
	memcpy(p->to->p + p->to->n, bytes, n);
	p->to->n += n;
	return true;
}

static bool copy_up_to(struct pass *p, size_t end)
{
	size_t from = p->copied;
	p->copied = end;
	return put_bytes(p, p->from->p + from, end - from);
}

static bool put_entry(struct editing *x, struct pass *p, const struct change *c, size_t skip)
{
	uint8_t entry[PATH_BYTES + 32];
	size_t n = tree_entry_write(
		entry, c->path + skip, c->n - skip, c->folder, &object_at(x->t, c->object)->id);
	if (!list_push(x->t, &x->e->news, c->object))
		return false;
	object_hold(x->t, c->object);
	return put_bytes(p, entry, n);
}

/* Copies the entries before the changed one, and puts that in the place of the old one. */
static bool change_entry(struct editing *x, struct pass *p, const struct change *c, size_t skip)
{
	struct tree_entry e;
	int order = 1;
	while (tree_entry(p->from->p, p->from->n, p->at, &e)) {
		order = tree_compare(
			e.name, e.name_n, e.folder, c->path + skip, c->n - skip, c->folder);
		if (order >= 0)
			break;
		p->at += e.size;
		order = 1;
	}
	uint32_t old = order == 0 ? object_find(x->t, e.id) : NONE;
	if (old == c->object)
		return true;
	p->changed = true;
	if (!copy_up_to(p, p->at))
		return false;
	if (old) {
		p->at += e.size;
		p->copied = p->at;
		if (!list_push(x->t, &x->e->olds, old))
			return false;
	}
	return !c->object || put_entry(x, p, c, skip);
}

/* Writes the folder TREE with its changes to FLAT_NEW. */
static bool change_folder(struct editing *x, struct pass *p, uint32_t tree, struct change *const *c,
	size_t n, size_t skip)
{
	object_flat(x->t, tree, &x->t->flat[FLAT_OLD]);
	p->to->n = 0;
	flat_used(p->to, p->from->n + n * (PATH_BYTES + 32));
	bool done = true;
	for (size_t i = 0; done && i < n; i++)
		done = !c[i]->n || change_entry(x, p, c[i], skip);
	done = done && (!p->changed || copy_up_to(p, p->from->n));
	x->t->too_large |= p->too_large;
	return done;
}

/* The folder with the changes, which all lie in it itself by now. NONE: it is empty, and so it is
 * not there. */
static uint32_t make_folder(
	struct editing *x, uint32_t tree, struct change *const *c, size_t n, size_t skip)
{
	struct table *t = x->t;
	struct pass p = {.from = &t->flat[FLAT_OLD], .to = &t->flat[FLAT_NEW]};
	if (!change_folder(x, &p, tree, c, n, skip))
		return FAILED;
	if (!p.changed)
		return tree;
	if (!p.to->n && skip)
		return NONE;
	uint32_t made = object_put(t, TABLE_TREE, p.to->p, p.to->n);
	if (made == FAILED || !list_push(t, &x->e->made, made))
		return FAILED;
	object_hold(t, made);
	if (tree && object_at(t, tree)->present <= x->e->spare)
		object_make_delta(t, tree, made, p.from, p.to);
	return made;
}

static size_t group_end(struct change *const *c, size_t i, size_t n, size_t prefix)
{
	size_t j = i + 1;
	while (j < n && c[j]->n > prefix && memcmp(c[j]->path, c[i]->path, prefix) == 0)
		j++;
	return j;
}

/* Edits the subfolders first: the changes in each become one, of the subfolder. */
static uint32_t edit_folder(
	struct editing *x, uint32_t tree, struct change *const *c, size_t n, size_t skip)
{
	for (size_t i = 0; i < n; i++) {
		const char *path = c[i]->path, *slash = memchr(path + skip, '/', c[i]->n - skip);
		if (!slash)
			continue;
		size_t prefix = (size_t)(slash - path) + 1, end = group_end(c, i, n, prefix);
		bool folder = false;
		uint32_t child = NONE;
		if (tree)
			child = tree_child(x->t, tree, path + skip, prefix - 1 - skip, &folder);
		uint32_t made = edit_folder(x, folder ? child : NONE, c + i, end - i, prefix);
		if (made == FAILED)
			return FAILED;
		c[i]->n = prefix - 1;
		c[i]->folder = true;
		c[i]->object = made;
		for (i++; i < end; i++)
			c[i]->n = 0;
		i--;
	}
	return make_folder(x, tree, c, n, skip);
}

static bool place_root(struct table *t, uint32_t root, struct edit *e)
{
	if (e->root == root)
		return true;
	if (!list_push(t, &e->news, e->root))
		return false;
	object_hold(t, e->root);
	return list_push(t, &e->olds, root);
}

bool edit_tree(
	struct table *t, uint32_t root, uint32_t spare, struct change *c, size_t n, struct edit *e)
{
	struct editing x = {t, e};
	struct change *order[SLICE];
	*e = (struct edit){.spare = spare};
	for (size_t i = 0; i < n; i++)
		order[i] = &c[i];
	sort(order, n);
	e->root = edit_folder(&x, root, order, n, 0);
	bool done = e->root != FAILED && place_root(t, root, e);
	if (!done) {
		objects_release(t, &e->news);
		list_free(t, &e->olds);
	}
	objects_release(t, &e->made);
	return done;
}

/* What this work itself had made is of no commit: it goes at once. */
void edit_take(struct table *t, struct edit *e)
{
	struct list_at at = {0};
	uint32_t *i;
	while ((i = list_next(t, &e->news, &at))) {
		object_enter(t, *i);
		object_release(t, *i);
	}
	list_free(t, &e->news);
	for (at = (struct list_at){0}; (i = list_next(t, &e->olds, &at));) {
		object_leave(t, *i);
		if (t->head && object_at(t, *i)->born != t->work) {
			object_hold(t, *i);
			continue;
		}
		object_sweep(t, *i);
		*i = NONE;
	}
	list_join(t, &t->own, &e->olds);
	t->root = e->root;
}
