/* locate.c - where a value stands in a JSON text: for changing it and nothing else.
 * SPDX-License-Identifier: ISC */
#include "spec/spec.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct str *rest)
{
	while (rest->n && is_space(rest->p[0]))
		*rest = str_from(*rest, 1);
}

/* Takes a string with its quotes; all of REST where it does not end. */
static struct str take_string(struct str *rest)
{
	struct str all = *rest;
	size_t i = 1;
	while (i < all.n && all.p[i] != '"')
		i += all.p[i] == '\\' ? 2 : 1;
	size_t n = i < all.n ? i + 1 : all.n;
	*rest = str_from(all, n);
	return (struct str){all.p, n};
}

/* Takes one value, whatever it is, without the space around it. */
static struct str take_value(struct str *rest)
{
	struct str all = *rest;
	size_t depth = 0;
	while (rest->n) {
		char c = rest->p[0];
		if (!depth && (c == ',' || c == '}' || c == ']'))
			break;
		if (c == '"') {
			take_string(rest);
			continue;
		}
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		*rest = str_from(*rest, 1);
	}
	return str_trim((struct str){all.p, all.n - rest->n});
}

bool json_locate(struct str object, const char *name, struct str *value)
{
	struct str rest = object;
	size_t n = strlen(name);
	skip_space(&rest);
	if (!str_starts(rest, S("{")))
		return false;
	for (rest = str_from(rest, 1);; rest = str_from(rest, 1)) {
		skip_space(&rest);
		if (!str_starts(rest, S("\"")))
			return false;
		struct str key = take_string(&rest);
		skip_space(&rest);
		if (!str_starts(rest, S(":")))
			return false;
		rest = str_from(rest, 1);
		skip_space(&rest);
		struct str found = take_value(&rest);
		if (key.n == n + 2 && !memcmp(key.p + 1, name, n)) {
			*value = found;
			return true;
		}
		if (!str_starts(rest, S(",")))
			return false;
	}
}
