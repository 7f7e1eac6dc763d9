/* objects.c - a set of objects, and commits and trees as git writes them.
 * SPDX-License-Identifier: ISC */
#include "parts.h"

#include <string.h>

#define ID_TEXT 40

static uint32_t slots_for(size_t max)
{
	uint32_t slots = 16;
	while (slots < max + max / 2)
		slots *= 2;
	return slots;
}

size_t git_objects_memory(size_t max)
{
	return max * (sizeof(struct object) + sizeof(uint32_t)) + slots_for(max) * sizeof(uint32_t);
}

void git_objects_open(struct objects *o, void *memory, size_t max, uint64_t secret)
{
	*o = (struct objects){
		.max = (uint32_t)max, .slot_count = slots_for(max), .secret = secret | 1};
	o->v = memory;
	o->queue = (uint32_t *)(void *)(o->v + max);
	o->slots = o->queue + max;
	git_objects_clear(o);
}

void git_objects_clear(struct objects *o)
{
	o->n = o->head = o->tail = 0;
	memset(o->slots, 0xff, o->slot_count * sizeof(uint32_t));
}

/* An odd multiplier that nobody knows spreads even ids that somebody chose. */
static uint32_t *slot_of(const struct objects *o, const struct table_id *id)
{
	uint64_t word;
	memcpy(&word, id->bytes, sizeof(word));
	uint32_t i = (uint32_t)(word * o->secret >> 32);
	for (;; i++) {
		uint32_t *slot = &o->slots[i & (o->slot_count - 1)];
		if (*slot == NONE || memcmp(&o->v[*slot].id, id, sizeof(*id)) == 0)
			return slot;
	}
}

uint32_t git_objects_find(const struct objects *o, const struct table_id *id)
{
	return *slot_of(o, id);
}

uint32_t git_objects_add(struct objects *o, const struct table_id *id, enum table_type type)
{
	uint32_t *slot = slot_of(o, id);
	if (*slot != NONE || o->n == o->max)
		return *slot;
	*slot = o->n;
	o->v[o->n] = (struct object){.id = *id, .type = (uint8_t)type, .old = NONE};
	if (type != TABLE_COMMIT)
		o->v[o->n].base = NONE;
	return o->n++;
}

void git_objects_push(struct objects *o, uint32_t i)
{
	if (o->tail < o->max)
		o->queue[o->tail++] = i;
}

uint32_t git_objects_pop(struct objects *o)
{
	return o->head < o->tail ? o->queue[o->head++] : NONE;
}

void git_objects_restart(struct objects *o)
{
	o->head = o->tail = 0;
}

bool git_tree_of_commit(const uint8_t *p, size_t n, struct table_id *out)
{
	const char *text = (const char *)p;
	return n > 5 + ID_TEXT && git_text_begins(text, n, "tree ") && text[5 + ID_TEXT] == '\n' &&
	       table_id_parse(text + 5, ID_TEXT, out);
}

bool git_parent_of_commit(const uint8_t *p, size_t n, size_t i, struct table_id *out)
{
	size_t at = 5 + ID_TEXT + 1 + i * (7 + ID_TEXT + 1);
	if (n < at + 7 + ID_TEXT + 1)
		return false;
	const char *text = (const char *)p + at;
	return git_text_begins(text, n - at, "parent ") && table_id_parse(text + 7, ID_TEXT, out);
}

bool git_tree_next(const uint8_t *tree, size_t n, size_t *at, struct tree_entry *out)
{
	if (*at >= n)
		return false;
	const uint8_t *p = tree + *at, *end = tree + n;
	const uint8_t *space = memchr(p, ' ', n - *at);
	if (!space)
		return false;
	const uint8_t *nul = memchr(space, 0, (size_t)(end - space));
	if (!nul || (size_t)(end - nul) < 1 + sizeof(struct table_id))
		return false;
	*out = (struct tree_entry){.p = p,
		.name = space + 1,
		.name_n = (size_t)(nul - space - 1),
		.is_tree = p[0] == '4'};
	memcpy(&out->id, nul + 1, sizeof(out->id));
	out->n = (size_t)(nul - p) + 1 + sizeof(out->id);
	*at += out->n;
	return true;
}

/* Folders sort as if their names ended with a slash. */
static unsigned char_at(const struct tree_entry *e, size_t i)
{
	if (i < e->name_n)
		return e->name[i];
	return i == e->name_n && e->is_tree ? '/' : 0;
}

int git_tree_compare(const struct tree_entry *a, const struct tree_entry *b)
{
	size_t common = a->name_n < b->name_n ? a->name_n : b->name_n;
	int order = memcmp(a->name, b->name, common);
	if (order)
		return order;
	if (a->name_n == b->name_n && a->is_tree == b->is_tree)
		return 0;
	unsigned x = char_at(a, common), y = char_at(b, common);
	return x != y ? (x < y ? -1 : 1) : a->name_n < b->name_n ? -1 : 1;
}

bool git_tree_match(struct tree_cursor *c, const struct tree_entry *entry)
{
	for (;;) {
		if (!c->held && !git_tree_next(c->tree, c->n, &c->at, &c->entry))
			return false;
		c->held = true;
		int order = git_tree_compare(&c->entry, entry);
		if (order >= 0)
			return order == 0;
		c->held = false;
	}
}
