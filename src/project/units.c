/* units.c - recipes of the sources in a dune workspace: the project itself, and each that it
 * vendors. SPDX-License-Identifier: ISC */
#include <string.h>

#include "project/reading.h"

/* A name that a recipe can have. */
static const char *plain(struct arena *a, const char *name)
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "._+-";
	char *copy = str_copy(a, str_of(name));
	for (char *c = copy; *c; c++)
		if (!strchr(fine, *c))
			*c = '-';
	while (*copy == '-' || *copy == '.')
		copy++;
	return *copy ? copy : "unit";
}

static const char *free_name(struct reading *p, const char *wanted)
{
	const char *name = plain(p->a, wanted);
	for (int i = 2; map_get(&p->names, str_of(name)); i++)
		name = str_format(p->a, "%s-%d", plain(p->a, wanted), i);
	return name;
}

struct recipe *make_recipe(struct reading *p, const char *name, const char *place)
{
	struct recipe *r = NEW(p->a, struct recipe);
	r->name = free_name(p, name);
	r->version = r->license = NULL;
	r->dir = p->root;
	r->file = path_join(p->a, p->root, place);
	r->is_made = true;
	r->build.dune = NEW(p->a, struct dune_how);
	r->build.dune->place = place;
	vec_push(p->a, &p->made, r);
	*map_put(&p->names, str_of(r->name)) = r;
	return r;
}

bool make_facts(struct reading *p, const char *file, struct opam_package *out, struct err *e)
{
	struct str text;
	struct opam_file parsed;
	vec_push(p->a, &p->read, file);
	return (file_read(p->a, file, OPAM_FILE_MAX, &text, e) &&
		       opam_parse(p->a, text, file, &parsed, e) &&
		       opam_package_read(p->a, &parsed, out, e)) ||
	       fail_where(e, "%s:1:1", file);
}

void make_describe(struct reading *p, struct recipe *r, const struct opam_package *opam)
{
	struct text licenses = {.a = p->a};
	vec_for(word, &opam->licenses)
		text_addf(&licenses, "%s%.*s", licenses.n ? " AND " : "", STR(*word));
	if (!r->license && licenses.n)
		r->license = licenses.p;
	if (!r->summary && opam->synopsis.n)
		r->summary = str_copy(p->a, opam->synopsis);
}

bool units_pulled(const char *path)
{
	return !strncmp(path, "duniverse/", strlen("duniverse/"));
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	return !strncmp(path, dir, n) && (!path[n] || path[n] == '/');
}

/* The vendored area that PATH is in; NULL. What is pulled is vendored even where nobody tells dune.
 */
static const char *area_of(const struct reading *p, const char *path)
{
	vec_for(dir, &p->dune.vendored)
		if (is_below(path, *dir))
			return *dir;
	return units_pulled(path) ? "duniverse" : NULL;
}

/* Folders with a dune-project or an opam file. */
static void find_projects(struct reading *p)
{
	vec_for(package, &p->dune.packages)
		*map_put(&p->projects, str_of(package->dir)) = p;
	vec_for(file, &p->dune.read)
		if (!strcmp(path_base(*file), "dune-project"))
			*map_put(&p->projects, str_of(path_dir(p->a, *file))) = p;
}

/* PATH up to its slash behind the first FROM bytes. */
static const char *up_to(struct arena *a, const char *path, size_t from)
{
	const char *slash = strchr(path + from, '/');
	return slash ? str_copy(a, (struct str){path, (size_t)(slash - path)}) : path;
}

/* The outermost folder of a project of its own within the vendored area: what was copied in. */
static const char *find_place(struct reading *p, const char *path)
{
	const char *area = area_of(p, path);
	if (!area)
		return ".";
	for (size_t n = strlen(area);; n++) {
		const char *dir = up_to(p->a, path, n);
		if (map_has(&p->projects, str_of(dir)) || units_pulled(dir))
			return dir;
		n = strlen(dir);
		if (!path[n])
			return ".";
	}
}

static const char *place_of(struct reading *p, const char *path)
{
	void **kept = map_put(&p->places, str_of(path));
	if (!*kept)
		*kept = (void *)(uintptr_t)find_place(p, path);
	return *kept;
}

static struct recipe *unit_at(struct reading *p, const char *place)
{
	vec_for(r, &p->made)
		if (!strcmp((*r)->build.dune->place, place))
			return *r;
	return NULL;
}

