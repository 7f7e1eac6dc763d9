/* graph.c - recipes by name, and who needs whom. SPDX-License-Identifier: ISC */
#include "recipe/recipe.h"

#include <stdlib.h>
#include <string.h>

#include "sys/sys.h"

#define MAX_LISTED 300 /* bytes of names in a hint: more tell nobody anything */

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct recipe *const *)a)->name, (*(struct recipe *const *)b)->name);
}

static struct recipe *find(const struct workspace *w, const char *name)
{
	const struct recipe wanted = {.name = name}, *key = &wanted;
	if (!w->all.n)
		return NULL;
	struct recipe **found = bsearch(&key, w->all.v, w->all.n, sizeof(*w->all.v), by_name);
	return found ? *found : NULL;
}

static const char *below(const struct workspace *w, const char *path)
{
	size_t n = strlen(w->root);
	if (*path != '/')
		return path;
	if (strncmp(path, w->root, n) != 0 || (path[n] && path[n] != '/'))
		return NULL;
	return path[n] ? path + n + 1 : ".";
}

/* How much of PATH the folder PLACE is; -1: PATH is not in it. */
static int depth_in(const char *place, const char *path)
{
	size_t n = strlen(place);
	if (!strcmp(place, "."))
		return 0;
	return !strncmp(path, place, n) && (!path[n] || path[n] == '/') ? (int)n : -1;
}

struct recipe *recipe_of_place(const struct workspace *w, const char *path)
{
	struct recipe *found = NULL;
	const char *inner = below(w, path);
	int best = -1;
	for (size_t i = 0; inner && i < w->all.n; i++) {
		struct recipe *r = w->all.v[i];
		int depth = r->build.dune ? depth_in(r->build.dune->place, inner) : -1;
		if (depth < best || depth < 0 || (depth == best && r->image))
			continue;
		if (depth > best || found->image)
			found = r;
		best = depth;
	}
	return found;
}

static bool holds(const struct recipe *r, const char *package)
{
	if (!r->build.dune || r->image)
		return false;
	vec_for(name, &r->build.dune->packages)
		if (!strcmp(*name, package))
			return true;
	return false;
}

struct recipe *recipe_of_package(const struct workspace *w, const char *name)
{
	vec_for(r, &w->all)
		if (holds(*r, name))
			return *r;
	return NULL;
}

static void add_packages(struct arena *a, const struct recipe *r, strings *names)
{
	if (r->build.dune && !r->image)
		vec_for(name, &r->build.dune->packages)
			vec_push(a, names, *name);
}

/* A folder that was not pulled has no recipe, but a name: the lock file's. */
static bool is_unpulled(const struct workspace *w, const char *name)
{
	vec_for(dir, &w->unpulled)
		if (!strcmp(path_base(*dir), name))
			return true;
	return false;
}

bool workspace_fail_unpulled(const struct workspace *w, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct text t = {.a = &scratch};
	size_t n = w->unpulled.n, shown = n < 4 ? n : 3;
	for (size_t i = 0; i < shown; i++)
		text_addf(&t, "%s%s", !i ? "" : i + 1 == n ? " and " : ", ", w->unpulled.v[i]);
	if (shown < n)
		text_addf(&t, " and %zu more", n - shown);
	bool is_mirage = file_exists(path_join(&scratch, w->root, "mirage/context"));
	fail(e, E_INPUT, "%s %s missing: this lock file names %s", t.p, n > 1 ? "are" : "is",
		n > 1 ? "them" : "it");
	fail_hint(e, "get %s, in %s: %sopam-monorepo pull -l %s", n > 1 ? "them" : "it", w->root,
		is_mirage ? "make depends, or " : "", w->lock + strlen(w->root) + 1);
	return fail_where(e, "%s", w->lock);
}

static bool not_found(const struct workspace *w, const char *name, bool images, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	strings names = {0};
	struct text all = {.a = &scratch};
	if (!images && is_unpulled(w, name))
		return workspace_fail_unpulled(w, e);
	text_addz(&all, "");
	vec_for(r, &w->all) {
		if (images && !(*r)->image)
			continue;
		text_addf(&all, "%s%s", names.n ? ", " : "", (*r)->name);
		vec_push(&scratch, &names, (*r)->name);
	}
	for (size_t i = 0; !images && i < w->all.n; i++)
		add_packages(&scratch, w->all.v[i], &names);
	const char *kind = images ? "image" : "package",
		   *near = str_nearest(str_of(name), names.v, names.n);
	fail(e, E_NOTFOUND, "there is no %s called '%s' in %s", kind, name, w->root);
	if (near)
		return fail_hint(e, "did you mean '%s'?", near);
	if (all.n > MAX_LISTED)
		return fail_hint(e, "none of its %zu %ss has a name like it", names.n, kind);
	if (!names.n)
		return fail_hint(
			e, "there are none: put one's recipe into recipes/NAME/recipe.json");
	return fail_hint(e, "there are: %s", all.p);
}

