/* watch.c - every path that a build's answer depends on, seen before it is used.
 * SPDX-License-Identifier: ISC */
#include "build/engine.h"

#include <sys/stat.h>

bool watch(struct engine *g, const char *path, const struct seen **out, struct err *e)
{
	if (!store_see(g->store, path, out, e))
		return false;
	*map_put(&g->watched, str_of(path)) = (void *)(uintptr_t)*out;
	return true;
}

bool watch_only(void *ctx, const char *path, struct err *e)
{
	const struct seen *unused;
	return watch(ctx, path, &unused, e);
}

static bool list_names(struct engine *g, const char *dir, struct map **out, struct err *e)
{
	const struct seen *seen;
	struct map *names = NEW(g->a, struct map);
	names->a = g->a;
	if (!watch(g, dir, &seen, e))
		return false;
	if (seen->exists && S_ISDIR(seen->stamp.mode)) {
		strings list;
		if (!dir_list(g->a, dir, &list, e))
			return false;
		vec_for(name, &list)
			*map_put(names, str_of(*name)) = names;
	}
	*out = names;
	return true;
}

bool watch_has(struct engine *g, const char *dir, struct str name, bool *has, struct err *e)
{
	struct map *names = map_get(&g->listings, str_of(dir));
	if (!names) {
		if (!list_names(g, dir, &names, e))
			return false;
		*map_put(&g->listings, str_of(dir)) = names;
	}
	*has = map_get(names, name) != NULL;
	return true;
}

/* Collects the regular files and links below ROOT/REL. */
static bool walk(struct engine *g, const char *root, const char *rel, strings *out, struct err *e)
{
	const char *dir = *rel ? path_join(g->a, root, rel) : root;
	strings names;
	if (!watch_only(g, dir, e) || !dir_list(g->a, dir, &names, e))
		return false;
	vec_for(name, &names) {
		const char *path = path_join(g->a, rel, *name);
		struct stat st;
		if (str_is(str_of(*name), ".git") || lstat(path_join(g->a, dir, *name), &st) < 0)
			continue;
		if (S_ISDIR(st.st_mode) && !walk(g, root, path, out, e))
			return false;
		if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
			vec_push(g->a, out, path);
	}
	return true;
}

bool watch_tree(struct engine *g, const char *root, strings *out, struct err *e)
{
	strings found = {0};
	if (!walk(g, root, "", &found, e))
		return false;
	*out = found;
	return true;
}
