/* pack_write.c - writes a pack in pieces (gitformat-pack, version 2): each object deflated, folders
 * as deltas of earlier versions. SPDX-License-Identifier: ISC */
#include "parts.h"

#include <string.h>

#define REF_DELTA 7
#define WINDOW_BITS 12
#define MEMORY_LEVEL 5

static void put_four(uint8_t *to, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (24 - 8 * i));
}

void git_pack_writer_begin(struct job *j)
{
	struct pack_writer *w = &j->writer;
	*w = (struct pack_writer){.small_n = 12};
	uint32_t count = 0;
	for (uint32_t i = 0; i < j->objects.n; i++)
		count += j->objects.v[i].flags & OBJECT_SEND ? 1 : 0;
	memcpy(w->small, "PACK", 4);
	put_four(w->small + 4, 2);
	put_four(w->small + 8, count);
	sha1_init(&w->sha);
	git_zlib_prepare(&w->z, &j->zlib[1]);
	if (deflateInit2(&w->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		j->error = "no memory to deflate it";
}

/* The head of an object: its type and size, and the base's name where it is a delta. */
static void put_head(struct pack_writer *w, unsigned type, size_t size, const struct table_id *base)
{
	uint8_t byte = (uint8_t)(type << 4 | (size & 15));
	w->small_n = w->small_at = 0;
	for (size >>= 4; size; size >>= 7) {
		w->small[w->small_n++] = byte | 128;
		byte = size & 127;
	}
	w->small[w->small_n++] = byte;
	if (base) {
		memcpy(w->small + w->small_n, base, sizeof(*base));
		w->small_n += sizeof(*base);
	}
}

/* What is to be deflated of the object in A: itself, or a delta in C. */
static bool object_as_delta(struct job *j, const struct object *o, size_t n)
{
	struct pack_writer *w = &j->writer;
	size_t base_n;
	if (o->type != TABLE_TREE || o->base == NONE)
		return false;
	const struct object *base = &j->objects.v[o->base];
	if (!(base->flags & OBJECT_SEND) || !git_job_read(j, &base->id, TABLE_TREE, j->b, &base_n))
		return false;
	size_t delta_n = git_tree_delta(j->b, base_n, j->a, n, j->c, n / 2);
	if (!delta_n)
		return false;
	put_head(w, REF_DELTA, delta_n, &base->id);
	w->z.next_in = j->c;
	w->z.avail_in = (uInt)delta_n;
	return true;
}

static bool object_begin(struct job *j)
{
	struct pack_writer *w = &j->writer;
	while (w->next < j->objects.n && !(j->objects.v[w->next].flags & OBJECT_SEND))
		w->next++;
	if (w->next == j->objects.n) {
		sha1_digest(&w->sha, 20, w->small);
		w->small_n = 20;
		w->small_at = 0;
		w->trailer = true;
		return true;
	}
	const struct object *o = &j->objects.v[w->next++];
	size_t n;
	if (!git_job_read(j, &o->id, (enum table_type)o->type, j->a, &n))
		return false;
	deflateReset(&w->z);
	if (!object_as_delta(j, o, n)) {
		put_head(w, o->type, n, NULL);
		w->z.next_in = j->a;
		w->z.avail_in = (uInt)n;
	}
	w->in_object = true;
	if (j->conn)
		j->conn->server->stats.objects_sent++;
	return true;
}

static void fill_small(struct pack_writer *w, struct out *o)
{
	size_t part = w->small_n - w->small_at;
	part = part < o->room - o->n ? part : o->room - o->n;
	git_out_bytes(o, w->small + w->small_at, part);
	w->small_at += part;
}

static void fill_deflated(struct pack_writer *w, struct out *o)
{
	w->z.next_out = o->p + o->n;
	w->z.avail_out = (uInt)(o->room - o->n);
	w->in_object = deflate(&w->z, Z_FINISH) != Z_STREAM_END;
	o->n = o->room - w->z.avail_out;
}

/* Adds what was written from BEGIN on to the checksum. */
static void sum(struct pack_writer *w, const struct out *o, size_t begin)
{
	if (!w->trailer)
		sha1_update(&w->sha, o->n - begin, o->p + begin);
}

bool git_pack_writer_fill(struct job *j, struct out *o)
{
	struct pack_writer *w = &j->writer;
	while (o->n < o->room) {
		size_t begin = o->n;
		if (w->small_at < w->small_n)
			fill_small(w, o);
		else if (w->in_object)
			fill_deflated(w, o);
		else if (w->trailer || !object_begin(j))
			break;
		sum(w, o, begin);
	}
	return w->trailer && w->small_at == w->small_n;
}
