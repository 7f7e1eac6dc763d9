/* packages.c - the trees, search paths and flags of all packages in a build.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "build/debian.h"

static const struct overlay *overlay_of(const struct engine *g, const struct recipe *r)
{
	if (g->q->with)
		vec_for(o, g->q->with)
			if (!strcmp(o->package, r->name))
				return o;
	return NULL;
}

static struct package *package_of(const struct engine *g, const struct recipe *r)
{
	vec_for(p, &g->packages)
		if (p->r == r)
			return p;
	return NULL;
}

bool package_open_tree(struct engine *g, struct package *p, struct err *e)
{
	const struct workspace *w = g->q->w;
	p->overlay = overlay_of(g, p->r);
	if (p->r->source.n) {
		bool ready = g->q->plan_only || p->overlay;
		if (!(ready ? source_locate : source_ensure)(w, p->r, &p->source, e))
			return fail_context(e, "the source of %s", p->r->name);
	}
	const char *dir = p->overlay ? p->overlay->dir : p->source.dir;
	if (!dir)
		return true;
	if (!path_real(g->a, dir, &p->dir, e))
		return fail_context(e, "the source of %s", p->r->name);
	places_add(g->a, &g->places, p->dir, str_format(g->a, "<%s>", p->r->name));
	return true;
}

static bool add_search(struct engine *g, struct package *p, const char *dir, const char *flag,
	const struct recipe *owner, const char *field, struct err *e)
{
	if (!dir_exists(dir)) {
		fail(e, E_INPUT, "there is no folder %s", dir);
		return fail_where(e, "%s:%s", owner->file, field);
	}
	const char *tidy = path_tidy(g->a, dir);
	const char *name = places_name(g->a, &g->places, tidy);
	vec_push(g->a, &p->search, ((struct search){tidy, flag ? flag : tidy, name}));
	return true;
}

static bool search_config(
	struct engine *g, struct package *p, const struct recipe *owner, struct err *e)
{
	if (owner->build.objects)
		vec_for(dir, &owner->build.objects->config)
			if (!add_search(g, p, path_join(g->a, owner->dir, *dir), NULL, owner,
				    "/build/objects/config", e))
				return false;
	return true;
}

static bool search_needs(struct engine *g, struct package *p, struct err *e)
{
	for (size_t i = 1; i < p->closure.n; i++) {
		const struct package *need = package_of(g, p->closure.v[i]);
		if (!search_config(g, p, need->r, e))
			return false;
		if (!need->dir)
			continue;
		vec_for(dir, &need->r->provides.include)
			if (!add_search(g, p, path_join(g->a, need->dir, *dir), NULL, need->r,
				    "/provides/include", e))
				return false;
	}
	return true;
}

/* -I among the recipe's own flags is searched too, before all else. */
static void search_flags(struct engine *g, struct package *p)
{
	vec_for(flag, &p->flags) {
		if (strncmp(*flag, "-I", 2) != 0 || !(*flag)[2])
			continue;
		const char *dir = path_tidy(g->a, path_join(g->a, p->dir, *flag + 2));
		const char *name = places_name(g->a, &g->places, dir);
		vec_push(g->a, &p->search, ((struct search){dir, NULL, name}));
	}
}

static bool open_search(struct engine *g, struct package *p, struct err *e)
{
	const struct objects *o = p->r->build.objects;
	search_flags(g, p);
	if (!search_config(g, p, p->r, e))
		return false;
	if (o)
		vec_for(dir, &o->include)
			if (!add_search(g, p, path_join(g->a, p->dir, *dir), *dir, p->r,
				    "/build/objects/include", e))
				return false;
	return search_needs(g, p, e);
}

static void open_flags(struct engine *g, struct package *p)
{
	vec_for(r, &p->closure)
		vec_for(flag, &(*r)->provides.flags)
			vec_push(g->a, &p->flags, *flag);
	if (p->r->build.objects)
		vec_for(flag, &p->r->build.objects->flags)
			vec_push(g->a, &p->flags, *flag);
}

/* What all compiles of P have in common. */
static bool open_known(struct engine *g, struct package *p, struct err *e)
{
	inputs *known = &p->known;
	if (!tool_input(g, known, "compiler", g->tools.cc, e) ||
		!tool_input(g, known, "compiler's cc1", g->tools.cc1, e) ||
		!tool_input(g, known, "assembler", g->tools.as, e))
		return false;
	vec_for(flag, &p->flags)
		input_add(g->a, known, IN_FLAG, *flag, NULL);
	vec_for(s, &p->search)
		if (s->flag)
			input_add(g->a, known, IN_FLAG, str_format(g->a, "-I%s", s->name), NULL);
	input_add(g->a, known, IN_FLAG, str_format(g->a, "-isystem%s", g->tools.include), NULL);
	return true;
}

/* Their files are packed for an installed system: neither headers nor libraries are in hand. */
static bool fail_unlinkable(
	const struct recipe *user, size_t at, const struct recipe *need, struct err *e)
{
	fail(e, E_INPUT,
		"%s needs %s, which makes Debian's binary packages: these are not linked into "
		"images",
		user->name, need->name);
	fail_hint(e,
		"let %s build by \"objects\" or \"commands\" (in %s), or take it out of \"needs\"",
		need->name, need->file);
	return fail_where(e, "%s:/needs/%zu", user->file, at);
}

static bool check_linkable(const struct workspace *w, const recipes *closure, struct err *e)
{
	vec_for(r, closure) {
		for (size_t i = 0; i < (*r)->needs.n; i++) {
			struct recipe *need;
			if (!recipe_find(w, (*r)->needs.v[i], &need, e))
				return fail_where(e, "%s:/needs/%zu", (*r)->file, i);
			if (need->build.debian)
				return fail_unlinkable(*r, i, need, e);
		}
	}
	return true;
}

bool packages_open(struct engine *g, struct err *e)
{
	recipes closure;
	if (g->q->image->build.debian)
		return debian_packages_open(g, e);
	if (!recipe_closure(g->q->w, g->q->image, &closure, e) ||
		!check_linkable(g->q->w, &closure, e))
		return false;
	vec_for(r, &closure)
		vec_push(g->a, &g->packages, ((struct package){.r = *r}));
	vec_for(p, &g->packages) {
		if (!recipe_closure(g->q->w, p->r, &p->closure, e) || !package_open_tree(g, p, e))
			return false;
		places_add(g->a, &g->places, p->r->dir,
			str_format(g->a, "<recipe of %s>", p->r->name));
	}
	vec_for(p, &g->packages) {
		bool builds = p->r->build.objects || p->r->build.commands;
		bool wanted = g->q->image->image || p->r == g->q->image;
		if (!builds || !wanted || !p->dir)
			continue;
		open_flags(g, p);
		if (!open_search(g, p, e) || !open_known(g, p, e))
			return false;
	}
	return true;
}
