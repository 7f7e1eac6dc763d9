/* available.c - the world of packages that the distribution has, installed or not: by apt's
 * indexes, and their files by apt-file's. SPDX-License-Identifier: ISC */
#include <poll.h>
#include <string.h>

#include "debian/debian.h"
#include "resolve/search.h"

#define HELPER "/usr/lib/apt/apt-helper" /* reads what apt keeps, however it is packed */
#define HINT "apt-get install apt-file && apt-file update"

struct available {
	struct arena *a;
	struct catalog_maker *m;
	strings contents, packages; /* files */
	struct map owners;	    /* of packages: number + 1, by name */
	struct map sources;	    /* the same, of source packages, by "NAME VERSION" */
	dpkg_list known;
	size_t files;
};

static uint32_t new_owner(struct available *v, const struct made_owner *o)
{
	vec_push(v->a, &v->m->owners, *o);
	return (uint32_t)v->m->owners.n - 1;
}

static void add_name(struct available *v, const char *name, const char *shown, const char *file,
	const char *why, uint32_t owner, enum catalog_kind kind)
{
	vec_push(v->a, &v->m->names,
		((struct made_name){name, shown, file, why, owner, 0, kind, 0}));
}

/* ---- packages ---------------------------------------------------------------------------------
 */

static uint32_t owner_of(struct available *v, struct str package)
{
	void **known = map_put(&v->owners, package);
	if (!*known) {
		struct made_owner o = {.package = str_copy(v->a, package)};
		*known = (void *)(uintptr_t)(new_owner(v, &o) + 1);
	}
	return (uint32_t)((uintptr_t)*known - 1);
}

static void add_source(struct available *v, const struct dpkg_package *p, const char *words)
{
	void **known = map_put(&v->sources, str_of(words));
	if (*known)
		return;
	struct made_owner o = {.package = str_copy(v->a, str_of(p->source)),
		.version = str_copy(v->a, str_of(p->source_version)),
		.source = words};
	uint32_t owner = new_owner(v, &o);
	*known = (void *)(uintptr_t)(owner + 1);
	add_name(v, o.package, o.package, NULL, "it is the name of a Debian source package", owner,
		CATALOG_DEBIAN_SOURCE);
}

/* Of several versions the first index's counts, which apt lists first. */
static void add_package(struct available *v, const struct dpkg_package *p)
{
	if (map_has(&v->owners, str_of(p->name)))
		return;
	uint32_t owner = owner_of(v, str_of(p->name));
	struct made_owner *o = &v->m->owners.v[owner];
	o->version = str_copy(v->a, str_of(p->version));
	o->source = str_format(v->a, "debian %s %s", p->source, p->source_version);
	o->marks = CATALOG_ABOUT_PACKAGE;
	struct made_owner copy = *o;
	add_name(v, copy.package, copy.package, NULL, "it is the name of a package", owner,
		CATALOG_PACKAGE);
	add_source(v, p, copy.source);
	struct dpkg_package kept = {
		.name = copy.package, .depends = str_of(str_copy(v->a, p->depends))};
	vec_push(v->a, &v->known, kept);
}

static void add_needs(struct available *v)
{
	vec_for(p, &v->known) {
		uint32_t owner = owner_of(v, str_of(p->name));
		struct relations r = {p->depends, 0};
		struct relation one;
		while (relations_next(&r, &one))
			if (map_has(&v->owners, one.name))
				catalog_add_fact(
					v->m, owner, CATALOG_NEEDS, NULL, owner_of(v, one.name));
	}
}

/* Takes the whole paragraphs of what has come; the rest stays. */
static bool take_packages(
	struct available *v, const char *file, struct text *text, bool at_end, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	dpkg_list found = {0};
	struct str all = text_str(text);
	size_t end = at_end ? all.n : 0;
	for (size_t i = all.n; !end && i > 1; i--)
		if (all.p[i - 1] == '\n' && all.p[i - 2] == '\n')
			end = i;
	if (!dpkg_parse(&scratch, (struct str){all.p, end}, file, &found, e))
		return false;
	vec_for(p, &found)
		add_package(v, p);
	memmove(text->p, text->p + end, text->n - end);
	text->n -= end;
	return true;
}

