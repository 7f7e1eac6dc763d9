/* status.c - which packages dpkg has installed. SPDX-License-Identifier: ISC */
#include "distro/distro.h"

#include <stdlib.h>
#include <string.h>

struct distro_places distro_places_now(struct arena *a)
{
	const char *root = getenv("DPKG_ROOT"), *admin = getenv("DPKG_ADMINDIR");
	if (!root)
		root = "";
	if (!admin || !*admin)
		admin = str_format(a, "%s/var/lib/dpkg", root);
	return (struct distro_places){.root = root,
		.status = path_join(a, admin, "status"),
		.info = path_join(a, admin, "info"),
		.apt = str_format(a, "%s/var/lib/apt/lists", root)};
}

/* "NAME (VERSION)" or NAME alone. */
static void read_source(struct str value, struct distro_package *p)
{
	struct str rest = value, name = str_trim(str_cut(&rest, '('));
	struct str version = str_trim(str_cut(&rest, ')'));
	p->source = name;
	if (version.n)
		p->source_version = version;
}

static void read_field(struct str name, struct str value, struct distro_package *p, bool *installed)
{
	if (str_is(name, "Package"))
		p->name = value;
	else if (str_is(name, "Status"))
		*installed = str_ends(value, S(" installed"));
	else if (str_is(name, "Architecture"))
		p->arch = value;
	else if (str_is(name, "Version"))
		p->version = value;
	else if (str_is(name, "Source"))
		read_source(value, p);
	else if (str_is(name, "Pre-Depends"))
		p->depends[0] = value;
	else if (str_is(name, "Depends"))
		p->depends[1] = value;
	else if (str_is(name, "Provides"))
		p->provides = value;
}

static void finish(struct distro_package *p)
{
	if (!p->source.n)
		p->source = p->name;
	if (!p->source_version.n)
		p->source_version = p->version;
}

struct reader {
	struct arena *a;
	const char *path;
	int line;
	struct distro_package now;
	bool any, installed; /* installed: unless the field Status says otherwise */
	distro_packages *out;
};

MUST_CHECK static bool end_package(struct reader *r, struct err *e)
{
	if (r->any && !r->now.name.n) {
		(void)fail(
			e, E_INPUT, "expected a field 'Package' in the paragraph that ends here");
		return fail_where(e, "%s:%d", r->path, r->line);
	}
	if (r->any && r->installed && r->now.version.n) {
		finish(&r->now);
		vec_push(r->a, r->out, r->now);
	}
	r->now = (struct distro_package){0};
	r->any = false;
	r->installed = true;
	return true;
}

/* Lines that go on with a field (they begin with a blank) are of no field that matters here: dpkg
 * writes those on one line. */
MUST_CHECK static bool read_line(struct reader *r, struct str line, struct err *e)
{
	struct str rest = line, name;
	if (!str_trim(line).n)
		return end_package(r, e);
	if (*line.p == ' ' || *line.p == '\t')
		return true;
	name = str_cut(&rest, ':');
	if (!rest.p || !name.n) {
		(void)fail(e, E_INPUT, "expected 'Field: value'");
		return fail_where(e, "%s:%d", r->path, r->line);
	}
	r->any = true;
	read_field(name, str_trim(rest), &r->now, &r->installed);
	return true;
}

bool distro_status_parse(
	struct arena *a, struct str text, const char *path, distro_packages *out, struct err *e)
{
	distro_packages found = {0};
	struct reader r = {.a = a, .path = path, .installed = true, .out = &found};
	while (text.n) {
		r.line++;
		if (!read_line(&r, str_cut(&text, '\n'), e))
			return false;
	}
	if (!end_package(&r, e))
		return false;
	*out = found;
	return true;
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("+-._", c));
}

/* Behind the bracket that REST begins with and all up to the one that closes it. */
static struct str behind_group(struct str rest)
{
	char open = *rest.p, close = open == '(' ? ')' : open == '[' ? ']' : '>';
	int depth = 0;
	while (rest.n) {
		depth += *rest.p == open;
		depth -= *rest.p == close;
		rest = str_from(rest, 1);
		if (!depth)
			break;
	}
	return rest;
}

static struct str skip_names(struct str rest)
{
	while (rest.n && is_name_byte(*rest.p))
		rest = str_from(rest, 1);
	return rest;
}

struct str distro_next_name(struct str *rest)
{
	while (rest->n && !is_name_byte(*rest->p)) {
		bool opens = *rest->p == '(' || *rest->p == '[' || *rest->p == '<';
		*rest = opens ? behind_group(*rest) : str_from(*rest, 1);
	}
	struct str name = *rest;
	*rest = skip_names(*rest);
	name.n -= rest->n;
	/* "python3:any" */
	while (rest->n && *rest->p == ':')
		*rest = skip_names(str_from(*rest, 1));
	return name;
}
