/* words.c - untrusted text for reports. SPDX-License-Identifier: ISC */
#include "lab/words.h"

#include <string.h>

/* The bytes of a terminal's control sequence ("ESC [ 1 m", ECMA-48) that S begins with; 0: of none.
 */
static size_t sequence_size(struct str s)
{
	size_t n = 2;
	if (!str_starts(s, S("\33[")))
		return 0;
	while (n < s.n && s.p[n] >= 0x20 && s.p[n] < 0x40)
		n++;
	return n < s.n ? n + 1 : n;
}

static struct str without_sequences(struct arena *a, struct str s)
{
	if (str_find(s, S("\33[")) < 0)
		return s;
	struct text plain = {.a = a};
	while (s.n) {
		size_t n = sequence_size(s);
		text_add(&plain, (struct str){s.p, n ? 0 : 1});
		s = str_from(s, n ? n : 1);
	}
	return text_str(&plain);
}

const char *one_line(struct arena *a, struct str s, size_t max)
{
	s = str_trim(without_sequences(a, s));
	bool cut = s.n > max;
	if (cut)
		s.n = max;
	char *z = str_copy(a, s);
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)z[i] < ' ' || z[i] == 0x7f)
			z[i] = ' ';
	return cut ? str_format(a, "%s...", z) : z;
}

const char *last_line(struct arena *a, struct str s, size_t max)
{
	s = str_trim(s);
	const char *newline = s.n ? memrchr(s.p, '\n', s.n) : NULL;
	return one_line(a, newline ? str_from(s, (size_t)(newline + 1 - s.p)) : s, max);
}
