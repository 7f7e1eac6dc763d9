/* recipes.c - the world of the workspace's own packages: their sources, and what they are called.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "resolve/search.h"

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
	g->kept = kept_index(s, g);
	return index_open(s->a, g->kept, g->dir, is_fixed, &g->index, e) ||
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

static void note_ground(struct search *s, const struct ground *g)
{
	const struct index_header *h = g->index.header;
	const char *which = g->config	    ? str_format(s->a, ", %s", g->config)
			    : g->is_overlay ? ", overlay"
					    : "";
	vec_push(s->a, &s->looked_in,
		str_format(s->a, "%s %s%s: %s, %s", g->recipe->name, g->recipe->version, which,
			count_words(s->a, h->files, "file"),
			count_words(s->a, h->symbols, "symbol")));
}

bool search_workspace(struct search *s, struct err *e)
{
	if (!s->w->root)
		return true;
	vec_for(r, &s->w->all) {
		/* What dune builds is the project's world. */
		if ((*r)->build.dune)
			continue;
		if (!add_config(s, *r, e) || !add_source(s, *r, false, e))
			return false;
	}
	search_recipes(s);
	vec_push(s->a, &s->looked_in,
		str_format(s->a, "names of %s", count_words(s->a, s->w->all.n, "package")));
	vec_for(g, &s->grounds) {
		search_ground(s, g);
		note_ground(s, g);
	}
	return true;
}

/* Fetches what is missing and looks there too. What can't be fetched is an error only where nothing
 * is found elsewhere. */
bool search_workspace_missing(struct search *s, struct err *e)
{
	recipes missing = s->missing;
	s->missing = (recipes){0};
	vec_for(r, &missing) {
		struct err now;
		if (s->fetch && add_source(s, *r, true, &now)) {
			search_ground(s, &s->grounds.v[s->grounds.n - 1]);
			note_ground(s, &s->grounds.v[s->grounds.n - 1]);
			continue;
		}
		vec_push(s->a, &s->missing, *r);
		if (!s->fetch)
			continue;
		if (now.code == E_INTERRUPTED) {
			*e = now;
			return false;
		}
		if (!s->has_unfetched)
			s->unfetched = now;
		s->has_unfetched = true;
	}
	return true;
}
