/* resolve.c - from a name to the package that provides it. SPDX-License-Identifier: ISC */
#include "resolve/resolve.h"

#include <string.h>

#include "resolve/search.h"

static void close_grounds(struct search *s)
{
	vec_for(g, &s->grounds)
		index_close(&g->index);
}

/* ---- where to look -------------------------------------------------------------------- */

/* "lwip-3f2a91...": each folder has its own. */
static const char *kept_index(const struct search *s, const struct ground *g)
{
	struct digest id = hash_bytes(str_of(g->dir));
	return str_format(
		s->a, "%s/index/%s-%.16s", s->w->state, g->recipe->name, digest_hex(s->a, &id));
}

static bool add_ground(struct search *s, const struct ground *new, bool is_fixed, struct err *e)
{
	struct ground *g = vec_add(s->a, &s->grounds);
	*g = *new;
	return index_open(s->a, kept_index(s, g), g->dir, is_fixed, &g->index, e) ||
	       fail_context(e, "index the source of %s", g->recipe->name);
}

static bool add_config(struct search *s, const struct recipe *r, struct err *e)
{
	if (!r->build.objects)
		return true;
	vec_for(folder, &r->build.objects->config) {
		const char *dir = path_join(s->a, r->dir, *folder);
		struct ground g = {.recipe = r,
			.dir = dir,
			.config = *folder,
			.origin = str_format(s->a, "path %s", shown_path(s, dir))};
		if (dir_exists(dir) && !add_ground(s, &g, false, e))
			return false;
	}
	return true;
}

/* The working tree of an overlay stands in for the source, as it does in builds. */
static bool add_source(struct search *s, const struct recipe *r, bool fetch, struct err *e)
{
	struct tree tree;
	struct ground g = {.recipe = r};
	const char *edited = path_join(s->a, s->w->overlays, str_format(s->a, "%s/src", r->name));
	if (!r->source.n)
		return true;
	if (fetch ? !source_ensure(s->w, r, &tree, e) : !source_locate(s->w, r, &tree, e))
		return false;
	g.dir = tree.dir;
	g.origin = tree.origin;
	g.is_overlay = dir_exists(edited);
	if (g.is_overlay) {
		g.dir = edited;
		g.origin = str_format(s->a, "%s, edited in %s", tree.origin, shown_path(s, edited));
	}
	if (g.dir)
		return add_ground(s, &g, !g.is_overlay && !tree.is_path, e);
	vec_push(s->a, &s->missing, (struct recipe *)(uintptr_t)r);
	return true;
}

/* ---- what was found ------------------------------------------------------------------- */

static void search_all(struct search *s)
{
	search_recipes(s);
	vec_for(g, &s->grounds)
		search_ground(s, g);
}

/* Something that can't be outdone by a source that is not there yet. */
static bool is_certain(const struct search *s)
{
	vec_for(f, &s->found) {
		if (f->in_build && f->is_definition)
			return true;
	}
	return false;
}

/* "10,349 symbols" */
static const char *counted(struct arena *a, uint32_t n, const char *what)
{
	const char *s = n == 1 ? "" : "s";
	if (n < 1000)
		return str_format(a, "%u %s%s", n, what, s);
	if (n < 1000000)
		return str_format(a, "%u,%03u %s%s", n / 1000, n % 1000, what, s);
	return str_format(a, "%u,%03u,%03u %s%s", n / 1000000, n / 1000 % 1000, n % 1000, what, s);
}

static strings places_searched(const struct search *s)
{
	strings out = {0};
	vec_push(s->a, &out,
		str_format(s->a, "names of %s", counted(s->a, (uint32_t)s->w->all.n, "package")));
	vec_for(g, &s->grounds) {
		const struct index_header *h = g->index.header;
		const char *which = g->config	    ? str_format(s->a, ", %s", g->config)
				    : g->is_overlay ? ", overlay"
						    : "";
		vec_push(s->a, &out,
			str_format(s->a, "%s %s%s: %s, %s", g->recipe->name, g->recipe->version,
				which, counted(s->a, h->files, "file"),
				counted(s->a, h->symbols, "symbol")));
	}
	vec_for(r, &s->missing)
		vec_push(s->a, &out,
			str_format(s->a, "%s %s: source not fetched", (*r)->name, (*r)->version));
	return out;
}

/* Fetches what is missing and looks there too. What can't be fetched is an error only where nothing
 * was found elsewhere. */
static bool search_missing(struct search *s, struct err *e)
{
	recipes missing = s->missing;
	bool failed = false;
	s->missing = (recipes){0};
	vec_for(r, &missing) {
		struct err now;
		if (add_source(s, *r, true, &now)) {
			search_ground(s, &s->grounds.v[s->grounds.n - 1]);
			continue;
		}
		if (!failed || now.code == E_INTERRUPTED)
			*e = now;
		if (now.code == E_INTERRUPTED)
			return false;
		failed = true;
		vec_push(s->a, &s->missing, *r);
	}
	return !failed || s->found.n;
}

bool resolve_name(struct arena *a, const struct workspace *w, const char *name, bool fetch,
	struct resolution *out, struct err *e)
{
	defer(close_grounds) struct search s = {.a = a, .w = w, .query = str_of(name)};
	struct resolution result = {.query = str_copy(a, s.query)};
	if (!s.query.n)
		return fail(e, E_USAGE, "nothing to resolve: the name is empty");
	struct err no_file;
	if (str_find(s.query, S("/")) >= 0 && !path_real(a, name, &s.real, &no_file))
		s.real = NULL;
	vec_for(r, &w->all) {
		if (!add_config(&s, *r, e) || !add_source(&s, *r, false, e))
			return false;
	}
	search_all(&s);
	if (fetch && !is_certain(&s) && !search_missing(&s, e))
		return false;
	if (!search_finish(&s, e))
		return false;
	vec_for(f, &s.found)
		vec_push(a, &result.candidates, f->c);
	if (!s.found.n)
		result.near_misses = search_near(&s);
	result.looked_in = places_searched(&s);
	*out = result;
	return true;
}
