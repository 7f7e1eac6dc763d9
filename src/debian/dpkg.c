/* dpkg.c - the packages that are installed. SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "debian/debian.h"

#define STATUS_LIMIT ((size_t)512 << 20)

static void add_name(
	struct arena *a, struct dpkg *d, struct str name, const struct dpkg_package *package)
{
	dpkg_packages **place = (dpkg_packages **)map_put(&d->by_name, name);
	if (!*place)
		*place = NEW(a, dpkg_packages);
	vec_push(a, *place, package);
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
	struct dpkg d = {.by_name.a = a, .arch = "amd64", .places = debian_places_now(a)};
	const char *file = d.places.status;
	struct str text;
	if (!file_read(a, file, STATUS_LIMIT, &text, e)) {
		if (e->code == E_ABSENT)
			fail(e, E_ABSENT, "dpkg's list of packages is not there: %s", file);
		return fail_hint(e, "Debian packages need Debian, or a system that is made of it");
	}
	if (!dpkg_parse(a, text, file, &d.packages, e))
		return false;
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
