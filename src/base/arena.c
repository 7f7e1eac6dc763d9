/* arena.c - memory with one lifetime. SPDX-License-Identifier: ISC */
#include "base/base.h"

#include <string.h>

#define BLOCK_SIZE ((size_t)32 * 1024)
#define ALIGNMENT _Alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) char bytes[];
};

/* With RESPIN_ARENA_DEBUG each allocation is a block of its own, so that a sanitizer sees overruns.
 */
#ifdef RESPIN_ARENA_DEBUG
#define SHARE_BLOCKS 0
#else
#define SHARE_BLOCKS 1
#endif

static struct arena_block *new_block(struct arena *a, size_t size)
{
	size_t total = size + sizeof(struct arena_block);
	struct arena_block *b = total < size ? NULL : base_get_memory(total);
	if (!b)
		base_out_of_memory(size);
	b->used = 0;
	b->size = size;
	b->next = a->head;
	a->head = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	if (size > SIZE_MAX - BLOCK_SIZE)
		base_out_of_memory(size);
	size_t need = SHARE_BLOCKS ? (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1) : size;
	struct arena_block *b = a->head;
	if (!SHARE_BLOCKS || !b || b->size - b->used < need)
		b = new_block(a, SHARE_BLOCKS && need < BLOCK_SIZE / 4 ? BLOCK_SIZE : need);
	void *p = b->bytes + b->used;
	b->used += need;
	return memset(p, 0, size);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		base_out_of_memory(SIZE_MAX);
	return arena_alloc(a, count * size);
}

void arena_free(struct arena *a)
{
	struct arena_block *b = a->head;
	while (b) {
		struct arena_block *next = b->next;
		base_put_memory(b);
		b = next;
	}
	a->head = NULL;
}

void *vec_grow(struct arena *a, void **v, size_t *n, size_t *cap, size_t size)
{
	if (*n == *cap) {
		size_t bigger = *cap ? *cap * 2 : 8;
		void *p = arena_array(a, bigger, size);
		if (*n)
			memcpy(p, *v, *n * size);
		*v = p;
		*cap = bigger;
	}
	char *element = (char *)*v + *n * size;
	++*n;
	return memset(element, 0, size);
}
