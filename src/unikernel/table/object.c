/* object.c - git objects by id, their memory, and who needs them. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

/* Deltas in a row: as many as an object's height can count, less what an import adds. */
#define HEIGHT_MAX 1000u

struct object *object_at(const struct table *t, uint32_t i)
{
	return cell_at(t, i);
}

static uint32_t *bucket(const struct table *t, const struct table_id *id)
{
	uint64_t hash = siphash(t->limits.secret, id->bytes, sizeof(id->bytes));
	return &t->buckets[(uint32_t)hash & t->buckets_mask];
}

uint32_t object_find(const struct table *t, const struct table_id *id)
{
	uint32_t i = *bucket(t, id);
	while (i && !id_is(&object_at(t, i)->id, id))
		i = object_at(t, i)->next;
	return i;
}

size_t object_cells(const struct object *o)
{
	return 1 + (o->stored + CELL_BYTES - 1) / CELL_BYTES;
}

/* Gives the object other data; its use by the present state is counted anew. */
static void set_data(struct table *t, struct object *o, enum form form, uint32_t data, size_t n)
{
	if (o->present)
		t->cells_present -= object_cells(o);
	chain_free(t, o->data);
	o->form = form;
	o->data = data;
	o->stored = (uint32_t)n & 0xfffffu;
	if (o->present)
		t->cells_present += object_cells(o);
}

/* Takes the object off its base's kids. */
static void unlink_kid(struct table *t, uint32_t i)
{
	struct object *o = object_at(t, i);
	uint32_t *at = &object_at(t, o->base)->kids;
	while (*at != i)
		at = &object_at(t, *at)->sibling;
	*at = o->sibling;
	o->base = o->sibling = NONE;
}

static void link_kid(struct table *t, uint32_t i, uint32_t base)
{
	struct object *o = object_at(t, i), *b = object_at(t, base);
	o->base = base;
	o->sibling = b->kids;
	b->kids = i;
	uint32_t weight = o->weight + o->stored;
	if (b->weight < weight)
		b->weight = weight;
	for (uint32_t height = o->height + 1u; b->height < height; height++) {
		b->height = height & 0xfffu;
		if (b->form != DELTA)
			break;
		b = object_at(t, b->base);
	}
}

/* Without its contents. */
static uint32_t make(struct table *t, enum table_type type, const struct table_id *id, size_t n)
{
	uint32_t i = cell_take(t);
	if (!i)
		return FAILED;
	struct object *o = object_at(t, i);
	uint32_t *head = bucket(t, id);
	o->id = *id;
	o->type = type & 0xfu;
	o->size = (uint32_t)n & 0xfffffu;
	o->born = t->work;
	o->next = *head;
	*head = i;
	t->objects++;
	return i;
}

/* A tree that is to be the newest one is stored whole again, if there is room. */
static void make_whole(struct table *t, uint32_t i, const void *p, size_t n)
{
	struct object *o = object_at(t, i);
	uint32_t data, base = o->base;
	if (!chain_write(t, p, n, &data))
		return;
	unlink_kid(t, i);
	set_data(t, o, RAW, data, n);
	object_sweep(t, base);
}

static uint32_t add(struct table *t, enum table_type type, const struct table_id *id, size_t size,
	enum form form, const void *p, size_t n)
{
	uint32_t i = make(t, type, id, size), data;
	if (i == FAILED)
		return FAILED;
	if (!chain_write(t, p, n, &data)) {
		object_sweep(t, i);
		return FAILED;
	}
	set_data(t, object_at(t, i), form, data, n);
	if (t->watcher.object && !t->silent)
		t->watcher.object(t->watcher.ctx, type,
			form == VALUE ? t->flat[FLAT_TEXT].p : (const uint8_t *)p, size);
	return i;
}

uint32_t object_put(struct table *t, enum table_type type, const void *p, size_t n)
{
	struct table_id id;
	id_make(type, p, n, &id);
	uint32_t i = object_find(t, &id);
	if (!i)
		return add(t, type, &id, n, RAW, p, n);
	if (object_at(t, i)->form == DELTA)
		make_whole(t, i, p, n);
	return i;
}

uint32_t object_put_value(struct table *t, const void *value)
{
	struct flat *f = &t->flat[FLAT_TEXT];
	struct table_id id;
	f->n = t->kind->text(value, (char *)f->p);
	flat_used(f, f->n);
	id_make(TABLE_BLOB, f->p, f->n, &id);
	uint32_t i = object_find(t, &id);
	return i ? i : add(t, TABLE_BLOB, &id, f->n, VALUE, value, t->kind->value_size);
}

/* What is not a delta. */
static size_t read_plain(const struct table *t, const struct object *o, uint8_t *out)
{
	if (o->form == RAW) {
		chain_read(t, o->data, o->stored, out);
		return o->stored;
	}
	chain_read(t, o->data, o->stored, t->value[0]);
	return t->kind->text(t->value[0], (char *)out);
}

static size_t read_delta(const struct table *t, const struct object *o, uint8_t *out, size_t n)
{
	struct flat *f = &t->flat[FLAT_DELTA];
	chain_read(t, o->data, o->stored, f->p);
	flat_used(f, o->stored);
	return delta_apply(f->p, o->stored, out, n);
}

