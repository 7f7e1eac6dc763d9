/* locked.c - the world of a project's packages that are named by its lock file but whose sources
 * are not there yet: each is fetched, by its checksum, and its dune files are read.
 * SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "project/project.h"
#include "resolve/project.h"

/* A source that the lock file names. */
struct locked {
	struct arena *a;
	const struct opam_lock *lock;
	const struct opam_dune_dir *dir;
	const char *name; /* of the folder it would have in duniverse/ */
	struct recipe recipe;
	struct tree tree;
	int likely;	 /* how much the query looks like one of its packages */
	const char *why; /* it can't be looked at; or NULL */
};
typedef VEC(struct locked) locked_list;

/* ---- what there is ----------------------------------------------------------------------------
 */

static void make_recipe(struct locked *l, const char *version)
{
	struct source source;
	l->why = project_source(l->a, l->dir->url, &l->dir->hashes, &source);
	l->recipe = (struct recipe){.name = l->name,
		.version = version,
		.license = "",
		.file = "the lock file",
		.dir = "/"};
	vec_push(l->a, &l->recipe.source, source);
}

/* Packages are pinned to the URL of their folder. */
static bool is_in_folder(const struct locked *l, const struct opam_pair *pin, struct str *package)
{
	struct str version;
	return str_eq(pin->second, l->dir->url) && opam_name_split(pin->first, package, &version);
}

/* How many letters a package's name begins with as the query does. */
static int likeness(struct str query, struct str package)
{
	size_t n = 0;
	while (n < query.n && n < package.n &&
		tolower((unsigned char)query.p[n]) == tolower((unsigned char)package.p[n]))
		n++;
	return (int)n;
}

static void add_locked(struct search *s, const struct opam_lock *lock,
	const struct opam_dune_dir *dir, locked_list *out)
{
	struct locked *l = vec_add(s->a, out);
	struct str package;
	const char *version = "locked";
	*l = (struct locked){.a = s->a, .lock = lock, .dir = dir, .name = str_copy(s->a, dir->dir)};
	vec_for(pin, &lock->pins) {
		if (!is_in_folder(l, pin, &package))
			continue;
		int likely = likeness(s->query, package);
		version = str_copy(s->a, str_from(pin->first, package.n + 1));
		l->likely = likely > l->likely ? likely : l->likely;
	}
	make_recipe(l, version);
}

static int likeliest_first(const void *x, const void *y)
{
	const struct locked *a = x, *b = y;
	return a->likely != b->likely ? b->likely - a->likely : strcmp(a->name, b->name);
}

/* Does the project define the package NAME itself? */
static bool is_in_project(const struct search *s, struct str name)
{
	vec_for(asked, &s->asked) {
		const struct catalog_name *first;
		size_t n = strcmp((*asked)->world, "project")
				   ? 0
				   : catalog_find(&(*asked)->catalog, name, &first);
		for (size_t i = 0; i < n; i++)
			if (first[i].kind == CATALOG_PACKAGE)
				return true;
	}
	return false;
}

/* In duniverse/, or wherever else the project keeps its packages. */
static bool is_pulled(
	const struct search *s, const struct opam_lock *lock, const struct opam_dune_dir *dir)
{
	struct locked l = {.dir = dir};
	struct str package;
	if (dir_exists(str_format(s->a, "%s/duniverse/%.*s", s->project, STR(dir->dir))))
		return true;
	vec_for(pin, &lock->pins)
		if (is_in_folder(&l, pin, &package) && is_in_project(s, package))
			return true;
	return false;
}

/* ---- looking there ----------------------------------------------------------------------------
 */

static struct modules_origin origin_of(void *ctx, const char *package, const char *dir)
{
	struct locked *l = ctx;
	struct str name = str_of(package);
	struct modules_origin from = {.source = str_copy(l->a, l->dir->url),
		.version = l->recipe.version,
		.unit = l->name};
	vec_for(p, &l->lock->packages)
		if (package && str_eq(p->name, name))
			from.version = str_copy(l->a, p->version);
	(void)dir;
	return from;
}

