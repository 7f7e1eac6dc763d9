/* control.c - what a Debian source package needs to be built. SPDX-License-Identifier: ISC */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "build/debian.h"

#define CONTROL_LIMIT ((size_t)4 << 20)
#define GIT_MS 10000

/* Lines that begin with # are comments, within fields too. */
static struct str without_comments(struct arena *a, struct str text)
{
	struct text out = {.a = a};
	text_addz(&out, "");
	while (text.p) {
		struct str line = str_cut(&text, '\n');
		if (!str_starts(line, S("#")))
			text_addf(&out, "%.*s\n", STR(line));
	}
	return text_str(&out);
}

MUST_CHECK static bool read_control(
	struct arena *a, const char *dir, struct deb822 *out, struct err *e)
{
	struct str text;
	const char *file = path_join(a, dir, "debian/control");
	if (!file_read(a, file, CONTROL_LIMIT, &text, e)) {
		if (e->code == E_ABSENT)
			fail(e, E_INPUT, "%s is no Debian source package: it has no debian/control",
				dir);
		return false;
	}
	out->rest = without_comments(a, text);
	return true;
}

static void or_nocheck(struct arena *a, const strings *given, strings *out)
{
	*out = *given;
	if (!given->n) {
		*out = (strings){0};
		vec_push(a, out, "nocheck");
	}
}

bool control_read(struct arena *a, const struct recipe *r, const char *dir,
	struct debian_package *out, struct err *e)
{
	struct deb822 control;
	struct deb822_field f;
	or_nocheck(a, &r->build.debian->profiles, &out->profiles);
	if (!dir)
		return true;
	if (!read_control(a, dir, &control, e))
		return fail_where(e, "%s", r->file);
	while (deb822_field(&control, &f))
		if (deb822_is(&f, "Build-Depends") || deb822_is(&f, "Build-Depends-Arch") ||
			deb822_is(&f, "Build-Depends-Indep"))
			vec_push(a, &out->fields, str_copy(a, f.value));
	return true;
}

const char *control_source(struct arena *a, const struct recipe *r, const char *dir)
{
	struct deb822 control;
	struct deb822_field f;
	struct err ignored;
	vec_for(s, &r->source)
		if (s->debian)
			return s->debian;
	if (dir && read_control(a, dir, &control, &ignored))
		while (deb822_field(&control, &f))
			if (deb822_is(&f, "Source"))
				return str_copy(a, f.value);
	return r->name;
}

/* ---- whose files it uses ----------------------------------------------------------------------
 */

static bool names(const struct dpkg *d, const struct debian_package *p, const char *package)
{
	vec_for(field, &p->fields) {
		struct relations r = {str_of(*field), 0};
		struct relation one;
		while (relations_next(&r, &one))
			if (str_is(one.name, package) &&
				relation_holds(&one, d->arch, &p->profiles))
				return true;
	}
	return false;
}

static bool holds(const dpkg_packages *list, const struct dpkg_package *package)
{
	vec_for(p, list)
		if (*p == package)
			return true;
	return false;
}

/* What comes with every build: its programs use libraries that are not the package's. */
static void base_of(struct arena *a, const struct dpkg *d, dpkg_packages *out)
{
	strings fields = {0};
	vec_push(a, &fields, "debhelper");
	dpkg_closure(a, d, &fields, NULL, out);
}

const char *control_sees(
	struct arena *a, const struct dpkg *d, const struct debian_package *p, const char *source)
{
	dpkg_packages own = {0}, seen, base;
	const char *found = NULL;
	dpkg_of_source(a, d, source, &own);
	if (!own.n || !p->fields.n)
		return NULL;
	vec_for(package, &own)
		if (names(d, p, (*package)->name))
			return (*package)->name;
	dpkg_closure(a, d, &p->fields, &p->profiles, &seen);
	base_of(a, d, &base);
	vec_for(package, &own) {
		bool is_dev = str_ends(str_of((*package)->name), S("-dev"));
		if (!found && holds(&seen, *package) && (is_dev || !holds(&base, *package)))
			found = (*package)->name;
	}
	return found;
}

/* ---- what is missing --------------------------------------------------------------------------
 */

static const char *join(struct arena *a, const strings *words, const char *between)
{
	struct text t = {.a = a};
	text_addz(&t, "");
	vec_for(word, words)
		text_addf(&t, "%s%s", t.n ? between : "", *word);
	return t.p;
}

/* Was DIR's debian/control changed since it came from Debian? */
static bool is_edited(struct arena *a, const char *dir)
{
	const char *const argv[] = {"git", "--no-optional-locks", "-C", dir, "diff", "--quiet",
		"upstream", "--", "debian/control", NULL};
	struct outcome o;
	struct err ignored;
	struct command c = {.argv = argv, .split = true, .timeout_ms = GIT_MS};
	return file_exists(path_join(a, dir, ".git")) && command_run(a, &c, &o, &ignored) &&
	       o.exit_code == 1;
}

/* What apt-get build-dep is to be told: the source package, or the folder of one whose needs apt's
 * index doesn't have: with a slash, as apt wants it. DIR may be a scratch copy of the overlay. */
static const char *build_dep_of(const struct engine *g, const struct recipe *r, const char *dir)
{
	char here[PATH_MAX];
	bool known = false;
	vec_for(s, &r->source)
		known |= s->debian != NULL;
	if (known && !is_edited(g->a, dir))
		return control_source(g->a, r, dir);
	const char *own = str_format(g->a, "%s/%s/src", g->q->w->overlays, r->name);
	const char *path = dir_exists(own) ? own : dir;
	size_t n = getcwd(here, sizeof(here)) ? strlen(here) : 0;
	bool below = n > 1 && !strncmp(path, here, n) && path[n] == '/';
	return below ? str_format(g->a, ".%s", path + n) : path;
}

bool control_check(const struct engine *g, const struct recipe *r, const char *dir,
	const struct debian_package *p, struct err *e)
{
	struct arena *a = g->a;
	const char *profiles = join(a, &p->profiles, ",");
	const char *const argv[] = {"dpkg-checkbuilddeps",
		str_format(a, "--admindir=%s", g->dpkg->places.admin), "-P", profiles,
		"debian/control", NULL};
	struct outcome o;
	if (!command_run(a, &(struct command){.argv = argv, .dir = dir}, &o, e)) {
		if (e->code != E_ABSENT)
			return false;
		return fail_hint(e, "apt-get install build-essential debhelper: Debian packages "
				    "are built by these");
	}
	if (o.exit_code == 0)
		return true;
	struct str said = str_trim(o.output), rest = said;
	ptrdiff_t at = str_find(said, S("error: "));
	if (at >= 0)
		said = str_from(rest, (size_t)at + 7);
	fail(e, E_NOTFOUND, "%s can't be built here: %.*s", r->name, STR(said));
	return fail_hint(
		e, "as root: apt-get build-dep -P %s %s", profiles, build_dep_of(g, r, dir));
}
