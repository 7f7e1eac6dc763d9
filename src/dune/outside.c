/* outside.c - what a build depends on beside the workspace: the request itself, the environment,
 * programs, and the folders of installed libraries. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What dune, findlib, the compiler and configure scripts look at; the rest is not passed on. */
static const char *const passed[] = {"PATH", "OCAMLPATH", "OCAMLFIND_CONF", "OCAMLFIND_TOOLCHAIN",
	"OCAMLFIND_LDCONF", "OCAMLLIB", "CAMLLIB", "CAML_LD_LIBRARY_PATH", "OCAMLPARAM",
	"OCAMLRUNPARAM", "OPAM_SWITCH_PREFIX", "PKG_CONFIG_PATH", "PKG_CONFIG_LIBDIR",
	"LD_LIBRARY_PATH", "LIBRARY_PATH", "C_INCLUDE_PATH", "CPATH"};

static const char *const tools[] = {"ocaml", "ocamlc", "ocamlc.opt", "ocamlopt", "ocamlopt.opt",
	"ocamldep", "ocamldep.opt", "ocamllex", "ocamllex.opt", "ocamlyacc", "ocamlmklib",
	"ocamlfind", "ocamlrun", "cc", "gcc", "as", "ld", "ar", "sh", "pkg-config"};

static void add_value(struct build *b, enum entry_kind kind, const char *name, const char *value)
{
	struct entry *entry = vec_add(b->a, &b->inputs);
	*entry = (struct entry){.kind = kind, .safe = true, .path = name};
	entry->digest = hash_bytes(value ? str_of(value) : S("\1absent"));
}

static void add_path(struct build *b, enum entry_kind kind, const char *path)
{
	struct stamp stamp;
	if (!file_stamp(path, &stamp))
		return;
	struct entry *entry = vec_add(b->a, &b->inputs);
	*entry = (struct entry){.kind = kind, .path = path, .real = path, .stamp = stamp};
	entry->safe = stamp_is_safe(&stamp, clock_wall_ns());
}

static void add_environment(struct build *b)
{
	for (size_t i = 0; i < sizeof(passed) / sizeof(*passed); i++) {
		const char *value = getenv(passed[i]);
		add_value(b, ENTRY_VARIABLE, passed[i], value);
		if (value)
			vec_push(b->a, &b->env, str_format(b->a, "%s=%s", passed[i], value));
	}
	vec_push(b->a, &b->env, "LC_ALL=C");
	vec_push(b->a, &b->env, "TZ=UTC0");
	vec_push(b->a, &b->env, str_format(b->a, "HOME=%s", b->state));
}

static void add_programs(struct build *b)
{
	const char *value = getenv("PATH");
	struct str rest = str_of(value);
	while (rest.p) {
		struct str dir = str_cut(&rest, ':');
		if (dir.n)
			add_path(b, ENTRY_PLACE, str_copy(b->a, dir));
	}
	add_path(b, ENTRY_PROGRAM, b->dune);
	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++) {
		const char *path = program_find(b->a, tools[i]);
		if (path)
			add_path(b, ENTRY_PROGRAM, path);
	}
}

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* The folders below PATH: what is installed anew changes one of them. */
static void add_folders(struct build *b, const char *path)
{
	defer(close_dir) DIR *dir = opendir(path);
	if (!dir)
		return;
	add_path(b, ENTRY_INSTALLED, path);
	for (struct dirent *d; (d = readdir(dir));)
		if (d->d_type == DT_DIR && d->d_name[0] != '.')
			add_folders(b, path_join(b->a, path, d->d_name));
}

static bool add_site(struct build *b, const char *toolchain, struct map *done,
	struct ocaml_site *site, struct err *e)
{
	if (!project_site(b->a, b->q->w, toolchain, site, e))
		return false;
	if (site->conf)
		add_path(b, ENTRY_PROGRAM, site->conf);
	if (site->stdlib)
		vec_push(b->a, &site->path, site->stdlib);
	vec_for(folder, &site->path) {
		if (map_has(done, str_of(*folder)))
			continue;
		*map_put(done, str_of(*folder)) = b;
		add_folders(b, *folder);
	}
	return true;
}

