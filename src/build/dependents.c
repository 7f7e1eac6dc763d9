/* dependents.c - who of the workspace depends on a package. SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "build/debian.h"

/* The tree that R is built from: the overlay's, else its source; NULL where neither is there. */
static const char *tree_of(const struct workspace *w, const struct recipe *r)
{
	struct tree source;
	struct err ignored;
	const char *overlay = path_join(w->a, w->overlays, str_format(w->a, "%s/src", r->name));
	if (dir_exists(overlay))
		return overlay;
	return r->source.n && source_locate(w, r, &source, &ignored) ? source.dir : NULL;
}

const char *build_debian_source(const struct workspace *w, const struct recipe *r)
{
	bool debian = r->build.debian != NULL;
	vec_for(s, &r->source)
		debian |= s->debian != NULL;
	return debian ? control_source(w->a, r, tree_of(w, r)) : NULL;
}

static bool is_there(const build_dependents *list, const struct recipe *r)
{
	vec_for(d, list)
		if (d->r == r)
			return true;
	return false;
}

/* What is built by debian/rules, and uses a package of the source SOURCE. */
MUST_CHECK static bool add_debian(struct arena *a, const struct workspace *w,
	const struct recipe *r, const char *source, build_dependents *out, struct err *e)
{
	struct dpkg dpkg;
	if (!dpkg_open(a, &dpkg, e))
		return false;
	vec_for(other, &w->all) {
		struct debian_package p = {0};
		if (*other == r || !(*other)->build.debian || is_there(out, *other))
			continue;
		if (!control_read(a, *other, tree_of(w, *other), &p, e))
			return false;
		const char *why = control_sees(a, &dpkg, &p, source);
		if (why)
			vec_push(a, out,
				((struct build_dependent){
					*other, str_format(a, "build-depends on %s", why)}));
	}
	return true;
}

static int by_name(const void *x, const void *y)
{
	const struct build_dependent *a = x, *b = y;
	return strcmp(a->r->name, b->r->name);
}

static bool any_debian(const struct workspace *w, const struct recipe *but)
{
	vec_for(r, &w->all)
		if (*r != but && (*r)->build.debian)
			return true;
	return false;
}

bool build_find_dependents(struct arena *a, const struct workspace *w, struct recipe *r,
	build_dependents *out, struct err *e)
{
	recipes users;
	build_dependents found = {0};
	const char *source = build_debian_source(w, r);
	if (!recipe_dependents(w, r, &users, e))
		return false;
	vec_for(user, &users)
		vec_push(a, &found, ((struct build_dependent){*user, "needs it"}));
	if (source && any_debian(w, r) && !add_debian(a, w, r, source, &found, e))
		return false;
	if (found.n)
		qsort(found.v, found.n, sizeof(*found.v), by_name);
	*out = found;
	return true;
}
