/* dpkg.c - the packages that are installed. SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "debian/debian.h"
#include "debian/inner.h"

#define STATUS_LIMIT ((size_t)512 << 20)

/* The words of a status paragraph that matter here. */
struct paragraph {
	struct str name, arch, version, source, status, depends, pre_depends, provides, essential;
};

static void take_field(struct paragraph *p, const struct deb822_field *f)
{
	const struct {
		const char *name;
		struct str *place;
	} known[] = {{"Package", &p->name}, {"Architecture", &p->arch}, {"Version", &p->version},
		{"Source", &p->source}, {"Status", &p->status}, {"Depends", &p->depends},
		{"Pre-Depends", &p->pre_depends}, {"Provides", &p->provides},
		{"Essential", &p->essential}};
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (deb822_is(f, known[i].name))
			*known[i].place = f->value;
}

struct str source_name(struct str source, struct str package)
{
	struct str name = source;
	name = str_cut(&name, ' ');
	return name.n ? name : package;
}

static struct str source_version(struct str source, struct str version)
{
	str_cut(&source, '(');
	struct str inner = source.p ? str_cut(&source, ')') : S("");
	return inner.n ? inner : version;
}

static const char *or_empty(struct arena *a, struct str s)
{
	return s.n ? str_copy(a, s) : "";
}

static void add_name(
	struct arena *a, struct dpkg *d, struct str name, const struct dpkg_package *package)
{
	dpkg_packages **place = (dpkg_packages **)map_put(&d->by_name, name);
	if (!*place)
		*place = NEW(a, dpkg_packages);
	vec_push(a, *place, package);
}

static void add_package(struct arena *a, struct dpkg *d, const struct paragraph *p)
{
	if (!p->name.n || !str_ends(p->status, S(" installed")))
		return;
	struct dpkg_package one = {.name = str_copy(a, p->name),
		.arch = or_empty(a, p->arch),
		.version = or_empty(a, p->version),
		.source = str_copy(a, source_name(p->source, p->name)),
		.source_version = or_empty(a, source_version(p->source, p->version)),
		.depends =
			str_of(str_format(a, "%.*s, %.*s", STR(p->pre_depends), STR(p->depends))),
		.provides = p->provides,
		.essential = str_is(p->essential, "yes")};
	vec_push(a, &d->packages, one);
}

/* Once the list has its place in memory. */
static void name_packages(struct arena *a, struct dpkg *d)
{
	vec_for(p, &d->packages) {
		struct relations r = {p->provides, 0};
		struct relation one;
		add_name(a, d, str_of(p->name), p);
		while (relations_next(&r, &one))
			add_name(a, d, one.name, p);
		if (!strcmp(p->name, "dpkg"))
			d->arch = p->arch;
	}
}

bool dpkg_open(struct arena *a, struct dpkg *out, struct err *e)
{
	const char *dir = getenv("DPKG_ADMINDIR");
	struct dpkg d = {.by_name.a = a, .arch = "amd64"};
	struct str text;
	d.dir = dir && *dir ? dir : "/var/lib/dpkg";
	d.file = path_join(a, d.dir, "status");
	if (!file_read(a, d.file, STATUS_LIMIT, &text, e)) {
		if (e->code == E_NOTFOUND)
			fail(e, E_NOTFOUND, "dpkg's list of packages is not there: %s", d.file);
		return fail_hint(e, "Debian packages need Debian, or a system that is made of it");
	}
	struct deb822 r = {text};
	do {
		struct paragraph p = {0};
		struct deb822_field f;
		while (deb822_field(&r, &f))
			take_field(&p, &f);
		add_package(a, &d, &p);
	} while (deb822_next(&r));
	name_packages(a, &d);
	*out = d;
	return true;
}

const dpkg_packages *dpkg_named(const struct dpkg *d, struct str name)
{
	return map_get(&d->by_name, name);
}

void dpkg_of_source(struct arena *a, const struct dpkg *d, const char *source, dpkg_packages *out)
{
	vec_for(p, &d->packages)
		if (!strcmp(p->source, source))
			vec_push(a, out, p);
}

/* ---- what a build sees ------------------------------------------------------------------------
 */

struct closure {
	struct arena *a;
	const struct dpkg *d;
	bool *in; /* by number of the package */
	dpkg_packages list;
};

static void add_named(struct closure *c, struct str name)
{
	const dpkg_packages *all = dpkg_named(c->d, name);
	if (!all)
		return;
	vec_for(p, all) {
		size_t number = (size_t)(*p - c->d->packages.v);
		if (!c->in[number])
			vec_push(c->a, &c->list, *p);
		c->in[number] = true;
	}
}

static void add_field(struct closure *c, struct str field, const strings *profiles)
{
	struct relations r = {field, 0};
	struct relation one;
	while (relations_next(&r, &one))
		if (relation_holds(&one, c->d->arch, profiles))
			add_named(c, one.name);
}

static int by_name(const void *x, const void *y)
{
	const struct dpkg_package *a = *(const struct dpkg_package *const *)x,
				  *b = *(const struct dpkg_package *const *)y;
	int order = strcmp(a->name, b->name);
	return order ? order : strcmp(a->arch, b->arch);
}

void dpkg_closure(struct arena *a, const struct dpkg *d, const strings *fields,
	const strings *profiles, dpkg_packages *out)
{
	struct closure c = {.a = a, .d = d, .in = NEW_ARRAY(a, bool, d->packages.n + 1)};
	add_named(&c, S("build-essential"));
	vec_for(p, &d->packages)
		if (p->essential)
			add_named(&c, str_of(p->name));
	vec_for(field, fields)
		add_field(&c, str_of(*field), profiles);
	for (size_t i = 0; i < c.list.n; i++)
		add_field(&c, c.list.v[i]->depends, NULL);
	if (c.list.n)
		qsort(c.list.v, c.list.n, sizeof(*c.list.v), by_name);
	*out = c.list;
}
