/* available.c - the world of files of packages that the distribution has, installed or not, as
 * apt-file's index tells. SPDX-License-Identifier: ISC */
#include <poll.h>
#include <string.h>

#include "distro/distro.h"
#include "resolve/search.h"

#define HELPER "/usr/lib/apt/apt-helper" /* reads what apt keeps, however it is packed */
#define HINT "apt-get install apt-file && apt-file update"

struct contents {
	struct arena *a;
	struct catalog_maker *m;
	strings files;
	struct map owners; /* number + 1, by package */
	size_t lines;
};

/* ---- lines ------------------------------------------------------------------------------------
 */

static uint32_t owner_of(struct contents *c, struct str package)
{
	void **known = map_put(&c->owners, package);
	if (*known)
		return (uint32_t)((uintptr_t)*known - 1);
	struct made_owner o = {.package = str_copy(c->a, package)};
	vec_push(c->a, &c->m->owners, o);
	uint32_t owner = (uint32_t)c->m->owners.n - 1;
	*known = (void *)(uintptr_t)(owner + 1);
	catalog_add_fact(c->m, owner, CATALOG_BECAUSE,
		str_format(c->a, "the distribution has the package %s (apt-get install %s)",
			o.package, o.package),
		CATALOG_NONE);
	return owner;
}

static void add_name(struct contents *c, struct str name, const char *shown, const char *file,
	struct str packages, enum catalog_kind kind)
{
	struct str package;
	const char *copy = str_copy(c->a, name);
	while ((package = distro_contents_package(&packages)).n)
		vec_push(c->a, &c->m->names,
			((struct made_name){copy, shown ? shown : copy, file, NULL,
				owner_of(c, package), 0, kind, 0}));
}

/* Programs are many, and what shells themselves tell of. */
static void add_line(struct contents *c, struct str line)
{
	struct str path, packages, part;
	if (!distro_contents_line(line, &path, &packages))
		return;
	bool may_matter = str_starts(path, S("usr/")) || str_starts(path, S("lib"));
	if (!may_matter)
		return;
	const char *file = str_format(c->a, "/%.*s", STR(path)), *base = path_base(file);
	switch (distro_file_kind(str_of(file), &part)) {
	case DISTRO_HEADER:
		add_name(c, str_of(base), str_copy(c->a, part), file, packages, CATALOG_HEADER);
		break;
	case DISTRO_SHARED:
	case DISTRO_ARCHIVE:
		add_name(c, str_of(base), base, file, packages, CATALOG_ARCHIVE);
		add_name(c, part, base, file, packages, CATALOG_ARCHIVE);
		break;
	case DISTRO_PKGCONFIG:
		add_name(c, part, NULL, file, packages, CATALOG_PKGCONFIG);
		break;
	case DISTRO_PROGRAM:
	case DISTRO_META:
	case DISTRO_OTHER:
		break;
	}
}

/* Takes the whole lines of what has come; the rest stays. */
static void take_lines(struct contents *c, struct text *text, bool at_end)
{
	struct str rest = text_str(text);
	while (rest.n) {
		struct str before = rest, line = str_cut(&rest, '\n');
		if (!rest.p && !at_end) {
			rest = before;
			break;
		}
		c->lines++;
		add_line(c, line);
	}
	if (rest.n)
		memmove(text->p, rest.p, rest.n);
	text->n = rest.n;
}

/* ---- files ------------------------------------------------------------------------------------
 */

/* Unpacked, an index has hundreds of megabytes: it is read as it comes. */
static bool read_file(struct contents *c, const char *file, struct err *e)
{
	defer(arena_free) struct arena output = {0};
	const char *const argv[] = {HELPER, "cat-file", file, NULL};
	const struct command cat = {.argv = argv, .split = true, .output_limit = SIZE_MAX / 2};
	struct process p;
	struct outcome outcome;
	if (!process_start(&output, &cat, &p, e))
		return false;
	bool ended = false;
	while (!ended) {
		struct pollfd fds[] = {{p.pidfd, POLLIN, 0}, {p.out_fd, POLLIN, 0},
			{p.err_fd, POLLIN, 0}, {signals_fd(), POLLIN, 0}};
		(void)poll(fds, 4, -1);
		if (signals_pending())
			process_signal(&p);
		process_drain(&p);
		take_lines(c, &p.out, false);
		ended = fds[0].revents != 0;
	}
	process_drain(&p);
	take_lines(c, &p.out, true);
	process_finish(&p, &outcome);
	if (signals_pending())
		return fail(e, E_INTERRUPTED, "interrupted");
	return outcome.exit_code == 0 ||
	       fail(e, E_CHILD, "read %s: %s %s", file, HELPER, outcome_words(c->a, &outcome));
}

static bool make(struct catalog_maker *m, void *ctx, struct err *e)
{
	struct contents *c = ctx;
	c->m = m;
	c->owners.a = c->a;
	vec_for(file, &c->files)
		catalog_watch(m, *file);
	vec_for(file, &c->files)
		if (!read_file(c, *file, e))
			return false;
	m->summary = str_format(c->a, "the distribution, not installed: %s of %s (apt-file)",
		count_words(c->a, m->names.n, "file"), count_words(c->a, m->owners.n, "package"));
	return true;
}

static bool find_files(struct contents *c, const char *dir, struct err *e)
{
	strings names = {0};
	if (!dir_exists(dir))
		return true;
	if (!dir_list(c->a, dir, &names, e))
		return false;
	vec_for(name, &names) {
		bool partial = strstr(*name, "partial") || strstr(*name, ".diff_Index");
		if (strstr(*name, "_Contents-") && !partial)
			vec_push(c->a, &c->files, path_join(c->a, dir, *name));
	}
	return true;
}

/* What is installed was found by dpkg's own lists: it would only be there twice. */
static void drop_installed(struct search *s, size_t from)
{
	size_t kept = from;
	for (size_t i = from; i < s->found.n; i++) {
		bool twice = false;
		for (size_t j = 0; j < from; j++)
			twice |= s->found.v[j].c.package && s->found.v[i].c.package &&
				 !strcmp(s->found.v[j].c.world, "distribution") &&
				 !strcmp(s->found.v[j].c.package, s->found.v[i].c.package);
		if (!twice)
			s->found.v[kept++] = s->found.v[i];
	}
	s->found.n = kept;
}

bool search_available(struct search *s, struct err *e)
{
	struct distro_places places = distro_places_now(s->a);
	struct contents c = {.a = s->a};
	if (!find_files(&c, places.apt, e))
		return false;
	if (!c.files.n || !file_exists(HELPER)) {
		vec_push(s->a, &s->looked_in,
			"the distribution, not installed: no index of files (" HINT ")");
		return true;
	}
	struct text key = {.a = s->a};
	vec_for(file, &c.files)
		text_addf(&key, "%s\n", *file);
	struct catalog_source source = {
		.kept = search_kept(s, false, "apt", key.p), .key = key.p, .make = make, .ctx = &c};
	struct asked how = {.world = "distribution",
		.words = "not installed",
		.linked = -58,
		.exact = -58,
		.part = -28};
	size_t before = s->found.n;
	if (!search_catalog(s, &source, &how, e))
		return false;
	drop_installed(s, before);
	return true;
}
