/* delta.c - objects as differences from others (gitformat-pack, "deltified representation").
 * SPDX-License-Identifier: ISC */
#include "parts.h"

#include <string.h>

#define INSERT_MAX 127
#define COPY_MAX 0xffff

static void put_size(struct out *o, size_t size)
{
	do {
		uint8_t byte = (uint8_t)((size & 127) | (size > 127 ? 128 : 0));
		git_out_bytes(o, &byte, 1);
		size >>= 7;
	} while (size);
}

/* A byte of flags says which bytes of offset and size follow. */
static void put_copy(struct out *o, size_t offset, size_t size)
{
	uint8_t code[7] = {0x80};
	size_t n = 1;
	for (unsigned i = 0; i < 4; i++) {
		uint8_t byte = (uint8_t)(offset >> (8 * i));
		if (byte) {
			code[0] |= (uint8_t)(1u << i);
			code[n++] = byte;
		}
	}
	for (unsigned i = 0; i < 2; i++) {
		uint8_t byte = (uint8_t)(size >> (8 * i));
		if (byte) {
			code[0] |= (uint8_t)(0x10u << i);
			code[n++] = byte;
		}
	}
	git_out_bytes(o, code, n);
}

static void put_insert(struct out *o, const uint8_t *p, size_t n)
{
	while (n) {
		uint8_t part = (uint8_t)(n < INSERT_MAX ? n : INSERT_MAX);
		git_out_bytes(o, &part, 1);
		git_out_bytes(o, p, part);
		p += part;
		n -= part;
	}
}

/* A run of equal bytes of base and result, or of new ones. */
struct run {
	struct out *o;
	const uint8_t *base;
	const uint8_t *p; /* the run: in the base, or new */
	size_t n;
	bool is_copy;
};

static void run_end(struct run *r)
{
	while (r->is_copy && r->n) {
		size_t part = r->n < COPY_MAX ? r->n : COPY_MAX;
		put_copy(r->o, (size_t)(r->p - r->base), part);
		r->p += part;
		r->n -= part;
	}
	if (!r->is_copy)
		put_insert(r->o, r->p, r->n);
	r->n = 0;
}

static void run_add(struct run *r, bool is_copy, const uint8_t *p, size_t n)
{
	if (r->n && (r->is_copy != is_copy || r->p + r->n != p))
		run_end(r);
	if (!r->n) {
		r->is_copy = is_copy;
		r->p = p;
	}
	r->n += n;
}

size_t git_tree_delta(
	const uint8_t *base, size_t base_n, const uint8_t *a, size_t n, uint8_t *to, size_t room)
{
	struct out o = {.p = to, .room = room};
	put_size(&o, base_n);
	put_size(&o, n);
	struct run run = {.o = &o, .base = base};
	struct tree_cursor cursor = {.tree = base, .n = base_n};
	struct tree_entry e;
	size_t at = 0;
	while (git_tree_next(a, n, &at, &e) && !o.overfull) {
		bool same = git_tree_match(&cursor, &e) && cursor.entry.n == e.n &&
			    memcmp(cursor.entry.p, e.p, e.n) == 0;
		run_add(&run, same, same ? cursor.entry.p : e.p, e.n);
	}
	run_end(&run);
	return o.overfull || at != n ? 0 : o.n;
}

struct input {
	const uint8_t *p, *end;
};

static bool get_size(struct input *in, size_t *size)
{
	*size = 0;
	for (unsigned shift = 0; in->p < in->end && shift < 28; shift += 7) {
		uint8_t byte = *in->p++;
		*size |= (size_t)(byte & 127) << shift;
		if (!(byte & 128))
			return true;
	}
	return false;
}

/* The bytes of a number that FLAGS says are there. */
static bool get_sparse(struct input *in, unsigned flags, unsigned count, size_t *out)
{
	*out = 0;
	for (unsigned i = 0; i < count; i++) {
		if (!(flags >> i & 1))
			continue;
		if (in->p == in->end)
			return false;
		*out |= (size_t)*in->p++ << (8 * i);
	}
	return true;
}

static bool apply_copy(
	struct input *in, unsigned code, const uint8_t *base, size_t base_n, struct out *o)
{
	size_t offset, size;
	if (!get_sparse(in, code & 15, 4, &offset) || !get_sparse(in, code >> 4 & 7, 3, &size))
		return false;
	if (!size)
		size = 0x10000;
	if (offset > base_n || size > base_n - offset)
		return false;
	git_out_bytes(o, base + offset, size);
	return true;
}

static bool apply_insert(struct input *in, size_t n, struct out *o)
{
	if (!n || n > (size_t)(in->end - in->p))
		return false;
	git_out_bytes(o, in->p, n);
	in->p += n;
	return true;
}

bool git_delta_apply(const uint8_t *base, size_t base_n, const uint8_t *delta, size_t delta_n,
	uint8_t *to, size_t *n)
{
	struct input in = {delta, delta + delta_n};
	size_t from, size;
	if (!get_size(&in, &from) || !get_size(&in, &size) || from != base_n ||
		size > TABLE_OBJECT_MAX)
		return false;
	struct out o = {.p = to, .room = size};
	while (in.p < in.end) {
		unsigned code = *in.p++;
		bool good = code & 128 ? apply_copy(&in, code, base, base_n, &o)
				       : apply_insert(&in, code, &o);
		if (!good || o.overfull)
			return false;
	}
	*n = o.n;
	return o.n == size;
}
