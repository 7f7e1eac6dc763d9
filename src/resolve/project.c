/* project.c - the world of a dune project: its own libraries, vendored ones, and those of the
 * installed ones that it links. SPDX-License-Identifier: ISC */
#include "project/project.h"

#include <string.h>

#include "resolve/project.h"

#define MAX_PROGRAMS 3 /* that are told one by one */

/* ---- where it is ------------------------------------------------------------------------------
 */

/* The workspace itself, or what the current folder is in; in a workspace nothing outside of it. */
static const char *root_of(const struct search *s)
{
	const char *here, *root = NULL, *top = s->w->root;
	struct err ignored;
	if (top && project_is_root(s->a, top))
		return top;
	if (!path_real(s->a, ".", &here, &ignored) || (top && !path_below(top, here)))
		return NULL;
	return project_root(s->a, here, top, &root, &ignored) ? root : NULL;
}

/* ---- where its packages come from -------------------------------------------------------------
 */

static const char *locked_url(const struct project *p, const char *unit)
{
	vec_for(lock, &p->locks) {
		vec_for(dir, &lock->dirs)
			if (str_is(dir->dir, unit))
				return str_copy(p->a, dir->url);
	}
	return NULL;
}

static const char *said_version(const struct project *p, const char *package)
{
	vec_for(known, &p->dune.packages)
		if (known->version && !strcmp(known->name, package))
			return known->version;
	return NULL;
}

static const struct ocaml_package *package_of(const struct project *p, const char *name)
{
	vec_for(known, &p->dune.packages)
		if (!strcmp(known->name, name))
			return known;
	return NULL;
}

static struct modules_origin origin_of_installed(
	const struct project *p, const char *package, const char *dir)
{
	const char *place;
	struct modules_origin from = {0};
	if (package)
		from = origins_find(&p->origins, package);
	if (dir && !from.source)
		from.source = str_format(p->a, "installed in %s", dir);
	from.unit = project_unit(p, package, NULL, &place);
	return from;
}

static struct modules_origin origin_of_own(
	const struct project *p, const char *package, const char *dir)
{
	const char *place = NULL;
	struct modules_origin from = {.unit = project_unit(p, package, dir, &place)};
	const char *url = from.unit ? locked_url(p, from.unit) : NULL;
	bool is_root = !place || !strcmp(place, ".");
	if (package)
		from.version = project_locked(p->a, &p->locks, package);
	if (package && !from.version)
		from.version = said_version(p, package);
	from.source = is_root ? "the project itself"
		      : url   ? str_format(p->a, "%s, vendored in %s", url, place)
			      : str_format(p->a, "path %s", place);
	return from;
}

/* A package without a library in hand is where its opam file is. */
static struct modules_origin origin_of(void *ctx, const char *package, const char *dir)
{
	const struct project *p = ctx;
	const struct ocaml_package *known = package ? package_of(p, package) : NULL;
	bool is_installed = dir ? *dir == '/' : !known;
	return is_installed ? origin_of_installed(p, package, dir)
			    : origin_of_own(p, package, dir ? dir : known->dir);
}

/* ---- reading it -------------------------------------------------------------------------------
 */

static bool read_installed(struct project *p, struct catalog_maker *m, struct err *e)
{
	struct ocaml_installed all = {0};
	struct err none;
	vec_for(folder, &p->site.path)
		catalog_watch(m, *folder);
	if (!ocaml_installed_read(p->a, &p->site, &all, &none) && none.code != E_ABSENT) {
		*e = none;
		return false;
	}
	vec_for(path, &all.read)
		catalog_watch(m, *path);
	vec_for(problem, &all.problems)
		vec_push(m->a, &m->unread, *problem);
	p->installed = all.libraries;
	origins_open(&p->origins, p->s, m, &p->site, &p->installed);
	return true;
}

/* WHY is dune's own error. */
static void doubt(struct project *p, const struct err *why)
{
	p->unconfirmed = str_format(p->a, "dune itself could not describe the project (%s)",
		ocaml_dune_said(p->a, why));
	vec_for(l, &p->dune.libraries)
		if (!l->guess)
			l->guess = p->unconfirmed;
}

/* What dune says is certain; where it can't be asked, what its files say is not worse than before.
 * Its own files go to a folder of ours: neither the user's _build nor its lock is touched. */
static bool ask_dune(struct project *p, const char **how, struct err *e)
{
	struct ocaml_workspace described;
	struct err now;
	const char *state = p->s->w->state, *build;
	*how = "read from dune files";
	if (!program_find(p->a, "dune"))
		return true;
	build = state ? path_join(p->a, state, "index/dune")
		      : search_kept(p->s, false, "dune", p->root);
	if (!build || !dir_make(build, &now))
		return true;
	if (ocaml_describe(p->a, p->root, "dune", NULL, build, &described, &now)) {
		ocaml_workspace_confirm(p->a, &p->dune, &described);
		p->dune.programs.n = 0; /* it ran them */
		*how = "confirmed by dune";
	} else if (now.code == E_INTERRUPTED) {
		*e = now;
		return false;
	} else {
		doubt(p, &now);
		*how = str_format(p->a, "read from dune files: %s", p->unconfirmed);
	}
	return true;
}

