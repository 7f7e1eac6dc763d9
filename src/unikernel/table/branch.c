/* branch.c - changes beside primary that are merged into it. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

/* A name that git takes for a ref's, without folders. */
static bool is_name(const char *name)
{
	size_t n = strlen(name);
	if (n == 0 || n >= TABLE_NAME_MAX || strcmp(name, "primary") == 0)
		return false;
	if (name[0] == '.' || name[0] == '-' || name[n - 1] == '.' || strstr(name, ".."))
		return false;
	if (n >= 5 && strcmp(name + n - 5, ".lock") == 0)
		return false;
	for (const char *c = name; *c; c++)
		if (!((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
			    (*c >= 'A' && *c <= 'Z') || *c == '_' || *c == '-' || *c == '.'))
			return false;
	return true;
}

static bool is_open(const struct table *t, const char *name)
{
	for (size_t i = 0; i < TABLE_BRANCHES; i++)
		if (t->branches[i].open && strcmp(t->branches[i].name, name) == 0)
			return true;
	return false;
}

struct table_branch *table_branch(struct table *t, const char *name)
{
	size_t i = 0;
	while (i < TABLE_BRANCHES && t->branches[i].open)
		i++;
	if (i == TABLE_BRANCHES || !is_name(name) || is_open(t, name) || !work_settle(t))
		return NULL;
	struct table_branch *b = &t->branches[i];
	b->t = t;
	b->open = true;
	memcpy(b->name, name, strlen(name) + 1);
	b->base = t->head;
	b->tip = NONE;
	b->root = t->root;
	flats_wipe(t);
	return b;
}

static uint16_t group_of(const struct table_branch *b)
{
	return (uint16_t)(b - b->t->branches + 1);
}

static uint8_t *key_at(const struct table_branch *b, size_t i)
{
	return b->keys + i * b->t->key_room;
}

static uint8_t *value_at(const struct table_branch *b, size_t i)
{
	return b->values + i * b->t->value_room;
}

/* The number of KEY's waiting change; N where there is none. */
static size_t waiting(const struct table_branch *b, const void *key)
{
	size_t i = 0;
	while (i < b->n && memcmp(key_at(b, i), key, b->t->kind->key_size) != 0)
		i++;
	return i;
}

const void *table_branch_get(const struct table_branch *b, const void *key)
{
	struct table *t = b->t;
	struct change c;
	size_t i = waiting(b, key);
	if (i < b->n)
		return b->removed[i] ? NULL : value_at(b, i);
	change_path(t, key, &c);
	uint32_t blob = tree_at(t, b->root, c.path, c.n);
	bool found = blob && object_value(t, blob, b->answer);
	flats_wipe(t);
	return found ? b->answer : NULL;
}

static bool edit_once(struct table_branch *b)
{
	struct table *t = b->t;
	struct edit e;
	size_t i = 0;
	bool done = true;
	for (; done && i < b->n; i++)
		done = work_change(t, i, key_at(b, i), b->removed[i] ? NULL : value_at(b, i));
	done = done && edit_tree(t, b->root, 0, t->changes, b->n, &e);
	work_clear(t, i);
	if (!done)
		return false;
	list_free(t, &e.olds);
	list_join(t, &b->held, &e.news);
	b->root = e.root;
	return true;
}

/* Makes the waiting changes to the branch's tree. */
static bool edit(struct table_branch *b)
{
	struct table *t = b->t;
	t->too_large = false;
	while (b->n && !edit_once(b))
		if (t->too_large || !history_make_room(t, cells_left(t) + 1))
			return false;
	memset(b->keys, 0, STEP * t->key_room);
	memset(b->values, 0, STEP * t->value_room);
	b->n = 0;
	return true;
}

static enum table_change change(struct table_branch *b, const void *key, const void *value)
{
	const struct table *t = b->t;
	const void *former = table_branch_get(b, key);
	size_t i = waiting(b, key);
	if (former ? value && memcmp(former, value, t->kind->value_size) == 0 : !value)
		return TABLE_SAME;
	if (i == b->n && b->n == STEP) {
		bool done = edit(b);
		flats_wipe(t);
		if (!done)
			return TABLE_FULL;
		i = 0;
	}
	b->n += i == b->n;
	memcpy(key_at(b, i), key, t->kind->key_size);
	b->removed[i] = !value;
	if (value)
		memcpy(value_at(b, i), value, t->kind->value_size);
	return TABLE_CHANGED;
}

enum table_change table_branch_put(struct table_branch *b, const void *key, const void *value)
{
	return change(b, key, value);
}

enum table_change table_branch_remove(struct table_branch *b, const void *key)
{
	return change(b, key, NULL);
}

static bool commit(struct table_branch *b, unsigned note)
{
	struct table *t = b->t;
	uint32_t parent = b->tip ? b->tip : b->base, made;
	if (!edit(b) || commit_at(t, parent)->tree == b->root)
		return false;
	commit_message(t, note, NULL, NULL);
	do
		made = commit_make(t, b->root, &parent, 1, t->now);
	while (made == FAILED && history_make_room(t, cells_left(t) + 1));
	if (made == FAILED)
		return false;
	if (b->tip)
		commit_at(t, b->tip)->successor = made;
	commit_at(t, made)->group = group_of(b);
	b->tip = made;
	while (!commit_name(t, made, b->name) && history_make_room(t, cells_left(t) + 1))
		;
	return true;
}

bool table_branch_commit(struct table_branch *b, unsigned note)
{
	bool done = commit(b, note);
	flats_wipe(b->t);
	return done;
}

static void close(struct table_branch *b)
{
	struct table *t = b->t;
	for (uint32_t i = t->newest; i; i = commit_at(t, i)->prev)
		if (commit_at(t, i)->group == group_of(b))
			commit_at(t, i)->group = 0, commit_at(t, i)->successor = NONE;
	objects_release(t, &b->held);
	memset(b->keys, 0, STEP * t->key_room);
	memset(b->values, 0, STEP * t->value_room);
	memset(b->answer, 0, t->value_room);
	b->n = 0;
	b->open = false;
	memset(b->name, 0, sizeof(b->name));
}

/* Readers who were told of its ref can't have it any more. */
static void drop(struct table_branch *b)
{
	struct table *t = b->t;
	uint16_t group = group_of(b);
	for (uint32_t next, i = t->oldest; i; i = next) {
		next = commit_at(t, i)->next;
		if (commit_at(t, i)->group == group)
			commit_forget(t, i);
	}
	for (size_t k = 0; b->tip && k < TABLE_PINS; k++)
		t->pins[k].broken = t->pins[k].taken;
	close(b);
}

void table_branch_drop(struct table_branch *b)
{
	drop(b);
	flats_wipe(b->t);
}

/* What the branch's commits alone have, up to the present state, is kept with each. */
static bool own(struct table_branch *b, bool forward)
{
	struct table *t = b->t;
	size_t n = 0;
	for (uint32_t i = commit_at(t, b->base)->next; i; i = commit_at(t, i)->next)
		if (commit_at(t, i)->group == group_of(b) &&
			!(forward && i == b->tip && commit_at(t, i)->tree == t->root))
			t->order[n++] = i;
	return merge_own(t, t->order, n, t->root);
}

/* All that the branch changed, into the entries: what it has no commit of, too. */
static void take_changes(struct table_branch *b)
{
	struct table *t = b->t;
	char why[TABLE_MESSAGE_MAX];
	struct merge m = {.t = t, .why = why};
	merge_trees(&m, commit_at(t, b->base)->tree, b->root);
	for (size_t i = 0; i < b->n; i++) {
		struct change c;
		change_path(t, key_at(b, i), &c);
		merge_value(&m, key_at(b, i), tree_at(t, b->root, c.path, c.n),
			b->removed[i] ? NULL : value_at(b, i));
	}
}

static bool merge(struct table_branch *b, unsigned note)
{
	struct table *t = b->t;
	bool settled = work_settle(t), forward = t->head == b->base;
	take_changes(b);
	forward = forward && settled;
	if (!b->tip || !work_drain(t) || !settled || !own(b, forward))
		return false;
	return merge_commit(t, b->tip, forward && commit_at(t, b->tip)->tree == t->root, note);
}

static bool has_changes(const struct table_branch *b)
{
	return b->tip || b->n || b->root != commit_at(b->t, b->base)->tree;
}

void table_branch_merge(struct table_branch *b, unsigned note)
{
	struct table *t = b->t;
	commit(b, note);
	if (!has_changes(b) || merge(b, note)) {
		close(b);
	} else {
		drop(b);
		table_commit(t, note);
	}
	flats_wipe(t);
}
