/* history.c - what is kept of the past, and what readers see of it. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define RELEASED_AT_ONCE 256u

/* Nothing is dropped from here on: what open branches began from, and the head. */
static bool is_needed(const struct table *t, uint32_t i)
{
	if (!i || i == t->head || i == t->needed)
		return true;
	for (size_t k = 0; k < TABLE_BRANCHES; k++)
		if (t->branches[k].open &&
			commit_at(t, t->branches[k].base)->seq <= commit_at(t, i)->seq)
			return true;
	return false;
}

static bool is_pinned(const struct table *t)
{
	for (size_t k = 0; k < TABLE_PINS; k++)
		if (t->pins[k].taken && !t->pins[k].broken)
			return true;
	return false;
}

/* The newest one that is too old stays, so that whoever has that one can still get on from it. */
static bool is_too_old(const struct table *t)
{
	uint32_t i = commit_at(t, t->oldest)->next;
	while (i && !(commit_at(t, i)->flags & IN_PRIMARY))
		i = commit_at(t, i)->next;
	return i && t->now > t->limits.history_ns &&
	       commit_at(t, i)->time < t->now - t->limits.history_ns;
}

/* What is imported may be of the present state already, for a while. */
static size_t history_cells(const struct table *t)
{
	size_t others = t->cells_present + t->import.cells;
	return t->cells_used > others ? t->cells_used - others : 0;
}

bool history_is_due(const struct table *t)
{
	if (t->doomed.first)
		return true;
	if (is_needed(t, t->oldest) || is_pinned(t))
		return false;
	return history_cells(t) > t->cells_history || is_too_old(t);
}

/* Some of what dropped commits alone had. */
static void release_doomed(struct table *t)
{
	struct list_at at = {0};
	size_t released = 0;
	for (uint32_t *i; (i = list_next(t, &t->doomed, &at));) {
		uint32_t object = *i;
		if (!object)
			continue;
		if (released++ == RELEASED_AT_ONCE)
			return;
		*i = NONE;
		object_release(t, object);
	}
	list_free(t, &t->doomed);
}

static void drop_oldest(struct table *t)
{
	commit_forget(t, t->oldest);
	t->stats.commits_dropped++;
}

void history_step(struct table *t)
{
	if (!t->doomed.first)
		drop_oldest(t);
	release_doomed(t);
}

/* The last commit goes too; the next one has it for its parent all the same, as one behind git's
 * shallow boundary. */
static bool drop_head(struct table *t)
{
	if (!t->head || t->oldest != t->head || t->needed)
		return false;
	for (size_t k = 0; k < TABLE_BRANCHES; k++)
		if (t->branches[k].open)
			return false;
	t->last_head = object_at(t, commit_at(t, t->head)->object)->id;
	t->headless = true;
	drop_oldest(t);
	t->head = NONE;
	list_join(t, &t->doomed, &t->own);
	return true;
}

bool history_make_room(struct table *t, size_t cells)
{
	while (cells_left(t) < cells) {
		if (!t->doomed.first) {
			for (size_t k = 0; k < TABLE_PINS; k++)
				t->pins[k].broken = t->pins[k].taken;
			if (!is_needed(t, t->oldest))
				drop_oldest(t);
			else if (!drop_head(t))
				return false;
		}
		release_doomed(t);
	}
	return true;
}

struct table_stats table_stats(const struct table *t)
{
	struct table_stats s = t->stats;
	s.entries = hash_count(t->live);
	s.history_bytes = history_cells(t) * 64;
	s.objects = t->objects;
	return s;
}

bool table_ref(const struct table *t, size_t i, struct table_ref *out)
{
	bool named = i > 0;
	uint32_t at = named ? t->oldest : t->head;
	*out = (struct table_ref){.name = "primary"};
	while (i && at && !(commit_at(t, at)->name && --i == 0))
		at = commit_at(t, at)->next;
	if (!at)
		return false;
	const struct commit *c = commit_at(t, at);
	out->id = object_at(t, c->object)->id;
	if (named)
		memcpy(out->name, cell_at(t, c->name), sizeof(out->name));
	return true;
}

bool table_shallow(const struct table *t, size_t i, struct table_id *out)
{
	uint64_t oldest = t->oldest ? commit_at(t, t->oldest)->seq : 0;
	for (uint32_t k = t->oldest; k; k = commit_at(t, k)->next) {
		const struct commit *c = commit_at(t, k);
		if (!c->parents || c->parent_seq >= oldest || i--)
			continue;
		*out = object_at(t, c->object)->id;
		return true;
	}
	return false;
}

bool table_read(const struct table *t, const struct table_id *id, enum table_type *type,
	uint8_t *out, size_t *n)
{
	uint32_t i = object_find(t, id);
	if (!i)
		return false;
	*type = object_at(t, i)->type;
	*n = object_read(t, i, out);
	flats_wipe(t);
	return true;
}

int table_pin(struct table *t)
{
	for (int k = 0; k < TABLE_PINS; k++) {
		if (t->pins[k].taken)
			continue;
		t->pins[k] = (struct pin){.taken = true};
		return k;
	}
	return -1;
}

bool table_pin_holds(const struct table *t, int pin)
{
	return t->pins[pin].taken && !t->pins[pin].broken;
}

void table_unpin(struct table *t, int pin)
{
	t->pins[pin] = (struct pin){0};
}
