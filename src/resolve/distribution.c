/* distribution.c - the world of the packages that the distribution has installed: headers,
 * libraries and their symbols, names of pkg-config, programs. SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "debian/debian.h"
#include "resolve/exports.h"
#include "resolve/pc.h"
#include "resolve/search.h"

#define MAX_PC ((size_t)1 << 20)

struct world {
	struct arena *a;
	struct catalog_maker *m;
	struct debian_places places;
	struct dpkg dpkg;
	struct map owners;  /* of packages and what they provide: number + 1, by name */
	struct map sources; /* the same, of source packages, by "NAME VERSION" */
	struct map old;	    /* of the catalog before: struct old_library by path */
	size_t libraries, symbols;
};

static const char *source_words(struct arena *a, const struct dpkg_package *p)
{
	return str_format(a, "debian %s %s", p->source, p->source_version);
}

static uint32_t add_owner(struct world *d, const struct made_owner *o)
{
	vec_push(d->a, &d->m->owners, *o);
	return (uint32_t)d->m->owners.n - 1;
}

static void say(struct world *d, uint32_t owner, const char *words)
{
	catalog_add_fact(d->m, owner, CATALOG_BECAUSE, words, CATALOG_NONE);
}

/* ---- packages ---------------------------------------------------------------------------------
 */

static void add_source(struct world *d, const struct dpkg_package *p, const char *words)
{
	void **known = map_put(&d->sources, str_of(words));
	if (*known)
		return;
	const char *name = p->source;
	struct made_owner o = {.package = name, .version = p->source_version, .source = words};
	uint32_t owner = add_owner(d, &o);
	*known = (void *)(uintptr_t)(owner + 1);
	const char *why = str_format(d->a, "%s is the name of a Debian source package", name);
	vec_push(d->a, &d->m->names,
		((struct made_name){name, name, NULL, why, owner, 0, CATALOG_DEBIAN_SOURCE, 0}));
}

static void provide(struct world *d, struct str name, uint32_t owner)
{
	void **known = map_put(&d->owners, name);
	if (!*known)
		*known = (void *)(uintptr_t)(owner + 1);
}

static void add_package(struct world *d, const struct dpkg_package *p)
{
	const char *name = p->name, *source = source_words(d->a, p);
	struct made_owner o = {.package = name,
		.version = p->version,
		.source = source,
		.marks = CATALOG_ABOUT_PACKAGE};
	uint32_t owner = add_owner(d, &o);
	provide(d, str_of(p->name), owner);
	const char *why = str_format(d->a, "%s is an installed package of the distribution", name);
	vec_push(d->a, &d->m->names,
		((struct made_name){name, name, NULL, why, owner, 0, CATALOG_PACKAGE, 0}));
	say(d, owner,
		str_format(d->a, "package %s %s is made from the source package %s", name,
			o.version, p->source));
	add_source(d, p, source);
}

static uint32_t owner_of(const struct world *d, struct str name)
{
	void *found = map_get(&d->owners, name);
	return found ? (uint32_t)((uintptr_t)found - 1) : CATALOG_NONE;
}

static void add_needs(struct world *d, const struct dpkg_package *p)
{
	uint32_t owner = owner_of(d, str_of(p->name));
	struct relations r = {p->depends, 0};
	struct relation one;
	while (relations_next(&r, &one)) {
		uint32_t other = owner_of(d, one.name);
		if (other != CATALOG_NONE && other != owner)
			catalog_add_fact(d->m, owner, CATALOG_NEEDS, NULL, other);
	}
}

static void add_packages(struct world *d)
{
	vec_for(p, &d->dpkg.packages)
		add_package(d, p);
	vec_for(p, &d->dpkg.packages) {
		struct relations r = {p->provides, 0};
		struct relation one;
		while (relations_next(&r, &one))
			provide(d, one.name, owner_of(d, str_of(p->name)));
	}
	vec_for(p, &d->dpkg.packages)
		add_needs(d, p);
}

/* ---- symbols ----------------------------------------------------------------------------------
 */

struct old_library {
	uint32_t owner;
	struct stamp stamp;
	bool has_stamp;
	VEC(const struct catalog_name *) symbols;
};

/* What the catalog before knows of libraries, by their paths. */
static void read_old(struct world *d)
{
	const struct catalog *c = d->m->old;
	d->old.a = d->a;
	if (!c)
		return;
	for (uint32_t i = 0; i < c->header->count[CATALOG_NAMES]; i++) {
		const struct catalog_name *n = &c->names[i];
		bool is_symbol = n->kind == CATALOG_SYMBOL || n->kind == CATALOG_STATIC_SYMBOL;
		if (!is_symbol || !catalog_owner(c, n->owner))
			continue;
		void **known = map_put(&d->old, str_of(catalog_text(c, n->file)));
		if (!*known)
			*known = NEW(d->a, struct old_library);
		struct old_library *library = *known;
		library->owner = n->owner;
		vec_push(d->a, &library->symbols, n);
	}
	for (uint32_t i = 0; i < c->header->count[CATALOG_WATCHES]; i++) {
		struct str path = str_of(catalog_text(c, c->watches[i].path));
		struct old_library *library = map_get(&d->old, path);
		if (!library)
			continue;
		library->stamp = c->watches[i].stamp;
		library->has_stamp = stamp_is_safe(&library->stamp, c->header->read_ns);
	}
}

