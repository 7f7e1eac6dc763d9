/* installed.c - the world of OCaml's installed libraries: the distribution's, or those of a switch
 * of opam's. SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "distro/distro.h"
#include "opam/opam.h"
#include "resolve/modules.h"
#include "resolve/search.h"

struct installed {
	struct arena *a;
	struct search *s;
	const struct ocaml_site *site;
	struct ocaml_installed all;
	const char *switch_dir; /* of opam's, whose lib/ is among the site's folders; or NULL */
	struct opam_switch in_switch;
	bool has_dpkg;
	struct catalog dpkg;
	struct map metas; /* files that define packages, by package */
};

/* In a switch its own record tells the version, in the distribution dpkg's tells the source; a
 * library of neither has its META's version. */
static struct modules_origin origin_of(void *ctx, const char *package, const char *dir)
{
	struct installed *i = ctx;
	struct modules_origin from = {0};
	const char *meta = map_get(&i->metas, str_of(package)), *version = NULL;
	const char *lib = i->switch_dir ? path_join(i->a, i->switch_dir, "lib") : NULL;
	struct str in_switch =
		i->switch_dir ? opam_switch_version(&i->in_switch, str_of(package)) : S("");
	if (lib && meta && path_below(lib, meta) && in_switch.n) {
		from.version = str_copy(i->a, in_switch);
		from.source = str_format(i->a, "opam %s.%s, installed in the switch %s", package,
			from.version, i->switch_dir);
	} else if (meta && i->has_dpkg) {
		from.source = distribution_source(i->a, &i->dpkg, meta, &version);
	}
	(void)dir;
	return from;
}

/* The switch that a folder of the site is in: PREFIX/lib with PREFIX/.opam-switch beside it. */
static void find_switch(struct installed *i, struct catalog_maker *m)
{
	vec_for(folder, &i->site->path) {
		const char *prefix = path_dir(i->a, *folder);
		const char *state = path_join(i->a, prefix, ".opam-switch/switch-state");
		struct opam_file f;
		struct str bytes;
		struct err ignored;
		if (!file_exists(state))
			continue;
		catalog_watch(m, state);
		if (!file_read(i->a, state, OPAM_FILE_MAX, &bytes, &ignored) ||
			!opam_parse(i->a, bytes, state, &f, &ignored) ||
			!opam_switch_read(i->a, &f, &i->in_switch, &ignored))
			continue;
		i->switch_dir = prefix;
		return;
	}
}

static bool make(struct catalog_maker *m, void *ctx, struct err *e)
{
	struct installed *i = ctx;
	if (!ocaml_installed_read(i->a, i->site, &i->all, e))
		return false;
	find_switch(i, m);
	catalog_watch(m, distro_places_now(m->a).status);
	i->has_dpkg = distribution_open(i->s, &i->dpkg);
	i->metas.a = m->a;
	vec_for(l, &i->all.libraries)
		if (l->package && !map_has(&i->metas, str_of(l->package)))
			*map_put(&i->metas, str_of(l->package)) = (void *)(uintptr_t)l->file;
	struct modules x = {.m = m,
		.owners.a = m->a,
		.packages.a = m->a,
		.units.a = m->a,
		.all = &i->all.libraries,
		.origin = origin_of,
		.ctx = i};
	vec_for(path, &i->all.read)
		catalog_watch(m, *path);
	vec_for(path, &i->site->path)
		catalog_watch(m, *path);
	modules_add(&x);
	catalog_close(&i->dpkg);
	m->summary = str_format(m->a, "installed for OCaml: %s, %s",
		count_words(m->a, i->all.libraries.n, "library name"),
		count_words(m->a, m->names.n, "name"));
	return true;
}

/* Another environment sees other libraries. */
static const char *key_of(struct arena *a, const struct ocaml_site *site)
{
	struct text t = {.a = a};
	text_addf(&t, "%s\n%s", distro_places_now(a).status, site->stdlib);
	vec_for(folder, &site->path)
		text_addf(&t, ":%s", *folder);
	return t.p;
}

bool search_installed(struct search *s, struct err *e)
{
	struct ocaml_env env = ocaml_env_now();
	struct ocaml_site site;
	if (!ocaml_site_find(s->a, &env, &site, e))
		return false;
	struct installed i = {.a = s->a, .s = s, .site = &site};
	bool any = false;
	vec_for(folder, &site.path)
		any |= dir_exists(*folder);
	if (!any) {
		vec_push(s->a, &s->looked_in, "installed for OCaml: none");
		return true;
	}
	const char *key = key_of(s->a, &site);
	struct catalog_source source = {
		.kept = search_kept(s, false, "ocaml", key), .key = key, .make = make, .ctx = &i};
	struct asked how = {.world = "installed",
		.words = "installed",
		.linked = -45,
		.exact = -45,
		.part = -20};
	return search_catalog(s, &source, &how, e);
}