size_t object_read(const struct table *t, uint32_t i, uint8_t *out)
{
	size_t deltas = 0;
	for (; object_at(t, i)->form == DELTA; i = object_at(t, i)->base)
		t->chain[deltas++] = i;
	size_t n = read_plain(t, object_at(t, i), out);
	while (deltas--)
		n = read_delta(t, object_at(t, t->chain[deltas]), out, n);
	return n;
}

void object_flat(struct table *t, uint32_t i, struct flat *f)
{
	f->n = i ? object_read(t, i, f->p) : 0;
	flat_used(f, f->n);
}

bool object_value(struct table *t, uint32_t i, void *value)
{
	const struct object *o = object_at(t, i);
	struct flat *f = &t->flat[FLAT_TEXT];
	memset(value, 0, t->kind->value_size);
	if (o->form == VALUE) {
		chain_read(t, o->data, o->stored, value);
		return true;
	}
	if (o->type != TABLE_BLOB || o->size > TABLE_TEXT_MAX)
		return false;
	object_flat(t, i, f);
	return t->kind->parse_text((const char *)f->p, f->n, value);
}

/* How long the row of deltas from I to what is whole is. */
static size_t depth(const struct table *t, uint32_t i)
{
	size_t n = 0;
	for (; object_at(t, i)->form == DELTA; i = object_at(t, i)->base)
		n++;
	return n;
}

/* Makes I, whose contents are A, a delta against BASE, whose contents are B. */
static bool store_delta(struct table *t, uint32_t i, uint32_t base, const struct flat *a,
	const struct flat *b, size_t room)
{
	struct flat *f = &t->flat[FLAT_DELTA];
	uint32_t data;
	size_t n = delta_make(b->p, b->n, a->p, a->n, f->p, room);
	flat_used(f, room);
	if (!n || !chain_write(t, f->p, n, &data))
		return false;
	set_data(t, object_at(t, i), DELTA, data, n);
	link_kid(t, i, base);
	return true;
}

/* A row of deltas takes as much memory as one whole object, then a new row begins: so reading an
 * old object costs no more than reading twice as much, and all take at most twice the memory. */
void object_make_delta(
	struct table *t, uint32_t old, uint32_t new, const struct flat *a, const struct flat *b)
{
	const struct object *o = object_at(t, old);
	if (old == new || o->form != RAW || a->n <= 2 * CELL_BYTES || o->weight >= a->n)
		return;
	if (depth(t, new) + o->height + 1u > HEIGHT_MAX)
		return;
	for (uint32_t i = new; i; i = object_at(t, i)->form == DELTA ? object_at(t, i)->base : NONE)
		if (i == old)
			return;
	store_delta(t, old, new, a, b, a->n / 2);
}

/* A delta against what is to be freed becomes one against that one's base, or whole. False where
 * memory is short. */
static bool rehome(struct table *t, uint32_t i, uint32_t base)
{
	struct flat *a = &t->flat[FLAT_KID], *b = &t->flat[FLAT_BASE];
	struct object *o = object_at(t, i);
	uint32_t data;
	object_flat(t, i, a);
	if (base) {
		uint32_t former = o->base;
		object_flat(t, base, b);
		unlink_kid(t, i);
		if (store_delta(t, i, base, a, b, a->n / 2))
			return true;
		o->base = former;
		o->sibling = object_at(t, former)->kids;
		object_at(t, former)->kids = i;
	}
	if (!chain_write(t, a->p, a->n, &data))
		return false;
	unlink_kid(t, i);
	set_data(t, o, RAW, data, a->n);
	return true;
}

/* The kids of I, which goes: to its base or, where it has none, to the first of them. */
static bool rehome_kids(struct table *t, uint32_t i)
{
	struct object *o = object_at(t, i);
	uint32_t base = o->form == DELTA ? o->base : NONE;
	while (o->kids) {
		uint32_t kid = o->kids;
		if (!rehome(t, kid, base))
			return false;
		if (!base)
			base = kid;
	}
	return true;
}

/* An object whose kids find no room stays until they go. */
void object_sweep(struct table *t, uint32_t i)
{
	while (i) {
		struct object *o = object_at(t, i);
		if (o->held || o->present || !rehome_kids(t, i))
			return;
		uint32_t base = o->form == DELTA ? o->base : NONE;
		if (base)
			unlink_kid(t, i);
		uint32_t *at = bucket(t, &o->id);
		while (*at != i)
			at = &object_at(t, *at)->next;
		*at = o->next;
		chain_free(t, o->data);
		cell_free(t, i);
		t->objects--;
		i = base;
	}
}

void object_hold(struct table *t, uint32_t i)
{
	object_at(t, i)->held++;
}

void object_release(struct table *t, uint32_t i)
{
	object_at(t, i)->held--;
	object_sweep(t, i);
}

void object_enter(struct table *t, uint32_t i)
{
	struct object *o = object_at(t, i);
	if (!o->present++)
		t->cells_present += object_cells(o);
}

void object_leave(struct table *t, uint32_t i)
{
	struct object *o = object_at(t, i);
	if (!--o->present)
		t->cells_present -= object_cells(o);
}

void objects_release(struct table *t, struct list *l)
{
	struct list_at at = {0};
	for (const uint32_t *i; (i = list_next(t, l, &at));)
		if (*i)
			object_release(t, *i);
	list_free(t, l);
}
