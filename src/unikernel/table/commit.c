/* commit.c - commits that are kept, in the order in which they came. SPDX-License-Identifier: ISC
 */
#include "parts.h"
#include <string.h>

struct commit *commit_at(const struct table *t, uint32_t i)
{
	return cell_at(t, i);
}

uint32_t commit_of(const struct table *t, const struct table_id *id)
{
	uint32_t i = object_find(t, id);
	return i && object_at(t, i)->type == TABLE_COMMIT ? object_at(t, i)->base : NONE;
}

static void put(struct flat *f, const void *p, size_t n)
{
	memcpy(f->p + f->n, p, n);
	f->n += n;
}

static void put_text(struct flat *f, const char *s)
{
	put(f, s, strlen(s));
}

/* The table's own messages: "Arp.push: Merge pushed changes". */
static bool own_message(const struct table *t, struct flat *f, unsigned note)
{
	if (note != TABLE_PUSHED && note != TABLE_SEEDED)
		return false;
	f->n = 0;
	put_text(f, t->kind->author);
	if (f->p[0] >= 'a' && f->p[0] <= 'z')
		f->p[0] = (uint8_t)(f->p[0] - 'a' + 'A');
	put_text(f, note == TABLE_PUSHED ? ".push: Merge pushed changes"
					 : ".create: Merge seed repository");
	return true;
}

void commit_message(struct table *t, unsigned note, const void *key, const void *value)
{
	struct flat *f = &t->flat[FLAT_TEXT];
	if (!own_message(t, f, note))
		f->n = t->kind->message(note, key, value, (char *)f->p);
	if (!f->n)
		put_text(f, "update");
	flat_used(f, f->n);
}

static void put_id(struct flat *f, const char *word, const struct table_id *id)
{
	char hex[41];
	table_id_text(id, hex);
	put_text(f, word);
	put(f, hex, 40);
	put_text(f, "\n");
}

static void put_person(struct flat *f, const char *word, const char *name, uint64_t seconds)
{
	char digits[20];
	put_text(f, word);
	put_text(f, name);
	put_text(f, " <");
	put_text(f, name);
	put_text(f, "@respin> ");
	put(f, digits, number_write(seconds, digits));
	put_text(f, " +0000\n");
}

static void put_commit(
	struct table *t, uint32_t tree, const uint32_t *parents, size_t n, uint64_t seconds)
{
	struct flat *f = &t->flat[FLAT_NEW];
	const struct flat *message = &t->flat[FLAT_TEXT];
	f->n = 0;
	put_id(f, "tree ", &object_at(t, tree)->id);
	for (size_t i = 0; i < n; i++)
		put_id(f, "parent ", &object_at(t, commit_at(t, parents[i])->object)->id);
	if (!n && t->headless)
		put_id(f, "parent ", &t->last_head);
	put_person(f, "author ", t->kind->author, seconds);
	put_person(f, "committer ", t->kind->author, seconds);
	put_text(f, "\n");
	put(f, message->p, message->n);
	put_text(f, "\n");
	flat_used(f, f->n);
}

/* Two commits that would be the same get dates a second apart. */
uint32_t commit_make(
	struct table *t, uint32_t tree, const uint32_t *parents, size_t n, uint64_t time)
{
	const struct flat *f = &t->flat[FLAT_NEW];
	struct table_id id;
	uint64_t seconds = time / 1000000000u;
	do {
		put_commit(t, tree, parents, n, seconds++);
		id_make(TABLE_COMMIT, f->p, f->n, &id);
	} while (commit_of(t, &id));
	uint32_t object = object_put(t, TABLE_COMMIT, f->p, f->n);
	if (object == FAILED)
		return FAILED;
	uint32_t made = commit_keep(t, object, time);
	if (made == FAILED)
		object_sweep(t, object);
	else
		t->stats.commits++;
	return made;
}

static bool id_after(
	const uint8_t *text, size_t n, size_t at, const char *word, struct table_id *out)
{
	size_t word_n = strlen(word);
	return n >= at + word_n + 41 && memcmp(text + at, word, word_n) == 0 &&
	       table_id_parse((const char *)text + at + word_n, 40, out);
}

bool commit_tree(const uint8_t *text, size_t n, struct table_id *out)
{
	return id_after(text, n, 0, "tree ", out);
}

