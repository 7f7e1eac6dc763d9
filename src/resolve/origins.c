/* origins.c - asks opam's switch and dpkg where installed packages are from.
 * SPDX-License-Identifier: ISC */
#include "resolve/origins.h"

#include "debian/debian.h"

const char *origins_key(struct arena *a, const struct ocaml_site *site)
{
	struct text t = {.a = a};
	text_addf(&t, "%s\n%s", debian_places_now(a).status, site->stdlib);
	vec_for(folder, &site->path)
		text_addf(&t, ":%s", *folder);
	return t.p;
}

/* The switch that a folder of the site is in: PREFIX/lib with PREFIX/.opam-switch beside it. */
static void find_switch(struct origins *o, struct catalog_maker *m, const struct ocaml_site *site)
{
	vec_for(folder, &site->path) {
		const char *prefix = path_dir(o->a, *folder);
		const char *state = path_join(o->a, prefix, ".opam-switch/switch-state");
		struct opam_file f;
		struct str bytes;
		struct err ignored;
		if (!file_exists(state))
			continue;
		catalog_watch(m, state);
		if (!file_read(o->a, state, OPAM_FILE_MAX, &bytes, &ignored) ||
			!opam_parse(o->a, bytes, state, &f, &ignored) ||
			!opam_switch_read(o->a, &f, &o->in_switch, &ignored))
			continue;
		o->switch_dir = prefix;
		return;
	}
}

void origins_open(struct origins *o, struct search *s, struct catalog_maker *m,
	const struct ocaml_site *site, const ocaml_libraries *libraries)
{
	*o = (struct origins){.a = m->a, .libraries.a = m->a};
	find_switch(o, m, site);
	catalog_watch(m, debian_places_now(m->a).status);
	o->has_dpkg = distribution_open(s, &o->dpkg);
	vec_for(l, libraries)
		if (l->package && !map_has(&o->libraries, str_of(l->package)))
			*map_put(&o->libraries, str_of(l->package)) = (void *)(uintptr_t)l;
}

/* "opam liby.0, installed in the switch DIR, pinned to URL at commit HEX" */
static const char *switch_words(const struct origins *o, const char *package, struct str version)
{
	struct opam_origin from = opam_switch_origin(o->a, o->switch_dir, str_of(package), version);
	const char *words = str_format(o->a, "opam %s.%.*s, installed in the switch %s", package,
		STR(version), o->switch_dir);
	if (!from.url.n)
		return words;
	return str_format(o->a, "%s, %s %.*s%s%s", words, from.pinned ? "pinned to" : "from",
		STR(from.url), from.commit ? " at commit " : "", from.commit ? from.commit : "");
}

/* The package of the archive tells more than that of the META: findlib brings those of all that
 * comes with the compiler. */
static const char *debian_words(const struct origins *o, const struct ocaml_library *l)
{
	const char *archive =
		l->archives.n ? l->archives.v[0] : str_format(o->a, "%s.cma", l->name);
	const char *words = distribution_source(o->a, &o->dpkg, path_join(o->a, l->dir, archive));
	return words ? words : distribution_source(o->a, &o->dpkg, l->file);
}

struct modules_origin origins_find(const struct origins *o, const char *package)
{
	struct modules_origin from = {0};
	const struct ocaml_library *library = map_get(&o->libraries, str_of(package));
	const char *meta = library ? library->file : NULL;
	const char *lib = o->switch_dir ? path_join(o->a, o->switch_dir, "lib") : NULL;
	struct str in_switch = lib ? opam_switch_version(&o->in_switch, str_of(package)) : S("");
	if (meta && lib && path_below(lib, meta) && in_switch.n) {
		from.version = str_copy(o->a, in_switch);
		from.source = switch_words(o, package, in_switch);
	} else if (meta && o->has_dpkg) {
		from.source = debian_words(o, library);
	}
	return from;
}

void origins_close(struct origins *o)
{
	catalog_close(&o->dpkg);
}
