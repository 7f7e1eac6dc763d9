/* pack_read.c - reads a pack as it comes (gitformat-pack, version 2). Bases of deltas come before
 * them, as git writes packs, or are known already. SPDX-License-Identifier: ISC */
#include "parts.h"

#include <string.h>

#define HEAD 12
#define SHA1 20
#define OFS_DELTA 6
#define REF_DELTA 7
#define TAG 4

static bool wrong(struct pack_reader *r, const char *why)
{
	r->why = why;
	return false;
}

void git_pack_reader_open(struct pack_reader *r, struct zlib_memory *m)
{
	sha1_init(&r->sha);
	r->state = PACK_HEAD;
	r->why = NULL;
	r->small_n = 0;
	r->at = 0;
	git_objects_clear(r->objects);
	git_zlib_prepare(&r->z, m);
	if (inflateInit(&r->z) != Z_OK)
		r->why = "no memory to inflate it";
}

static uint32_t four_bytes(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void object_begin(struct pack_reader *r)
{
	r->state = r->left ? PACK_OBJECT : PACK_TRAILER;
	r->begin = r->at;
	r->shift = 0;
	r->small_n = 0;
	r->deltas = 0;
}

static bool head_ended(struct pack_reader *r)
{
	if (memcmp(r->small, "PACK", 4) != 0 || four_bytes(r->small + 4) != 2)
		return wrong(r, "it is not a pack of version 2");
	r->left = four_bytes(r->small + 8);
	if (r->left > r->objects->max)
		return wrong(r, "it has too many objects");
	object_begin(r);
	return true;
}

/* Collects a field of N bytes; true when it is whole. */
static bool field(struct pack_reader *r, uint8_t byte, size_t n)
{
	r->small[r->small_n++] = byte;
	return r->small_n == n;
}

static bool data_begin(struct pack_reader *r)
{
	r->state = PACK_DATA;
	r->data_n = 0;
	r->z.next_out = r->data;
	r->z.avail_out = (uInt)r->size;
	return inflateReset(&r->z) == Z_OK || wrong(r, "it can't be inflated");
}

static bool type_ended(struct pack_reader *r)
{
	if (r->size > TABLE_OBJECT_MAX)
		return wrong(r, "an object is too large");
	r->back = 0;
	switch (r->type) {
	case TABLE_COMMIT:
	case TABLE_TREE:
	case TABLE_BLOB:
		return data_begin(r);
	case OFS_DELTA:
		r->state = PACK_OFFSET;
		return true;
	case REF_DELTA:
		r->state = PACK_BASE;
		return true;
	default:
		return wrong(r, r->type == TAG ? "tags are not taken" : "an object is of no type");
	}
}

/* Type and size: three bits and four, then seven a byte. */
static bool take_type(struct pack_reader *r, uint8_t byte)
{
	if (!r->shift) {
		r->type = byte >> 4 & 7;
		r->size = byte & 15;
		r->shift = 4;
	} else {
		if (r->shift > 25)
			return wrong(r, "an object is too large");
		r->size |= (uint64_t)(byte & 127) << r->shift;
		r->shift += 7;
	}
	return byte & 128 ? true : type_ended(r);
}

/* The object of this pack that begins at OFFSET; they are in order. */
static const struct object *object_at(const struct objects *o, uint32_t offset)
{
	uint32_t low = 0, high = o->n;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (o->v[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < o->n && o->v[low].offset == offset ? &o->v[low] : NULL;
}

static bool base_found(struct pack_reader *r, const struct object *base)
{
	r->deltas = base->deltas + 1u;
	if (r->deltas > PACK_DELTAS_MAX)
		return wrong(r, "a chain of deltas is too long");
	r->base_id = base->id;
	return data_begin(r);
}

/* How far back the base begins: seven bits a byte, one more for each byte that follows. */
static bool take_offset(struct pack_reader *r, uint8_t byte)
{
	if (r->back >> 24)
		return wrong(r, "a delta has no base");
	r->back = (r->small_n++ ? (r->back + 1) << 7 : 0) | (byte & 127);
	if (byte & 128)
		return true;
	const struct object *base =
		r->back <= r->begin ? object_at(r->objects, r->begin - r->back) : NULL;
	return base ? base_found(r, base) : wrong(r, "a delta has no base");
}

static bool base_named(struct pack_reader *r)
{
	memcpy(&r->base_id, r->small, SHA1);
	uint32_t i = git_objects_find(r->objects, &r->base_id);
	if (i != NONE)
		return base_found(r, &r->objects->v[i]);
	r->deltas = 1; /* one that the other side knows, or none: its reading tells */
	return data_begin(r);
}

static bool take_small(struct pack_reader *r, uint8_t byte)
{
	switch (r->state) {
	case PACK_HEAD:
		return field(r, byte, HEAD) ? head_ended(r) : true;
	case PACK_OBJECT:
		return take_type(r, byte);
	case PACK_OFFSET:
		return take_offset(r, byte);
	case PACK_BASE:
		return field(r, byte, SHA1) ? base_named(r) : true;
	default:
		return wrong(r, "something follows it");
	}
}

static bool keep_object(struct pack_reader *r, enum table_type type, const uint8_t *p, size_t n)
{
	struct table_id id;
	const char *why = r->sink.take(r->sink.ctx, type, p, n, &id);
	if (why)
		return wrong(r, why);
	uint32_t before = r->objects->n;
	uint32_t i = git_objects_add(r->objects, &id, type);
	if (i != before)
		return wrong(r, "an object comes twice");
	r->objects->v[i].offset = r->begin;
	r->objects->v[i].deltas = (uint8_t)r->deltas;
	return true;
}

static bool keep_delta(struct pack_reader *r)
{
	enum table_type type;
	size_t base_n, n;
	if (!r->sink.read(r->sink.ctx, &r->base_id, &type, r->base, &base_n))
		return wrong(r, "a delta has no base");
	if (!git_delta_apply(r->base, base_n, r->data, r->data_n, r->result, &n))
		return wrong(r, "a delta does not fit its base");
	return keep_object(r, type, r->result, n);
}

static bool data_ended(struct pack_reader *r)
{
	if (r->data_n != r->size)
		return wrong(r, "an object has another size than it says");
	bool kept = r->type == OFS_DELTA || r->type == REF_DELTA
			    ? keep_delta(r)
			    : keep_object(r, (enum table_type)r->type, r->data, r->data_n);
	r->left--;
	object_begin(r);
	return kept;
}

/* Gives bytes to zlib; *USED is how many of them belong to the object. Where an object's room is
 * full, zlib gets a byte more: it must not want it. */
static bool take_data(struct pack_reader *r, const uint8_t *p, size_t n, size_t *used)
{
	uint8_t beyond;
	r->z.next_in = (z_const Bytef *)(uintptr_t)p;
	r->z.avail_in = (uInt)n;
	bool full = !r->z.avail_out;
	if (full) {
		r->z.next_out = &beyond;
		r->z.avail_out = 1;
	}
	int result = inflate(&r->z, Z_NO_FLUSH);
	*used = n - r->z.avail_in;
	if (full && !r->z.avail_out)
		return wrong(r, "an object has another size than it says");
	if (full)
		r->z.avail_out = 0;
	r->data_n = (size_t)r->size - r->z.avail_out;
	r->at += (uint32_t)*used;
	sha1_update(&r->sha, *used, p);
	if (result == Z_STREAM_END)
		return data_ended(r);
	return result == Z_OK || wrong(r, "it can't be inflated");
}

static bool take_trailer(struct pack_reader *r, uint8_t byte)
{
	uint8_t sum[SHA1];
	if (!field(r, byte, SHA1))
		return true;
	sha1_digest(&r->sha, SHA1, sum);
	r->state = PACK_END;
	return memcmp(sum, r->small, SHA1) == 0 || wrong(r, "its checksum is wrong");
}

bool git_pack_reader_take(struct pack_reader *r, const uint8_t *p, size_t n)
{
	while (!r->why && n) {
		size_t used = 1;
		if (r->state == PACK_DATA) {
			if (!take_data(r, p, n, &used))
				return false;
		} else if (r->state == PACK_TRAILER) {
			take_trailer(r, *p);
		} else {
			sha1_update(&r->sha, 1, p);
			r->at++;
			take_small(r, *p);
		}
		p += used;
		n -= used;
	}
	return !r->why;
}

bool git_pack_reader_finish(struct pack_reader *r)
{
	if (r->why)
		return false;
	return r->state == PACK_END || wrong(r, "it ends early");
}