bool commit_parent(const uint8_t *text, size_t n, size_t k, struct table_id *out)
{
	return id_after(text, n, 46 + 48 * k, "parent ", out);
}

uint64_t commit_seconds(const uint8_t *text, size_t n)
{
	static const char word[] = "\ncommitter ";
	uint64_t seconds = 0;
	for (size_t i = 0; i + sizeof(word) <= n; i++) {
		if (memcmp(text + i, word, sizeof(word) - 1) != 0)
			continue;
		const uint8_t *p = memchr(text + i, '>', n - i), *end = text + n;
		for (p += p ? 2 : 0; p && p < end && *p >= '0' && *p <= '9'; p++)
			seconds = seconds * 10 + (uint64_t)(*p - '0');
		break;
	}
	return seconds;
}

static void link_parents(struct table *t, struct commit *c, const struct flat *text)
{
	struct table_id id;
	c->parent_seq = UINT64_MAX;
	for (; commit_parent(text->p, text->n, c->parents, &id); c->parents++) {
		uint32_t i = commit_of(t, &id);
		uint64_t seq = i ? commit_at(t, i)->seq : 0;
		if (seq < c->parent_seq)
			c->parent_seq = seq;
	}
}

uint32_t commit_keep(struct table *t, uint32_t object, uint64_t time)
{
	struct flat *text = &t->flat[FLAT_OLD];
	struct table_id tree;
	object_flat(t, object, text);
	uint32_t i = cell_take(t);
	if (!i)
		return FAILED;
	struct commit *c = commit_at(t, i), *last = t->newest ? commit_at(t, t->newest) : NULL;
	commit_tree(text->p, text->n, &tree);
	link_parents(t, c, text);
	c->object = object;
	c->tree = object_find(t, &tree);
	c->time = time;
	c->seq = ++t->seq;
	c->prev = t->newest;
	if (last)
		last->next = i;
	else
		t->oldest = i;
	t->newest = i;
	object_at(t, object)->base = i;
	object_hold(t, object);
	return i;
}

static void drop_name(struct table *t, struct commit *c)
{
	struct table_ref gone = {0};
	if (!c->name)
		return;
	memcpy(gone.name, cell_at(t, c->name), TABLE_NAME_MAX);
	cell_free(t, c->name);
	c->name = NONE;
	if (t->watcher.moved)
		t->watcher.moved(t->watcher.ctx, &gone);
}

void commit_forget(struct table *t, uint32_t i)
{
	struct commit *c = commit_at(t, i);
	if (c->prev)
		commit_at(t, c->prev)->next = c->next;
	else
		t->oldest = c->next;
	if (c->next)
		commit_at(t, c->next)->prev = c->prev;
	else
		t->newest = c->prev;
	drop_name(t, c);
	list_join(t, &t->doomed, &c->own);
	object_at(t, c->object)->base = NONE;
	object_release(t, c->object);
	cell_free(t, i);
}

bool commit_name(struct table *t, uint32_t i, const char *name)
{
	struct commit *c = commit_at(t, i);
	for (uint32_t k = t->oldest; k; k = commit_at(t, k)->next) {
		struct commit *other = commit_at(t, k);
		if (other->name && strcmp(cell_at(t, other->name), name) == 0) {
			cell_free(t, other->name);
			other->name = NONE;
		}
	}
	c->name = cell_take(t);
	if (!c->name)
		return false;
	memcpy(cell_at(t, c->name), name, strlen(name));
	commit_told(t, name, i);
	return true;
}

void commit_told(struct table *t, const char *name, uint32_t i)
{
	struct table_ref ref = {.id = object_at(t, commit_at(t, i)->object)->id};
	if (!t->watcher.moved)
		return;
	memcpy(ref.name, name, strlen(name));
	t->watcher.moved(t->watcher.ctx, &ref);
}

void commit_advance(struct table *t, uint32_t i)
{
	if (t->head)
		list_join(t, &commit_at(t, t->head)->own, &t->own);
	else
		objects_release(t, &t->own);
	t->head = i;
	t->headless = false;
	commit_at(t, i)->flags |= IN_PRIMARY;
	t->work++;
	commit_told(t, "primary", i);
}