static void add_symbol(struct world *d, const char *name, const char *file, uint32_t owner)
{
	bool is_mangled = !strncmp(name, "_Z", 2) || !strncmp(name, "_R", 2);
	if (is_mangled)
		return;
	bool is_static = str_ends(str_of(file), S(".a"));
	d->symbols++;
	vec_push(d->a, &d->m->names,
		((struct made_name){name, name, file, NULL, owner, 0,
			is_static ? CATALOG_STATIC_SYMBOL : CATALOG_SYMBOL, 0}));
}

static uint32_t add_library(struct world *d, const char *file, const char *name, uint32_t package)
{
	struct made_owner o = d->m->owners.v[package];
	o.library = name;
	o.file = file;
	o.marks = 0;
	uint32_t owner = add_owner(d, &o);
	say(d, owner,
		str_format(d->a, "%s is a file of the package %s %s", file, o.package, o.version));
	d->libraries++;
	return owner;
}

static void take_old(
	struct world *d, const struct old_library *old, const char *file, uint32_t package)
{
	const struct catalog *c = d->m->old;
	const char *name = catalog_text(c, catalog_owner(c, old->owner)->library);
	uint32_t owner = add_library(d, file, name, package);
	vec_for(n, &old->symbols)
		add_symbol(d, catalog_text(c, (*n)->name), file, owner);
}

/* Linker scripts and links to other libraries have no symbols of their own. */
static void add_exports(struct world *d, const char *file, uint32_t package)
{
	struct exports exports;
	struct stamp now;
	struct err ignored;
	const char *path = str_format(d->a, "%s%s", d->places.root, file);
	if (!link_stamp_at(AT_FDCWD, path, &now) || !S_ISREG(now.mode))
		return;
	catalog_watch(d->m, path);
	const struct old_library *old = map_get(&d->old, str_of(file));
	if (old && old->has_stamp && !*d->places.root && stamp_eq(&old->stamp, &now)) {
		take_old(d, old, file, package);
		return;
	}
	if (!exports_read(d->a, path, &exports, &ignored))
		return;
	const char *name = exports.soname ? exports.soname : path_base(file);
	uint32_t owner = add_library(d, file, name, package);
	vec_for(symbol, &exports.symbols)
		add_symbol(d, *symbol, file, owner);
}

/* ---- files ------------------------------------------------------------------------------------
 */

static void add_name(struct world *d, const char *name, const char *shown, const char *file,
	uint32_t owner, enum catalog_kind kind)
{
	vec_push(d->a, &d->m->names,
		((struct made_name){name, shown, file, NULL, owner, 0, kind, 0}));
}

/* "libz" of "-L/usr/lib -lz"; NULL where nothing is linked. */
static const char *linked_library(struct arena *a, struct str libs)
{
	struct str word;
	while (libs.n) {
		word = str_cut(&libs, ' ');
		if (str_starts(word, S("-l")))
			return str_format(a, "lib%.*s", STR(str_from(word, 2)));
	}
	return NULL;
}

static void add_pkgconfig(struct world *d, const char *name, const char *file, uint32_t package)
{
	struct made_owner o = d->m->owners.v[package];
	struct str text;
	struct pc pc = {0};
	struct err ignored;
	const char *path = str_format(d->a, "%s%s", d->places.root, file);
	if (!file_read(d->a, path, MAX_PC, &text, &ignored) ||
		!pc_parse(d->a, text, path, &pc, &ignored))
		pc = (struct pc){0};
	o.library = linked_library(d->a, pc.libs);
	o.file = file;
	o.marks = 0;
	uint32_t owner = add_owner(d, &o);
	say(d, owner,
		str_format(d->a, "%s is a file of the package %s %s", file, o.package, o.version));
	if (pc.libs.n)
		say(d, owner,
			str_format(d->a, "it is %.*s, and linked with %.*s", STR(pc.version),
				STR(pc.libs)));
	const char *why =
		str_format(d->a, "pkg-config calls it %s: %.*s", name, STR(pc.description));
	vec_push(d->a, &d->m->names,
		((struct made_name){name, name, file, why, owner, 0, CATALOG_PKGCONFIG, 0}));
}

