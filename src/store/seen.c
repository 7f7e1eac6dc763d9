/* seen.c - the SHA-256 of files by path and stamp: a hash table in one file.
 * SPDX-License-Identifier: ISC */
#include "store/seen.h"

#include <string.h>

#define SIZE_LIMIT ((size_t)256 * 1024 * 1024)

static const char magic[16] = "respin seen 1\n";

struct header {
	char magic[sizeof(magic)];
	struct digest sum; /* of all that follows */
	uint64_t n_slots;  /* a power of two */
};

/* FNV-1a, 64 bit; never 0. */
static uint64_t hash_of(struct str path)
{
	uint64_t h = 14695981039346656037u;
	for (size_t i = 0; i < path.n; i++)
		h = (h ^ (unsigned char)path.p[i]) * 1099511628211u;
	return h ? h : 1;
}

static struct str behind_sum(struct str bytes)
{
	return str_from(bytes, offsetof(struct header, n_slots));
}

static bool is_whole(struct str bytes)
{
	if (bytes.n < sizeof(struct header))
		return false;
	const struct header *h = (const void *)bytes.p;
	if (memcmp(h->magic, magic, sizeof(magic)) != 0)
		return false;
	struct digest sum = hash_bytes(behind_sum(bytes));
	return digest_eq(&sum, &h->sum);
}

void memories_read(struct arena *a, const char *file, struct memories *m)
{
	struct err ignored;
	struct str bytes;
	*m = (struct memories){0};
	if (!file_read(a, file, SIZE_LIMIT, &bytes, &ignored) || !is_whole(bytes))
		return;
	const struct header *h = (const void *)bytes.p;
	m->slots = (const void *)(bytes.p + sizeof(*h));
	m->n_slots = h->n_slots;
	m->paths = (const char *)(m->slots + m->n_slots);
}

struct str memory_path(const struct memories *m, const struct memory *one)
{
	return (struct str){m->paths + one->path, one->path_n};
}

const struct memory *memories_find(const struct memories *m, struct str path)
{
	if (!m->n_slots)
		return NULL;
	uint64_t hash = hash_of(path);
	for (size_t i = hash & (m->n_slots - 1); m->slots[i].hash; i = (i + 1) & (m->n_slots - 1))
		if (m->slots[i].hash == hash && str_eq(memory_path(m, &m->slots[i]), path))
			return &m->slots[i];
	return NULL;
}

static void add_slot(
	struct memory *slots, size_t n_slots, struct text *paths, const struct remembered *one)
{
	uint64_t hash = hash_of(one->path);
	size_t i = hash & (n_slots - 1);
	for (; slots[i].hash; i = (i + 1) & (n_slots - 1)) {
		struct str path = {paths->p + slots[i].path, slots[i].path_n};
		if (slots[i].hash == hash && str_eq(path, one->path))
			return;
	}
	slots[i].hash = hash;
	slots[i].stamp = one->stamp;
	slots[i].digest = one->digest;
	slots[i].path = (uint32_t)paths->n;
	slots[i].path_n = (uint32_t)one->path.n;
	text_add(paths, one->path);
}

bool memories_write(const char *file, const remembereds *all, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	size_t n_slots = 64;
	while (n_slots < all->n * 2)
		n_slots *= 2;
	struct memory *slots = NEW_ARRAY(&scratch, struct memory, n_slots);
	struct text paths = {.a = &scratch};
	vec_for(one, all)
		add_slot(slots, n_slots, &paths, one);
	struct header h = {.n_slots = n_slots};
	memcpy(h.magic, magic, sizeof(magic));
	struct text bytes = {.a = &scratch};
	text_add(&bytes, (struct str){(const char *)&h, sizeof(h)});
	text_add(&bytes, (struct str){(const char *)slots, n_slots * sizeof(*slots)});
	text_add(&bytes, text_str(&paths));
	struct digest sum = hash_bytes(behind_sum(text_str(&bytes)));
	memcpy(bytes.p + offsetof(struct header, sum), &sum, sizeof(sum));
	return file_write_cache(file, text_str(&bytes), 0666, e);
}