/* ---- files ------------------------------------------------------------------------------------
 */

static void add_file(struct available *v, const char *name, const char *shown, const char *file,
	struct str packages, enum catalog_kind kind)
{
	struct str package;
	while ((package = debian_contents_package(&packages)).n) {
		uint32_t owner = owner_of(v, package);
		add_name(v, name, shown, file, NULL, owner, kind);
	}
}

/* Programs are many, and what shells themselves tell of. */
static void add_line(struct available *v, struct str line)
{
	struct str path, packages, part;
	if (!debian_contents_line(line, &path, &packages) ||
		!(str_starts(path, S("usr/")) || str_starts(path, S("lib"))))
		return;
	const char *file = str_format(v->a, "/%.*s", STR(path)), *base = path_base(file);
	enum debian_file kind = debian_file_kind(str_of(file), &part);
	const char *name = str_copy(v->a, part);
	v->files += kind != DEBIAN_OTHER;
	switch (kind) {
	case DEBIAN_HEADER:
		add_file(v, base, name, file, packages, CATALOG_HEADER);
		break;
	case DEBIAN_SHARED:
	case DEBIAN_ARCHIVE:
		add_file(v, base, base, file, packages, CATALOG_ARCHIVE);
		add_file(v, name, base, file, packages, CATALOG_ARCHIVE);
		break;
	case DEBIAN_PKGCONFIG:
		add_file(v, name, name, file, packages, CATALOG_PKGCONFIG);
		break;
	case DEBIAN_PROGRAM:
	case DEBIAN_OCAML:
	case DEBIAN_OTHER:
		break;
	}
}

/* Takes the whole lines of what has come; the rest stays. */
static bool take_lines(
	struct available *v, const char *file, struct text *text, bool at_end, struct err *e)
{
	struct str rest = text_str(text);
	while (rest.n) {
		struct str before = rest, line = str_cut(&rest, '\n');
		if (!rest.p && !at_end) {
			rest = before;
			break;
		}
		add_line(v, line);
	}
	if (rest.n)
		memmove(text->p, rest.p, rest.n);
	text->n = rest.n;
	(void)file;
	(void)e;
	return true;
}

/* ---- reading indexes --------------------------------------------------------------------------
 */

typedef bool take_text(
	struct available *v, const char *file, struct text *text, bool at_end, struct err *e);

/* Until P has ended: what it says goes to TAKE. */
static bool read_output(
	struct available *v, const char *file, struct process *p, take_text *take, struct err *e)
{
	bool ended = false;
	while (!ended) {
		struct pollfd fds[] = {{p->pidfd, POLLIN, 0}, {p->out_fd, POLLIN, 0},
			{p->err_fd, POLLIN, 0}, {signals_fd(), POLLIN, 0}};
		(void)poll(fds, 4, -1);
		if (signals_pending())
			return fail(e, E_INTERRUPTED, "interrupted");
		process_drain(p);
		if (!take(v, file, &p->out, false, e))
			return false;
		ended = fds[0].revents != 0;
	}
	process_drain(p);
	return take(v, file, &p->out, true, e);
}

/* Unpacked, an index has hundreds of megabytes: it is read as it comes. */
static bool read_index(struct available *v, const char *file, take_text *take, struct err *e)
{
	defer(arena_free) struct arena output = {0};
	const char *const argv[] = {HELPER, "cat-file", file, NULL};
	const struct command cat = {.argv = argv, .split = true, .output_limit = SIZE_MAX / 2};
	struct process p;
	struct outcome outcome;
	term_progress("index %s", path_base(file));
	if (!process_start(&output, &cat, &p, e))
		return false;
	bool ok = read_output(v, file, &p, take, e);
	if (!ok)
		process_signal(&p);
	process_finish(&p, &outcome);
	term_progress_end();
	return ok && (outcome.exit_code == 0 || fail(e, E_CHILD, "read %s: %s %s", file, HELPER,
							outcome_words(v->a, &outcome)));
}

