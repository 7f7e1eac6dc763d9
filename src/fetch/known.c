/* known.c - what apt's index of sources says of a Debian source package; and Debian's versions.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "fetch/fetch.h"
#include "sys/sys.h"

const char *debian_upstream(struct arena *a, const char *version)
{
	static const char *const repacked[] = {"+dfsg", "~dfsg", ".dfsg", "-dfsg", "+ds", "~ds"};
	const char *colon = strchr(version, ':');
	struct str v = str_of(colon ? colon + 1 : version);
	const char *dash = strrchr(v.p, '-');
	if (dash)
		v.n = (size_t)(dash - v.p);
	for (size_t i = 0; i < sizeof(repacked) / sizeof(*repacked); i++) {
		ptrdiff_t at = str_find(v, str_of(repacked[i]));
		if (at > 0)
			v.n = (size_t)at;
	}
	return str_copy(a, v);
}

/* A stanza of `apt-cache showsrc` (deb-src-control(5)). */
struct stanza {
	struct str package, version, dsc; /* the .dsc's SHA-256 */
};

/* " HEX SIZE NAME" */
static void read_checksum(struct str line, struct stanza *out)
{
	struct str name = str_trim(line), hex = str_cut(&name, ' ');
	if (hex.n == 64 && str_ends(name, S(".dsc")))
		out->dsc = hex;
}

static struct stanza read_stanza(struct str *rest)
{
	struct stanza s = {0};
	bool sums = false;
	while (rest->p) {
		struct str line = str_cut(rest, '\n');
		if (!line.n)
			break;
		if (line.p[0] == ' ') {
			if (sums)
				read_checksum(line, &s);
			continue;
		}
		struct str value = line, name = str_cut(&value, ':');
		sums = str_is(name, "Checksums-Sha256");
		if (str_is(name, "Package"))
			s.package = str_trim(value);
		else if (str_is(name, "Version"))
			s.version = str_trim(value);
	}
	return s;
}

static bool choose(struct arena *a, struct str index, const char *package, const char *version,
	struct source *out, struct err *e)
{
	struct text others = {.a = a};
	struct source found = {0};
	while (index.p) {
		struct stanza s = read_stanza(&index);
		if (!str_is(s.package, package) || !s.dsc.n || !s.version.n)
			continue;
		const char *full = str_copy(a, s.version);
		text_addf(&others, "%s%s", others.n ? ", " : "", full);
		if (strcmp(full, version) != 0 && strcmp(debian_upstream(a, full), version) != 0)
			continue;
		if (found.version && strcmp(found.version, full) != 0) {
			fail(e, E_USAGE, "%s is both %s and %s in apt's index", version,
				found.version, full);
			return fail_hint(e, "name one of them");
		}
		found.version = full;
		found.sha256 = str_copy(a, s.dsc);
	}
	if (!found.version)
		return fail(e, E_NOTFOUND, "apt's index of sources has %s %s, no %s", package,
			others.n ? others.p : "in no version", version);
	out->version = found.version;
	out->sha256 = found.sha256;
	return true;
}

/* ---- what makes sources known ----------------------------------------------------------------
 */

#define ENTRY_LIMIT ((size_t)1 << 20)

/* An entry of apt's for binary packages: "/etc/apt/sources.list:3", and what it names. */
struct entry {
	struct str file, line, site, release, component;
};

/* The entry's own line as one for sources, with its options: apt takes no two keys for one archive.
 */
static const char *source_line(struct arena *a, const struct entry *n)
{
	uint64_t number = 0;
	struct str text, line = S("");
	struct err ignored;
	bool known = str_u64(n->line, &number) &&
		     file_read(a, str_copy(a, n->file), ENTRY_LIMIT, &text, &ignored);
	for (uint64_t i = 0; known && i < number && text.p; i++)
		line = str_trim(str_cut(&text, '\n'));
	if (str_starts(line, S("deb ")) || str_starts(line, S("deb\t")))
		return str_format(a, "deb-src %.*s", STR(str_trim(str_from(line, 4))));
	return str_format(
		a, "deb-src %.*s %.*s %.*s", STR(n->site), STR(n->release), STR(n->component));
}

static const char *entry_words(struct arena *a, const struct entry *n)
{
	if (str_ends(n->file, S(".sources")))
		return str_format(a,
			"as root, in %.*s make the line \"Types: deb\" read \"Types: deb "
			"deb-src\"",
			STR(n->file));
	return str_format(a, "as root, add the line to %.*s: %s", STR(n->file), source_line(a, n));
}

/* What is to be done for it, to Debian's own entry before others. NULL where there are lists of
 * sources, or nothing is known. */
static const char *missing_words(struct arena *a)
{
	static const char *const argv[] = {"apt-get", "indextargets", "--format",
		"$(CREATED_BY)|$(SOURCESENTRY)|$(SITE)|$(RELEASE)|$(ORIGIN)|$(COMPONENT)", NULL};
	struct outcome o;
	struct err ignored;
	const char *words = NULL;
	bool is_debian = false;
	if (!command_run(a, &(struct command){.argv = argv, .split = true}, &o, &ignored) ||
		o.exit_code != 0)
		return NULL;
	struct str rest = o.output;
	while (rest.p) {
		struct entry n;
		n.component = str_cut(&rest, '\n');
		struct str kind = str_cut(&n.component, '|');
		n.line = str_cut(&n.component, '|');
		n.site = str_cut(&n.component, '|');
		n.release = str_cut(&n.component, '|');
		n.file = str_cut(&n.line, ':');
		struct str origin = str_cut(&n.component, '|');
		if (str_is(kind, "Sources"))
			return NULL;
		bool better = !words || (!is_debian && str_is(origin, "Debian"));
		if (!better || !str_is(kind, "Packages") || !n.component.n)
			continue;
		words = entry_words(a, &n);
		is_debian = str_is(origin, "Debian");
	}
	return words;
}

static bool fail_unknown(struct arena *a, const char *package, struct err *e)
{
	const char *words = missing_words(a);
	if (!words) {
		fail(e, E_NOTFOUND, "apt's index of sources does not know %s", package);
		return fail_hint(e,
			"a deb-src line of the archive that it is from, then apt-get update, "
			"makes it known");
	}
	fail(e, E_ABSENT, "apt has no index of sources, which would tell where %s is", package);
	return fail_hint(e, "%s; then: apt-get update", words);
}

bool source_find_debian(struct arena *a, const char *package, const char *version,
	struct source *out, struct err *e)
{
	const char *const argv[] = {"apt-cache", "showsrc", "--only-source", package, NULL};
	struct outcome o;
	if (!command_run(a, &(struct command){.argv = argv, .split = true}, &o, e))
		return false;
	if (o.exit_code == 0 && o.output.n)
		return choose(a, o.output, package, version, out, e);
	return fail_unknown(a, package, e);
}