/* By the file that dune makes ("dist/site"), as respin resolve names images. */
static struct recipe *of_target(const struct workspace *w, const char *name)
{
	vec_for(r, &w->all)
		if ((*r)->image && (*r)->build.dune && !strcmp((*r)->build.dune->target, name))
			return *r;
	return NULL;
}

bool recipe_find(const struct workspace *w, const char *name, struct recipe **out, struct err *e)
{
	struct recipe *r = find(w, name);
	if (!r)
		r = recipe_of_package(w, name);
	if (!r)
		r = of_target(w, name);
	if (!r)
		return not_found(w, name, false, e);
	*out = r;
	return true;
}

bool recipe_find_image(
	const struct workspace *w, const char *name, struct recipe **out, struct err *e)
{
	struct recipe *r = find(w, name);
	if (!r)
		r = of_target(w, name);
	if (!r)
		return not_found(w, name, true, e);
	if (!r->image) {
		fail(e, E_USAGE, "'%s' is a library, not an image", name);
		return fail_hint(e, "an image's recipe has an \"image\" field");
	}
	*out = r;
	return true;
}

struct visit {
	const struct workspace *w;
	const struct map *only; /* names that count; NULL: all */
	struct map state;	/* name -> "open" or "done" */
	recipes *order;
	strings path; /* from the start to where we are, for cycles */
};

static char open_mark, done_mark;

static bool cycle(struct visit *v, const struct recipe *r, struct err *e)
{
	struct text loop = {.a = v->w->a};
	vec_for(name, &v->path)
		text_addf(&loop, "%s -> ", *name);
	fail(e, E_INPUT, "packages need each other in a circle: %s%s", loop.p, r->name);
	return fail_where(e, "%s:/needs", r->file);
}

static bool visit(struct visit *v, struct recipe *r, struct err *e)
{
	const void *mark = map_get(&v->state, str_of(r->name));
	if (mark == &done_mark)
		return true;
	/* Repositories may need each other, as their libraries don't: dune builds those. */
	if (mark == &open_mark)
		return r->build.dune || cycle(v, r, e);
	*map_put(&v->state, str_of(r->name)) = &open_mark;
	vec_push(v->w->a, &v->path, r->name);
	vec_for(need, &r->needs) {
		struct recipe *needed;
		if (v->only && !map_has(v->only, str_of(*need)))
			continue;
		if (!recipe_find(v->w, *need, &needed, e))
			return fail_where(e, "%s:/needs", r->file);
		if (!visit(v, needed, e))
			return false;
	}
	v->path.n--;
	*map_put(&v->state, str_of(r->name)) = &done_mark;
	vec_push(v->w->a, v->order, r);
	return true;
}

bool recipe_closure(const struct workspace *w, struct recipe *r, recipes *out, struct err *e)
{
	recipes needed_first = {0};
	struct map closed = {.a = w->a};
	vec_for(need, &r->needs)
		*map_put(&closed, str_of(*need)) = r;
	struct visit v = {.w = w,
		.only = r->is_closed ? &closed : NULL,
		.state = {.a = w->a},
		.order = &needed_first};
	if (!visit(&v, r, e))
		return false;
	recipes order = {0};
	for (size_t i = needed_first.n; i > 0; i--)
		vec_push(w->a, &order, needed_first.v[i - 1]);
	*out = order;
	return true;
}

bool recipe_dependents(
	const struct workspace *w, const struct recipe *r, recipes *out, struct err *e)
{
	recipes found = {0};
	vec_for(other, &w->all) {
		recipes closure;
		if (*other == r)
			continue;
		if (!recipe_closure(w, *other, &closure, e))
			return false;
		bool needs = false;
		vec_for(member, &closure)
			needs |= *member == r;
		if (needs)
			vec_push(w->a, &found, *other);
	}
	*out = found;
	return true;
}
