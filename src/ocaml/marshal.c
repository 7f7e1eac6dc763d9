/* marshal.c - reads OCaml's marshalled values into one array. SPDX-License-Identifier: ISC */
#include "ocaml/marshal.h"

#include <string.h>

enum {
	CODE_INT8 = 0x00,
	CODE_INT16,
	CODE_INT32,
	CODE_INT64,
	CODE_SHARED8,
	CODE_SHARED16,
	CODE_SHARED32,
	CODE_DOUBLES32_LITTLE,
	CODE_BLOCK32,
	CODE_STRING8,
	CODE_STRING32,
	CODE_DOUBLE_BIG,
	CODE_DOUBLE_LITTLE,
	CODE_DOUBLES8_BIG,
	CODE_DOUBLES8_LITTLE,
	CODE_DOUBLES32_BIG,
	CODE_CUSTOM = 0x12,
	CODE_BLOCK64,
	CODE_SHARED64,
	CODE_STRING64,
	CODE_CUSTOM_SIZED = 0x18,
	CODE_CUSTOM_FIXED,
	CODE_SMALL_STRING = 0x20,
	CODE_SMALL_INT = 0x40,
	CODE_SMALL_BLOCK = 0x80
};

#define MAGIC_SMALL 0x8495A6BEu
#define MAGIC_BIG 0x8495A6BFu
#define MAGIC_COMPRESSED 0x8495A6BDu
/* Far above what names the units of an archive: 256 MiB of them. */
#define MAX_VALUES ((size_t)16 << 20)

/* A block whose fields from NEXT to END are still to be read. */
struct open_block {
	uint32_t next, end;
};

struct reader {
	struct arena *a;
	const unsigned char *start, *at, *end;
	VEC(struct marshal_value) values;
	VEC(uint32_t) objects; /* what may be shared, in order: places in VALUES */
	VEC(struct open_block) open;
	size_t max_objects;
	struct err *e;
};

MUST_CHECK static bool wrong(struct reader *r, const char *what)
{
	return fail(r->e, E_INPUT, "byte %zu: expected %s", (size_t)(r->at - r->start), what);
}

/* SIZE bytes as a number, most significant first. */
MUST_CHECK static bool take_number(struct reader *r, int size, uint64_t *out)
{
	uint64_t value = 0;
	*out = 0;
	if (r->end - r->at < size)
		return wrong(r, "more bytes: it is cut off");
	for (int i = 0; i < size; i++)
		value = value << 8 | *r->at++;
	*out = value;
	return true;
}

MUST_CHECK static bool take_bytes(struct reader *r, uint64_t n, struct str *out)
{
	if (n > (uint64_t)(r->end - r->at))
		return wrong(r, "more bytes: it is cut off");
	*out = (struct str){(const char *)r->at, (size_t)n};
	r->at += n;
	return true;
}

MUST_CHECK static bool add_object(struct reader *r, uint32_t place)
{
	if (r->objects.n >= r->max_objects)
		return wrong(r, "no more objects than its head says");
	vec_push(r->a, &r->objects, place);
	return true;
}

MUST_CHECK static bool read_block(struct reader *r, uint32_t place, uint64_t tag, uint64_t n)
{
	struct marshal_value *v = &r->values.v[place];
	v->kind = MARSHAL_BLOCK;
	v->tag = (uint8_t)tag;
	if (n > (uint64_t)(r->end - r->at))
		return wrong(r, "more bytes: it is cut off within a block");
	if (!n)
		return true;
	if (r->values.n + n > MAX_VALUES)
		return wrong(r, "fewer values");
	uint32_t first = (uint32_t)r->values.n;
	v->n = (uint32_t)n;
	v->u.first = first;
	for (uint64_t i = 0; i < n; i++)
		vec_add(r->a, &r->values);
	vec_push(r->a, &r->open, ((struct open_block){first, first + (uint32_t)n}));
	return add_object(r, place);
}

MUST_CHECK static bool read_string(struct reader *r, uint32_t place, uint64_t n)
{
	struct marshal_value *v = &r->values.v[place];
	v->kind = MARSHAL_STRING;
	struct str text = {NULL, 0};
	if (n > UINT32_MAX)
		return wrong(r, "a shorter string");
	if (!take_bytes(r, n, &text))
		return false;
	v->n = (uint32_t)n;
	v->u.text = text.p;
	return add_object(r, place);
}

MUST_CHECK static bool read_int(struct reader *r, uint32_t place, int size)
{
	uint64_t bits;
	if (!take_number(r, size, &bits))
		return false;
	int shift = 64 - 8 * size;
	r->values.v[place].u.number = (int64_t)(bits << shift) >> shift;
	return true;
}

MUST_CHECK static bool read_shared(struct reader *r, uint32_t place, int size)
{
	uint64_t back;
	if (!take_number(r, size, &back))
		return false;
	if (!back || back > r->objects.n)
		return wrong(r, "a reference to an earlier object");
	r->values.v[place] = r->values.v[r->objects.v[r->objects.n - back]];
	return true;
}

/* SIZE bytes that mean nothing here. */
MUST_CHECK static bool read_other(struct reader *r, uint32_t place, uint64_t size)
{
	struct str bytes;
	r->values.v[place].kind = MARSHAL_OTHER;
	return take_bytes(r, size, &bytes) && add_object(r, place);
}

MUST_CHECK static bool read_doubles(struct reader *r, uint32_t place, int size)
{
	uint64_t n;
	if (!take_number(r, size, &n))
		return false;
	if (n > SIZE_MAX / 8)
		return wrong(r, "a shorter array");
	return read_other(r, place, n * 8);
}

