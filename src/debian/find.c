/* find.c - which source package a name means, and in which version. SPDX-License-Identifier: ISC */
#include <string.h>

#include "debian/inner.h"

/* The output of an apt-cache call; false where it knows nothing. */
static bool ask(struct arena *a, const char *const *argv, struct str *out)
{
	struct outcome o;
	struct err ignored;
	if (!command_run(a, &(struct command){.argv = argv, .split = true}, &o, &ignored) ||
		o.exit_code != 0 || !o.output.n)
		return false;
	*out = o.output;
	return true;
}

static struct debian_found found_installed(struct arena *a, const struct dpkg_package *p)
{
	return (struct debian_found){.source = p->source,
		.version = p->source_version,
		.why = str_format(a, "%s %s is installed", p->name, p->version)};
}

static bool find_installed(
	struct arena *a, const struct dpkg *d, const char *name, struct debian_found *out)
{
	dpkg_packages all = {0};
	dpkg_of_source(a, d, name, &all);
	if (!all.n)
		vec_for(p, &d->packages)
			if (!strcmp(p->name, name))
				vec_push(a, &all, p);
	if (!all.n)
		return false;
	*out = found_installed(a, all.v[0]);
	return true;
}

/* ---- what apt would install -------------------------------------------------------------------
 */

static struct str value_of(struct str text, const char *name)
{
	struct deb822 r = {.rest = text};
	struct str value = S("");
	deb822_read(&r, &(struct deb822_wanted){name, &value}, 1);
	return value;
}

/* Apt's candidate of the binary package NAME. */
static bool find_candidate(struct arena *a, const char *name, struct debian_found *out)
{
	const char *const argv[] = {"apt-cache", "show", "--no-all-versions", name, NULL};
	struct str text;
	if (!ask(a, argv, &text))
		return false;
	struct str package = value_of(text, "Package"), version = value_of(text, "Version"),
		   source = value_of(text, "Source");
	if (!str_is(package, name) || !version.n)
		return false;
	*out = (struct debian_found){.source = str_copy(a, source_name(source, package)),
		.version = str_copy(a, source_version(source, version)),
		.why = str_format(a, "%s %.*s is apt's candidate", name, STR(version))};
	return true;
}

/* NAME is a source package of which nothing is installed. */
static bool find_source(struct arena *a, const char *name, struct debian_found *out)
{
	const char *const argv[] = {"apt-cache", "showsrc", "--only-source", name, NULL};
	struct str text;
	if (!ask(a, argv, &text) || !str_is(value_of(text, "Package"), name))
		return false;
	struct relations r = {value_of(text, "Binary"), 0};
	struct relation one;
	while (relations_next(&r, &one))
		if (find_candidate(a, str_copy(a, one.name), out) && !strcmp(out->source, name))
			return true;
	struct str version = value_of(text, "Version");
	*out = (struct debian_found){.source = str_copy(a, str_of(name)),
		.version = str_copy(a, version),
		.why = "none of its packages is installed"};
	return version.n > 0;
}

/* ---- libraries by their files -----------------------------------------------------------------
 */

/* What a name may mean, best first. */
enum meaning { PKGCONFIG_NAME, HEADER, HEADER_IN_FOLDER, LIBRARY_FILE, MEANINGS };
struct owners {
	struct arena *a;
	const char *pkgconfig; /* "/pkgconfig/zlib.pc" */
	const char *header;    /* "/usr/include/zlib.h" */
	const char *name;      /* "/zlib.h" */
	bool is_library;       /* as "libz.so" is */
	dpkg_packages of[MEANINGS];
};

static enum meaning meaning_of(const struct owners *o, struct str path)
{
	if (str_ends(path, str_of(o->pkgconfig)))
		return PKGCONFIG_NAME;
	if (str_is(path, o->header))
		return HEADER;
	if (str_starts(path, S("/usr/include/")) && str_ends(path, str_of(o->name)))
		return HEADER_IN_FOLDER;
	if (o->is_library && str_find(path, str_of(o->name)) >= 0)
		return LIBRARY_FILE;
	return MEANINGS;
}

static void take_owner(void *ctx, const struct dpkg_package *package, struct str path)
{
	struct owners *o = ctx;
	enum meaning meaning = meaning_of(o, path);
	if (meaning == MEANINGS)
		return;
	dpkg_packages *list = &o->of[meaning];
	if (!list->n || list->v[list->n - 1] != package)
		vec_push(o->a, list, package);
}

MUST_CHECK static bool one_source(struct arena *a, const dpkg_packages *owners, const char *name,
	struct debian_found *out, bool *found, struct err *e)
{
	struct text all = {.a = a};
	*found = false;
	vec_for(owner, owners) {
		struct debian_found one = found_installed(a, *owner);
		if (*found && !strcmp(one.source, out->source))
			continue;
		text_addf(&all, "%s%s", all.n ? ", " : "", one.source);
		if (*found) {
			fail(e, E_USAGE, "%s is in packages of several sources: %s", name, all.p);
			return fail_hint(e, "name one of them");
		}
		*out = one;
		*found = true;
	}
	return true;
}

MUST_CHECK static bool find_file(struct arena *a, const struct dpkg *d, const char *name,
	struct debian_found *out, bool *found, struct err *e)
{
	struct owners o = {.a = a,
		.pkgconfig = str_format(a, "/pkgconfig/%s.pc", name),
		.header = str_format(a, "/usr/include/%s", name),
		.name = str_format(a, "/%s", name),
		.is_library = str_starts(str_of(name), S("lib")) && strstr(name, ".so")};
	*found = false;
	if (!dpkg_each_file(d, take_owner, &o, e))
		return false;
	for (size_t i = 0; i < MEANINGS && !*found; i++)
		if (!one_source(a, &o.of[i], name, out, found, e))
			return false;
	return true;
}

/* Names go to programs as arguments. */
static bool is_plain(const char *name)
{
	if (!*name || *name == '-' || strlen(name) > 200)
		return false;
	for (; *name; name++)
		if ((unsigned char)*name <= ' ' || (unsigned char)*name >= 0x7f)
			return false;
	return true;
}

/* Debian Policy, 5.6.1: what becomes a folder's name is no way out of one. */
static bool is_source_name(const char *name)
{
	size_t n = strlen(name);
	return n > 1 && n <= 100 && name[0] != '-' && name[0] != '.' && name[0] != '+' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == n;
}

MUST_CHECK static bool find(
	struct arena *a, const char *name, struct debian_found *out, struct err *e)
{
	struct dpkg d;
	bool found;
	if (!is_plain(name))
		return fail(e, E_USAGE, "'%s' is no package's name", name);
	if (!dpkg_open(a, &d, e))
		return false;
	if (find_installed(a, &d, name, out))
		return true;
	if (!find_file(a, &d, name, out, &found, e))
		return false;
	if (found || find_source(a, name, out) || find_candidate(a, name, out))
		return true;
	fail(e, E_NOTFOUND, "no package or library called '%s' is known to dpkg or apt", name);
	return fail_hint(e, "apt-get update renews what apt knows");
}

bool debian_find(struct arena *a, const char *name, struct debian_found *out, struct err *e)
{
	struct debian_found found;
	if (!find(a, name, &found, e))
		return false;
	if (!is_source_name(found.source))
		return fail(e, E_UNSAFE, "'%s' is no name of a source package", found.source);
	*out = found;
	return true;
}