/* Cross compilers: a file each, beside findlib's own, CONF. */
static bool add_toolchains(struct build *b, const char *conf, struct map *done, struct err *e)
{
	const char *dir = str_format(b->a, "%s.d", conf);
	strings names;
	struct ocaml_site site;
	if (!dir_exists(dir))
		return true;
	add_path(b, ENTRY_PLACE, dir);
	if (!dir_list(b->a, dir, &names, e))
		return false;
	vec_for(name, &names) {
		struct str stem = str_of(*name);
		add_path(b, ENTRY_PROGRAM, path_join(b->a, dir, *name));
		if (!str_ends(stem, S(".conf")))
			continue;
		stem.n -= 5;
		if (!add_site(b, str_copy(b->a, stem), done, &site, e))
			return false;
	}
	return true;
}

/* ---- the request ---------------------------------------------------------------------- */

static void add_recipes(struct build *b)
{
	struct text all = {.a = b->a};
	vec_for(r, &b->closure)
		spec_canonical(&recipe_spec, *r, &all);
	add_value(b, ENTRY_FACT, "a recipe", all.p);
	add_value(b, ENTRY_FACT, "what is asked for", b->q->any_effect ? "any" : NULL);
}

static void add_overlays(struct build *b)
{
	if (b->q->with)
		vec_for(o, b->q->with) {
			struct text t = {.a = b->a};
			text_addf(&t, "%s %s", o->version, o->tree);
			vec_for(subject, &o->patches)
				text_addf(&t, "\n%s", *subject);
			add_value(
				b, ENTRY_FACT, str_format(b->a, OVERLAY_OF "%s", o->package), t.p);
			add_value(
				b, ENTRY_FACT, str_format(b->a, PLACE_OF "%s", o->package), o->dir);
		}
}

static void add_from_source(struct build *b)
{
	if (b->q->from_source)
		vec_for(name, b->q->from_source)
			add_value(b, ENTRY_FACT, str_format(b->a, ORIGIN_OF "%s", *name), "source");
}

bool outside_dune(struct build *b, struct err *e)
{
	b->dune = program_find(b->a, "dune");
	if (b->dune)
		return true;
	fail(e, E_ABSENT, "there is no dune, which builds %s", b->q->image->name);
	return fail_hint(e, "install dune, or put its folder into PATH");
}

/* Dune 2 wants a daemon for its cache. */
bool outside_version(struct build *b, struct err *e)
{
	const char *const argv[] = {b->dune, "--version", NULL};
	const struct command c = {.argv = argv};
	struct outcome o;
	if (!command_must(b->a, &c, &o, e))
		return false;
	b->caches = !str_starts(o.output, S("1.")) && !str_starts(o.output, S("2."));
	return true;
}

void outside_cache(struct build *b)
{
	vec_push(b->a, &b->env, b->caches ? "DUNE_CACHE=enabled" : "DUNE_CACHE=disabled");
	vec_push(b->a, &b->env, str_format(b->a, "DUNE_CACHE_ROOT=%s/dune/cache", b->state));
	vec_push(b->a, &b->env, NULL);
}

bool outside_programs(struct build *b, struct err *e)
{
	struct map done = {.a = b->a};
	struct ocaml_site site;
	add_programs(b);
	return add_site(b, NULL, &done, &site, e) &&
	       (!site.conf || add_toolchains(b, site.conf, &done, e));
}

static void hash_value(struct hasher *h, const struct entry *entry)
{
	hash_add(h, (struct str){entry->path, strlen(entry->path) + 1});
	hash_add(h, (struct str){(const char *)entry->digest.b, sizeof(entry->digest.b)});
}

void outside_values(struct build *b)
{
	struct hasher facts, shape;
	hash_start(&facts);
	hash_start(&shape);
	add_recipes(b);
	add_overlays(b);
	add_from_source(b);
	add_value(b, ENTRY_FACT, PLACE_OF_ALL, b->root);
	add_environment(b);
	vec_for(entry, &b->inputs) {
		hash_value(&facts, entry);
		if (!str_starts(str_of(entry->path), S(OVERLAY_OF)))
			hash_value(&shape, entry);
	}
	b->facts = hash_end(&facts);
	b->shape = hash_end(&shape);
}