static bool make(struct catalog_maker *m, void *ctx, struct err *e)
{
	struct available *v = ctx;
	v->m = m;
	v->owners.a = v->sources.a = v->a;
	vec_for(file, &v->packages)
		catalog_watch(m, *file);
	vec_for(file, &v->contents)
		catalog_watch(m, *file);
	vec_for(file, &v->packages)
		if (!read_index(v, *file, take_packages, e))
			return false;
	vec_for(file, &v->contents)
		if (!read_index(v, *file, take_lines, e))
			return false;
	add_needs(v);
	m->summary = str_format(v->a, "the distribution, not installed: names of %s, %s%s",
		count_words(v->a, v->owners.entries.n, "package"),
		count_words(v->a, v->files, "file"), v->contents.n ? "" : " (" HINT ")");
	return true;
}

/* ---- looking ----------------------------------------------------------------------------------
 */

static bool find_files(struct available *v, const char *dir, struct err *e)
{
	strings names = {0};
	if (!dir_exists(dir))
		return true;
	if (!dir_list(v->a, dir, &names, e))
		return false;
	vec_for(name, &names) {
		if (debian_is_contents(*name))
			vec_push(v->a, &v->contents, path_join(v->a, dir, *name));
		else if (strstr(*name, "_Packages") && !strstr(*name, ".diff_Index"))
			vec_push(v->a, &v->packages, path_join(v->a, dir, *name));
	}
	return true;
}

/* What is installed was found by dpkg's own lists: it would only be there twice. */
static bool is_known(const struct search *s, size_t n, const struct found *f)
{
	for (size_t i = 0; i < n; i++) {
		const struct candidate *other = &s->found.v[i].c;
		if (other->package && f->c.package && !strcmp(other->world, "distribution") &&
			!strcmp(other->package, f->c.package))
			return true;
	}
	return false;
}

static void drop_known(struct search *s, size_t from)
{
	size_t kept = from;
	for (size_t i = from; i < s->found.n; i++)
		if (!is_known(s, from, &s->found.v[i]))
			s->found.v[kept++] = s->found.v[i];
	s->found.n = kept;
}

static void say_install(struct search *s, struct candidate *c)
{
	bool is_source = !strcmp(c->kind, "source package");
	c->install = str_format(
		s->a, is_source ? "apt-get source %s" : "apt-get install %s", c->package);
}

bool search_available(struct search *s, struct err *e)
{
	struct debian_places places = debian_places_now(s->a);
	struct available v = {.a = s->a};
	if (!find_files(&v, places.apt, e))
		return false;
	if ((!v.contents.n && !v.packages.n) || !file_exists(HELPER)) {
		vec_push(s->a, &s->looked_in,
			"the distribution, not installed: no index (apt-get update; " HINT ")");
		return true;
	}
	struct text key = {.a = s->a};
	vec_for(file, &v.packages)
		text_addf(&key, "%s\n", *file);
	vec_for(file, &v.contents)
		text_addf(&key, "%s\n", *file);
	struct catalog_source source = {
		.kept = search_kept(s, false, "apt", key.p), .key = key.p, .make = make, .ctx = &v};
	struct asked how = {.world = "distribution",
		.words = "not installed",
		.linked = -58,
		.exact = -58,
		.part = -28,
		.by_package = true};
	size_t before = s->found.n;
	if (!search_catalog(s, &source, &how, e))
		return false;
	drop_known(s, before);
	for (size_t i = before; i < s->found.n; i++)
		say_install(s, &s->found.v[i].c);
	return true;
}