static void add_file(void *ctx, const struct dpkg_package *package, struct str path)
{
	struct world *d = ctx;
	struct str part;
	enum debian_file kind = debian_file_kind(path, &part);
	if (kind == DEBIAN_OTHER)
		return;
	const char *file = str_copy(d->a, path), *name = str_copy(d->a, part);
	const char *base = path_base(file);
	uint32_t owner = owner_of(d, str_of(package->name));
	switch (kind) {
	case DEBIAN_HEADER:
		add_name(d, base, name, file, owner, CATALOG_HEADER);
		break;
	case DEBIAN_SHARED:
	case DEBIAN_ARCHIVE:
		add_name(d, base, base, file, owner, CATALOG_ARCHIVE);
		add_name(d, name, base, file, owner, CATALOG_ARCHIVE);
		add_exports(d, file, owner);
		break;
	case DEBIAN_PKGCONFIG:
		add_pkgconfig(d, name, file, owner);
		break;
	case DEBIAN_PROGRAM:
		add_name(d, base, base, file, owner, CATALOG_PROGRAM);
		break;
	case DEBIAN_OCAML:
	case DEBIAN_OTHER:
		add_name(d, file, file, file, owner, CATALOG_OWNED);
		break;
	}
}

/* ---- all of it --------------------------------------------------------------------------------
 */

static bool is_of_package(const struct world *d, const struct made_name *n, const char *package)
{
	return !strcmp(d->m->owners.v[n->owner].package, package);
}

/* Sanitizers, and what else is put before the C library, have its names, too: what such a name
 * means is in the C library. */
static void mark_interposers(struct world *d)
{
	struct map libc = {.a = d->a}; /* files, by the symbols that they define */
	vec_for(n, &d->m->names) {
		if (n->kind != CATALOG_SYMBOL || !is_of_package(d, n, "libc6"))
			continue;
		void **file = map_put(&libc, str_of(n->name));
		if (!*file || str_ends(str_of(n->file), S("/libc.so.6")))
			*file = (void *)(uintptr_t)n->file;
	}
	vec_for(n, &d->m->names) {
		bool is_symbol = n->kind == CATALOG_SYMBOL || n->kind == CATALOG_STATIC_SYMBOL;
		const char *file = is_symbol ? map_get(&libc, str_of(n->name)) : NULL;
		if (file && strcmp(n->file, file) != 0 && !is_of_package(d, n, "libc6-dev"))
			n->marks |= CATALOG_WEAK;
	}
}

static bool make(struct catalog_maker *m, void *ctx, struct err *e)
{
	struct world *d = ctx;
	d->m = m;
	d->owners.a = d->sources.a = d->a;
	catalog_watch(m, d->places.status);
	catalog_watch(m, d->places.info);
	if (!dpkg_open(d->a, &d->dpkg, e))
		return false;
	read_old(d);
	add_packages(d);
	if (!dpkg_each_file(&d->dpkg, add_file, d, e))
		return false;
	mark_interposers(d);
	m->summary = str_format(d->a, "installed by the distribution: %s, %s of %s",
		count_words(d->a, d->dpkg.packages.n, "package"),
		count_words(d->a, d->symbols, "symbol"),
		count_words(d->a, d->libraries, "library file"));
	return true;
}

struct world_source {
	struct world world;
	struct catalog_source source;
};

static bool find_source(struct search *s, struct world_source *out)
{
	struct debian_places places = debian_places_now(s->a);
	*out = (struct world_source){.world = {.a = s->a, .places = places}};
	const char *key = str_format(s->a, "%s\n%s", places.root, places.status);
	out->source = (struct catalog_source){.kept = search_kept(s, false, "dpkg", key),
		.key = key,
		.make = make,
		.ctx = &out->world};
	return file_exists(places.status);
}

bool search_distribution(struct search *s, struct err *e)
{
	struct world_source w;
	struct asked how = {.world = "distribution",
		.words = "installed",
		.linked = -45,
		.exact = -45,
		.part = -20,
		.by_package = true};
	if (find_source(s, &w))
		return search_catalog(s, &w.source, &how, e);
	vec_push(s->a, &s->looked_in,
		str_format(s->a, "the distribution: dpkg has no %s", w.world.places.status));
	return true;
}

bool distribution_open(struct search *s, struct catalog *out)
{
	struct world_source w;
	struct err ignored;
	return find_source(s, &w) && catalog_open(s->a, &w.source, out, &ignored);
}

const char *distribution_source(struct arena *a, const struct catalog *c, const char *path)
{
	const struct catalog_name *first;
	const struct catalog_owner *o =
		catalog_find(c, str_of(path), &first) ? catalog_owner(c, first->owner) : NULL;
	if (!o)
		return NULL;
	return str_format(a, "%s, installed by the package %s", catalog_text(c, o->source),
		catalog_text(c, o->package));
}
