/* map.c - byte strings to pointers, open addressing. SPDX-License-Identifier: ISC */
#include "base/base.h"

#include <string.h>

/* FNV-1a, 32 bit. */
static uint32_t hash_of(struct str key)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * 16777619u;
	return h;
}

/* The slot that holds KEY, or the free slot where it belongs. */
static uint32_t *find_slot(const struct map *m, struct str key, uint32_t hash)
{
	for (size_t i = hash & m->mask;; i = (i + 1) & m->mask) {
		if (!m->slots[i])
			return &m->slots[i];
		const struct map_entry *entry = &m->entries.v[m->slots[i] - 1];
		if (entry->hash == hash && str_eq(entry->key, key))
			return &m->slots[i];
	}
}

static void grow(struct map *m)
{
	size_t size = m->slots ? (m->mask + 1) * 2 : 16;
	m->slots = NEW_ARRAY(m->a, uint32_t, size);
	m->mask = size - 1;
	for (size_t i = 0; i < m->entries.n; i++) {
		const struct map_entry *entry = &m->entries.v[i];
		*find_slot(m, entry->key, entry->hash) = (uint32_t)i + 1;
	}
}

void **map_put(struct map *m, struct str key)
{
	if (!m->slots || m->entries.n * 2 > m->mask)
		grow(m);
	uint32_t hash = hash_of(key);
	uint32_t *slot = find_slot(m, key, hash);
	if (!*slot) {
		struct map_entry *entry = vec_add(m->a, &m->entries);
		*entry = (struct map_entry){{str_copy(m->a, key), key.n}, NULL, hash};
		*slot = (uint32_t)m->entries.n;
	}
	return &m->entries.v[*slot - 1].value;
}

static const struct map_entry *find(const struct map *m, struct str key)
{
	if (!m->slots)
		return NULL;
	uint32_t slot = *find_slot(m, key, hash_of(key));
	return slot ? &m->entries.v[slot - 1] : NULL;
}

void *map_get(const struct map *m, struct str key)
{
	const struct map_entry *entry = find(m, key);
	return entry ? entry->value : NULL;
}

bool map_has(const struct map *m, struct str key)
{
	return find(m, key) != NULL;
}
