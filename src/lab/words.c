/* words.c - untrusted text for reports. SPDX-License-Identifier: ISC */
#include "lab/words.h"

#include <string.h>

const char *one_line(struct arena *a, struct str s, size_t max)
{
	s = str_trim(s);
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
