/* places.c - paths by the package that they belong to. SPDX-License-Identifier: ISC */
#include "build/places.h"

#include <string.h>

const char *path_tidy(struct arena *a, const char *path)
{
	struct text out = {.a = a};
	struct str rest = str_of(path);
	text_addz(&out, path[0] == '/' ? "/" : "");
	size_t root = out.n;
	size_t floor = root; /* what ".." can't take away: "../.." at the start */
	while (rest.p) {
		struct str part = str_cut(&rest, '/');
		if (!part.n || str_is(part, "."))
			continue;
		if (str_is(part, "..") && out.n > floor) {
			while (out.n > floor && out.p[out.n - 1] != '/')
				out.n--;
			out.n -= out.n > floor;
			out.p[out.n] = '\0';
			continue;
		}
		text_addz(&out, out.n > root ? "/" : "");
		text_add(&out, part);
		if (str_is(part, ".."))
			floor = out.n;
	}
	return out.n ? out.p : ".";
}

void places_add(struct arena *a, places *p, const char *dir, const char *name)
{
	size_t i = p->n;
	vec_push(a, p, ((struct place){dir, name}));
	/* Innermost first. */
	for (; i > 0 && strlen(p->v[i - 1].dir) < strlen(dir); i--)
		p->v[i] = p->v[i - 1];
	p->v[i] = (struct place){dir, name};
}

/* The part of PATH below DIR ("/x", or "" for DIR itself), NULL where it isn't below. */
static const char *below(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	if (strncmp(path, dir, n) != 0 || (path[n] != '/' && path[n] != '\0'))
		return NULL;
	return path + n;
}

const char *places_name(struct arena *a, const places *p, const char *path)
{
	vec_for(place, p) {
		const char *rest = below(path, place->dir);
		if (rest)
			return str_format(a, "%s%s", place->name, rest);
	}
	return path;
}

const char *places_path(struct arena *a, const places *p, const char *name)
{
	if (name[0] != '<')
		return name;
	vec_for(place, p) {
		const char *rest = below(name, place->name);
		if (rest)
			return str_format(a, "%s%s", place->dir, rest);
	}
	return NULL;
}