/* int32, int64 and nativeint; other kinds say how long they are. */
MUST_CHECK static bool read_custom(struct reader *r, uint32_t place, bool sized)
{
	const unsigned char *name = r->at;
	const unsigned char *nul = memchr(name, 0, (size_t)(r->end - r->at));
	uint64_t size = 0, unused;
	if (!nul)
		return wrong(r, "the name of a kind of value");
	r->at = nul + 1;
	if (sized) {
		if (!take_number(r, 4, &size) || !take_number(r, 8, &unused))
			return false;
	} else if (nul - name == 2 && name[0] == '_' && name[1] == 'i') {
		size = 4;
	} else if (nul - name == 2 && name[0] == '_' && name[1] == 'j') {
		size = 8;
	} else if (nul - name == 2 && name[0] == '_' && name[1] == 'n') {
		if (!take_number(r, 1, &size))
			return false;
		size = size == 1 ? 4 : 8;
	} else {
		return wrong(r, "a kind of value that says its length");
	}
	return read_other(r, place, size);
}

MUST_CHECK static bool read_long_block(struct reader *r, uint32_t place, int size)
{
	uint64_t head;
	return take_number(r, size, &head) && read_block(r, place, head & 0xff, head >> 10);
}

MUST_CHECK static bool read_long_string(struct reader *r, uint32_t place, int size)
{
	uint64_t n;
	return take_number(r, size, &n) && read_string(r, place, n);
}

MUST_CHECK static bool read_coded(struct reader *r, uint32_t place, unsigned code)
{
	switch (code) {
	case CODE_INT8:
	case CODE_INT16:
	case CODE_INT32:
	case CODE_INT64:
		return read_int(r, place, 1 << code);
	case CODE_SHARED8:
	case CODE_SHARED16:
	case CODE_SHARED32:
		return read_shared(r, place, 1 << (code - CODE_SHARED8));
	case CODE_SHARED64:
		return read_shared(r, place, 8);
	case CODE_BLOCK32:
		return read_long_block(r, place, 4);
	case CODE_BLOCK64:
		return read_long_block(r, place, 8);
	case CODE_STRING8:
		return read_long_string(r, place, 1);
	case CODE_STRING32:
		return read_long_string(r, place, 4);
	case CODE_STRING64:
		return read_long_string(r, place, 8);
	case CODE_DOUBLE_BIG:
	case CODE_DOUBLE_LITTLE:
		return read_other(r, place, 8);
	case CODE_DOUBLES8_BIG:
	case CODE_DOUBLES8_LITTLE:
		return read_doubles(r, place, 1);
	case CODE_DOUBLES32_BIG:
	case CODE_DOUBLES32_LITTLE:
		return read_doubles(r, place, 4);
	case CODE_CUSTOM:
	case CODE_CUSTOM_FIXED:
		return read_custom(r, place, false);
	case CODE_CUSTOM_SIZED:
		return read_custom(r, place, true);
	default:
		return wrong(r, "a value's code");
	}
}

MUST_CHECK static bool read_value(struct reader *r, uint32_t place)
{
	uint64_t code;
	if (!take_number(r, 1, &code))
		return false;
	if (code >= CODE_SMALL_BLOCK)
		return read_block(r, place, code & 0xf, code >> 4 & 7);
	if (code >= CODE_SMALL_INT) {
		r->values.v[place].u.number = (int64_t)(code & 0x3f);
		return true;
	}
	if (code >= CODE_SMALL_STRING)
		return read_string(r, place, code & 0x1f);
	return read_coded(r, place, (unsigned)code);
}

/* Depth first, a block's fields in their order: that is how objects are counted. */
MUST_CHECK static bool read_all(struct reader *r)
{
	vec_add(r->a, &r->values);
	if (!read_value(r, 0))
		return false;
	while (r->open.n) {
		struct open_block *top = &r->open.v[r->open.n - 1];
		uint32_t place = top->next++;
		if (top->next == top->end)
			r->open.n--;
		if (!read_value(r, place))
			return false;
	}
	return true;
}

/* The head: how long the value is, and how many objects it has. */
MUST_CHECK static bool read_head(struct reader *r)
{
	uint64_t magic, size, objects, unused;
	if (!take_number(r, 4, &magic))
		return false;
	if (magic == MAGIC_COMPRESSED)
		return wrong(r, "a value that is not compressed");
	if (magic != MAGIC_SMALL && magic != MAGIC_BIG)
		return wrong(r, "a marshalled value");
	int width = magic == MAGIC_BIG ? 8 : 4;
	if ((width == 8 && !take_number(r, 4, &unused)) || !take_number(r, width, &size) ||
		!take_number(r, width, &objects) || !take_number(r, width, &unused) ||
		(width == 4 && !take_number(r, 4, &unused)))
		return false;
	if (size > (uint64_t)(r->end - r->at))
		return wrong(r, "more bytes: it is cut off");
	r->end = r->at + size;
	r->max_objects = (size_t)objects;
	return true;
}

bool marshal_read(
	struct arena *a, struct str bytes, struct marshal *out, size_t *used, struct err *e)
{
	const unsigned char *start = (const unsigned char *)bytes.p;
	struct reader r = {.a = a, .start = start, .at = start, .end = start + bytes.n, .e = e};
	if (!read_head(&r) || !read_all(&r))
		return false;
	*out = (struct marshal){r.values.v, r.values.n};
	*used = (size_t)(r.at - start);
	return true;
}

const struct marshal_value *marshal_field(
	const struct marshal *m, const struct marshal_value *v, size_t i)
{
	if (!v || v->kind != MARSHAL_BLOCK || i >= v->n)
		return NULL;
	return &m->v[v->u.first + i];
}

struct str marshal_text(const struct marshal_value *v)
{
	return (struct str){v->u.text, v->n};
}
