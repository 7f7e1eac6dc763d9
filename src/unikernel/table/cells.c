/* cells.c - memory in cells of one size, chains of them for bytes, and lists of numbers.
 * SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define CELL 64u
#define ITEMS 14u

struct bytes_cell {
	uint32_t next;
	uint8_t bytes[CELL_BYTES];
};
struct list_cell {
	uint32_t next, n;
	uint32_t items[ITEMS];
};
_Static_assert(sizeof(struct bytes_cell) == CELL, "a cell is a cell");
_Static_assert(sizeof(struct list_cell) == CELL, "a cell is a cell");
_Static_assert(sizeof(struct object) == CELL, "a cell is a cell");
_Static_assert(sizeof(struct commit) <= CELL, "a cell is a cell");

void *cell_at(const struct table *t, uint32_t i)
{
	return t->cells + (size_t)(i - 1) * CELL;
}

uint32_t cell_take(struct table *t)
{
	uint32_t i = t->cells_free;
	if (cells_left(t) <= t->cells_floor)
		return NONE;
	if (i) {
		uint32_t *next = cell_at(t, i);
		t->cells_free = *next;
		*next = 0;
	} else if (t->cells_high < t->cells_n) {
		i = (uint32_t)++t->cells_high;
	} else {
		return NONE;
	}
	t->cells_used++;
	return i;
}

void cell_free(struct table *t, uint32_t i)
{
	uint32_t *next = cell_at(t, i);
	memset(next, 0, CELL);
	*next = t->cells_free;
	t->cells_free = i;
	t->cells_used--;
}

size_t cells_left(const struct table *t)
{
	return t->cells_n - t->cells_used;
}

bool chain_write(struct table *t, const void *p, size_t n, uint32_t *first)
{
	uint32_t *at = first;
	*first = NONE;
	for (size_t done = 0; done < n;) {
		*at = cell_take(t);
		if (!*at) {
			chain_free(t, *first);
			return false;
		}
		struct bytes_cell *c = cell_at(t, *at);
		size_t part = n - done < CELL_BYTES ? n - done : CELL_BYTES;
		memcpy(c->bytes, (const uint8_t *)p + done, part);
		done += part;
		at = &c->next;
	}
	return true;
}

void chain_read(const struct table *t, uint32_t first, size_t n, void *out)
{
	for (size_t done = 0; done < n;) {
		const struct bytes_cell *c = cell_at(t, first);
		size_t part = n - done < CELL_BYTES ? n - done : CELL_BYTES;
		memcpy((uint8_t *)out + done, c->bytes, part);
		done += part;
		first = c->next;
	}
}

void chain_free(struct table *t, uint32_t first)
{
	while (first) {
		const struct bytes_cell *c = cell_at(t, first);
		uint32_t next = c->next;
		cell_free(t, first);
		first = next;
	}
}

bool list_push(struct table *t, struct list *l, uint32_t item)
{
	struct list_cell *c = l->last ? cell_at(t, l->last) : NULL;
	if (!c || c->n == ITEMS) {
		uint32_t fresh = cell_take(t);
		if (!fresh)
			return false;
		if (c)
			c->next = fresh;
		else
			l->first = fresh;
		l->last = fresh;
		c = cell_at(t, fresh);
	}
	c->items[c->n++] = item;
	return true;
}

uint32_t *list_next(const struct table *t, const struct list *l, struct list_at *at)
{
	if (!at->cell)
		at->cell = l->first;
	while (at->cell) {
		struct list_cell *c = cell_at(t, at->cell);
		if (at->i < c->n)
			return &c->items[at->i++];
		if (!c->next)
			return NULL;
		at->cell = c->next;
		at->i = 0;
	}
	return NULL;
}

void list_join(struct table *t, struct list *to, struct list *from)
{
	if (!from->first)
		return;
	if (to->last)
		((struct list_cell *)cell_at(t, to->last))->next = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	*from = (struct list){0};
}

void list_free(struct table *t, struct list *l)
{
	chain_free(t, l->first);
	*l = (struct list){0};
}

void flat_used(struct flat *f, size_t n)
{
	if (n > TABLE_OBJECT_MAX)
		n = TABLE_OBJECT_MAX;
	if (f->high < n)
		f->high = n;
}

void flats_wipe(const struct table *t)
{
	for (size_t i = 0; i < FLATS; i++) {
		memset(t->flat[i].p, 0, t->flat[i].high);
		t->flat[i].high = t->flat[i].n = 0;
	}
	for (size_t i = 0; i < sizeof(t->value) / sizeof(*t->value); i++)
		memset(t->value[i], 0, t->value_room);
}
