/* status.c - packages as dpkg and apt write them down. SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "debian/inner.h"

struct debian_places debian_places_now(struct arena *a)
{
	const char *root = getenv("DPKG_ROOT"), *admin = getenv("DPKG_ADMINDIR");
	if (!root)
		root = "";
	if (!admin || !*admin)
		admin = str_format(a, "%s/var/lib/dpkg", root);
	return (struct debian_places){.root = root,
		.admin = admin,
		.status = path_join(a, admin, "status"),
		.info = path_join(a, admin, "info"),
		.apt = str_format(a, "%s/var/lib/apt/lists", root)};
}

/* The words of a paragraph that matter here. */
struct paragraph {
	struct str name, arch, version, source, status, depends, pre_depends, provides, essential;
};

static bool read_paragraph(struct deb822 *r, struct paragraph *p)
{
	const struct deb822_wanted wanted[] = {{"Package", &p->name}, {"Architecture", &p->arch},
		{"Version", &p->version}, {"Source", &p->source}, {"Status", &p->status},
		{"Depends", &p->depends}, {"Pre-Depends", &p->pre_depends},
		{"Provides", &p->provides}, {"Essential", &p->essential}};
	return deb822_read(r, wanted, sizeof(wanted) / sizeof(*wanted));
}

struct str source_name(struct str source, struct str package)
{
	struct str name = source;
	name = str_trim(str_cut(&name, '('));
	return name.n ? name : package;
}

struct str source_version(struct str source, struct str version)
{
	str_cut(&source, '(');
	struct str inner = source.p ? str_trim(str_cut(&source, ')')) : S("");
	return inner.n ? inner : version;
}

static const char *or_empty(struct arena *a, struct str s)
{
	return s.n ? str_copy(a, s) : "";
}

static void add_package(struct arena *a, const struct paragraph *p, dpkg_list *out)
{
	bool both = p->pre_depends.n && p->depends.n;
	struct dpkg_package one = {.name = str_copy(a, p->name),
		.arch = or_empty(a, p->arch),
		.version = str_copy(a, p->version),
		.source = str_copy(a, source_name(p->source, p->name)),
		.source_version = str_copy(a, source_version(p->source, p->version)),
		.depends = str_of(str_format(
			a, "%.*s%s%.*s", STR(p->pre_depends), both ? ", " : "", STR(p->depends))),
		.provides = p->provides,
		.essential = str_is(p->essential, "yes")};
	vec_push(a, out, one);
}

/* With the line of TEXT that AT is in. */
MUST_CHECK static bool wrong(
	struct str text, const char *at, const char *path, const char *expected, struct err *e)
{
	int line = 1;
	for (const char *p = text.p; p < at; p++)
		line += *p == '\n';
	(void)fail(e, E_INPUT, "expected %s", expected);
	return fail_where(e, "%s:%d", path, line);
}

bool dpkg_parse(struct arena *a, struct str text, const char *path, dpkg_list *out, struct err *e)
{
	dpkg_list found = {0};
	struct deb822 r = {.rest = text};
	ptrdiff_t nul = str_find(text, (struct str){"", 1});
	if (nul >= 0)
		return wrong(text, text.p + nul, path, "text, not a NUL byte", e);
	do {
		struct paragraph p = {0};
		bool any = read_paragraph(&r, &p);
		if (r.odd)
			return wrong(text, r.odd, path, "'Field: value'", e);
		if (any && !p.name.n)
			return wrong(text, r.rest.n ? r.rest.p : text.p + text.n, path,
				"a field 'Package' in the paragraph that ends here", e);
		if (any && p.version.n && (!p.status.n || str_ends(p.status, S(" installed"))))
			add_package(a, &p, &found);
	} while (deb822_next(&r));
	*out = found;
	return true;
}
