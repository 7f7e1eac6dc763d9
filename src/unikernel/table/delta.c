/* delta.c - how one tree differs from another: keep so many bytes, cut so many, add these, again
 * and again; what is behind is kept. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

/* Where the two differ in one place of at most so many bytes, that is the delta. */
#define ONE_PLACE 256u

struct script {
	uint8_t *out;
	size_t n, room;
	size_t length; /* of the buffer that it is done in, after each step */
	bool full;
};

static void put_number(struct script *s, size_t number)
{
	do {
		if (s->n == s->room) {
			s->full = true;
			return;
		}
		s->out[s->n++] = (uint8_t)((number & 0x7f) | (number > 0x7f ? 0x80 : 0));
	} while (number >>= 7);
}

static void put_step(struct script *s, size_t keep, size_t cut, const uint8_t *add, size_t add_n)
{
	put_number(s, keep);
	put_number(s, cut);
	put_number(s, add_n);
	s->length = s->length - cut + add_n;
	if (s->length > TABLE_OBJECT_MAX)
		s->full = true;
	if (s->full || s->room - s->n < add_n) {
		s->full = true;
		return;
	}
	memcpy(s->out + s->n, add, add_n);
	s->n += add_n;
}

static size_t common_start(const uint8_t *a, const uint8_t *b, size_t n)
{
	size_t i = 0;
	while (n - i >= 64 && memcmp(a + i, b + i, 64) == 0)
		i += 64;
	while (i < n && a[i] == b[i])
		i++;
	return i;
}

/* A and B are the ends. */
static size_t common_end(const uint8_t *a, const uint8_t *b, size_t n)
{
	size_t i = 0;
	while (n - i >= 64 && memcmp(a - i - 64, b - i - 64, 64) == 0)
		i += 64;
	while (i < n && a[-1 - (ptrdiff_t)i] == b[-1 - (ptrdiff_t)i])
		i++;
	return i;
}

/* Entry by entry. */
static void compare_trees(
	struct script *s, const uint8_t *from, size_t from_n, const uint8_t *to, size_t to_n)
{
	size_t i = 0, j = 0, kept = 0, cut = 0, added = 0;
	struct tree_entry a, b;
	for (;;) {
		bool have_a = tree_entry(from, from_n, i, &a), have_b = tree_entry(to, to_n, j, &b);
		if (!have_a && !have_b)
			break;
		int order = !have_a   ? 1
			    : !have_b ? -1
				      : tree_compare(a.name, a.name_n, a.folder, b.name, b.name_n,
						b.folder);
		bool same = order == 0 && memcmp(from + i, to + j, a.size) == 0;
		if (same && (cut || added)) {
			put_step(s, kept, cut, to + j - added, added);
			kept = cut = added = 0;
		}
		kept += same ? a.size : 0;
		cut += !same && order <= 0 ? a.size : 0;
		added += !same && order >= 0 ? b.size : 0;
		i += order <= 0 ? a.size : 0;
		j += order >= 0 ? b.size : 0;
	}
	if (cut || added)
		put_step(s, kept, cut, to + to_n - added, added);
}

size_t delta_make(const uint8_t *from, size_t from_n, const uint8_t *to, size_t to_n, uint8_t *out,
	size_t room)
{
	struct script s = {.out = out, .room = room, .length = from_n};
	size_t least = from_n < to_n ? from_n : to_n;
	size_t start = common_start(from, to, least);
	size_t end = common_end(from + from_n, to + to_n, least - start);
	size_t cut = from_n - start - end, added = to_n - start - end;
	if (cut <= ONE_PLACE && added <= ONE_PLACE)
		put_step(&s, start, cut, to + start, added);
	else
		compare_trees(&s, from, from_n, to, to_n);
	return s.full ? 0 : s.n;
}

static size_t get_number(const uint8_t **p)
{
	size_t number = 0;
	unsigned shift = 0;
	do {
		number |= (size_t)(**p & 0x7f) << shift;
		shift += 7;
	} while (*(*p)++ & 0x80);
	return number;
}

size_t delta_apply(const uint8_t *delta, size_t delta_n, uint8_t *buffer, size_t n)
{
	const uint8_t *p = delta, *end = delta + delta_n;
	size_t at = 0;
	while (p < end) {
		at += get_number(&p);
		size_t cut = get_number(&p), added = get_number(&p);
		if (cut != added)
			memmove(buffer + at + added, buffer + at + cut, n - at - cut);
		if (cut > added) /* nothing of the newer tree stays behind the end */
			memset(buffer + n - (cut - added), 0, cut - added);
		memcpy(buffer + at, p, added);
		p += added;
		at += added;
		n = n - cut + added;
	}
	return n;
}
