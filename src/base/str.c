/* str.c - borrowed byte strings. SPDX-License-Identifier: ISC */
#include "base/base.h"

#include <string.h>

struct str str_of(const char *z)
{
	return (struct str){z, z ? strlen(z) : 0};
}

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (!a.n || !memcmp(a.p, b.p, a.n));
}

bool str_is(struct str a, const char *z)
{
	return str_eq(a, str_of(z));
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq((struct str){s.p, prefix.n}, prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

ptrdiff_t str_find(struct str s, struct str part)
{
	if (!part.n)
		return 0;
	const char *found = s.n ? memmem(s.p, s.n, part.p, part.n) : NULL;
	return found ? found - s.p : -1;
}

struct str str_from(struct str s, size_t start)
{
	if (start > s.n)
		start = s.n;
	return (struct str){s.p ? s.p + start : NULL, s.n - start};
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	while (s.n && is_space(s.p[0]))
		s = str_from(s, 1);
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_cut(struct str *rest, char sep)
{
	struct str part = *rest;
	const char *at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;
	if (!at) {
		*rest = (struct str){NULL, 0};
		return part;
	}
	part.n = (size_t)(at - part.p);
	*rest = str_from(*rest, part.n + 1);
	return part;
}

bool str_u64(struct str s, uint64_t *out)
{
	uint64_t value = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned)(s.p[i] - '0');
		if (digit > 9 || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (!s.n)
		return false;
	*out = value;
	return true;
}

bool str_hex(struct str s, uint64_t *out)
{
	uint64_t value = 0;
	if (!str_starts(s, S("0x")) || s.n < 3 || s.n > 18)
		return false;
	for (size_t i = 2; i < s.n; i++) {
		char c = s.p[i];
		bool digit = c >= '0' && c <= '9', letter = c >= 'a' && c <= 'f';
		if (!digit && !letter)
			return false;
		value = value << 4 | (uint64_t)(digit ? c - '0' : c - 'a' + 10);
	}
	*out = value;
	return true;
}

size_t str_distance(struct str a, struct str b)
{
	size_t row[64];
	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			size_t substitute = diagonal + (a.p[i - 1] != b.p[j - 1]);
			size_t other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			diagonal = row[j];
			row[j] = substitute < other ? substitute : other;
		}
	}
	return row[b.n];
}

const char *str_nearest(struct str word, const char *const *words, size_t n)
{
	const char *best = NULL;
	size_t best_distance = word.n / 3 + 2;
	for (size_t i = 0; i < n; i++) {
		struct str other = str_of(words[i]);
		if (word.n > 63 || other.n > 63)
			continue;
		size_t distance = str_distance(word, other);
		if (distance < best_distance && distance < other.n) {
			best = words[i];
			best_distance = distance;
		}
	}
	return best;
}