static bool make(struct catalog_maker *m, void *ctx, struct err *e)
{
	struct locked *l = ctx;
	struct ocaml_workspace w;
	if (!ocaml_workspace_read(m->a, l->tree.dir, NULL, NULL, &w, e))
		return false;
	struct modules x = {.m = m,
		.all = &w.libraries,
		.origin = origin_of,
		.ctx = l,
		.owners.a = m->a,
		.packages.a = m->a,
		.units.a = m->a};
	vec_for(package, &w.packages)
		(void)modules_package(&x, package->name, package->file, package->line);
	modules_add(&x);
	m->summary = str_format(m->a, "%s of the lock file: %s, %s", l->name,
		count_words(m->a, w.libraries.n, "library name"),
		count_words(m->a, m->names.n, "name"));
	return true;
}

static bool look_in(struct search *s, struct locked *l, struct err *e)
{
	const char *key = str_format(s->a, "%s %s", l->tree.dir, l->recipe.version);
	struct catalog_source source = {
		.kept = search_kept(s, true, "locked", key), .key = key, .make = make, .ctx = l};
	struct asked how = {.world = "lock",
		.words = "named by the lock file",
		.root = l->tree.dir,
		.linked = 30,
		.exact = 30,
		.part = 10,
		.is_own = true};
	return search_catalog(s, &source, &how, e);
}

/* Modules may be anywhere: all sources can have them. Other names are those of packages, and of
 * libraries, which begin with their package's. */
static bool may_have(const struct search *s, const struct locked *l)
{
	struct str rest = s->query, first = str_cut(&rest, '.'), package;
	bool is_module = isupper((unsigned char)*s->query.p);
	bool is_source = str_ends(s->query, S(".ml")) || str_ends(s->query, S(".mli"));
	if (is_module || is_source || str_is(s->query, l->name))
		return true;
	vec_for(pin, &l->lock->pins)
		if (is_in_folder(l, pin, &package) && str_eq(package, first))
			return true;
	return false;
}

/* What can't be had is no error: the name may be found elsewhere. Nor is the next one tried then: a
 * network that is not there would be waited for again and again. */
static bool fetch_likely(
	struct search *s, const struct workspace *w, locked_list *list, struct err *e)
{
	vec_for(l, list) {
		struct err now;
		if (l->why || l->tree.dir || !may_have(s, l))
			continue;
		if (!s->fetch || search_is_certain(s))
			return true;
		if (source_ensure(w, &l->recipe, &l->tree, &now)) {
			if (!look_in(s, l, e))
				return false;
			continue;
		}
		l->tree.dir = NULL;
		if (now.code == E_INTERRUPTED) {
			*e = now;
			return false;
		}
		l->why = str_format(s->a, "it can't be fetched: %s", now.text);
		return true;
	}
	return true;
}

static void note_missing(struct search *s, const locked_list *list)
{
	size_t missing = 0;
	vec_for(l, list) {
		missing += !l->tree.dir && !l->why;
		if (l->why)
			vec_push(s->a, &s->looked_in,
				str_format(s->a, "%s of the lock file: not there; %s", l->name,
					l->why));
	}
	if (missing)
		vec_push(s->a, &s->looked_in,
			str_format(s->a, "%s of the lock file: not fetched",
				count_words(s->a, missing, "source")));
}

bool search_locked(struct search *s, struct err *e)
{
	opam_locks locks;
	strings files = {0};
	locked_list list = {0};
	if (!s->project)
		return true;
	struct workspace w = *s->w;
	w.a = s->a;
	w.root = s->project;
	if (!w.state)
		w.state = path_join(s->a, s->project, ".respin");
	if (!project_locks(s->a, s->project, &locks, &files, e))
		return false;
	vec_for(lock, &locks) {
		vec_for(dir, &lock->dirs)
			if (!is_pulled(s, lock, dir))
				add_locked(s, lock, dir, &list);
	}
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), likeliest_first);
	vec_for(l, &list) {
		if (l->why)
			continue;
		if (!source_locate(&w, &l->recipe, &l->tree, e) ||
			(l->tree.dir && !look_in(s, l, e)))
			return false;
	}
	if (!fetch_likely(s, &w, &list, e))
		return false;
	note_missing(s, &list);
	return true;
}
