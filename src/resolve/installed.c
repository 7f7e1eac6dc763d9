/* installed.c - the world of OCaml's installed libraries: the distribution's, or those of a switch
 * of opam's. SPDX-License-Identifier: ISC */
#include "resolve/origins.h"

struct installed {
	struct arena *a;
	struct search *s;
	struct ocaml_site site;
	struct ocaml_installed all;
	struct origins origins;
};

static struct modules_origin origin_of(void *ctx, const char *package, const char *dir)
{
	struct installed *i = ctx;
	struct modules_origin from = {0};
	if (package)
		from = origins_find(&i->origins, package);
	if (dir && !from.source)
		from.source = str_format(i->a, "installed in %s", dir);
	return from;
}

static bool make(struct catalog_maker *m, void *ctx, struct err *e)
{
	struct installed *i = ctx;
	if (!ocaml_installed_read(i->a, &i->site, &i->all, e))
		return false;
	origins_open(&i->origins, i->s, m, &i->site, &i->all.libraries);
	struct modules x = {.m = m,
		.owners.a = m->a,
		.packages.a = m->a,
		.units.a = m->a,
		.all = &i->all.libraries,
		.origin = origin_of,
		.ctx = i};
	vec_for(path, &i->all.read)
		catalog_watch(m, *path);
	vec_for(path, &i->site.path)
		catalog_watch(m, *path);
	m->unread = i->all.problems;
	modules_add(&x);
	modules_add_archives(&x, true);
	origins_close(&i->origins);
	m->summary = str_format(m->a, "installed for OCaml: %s, %s",
		count_words(m->a, i->all.libraries.n, "library name"),
		count_words(m->a, m->names.n, "name"));
	return true;
}

bool search_installed(struct search *s, struct err *e)
{
	struct ocaml_env env = ocaml_env_now();
	struct installed i = {.a = s->a, .s = s};
	bool any = false;
	if (!ocaml_site_find(s->a, &env, &i.site, e))
		return false;
	vec_for(folder, &i.site.path)
		any |= dir_exists(*folder);
	if (!any) {
		vec_push(s->a, &s->looked_in, "installed for OCaml: none");
		return true;
	}
	const char *key = origins_key(s->a, &i.site);
	struct catalog_source source = {
		.kept = search_kept(s, false, "ocaml", key), .key = key, .make = make, .ctx = &i};
	struct asked how = {.world = "installed",
		.words = "installed",
		.linked = -45,
		.exact = -45,
		.part = -20};
	return search_catalog(s, &source, &how, e);
}
