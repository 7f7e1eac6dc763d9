/* chars.c - bytes of unknown origin to text that is safe to show. SPDX-License-Identifier: ISC */
#include "report/chars.h"

#include <string.h>

#define REPLACEMENT 0xFFFDu

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* The character at the start of S and its length; a byte that starts none is a replacement
 * character of length 1. */
static uint32_t decode(struct str s, size_t *length)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s.p[0];
	size_t n = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
	*length = 1;
	if (n == 1)
		return first;
	if (first < 0xC2 || first > 0xF4 || s.n < n)
		return REPLACEMENT;
	uint32_t c = first & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (!is_continuation(s.p[i]))
			return REPLACEMENT;
		c = c << 6 | ((unsigned char)s.p[i] & 0x3F);
	}
	if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		return REPLACEMENT;
	*length = n;
	return c;
}

static bool turns_direction(uint32_t c)
{
	return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E ||
	       c == 0x200F || c == 0x061C;
}

static uint32_t shown(uint32_t c)
{
	if (c == '\t' || c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029)
		return ' ';
	if (c < 0x20)
		return 0x2400 + c;
	if (c == 0x7F)
		return 0x2421;
	if ((c >= 0x80 && c < 0xA0) || turns_direction(c) || (c & 0xFFFE) == 0xFFFE)
		return REPLACEMENT;
	return c;
}

uint32_t char_next(struct str *rest)
{
	size_t length;
	uint32_t c = decode(*rest, &length);
	*rest = str_from(*rest, length);
	return shown(c);
}

void char_add(struct text *out, uint32_t c)
{
	unsigned char b[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; c >>= 6)
		b[i] = (unsigned char)(0x80 | (c & 0x3F));
	b[0] = (unsigned char)(n == 1 ? c : c | (0xF00u >> n & 0xFF));
	text_add(out, (struct str){(const char *)b, n});
}

const char *chars_clean(struct arena *a, const char *z)
{
	struct text out = {.a = a};
	text_addz(&out, "");
	for (struct str rest = str_of(z); rest.n;)
		char_add(&out, char_next(&rest));
	return out.p;
}

size_t chars_columns(const char *clean)
{
	size_t columns = 0;
	for (; *clean; clean++)
		columns += !is_continuation(*clean);
	return columns;
}

/* Where character number N of Z starts. */
static const char *skip_chars(const char *z, size_t n)
{
	while (*z && (n || is_continuation(*z)))
		n -= !is_continuation(*z++);
	return z;
}

const char *chars_elide(struct arena *a, const char *clean, size_t columns)
{
	size_t all = chars_columns(clean), dots = columns < 3 ? columns : 3;
	if (all <= columns)
		return clean;
	size_t head = (columns - dots + 1) / 2, tail = columns - dots - head;
	struct str start = {clean, (size_t)(skip_chars(clean, head) - clean)};
	return str_format(
		a, "%.*s%.*s%s", STR(start), (int)dots, "...", skip_chars(clean, all - tail));
}