static void merge(struct project *p)
{
	struct map own = {.a = p->a};
	vec_for(l, &p->dune.libraries) {
		*map_put(&own, str_of(l->name)) = l;
		vec_push(p->a, &p->all, *l);
	}
	vec_for(l, &p->installed)
		if (!map_has(&own, str_of(l->name)))
			vec_push(p->a, &p->all, *l);
}

/* All of the project's libraries, and of the installed ones those that an image links. */
static void choose(const struct project *p, ocaml_libraries *out)
{
	struct map seen = {.a = p->a};
	vec_for(l, &p->dune.libraries) {
		*map_put(&seen, str_of(l->name)) = l;
		vec_push(p->a, out, *l);
	}
	vec_for(x, &p->dune.executables) {
		ocaml_library_list linked = {0};
		if (!project_is_image(x))
			continue;
		project_linked(p, x, &linked);
		vec_for(l, &linked) {
			void **known = map_put(&seen, str_of((*l)->name));
			if (!*known)
				vec_push(p->a, out, **l);
			*known = out;
		}
	}
}

static void watch_all(struct project *p, struct catalog_maker *m)
{
	static const char *const places[] = {
		".", "mirage", "dune-workspace", "dune-project", "config.ml", "dist/dune"};
	vec_for(path, &p->dune.read)
		catalog_watch(m, path_join(p->a, p->root, *path));
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		catalog_watch(m, path_join(p->a, p->root, places[i]));
	vec_for(file, &p->lock_files)
		catalog_watch(m, *file);
}

static const char *summary_of(const struct project *p, const char *how)
{
	struct text t = {.a = p->a};
	text_addf(&t, "project %s: %s, %s; %s", p->root,
		count_words(p->a, p->dune.libraries.n, "library name"),
		count_words(p->a, p->dune.packages.n, "package"), how);
	if (p->no_symbols)
		text_addf(&t, "; no symbols of its C: %s", p->no_symbols);
	size_t n = p->dune.programs.n, named = n > MAX_PROGRAMS ? MAX_PROGRAMS : n;
	for (size_t i = 0; i < named; i++)
		text_addf(&t, "%s%s", i ? ", " : "; not looked into, being OCaml programs: ",
			p->dune.programs.v[i]);
	if (n > named)
		text_addf(&t, " and %zu more", n - named);
	return t.p;
}

static bool make(struct catalog_maker *m, void *ctx, struct err *e)
{
	struct project *p = ctx;
	ocaml_libraries chosen = {0};
	const char *how;
	if (!read_installed(p, m, e) ||
		!ocaml_workspace_read(p->a, p->root, "overlays", &p->installed, &p->dune, e) ||
		!project_locks(p->a, p->root, &p->locks, &p->lock_files, e))
		return false;
	/* A dune file that is a program is no damage. */
	vec_for(problem, &p->dune.problems)
		vec_push(m->a, &m->unread, *problem);
	watch_all(p, m);
	if (!ask_dune(p, &how, e))
		return false;
	merge(p);
	choose(p, &chosen);
	struct modules x = {.m = m,
		.owners.a = m->a,
		.packages.a = m->a,
		.units.a = m->a,
		.all = &chosen,
		.origin = origin_of,
		.ctx = p};
	vec_for(package, &p->dune.packages)
		(void)modules_package(&x, package->name, package->file, package->line);
	modules_add(&x);
	modules_add_archives(&x, false);
	project_add_edited(p, &x);
	project_add_programs(p, &x);
	project_add_stubs(p, &x);
	origins_close(&p->origins);
	m->summary = summary_of(p, how);
	return true;
}

/* What decides what the project's libraries are and how they are called. */
static const char *key_of(const struct project *p)
{
	struct text t = {.a = p->a};
	const char *dune = program_find(p->a, "dune");
	text_addf(&t, "%s\n%s\n%s\n", p->root, dune ? dune : "", origins_key(p->a, &p->site));
	vec_for(r, &p->s->w->all) {
		const struct dune_how *how = (*r)->build.dune;
		if (how)
			text_addf(&t, "%s %s %s\n", (*r)->name, how->place ? how->place : "",
				how->target ? how->target : "");
	}
	return t.p;
}

bool search_project(struct search *s, struct err *e)
{
	struct project p = {.a = s->a, .s = s, .stub_names.a = s->a};
	struct ocaml_env env = ocaml_env_now();
	p.root = s->project = root_of(s);
	if (!p.root)
		return true;
	if (!ocaml_site_find(s->a, &env, &p.site, e))
		return false;
	const char *key = key_of(&p);
	struct catalog_source source = {
		.kept = search_kept(s, true, "project", key), .key = key, .make = make, .ctx = &p};
	struct asked how = {.world = "project",
		.words = "in the project",
		.root = p.root,
		.linked = 40,
		.exact = 20,
		.part = 20,
		.is_own = true};
	return search_catalog(s, &source, &how, e) || fail_context(e, "the project %s", p.root);
}
