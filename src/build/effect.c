/* effect.c - an overlay that changes nothing in the image is a mistake, and said to be one.
 * SPDX-License-Identifier: ISC */
#include "build/engine.h"

#include <string.h>
#include <sys/stat.h>

#include "build/glob.h"

static bool files_differ(
	struct engine *g, const char *a, const char *b, bool *differ, struct err *e)
{
	const struct seen *one, *other;
	if (!store_see(g->store, a, &one, e) || !store_see(g->store, b, &other, e))
		return false;
	*differ = one->exists != other->exists || !digest_eq(&one->digest, &other->digest);
	return true;
}

/* Is one of the files that the build looked at, and that P's tree holds, another than upstream's?
 */
static bool input_differs(struct engine *g, const struct package *p, bool *differs, struct err *e)
{
	size_t n = strlen(p->dir);
	*differs = false;
	for (size_t i = 0; i < g->watched.entries.n && !*differs; i++) {
		const char *path = g->watched.entries.v[i].key.p;
		if (strncmp(path, p->dir, n) != 0 || path[n] != '/')
			continue;
		const char *upstream = path_join(g->a, p->source.dir, path + n + 1);
		if (!files_differ(g, path, upstream, differs, e))
			return false;
	}
	return true;
}

static bool ignore_folder(void *ctx, const char *path, struct err *e)
{
	(void)ctx, (void)path, (void)e;
	return true;
}

/* Does upstream have a file that the recipe compiles, and P's tree not? */
static bool source_is_gone(struct engine *g, const struct package *p, bool *gone, struct err *e)
{
	*gone = false;
	if (!p->r->build.objects)
		return true;
	vec_for(pattern, &p->r->build.objects->sources) {
		strings files;
		if (!glob_files(g->a, p->source.dir, *pattern, &files, ignore_folder, NULL, e))
			return false;
		vec_for(file, &files)
			*gone |= !file_exists(path_join(g->a, p->dir, *file));
	}
	return true;
}

/* Adds to OUT what is in A's list and another file, or none, in the tree B. */
static bool list_changes(
	struct engine *g, const char *a, const char *b, struct map *out, struct err *e)
{
	strings files;
	if (!tree_list(g->a, a, ".git", &files, e))
		return false;
	vec_for(file, &files) {
		bool differ;
		if (!files_differ(
			    g, path_join(g->a, a, *file), path_join(g->a, b, *file), &differ, e))
			return false;
		if (differ)
			*map_put(out, str_of(*file)) = out;
	}
	return true;
}

static bool fail_without_effect(
	struct engine *g, const struct package *p, const struct map *changed, struct err *e)
{
	struct text names = {.a = g->a};
	size_t shown = 0;
	vec_for(entry, &changed->entries)
		if (shown++ < 5)
			text_addf(&names, "%s%s", names.n ? ", " : "", entry->key.p);
	fail(e, E_INPUT,
		"the overlay of %s has no effect on %s: none of the files that it changes is "
		"compiled or included (%s%s)",
		p->r->name, g->q->image->name, names.p, shown > 5 ? ", ..." : "");
	fail_hint(e, "respin overlay diff %s shows its changes", p->r->name);
	return fail_where(e, "%s", p->overlay->dir);
}

static bool check_package(struct engine *g, const struct package *p, struct err *e)
{
	bool effect;
	struct map changed = {.a = g->a};
	if (!input_differs(g, p, &effect, e) || (!effect && !source_is_gone(g, p, &effect, e)))
		return false;
	if (effect)
		return true;
	if (!list_changes(g, p->dir, p->source.dir, &changed, e) ||
		!list_changes(g, p->source.dir, p->dir, &changed, e))
		return false;
	return !changed.entries.n || fail_without_effect(g, p, &changed, e);
}

static bool check_contained(struct engine *g, const struct overlay *o, struct err *e)
{
	vec_for(p, &g->packages)
		if (p->overlay == o)
			return true;
	struct text names = {.a = g->a};
	vec_for(p, &g->packages)
		text_addf(&names, "%s%s", names.n ? ", " : "", p->r->name);
	fail(e, E_INPUT, "the overlay of %s has no effect on %s, which does not contain it",
		o->package, g->q->image->name);
	fail_hint(e, "%s is made of %s", g->q->image->name, names.p);
	return fail_where(e, "%s", o->dir);
}

bool effect_check_packages(struct engine *g, struct err *e)
{
	/* Debian's packages take what their build uses. */
	if (g->q->any_effect || g->q->image->build.debian)
		return true;
	if (g->q->with)
		vec_for(o, g->q->with)
			if (!check_contained(g, o, e))
				return false;
	return true;
}

bool effect_check_files(struct engine *g, struct err *e)
{
	if (g->q->any_effect)
		return true;
	vec_for(p, &g->packages)
		if (p->overlay && p->source.dir && p->dir && !check_package(g, p, e))
			return false;
	return true;
}