/* The package that the repository is named for; else the one of the shortest name. */
static const char *main_package(const struct recipe *r)
{
	const char *best = NULL;
	vec_for(name, &r->build.dune->packages) {
		if (!strcmp(*name, r->name))
			return *name;
		struct str unit = str_of(r->name);
		bool named = str_ends(unit, str_of(*name)) && strlen(*name) < unit.n &&
			     unit.p[unit.n - strlen(*name) - 1] == '-';
		if (named)
			return *name;
		if (!best || strlen(*name) < strlen(best))
			best = *name;
	}
	return best;
}

static void add_version(struct reading *p, struct recipe *r, const struct ocaml_package *package,
	const struct opam_package *opam)
{
	const char *locked = map_get(&p->versions, str_of(package->name));
	if (locked)
		r->version = locked;
	else if (opam && opam->version.n)
		r->version = str_copy(p->a, opam->version);
	else if (package->version)
		r->version = package->version;
}

/* Facts of the main package, ONLY, first, then of all others. Packages of one source are released
 * together; those of the project need not be. */
MUST_CHECK static bool add_facts(
	struct reading *p, struct recipe *r, const char *only, struct err *e)
{
	vec_for(package, &p->dune.packages) {
		struct opam_package opam;
		const char *known = package->opam;
		if (strcmp(place_of(p, package->dir), r->build.dune->place) != 0 ||
			(only && strcmp(package->name, only) != 0))
			continue;
		if (known && !make_facts(p, path_join(p->a, p->root, known), &opam, e))
			return false;
		if (!r->version && (only || r != p->self))
			add_version(p, r, package, known ? &opam : NULL);
		if (known)
			make_describe(p, r, &opam);
		if (only)
			r->file = path_join(p->a, p->root, package->file);
	}
	return true;
}

/* Those that lie in the place itself: deeper ones are examples and tests, but where there are no
 * others, or all is the project's own. */
static void add_packages(struct reading *p, struct recipe *r)
{
	struct dune_how *how = r->build.dune;
	for (int deep = r == p->self; deep < 2 && !how->packages.n; deep++)
		vec_for(package, &p->dune.packages) {
			const char *place = deep ? place_of(p, package->dir) : package->dir;
			if (!strcmp(place, how->place))
				vec_push(p->a, &how->packages, package->name);
		}
}

static void add_sources(struct reading *p, struct recipe *r)
{
	vec_push(p->a, &r->source, (struct source){.path = r->build.dune->place});
	vec_for(locked, &p->locked)
		if (!strcmp(locked->dir, r->build.dune->place))
			vec_push(p->a, &r->source, locked->source);
}

/* A folder of packages' files alone (mirage/) is not where they are, and those of other targets are
 * no packages of this project's. */
static void take_generated(struct reading *p)
{
	size_t kept = 0;
	vec_for(package, &p->dune.packages) {
		bool generated = p->mirage.target && !strcmp(package->dir, "mirage");
		if (generated)
			package->dir = ".";
		if (!generated || !p->mirage.package || !strcmp(package->name, p->mirage.package))
			p->dune.packages.v[kept++] = *package;
	}
	p->dune.packages.n = kept;
}

static const char *own_name(struct reading *p)
{
	const char *name = NULL;
	vec_for(package, &p->dune.packages)
		if (!strcmp(package->dir, ".") && (!name || strlen(package->name) < strlen(name)))
			name = package->name;
	return name ? name : path_base(p->root);
}

static void add_unit(struct reading *p, const char *path)
{
	const char *place = place_of(p, path);
	if (!unit_at(p, place))
		make_recipe(p, path_base(place), place);
}

bool units_make(struct reading *p, struct err *e)
{
	take_generated(p);
	find_projects(p);
	p->self = make_recipe(p, own_name(p), ".");
	vec_for(package, &p->dune.packages)
		add_unit(p, package->dir);
	vec_for(library, &p->dune.libraries)
		add_unit(p, library->dir);
	vec_for(r, &p->made) {
		add_packages(p, *r);
		const char *first = main_package(*r);
		if ((first && !add_facts(p, *r, first, e)) || !add_facts(p, *r, NULL, e))
			return false;
		add_sources(p, *r);
	}
	return true;
}

struct recipe *units_of(const struct reading *p, const struct ocaml_library *library)
{
	struct recipe *best = NULL;
	if (library->is_installed)
		return map_get(&p->homes, str_of(library->package));
	vec_for(r, &p->made) {
		const char *place = (*r)->build.dune->place;
		bool longer = !best || strlen(place) > strlen(best->build.dune->place);
		if ((!strcmp(place, ".") && !best) || (is_below(library->dir, place) && longer))
			best = *r;
	}
	return best;
}
