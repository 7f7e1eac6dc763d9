/* options.c - words of its command line that an image did not know. SPDX-License-Identifier: ISC */
#include "lab/options.h"

#include <string.h>

#define KEYS_MAX 16
#define KEY_MAX 64

static bool is_key(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
			    s.p[i]) ||
			!s.p[i])
			return false;
	return s.n && s.n <= KEY_MAX;
}

static bool is_ours(struct str key)
{
	return str_is(key, "time") || str_is(key, "node") || str_is(key, "nodes");
}

static bool is_in(const strings *list, struct str key)
{
	vec_for(z, list)
		if (str_is(key, *z))
			return true;
	return false;
}

void options_unknown(struct arena *a, struct str console, strings *out)
{
	const struct str mark = S("respin: unknown option ignored: ");
	while (console.n && out->n < KEYS_MAX) {
		struct str line = str_trim(str_cut(&console, '\n'));
		if (!str_starts(line, mark))
			continue;
		line = str_from(line, mark.n);
		struct str key = str_cut(&line, '=');
		if (is_key(key) && !is_ours(key) && !is_in(out, key))
			vec_push(a, out, str_copy(a, key));
	}
}
