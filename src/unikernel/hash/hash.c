/* hash.c - buckets with chains through an array of slots; what is free is a chain too.
 * SPDX-License-Identifier: ISC */
#include "hash.h"
#include <string.h>

#define ALIGN 8u
/* A chain of four billion slots has no end that fits 32 bits. */
#define ENTRIES_MAX (UINT32_MAX - 1)

/* Slots are counted from 1, so that zeroed memory is a table of empty chains. */
struct slot {
	uint32_t next; /* in its bucket, or among the free ones */
	uint32_t tag;  /* of the key's hash; 0: free */
	uint8_t key[]; /* and behind it, aligned, the value */
};

struct hash {
	uint64_t secret[2];
	size_t entries, count, used; /* slots behind USED were never taken */
	size_t key_size, slot_size, value_at, value_size;
	uint32_t mask, free;
	uint32_t *buckets;
	uint8_t *slots;
};

static size_t aligned(size_t n)
{
	return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

/* A power of two, so that on average a chain has at most one slot. */
static size_t buckets_for(size_t entries)
{
	size_t n = 2;
	while (n < entries)
		n *= 2;
	return n;
}

static size_t slot_size(size_t key_size, size_t value_size)
{
	return offsetof(struct slot, key) + aligned(key_size) + aligned(value_size);
}

size_t hash_memory(size_t entries, size_t key_size, size_t value_size)
{
	return aligned(sizeof(struct hash)) + aligned(buckets_for(entries) * sizeof(uint32_t)) +
	       entries * slot_size(key_size, value_size);
}

struct hash *hash_open(
	void *memory, size_t entries, size_t key_size, size_t value_size, const uint64_t secret[2])
{
	struct hash *h = memory;
	size_t buckets = buckets_for(entries);
	h->secret[0] = secret[0];
	h->secret[1] = secret[1];
	h->entries = entries < ENTRIES_MAX ? entries : ENTRIES_MAX;
	h->key_size = key_size;
	h->value_size = value_size;
	h->value_at = offsetof(struct slot, key) + aligned(key_size);
	h->slot_size = slot_size(key_size, value_size);
	h->mask = (uint32_t)(buckets - 1);
	h->buckets = (void *)((uint8_t *)memory + aligned(sizeof(*h)));
	h->slots = (uint8_t *)h->buckets + aligned(buckets * sizeof(uint32_t));
	return h;
}

static struct slot *slot_at(const struct hash *h, uint32_t i)
{
	return (void *)(h->slots + (size_t)(i - 1) * h->slot_size);
}

static void *value_of(const struct hash *h, struct slot *s)
{
	return (uint8_t *)s + h->value_at;
}

/* Where the number of KEY's slot stands: in its bucket's head or in the slot before it. What
 * stands there is 0 where there is no such slot. */
static uint32_t *find(const struct hash *h, const void *key, uint64_t hash)
{
	uint32_t tag = (uint32_t)(hash >> 32) | 1;
	uint32_t *at = &h->buckets[(uint32_t)hash & h->mask];
	while (*at) {
		struct slot *s = slot_at(h, *at);
		if (s->tag == tag && memcmp(s->key, key, h->key_size) == 0)
			break;
		at = &s->next;
	}
	return at;
}

void *hash_get(const struct hash *h, const void *key)
{
	uint32_t i = *find(h, key, siphash(h->secret, key, h->key_size));
	return i ? value_of(h, slot_at(h, i)) : NULL;
}

/* The number of a slot that is free; 0 where all are taken. */
static uint32_t take_slot(struct hash *h)
{
	uint32_t i = h->free;
	if (i)
		h->free = slot_at(h, i)->next;
	else if (h->used < h->entries)
		i = (uint32_t)++h->used;
	return i;
}

void *hash_put(struct hash *h, const void *key, bool *fresh)
{
	uint64_t hash = siphash(h->secret, key, h->key_size);
	uint32_t *at = find(h, key, hash);
	*fresh = !*at;
	if (*at)
		return value_of(h, slot_at(h, *at));
	uint32_t i = take_slot(h);
	if (!i)
		return NULL;
	struct slot *s = slot_at(h, i);
	s->next = 0;
	s->tag = (uint32_t)(hash >> 32) | 1;
	memcpy(s->key, key, h->key_size);
	*at = i;
	h->count++;
	return value_of(h, s);
}

bool hash_remove(struct hash *h, const void *key)
{
	uint32_t *at = find(h, key, siphash(h->secret, key, h->key_size));
	uint32_t i = *at;
	if (!i)
		return false;
	struct slot *s = slot_at(h, i);
	*at = s->next;
	memset(s, 0, h->slot_size);
	s->next = h->free;
	h->free = i;
	h->count--;
	return true;
}

size_t hash_count(const struct hash *h)
{
	return h->count;
}

bool hash_next(const struct hash *h, size_t *cursor, const void **key, void **value)
{
	while (*cursor < h->used) {
		struct slot *s = slot_at(h, (uint32_t)++ * cursor);
		if (!s->tag)
			continue;
		*key = s->key;
		*value = value_of(h, s);
		return true;
	}
	return false;
}
