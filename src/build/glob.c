/* glob.c - file name patterns in a source tree. SPDX-License-Identifier: ISC */
#include "build/glob.h"

#include <string.h>

#include "recipe/recipe.h"
#include "sys/sys.h"

struct glob {
	struct arena *a;
	const char *dir;
	strings *out;
	bool (*looked)(void *ctx, const char *path, struct err *e);
	void *ctx;
};

static bool has_wildcard(struct str part)
{
	for (size_t i = 0; i < part.n; i++)
		if (strchr("*?[\\", part.p[i]))
			return true;
	return false;
}

static bool expand(const struct glob *g, const char *base, struct str rest, struct err *e);

/* NAME stands for the first part of the pattern, REST for what follows. */
static bool take(
	const struct glob *g, const char *base, const char *name, struct str rest, struct err *e)
{
	const char *path = path_join(g->a, base, name);
	if (rest.p)
		return expand(g, path, rest, e);
	const char *full = path_join(g->a, g->dir, path);
	if (file_exists(full) && !dir_exists(full))
		vec_push(g->a, g->out, path);
	return true;
}

static bool expand(const struct glob *g, const char *base, struct str rest, struct err *e)
{
	const char *full = *base ? path_join(g->a, g->dir, base) : g->dir;
	struct str part = str_cut(&rest, '/');
	const char *pattern = str_copy(g->a, part);
	if (!g->looked(g->ctx, full, e))
		return false;
	if (!has_wildcard(part))
		return take(g, base, pattern, rest, e);
	strings names;
	if (!dir_exists(full))
		return true;
	if (!dir_list(g->a, full, &names, e))
		return false;
	vec_for(name, &names)
		if (glob_match(pattern, *name) && !take(g, base, *name, rest, e))
			return false;
	return true;
}

bool glob_files(struct arena *a, const char *dir, const char *pattern, strings *out,
	bool (*looked)(void *ctx, const char *path, struct err *e), void *ctx, struct err *e)
{
	strings found = {0};
	struct glob g = {a, dir, &found, looked, ctx};
	if (!expand(&g, "", str_of(path_join(a, "", pattern)), e))
		return false;
	*out = found;
	return true;
}
