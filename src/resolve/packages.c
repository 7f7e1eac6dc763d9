/* packages.c - the world of opam's repositories: packages by name, installed or not.
 * SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "opam/opam.h"
#include "resolve/search.h"

#define NOT_INSTALLED -52
#define MAX_LEFT_OUT 3 /* versions that are told one by one */

/* OPAMROOT, or ~/.opam; NULL where neither is known. */
static const char *root_of(struct arena *a)
{
	const char *root = getenv("OPAMROOT"), *home = getenv("HOME");
	if (root && *root)
		return root;
	return home && *home ? path_join(a, home, ".opam") : NULL;
}

static const char *source_words(struct arena *a, const struct opam_known *k)
{
	if (*k->src)
		return str_format(a, "%s%s%s", k->src, *k->checksum ? ", " : "", k->checksum);
	return *k->dev_repo ? str_copy(a, str_of(k->dev_repo)) : NULL;
}

/* Names of the packages that have one of VERSIONS, but for PACKAGE itself. */
static strings names_of(
	struct arena *a, const struct opam_index *x, const opam_numbers *versions, uint32_t package)
{
	strings out = {0};
	uint32_t last = package;
	vec_for(v, versions) {
		struct opam_known k;
		if (!opam_index_get(x, *v, &k) || k.package == last || k.package == package)
			continue;
		last = k.package;
		vec_push(a, &out, str_copy(a, str_of(k.name)));
	}
	return out;
}

static strings dependents_of(struct arena *a, const struct opam_index *x, uint32_t package)
{
	opam_numbers from = {0}, found = {0};
	uint32_t first, n = opam_index_versions(x, package, &first);
	for (uint32_t i = 0; i < n; i++)
		vec_push(a, &from, first + i);
	opam_index_dependents(x, a, &from, OPAM_BUILD, true, &found);
	return names_of(a, x, &found, package);
}

struct repository {
	const struct opam_index *index;
	struct str name;
	const char *place;
	int order;	 /* of preference, 0 first */
	size_t own, all; /* damaged files of the package, and of all */
};

static void say(const struct search *s, struct found *f, const char *words)
{
	vec_push(s->a, &f->c.evidence, words);
}

/* ---- damaged files ----------------------------------------------------------------------------
 */

static void note_damaged(struct search *s, struct repository *r, const uint32_t *version)
{
	struct opam_known k;
	if (!opam_index_get(r->index, *version, &k))
		return;
	r->all++;
	vec_push(s->a, &s->damaged,
		((struct damaged){.package = str_copy(s->a, str_of(k.name)),
			.version = str_copy(s->a, str_of(k.version)),
			.file = path_join(s->a, r->place, k.path),
			.line = k.at.line,
			.column = k.at.column,
			.error = str_copy(s->a, str_of(k.synopsis))}));
}

/* Any of them may have named the package as a dependency. */
static void note_all_damaged(struct search *s, struct repository *r, uint32_t package)
{
	opam_numbers broken;
	uint32_t first, n = opam_index_versions(r->index, package, &first);
	opam_index_broken(r->index, s->a, &broken);
	for (size_t i = broken.n; i-- > 0;)
		if (broken.v[i] >= first && broken.v[i] - first < n)
			note_damaged(s, r, &broken.v[i]);
	r->own = r->all;
	vec_for(v, &broken) {
		if (*v < first || *v - first >= n)
			note_damaged(s, r, v);
	}
}

static void say_damaged(const struct search *s, struct found *f, const struct repository *r)
{
	const struct damaged *d = s->damaged.v + s->damaged.n - r->all;
	size_t others = r->all - r->own;
	for (size_t i = 0; i < r->own && i < MAX_LEFT_OUT; i++)
		say(s, f,
			str_format(s->a, "its version %s is left out: %s:%u:%u: %s", d[i].version,
				d[i].file, d[i].line, d[i].column, d[i].error));
	if (r->own > MAX_LEFT_OUT)
		say(s, f,
			str_format(s->a, "and so are %zu more of its versions",
				r->own - MAX_LEFT_OUT));
	if (others)
		say(s, f,
			str_format(s->a, "its dependents are told without %s that can't be read",
				count_words(s->a, others, "opam file")));
}

/* Which of its versions it is, and why that. */
static const char *version_words(
	const struct search *s, const struct repository *r, const struct opam_known *k, size_t n)
{
	const char *versions = count_words(s->a, n, "version");
	if (k->marks & OPAM_BROKEN)
		return str_format(s->a, "of its %s, none can be read", versions);
	if (k->marks & (OPAM_AVOID | OPAM_DEPRECATED | OPAM_UNAVAILABLE))
		return str_format(s->a,
			"of its %s, %s is the newest%s; none fits this machine that is neither "
			"deprecated nor to be avoided (%s)",
			versions, k->version, r->own ? " that can be read" : "", k->path);
	return str_format(s->a, "of its %s, %s is the newest that fits this machine (%s)", versions,
		k->version, k->path);
}

/* ---- packages ---------------------------------------------------------------------------------
 */

static void add_package(struct search *s, const struct repository *r, uint32_t package)
{
	struct opam_known k;
	uint32_t first, versions = opam_index_versions(r->index, package, &first);
	if (!opam_index_get(r->index, opam_index_latest(r->index, package), &k))
		return;
	struct found *f = vec_add(s->a, &s->found);
	f->is_definition = true;
	f->c = (struct candidate){.world = "opam",
		.kind = "package",
		.module = str_copy(s->a, s->query),
		.package = str_copy(s->a, s->query),
		.version = k.marks & OPAM_BROKEN ? NULL : str_copy(s->a, str_of(k.version)),
		.source = source_words(s->a, &k),
		.rank = RANK_EXACT + NOT_INSTALLED + 8 - r->order};
	say(s, f,
		str_format(s->a, "%s is a package of the opam repository %.*s", f->c.package,
			STR(r->name)));
	say(s, f, version_words(s, r, &k, versions));
	say_damaged(s, f, r);
	if (f->c.source)
		say(s, f, str_format(s->a, "its source is %s", f->c.source));
	say(s, f,
		str_format(s->a, "rank %d: exact name %d, known to opam %d, name of a package 8%s",
			f->c.rank, RANK_EXACT, NOT_INSTALLED,
			r->order ? str_format(s->a, ", behind other repositories -%d", r->order)
				 : ""));
	f->c.dependents = dependents_of(s->a, r->index, package);
}

/* opam keeps its own notes beside the repositories, in the folder REPO, and writes them whenever it
 * updates one: only then is every file of a folder looked at again. */
static enum opam_fresh freshness(const char *kept, const char *repo)
{
	struct stamp index, notes;
	bool newer = kept && file_stamp(kept, &index) && file_stamp(repo, &notes) &&
		     stamp_is_safe(&notes, index.mtime_ns);
	return newer ? OPAM_FRESH_NAMES : OPAM_FRESH_ALL;
}

/* opam tells no modules. By its name a module is mostly of a package that is called as its
 * beginning: "Tcpip_stack_direct" of tcpip. OPAM_NONE where there is none. */
static uint32_t likely_package(const struct search *s, const struct opam_index *x)
{
	struct str rest = s->query, name = str_cut(&rest, '.');
	for (size_t n = name.n; n > 2; n--) {
		if (n < name.n && name.p[n] != '_')
			continue;
		char *package = str_copy(s->a, (struct str){name.p, n});
		for (char *c = package; *c; c++)
			*c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
		uint32_t found = opam_index_package(x, str_of(package));
		if (found != OPAM_NONE)
			return found;
	}
	return OPAM_NONE;
}

static const char *modules_words(const struct search *s, const struct opam_index *x)
{
	struct opam_known k;
	if (!isupper((unsigned char)*s->query.p))
		return "";
	uint32_t package = likely_package(s, x);
	if (package == OPAM_NONE || !opam_index_get(x, opam_index_latest(x, package), &k))
		return "; modules of what is not installed are not known";
	return str_format(s->a,
		"; modules of what is not installed are not known: %s may have it (opam install "
		"%s)",
		k.name, k.name);
}

static bool search_repository(struct search *s, const char *root, const struct opam_remote *remote,
	int order, struct err *e)
{
	defer(opam_index_close) struct opam_index *x = NULL;
	struct opam_counts counts;
	if (!remote->place) {
		vec_push(s->a, &s->looked_in,
			str_format(s->a, "opam repository %.*s: not there yet (opam update)",
				STR(remote->name)));
		return true;
	}
	const char *kept = search_kept(s, false, "opam", remote->place);
	enum opam_fresh fresh = freshness(kept, path_join(s->a, root, "repo"));
	if (!opam_index_open(s->a, remote->place, kept ? kept : "/dev/null/none", fresh,
		    str_copy(s->a, s->query), &x, e))
		return fail_context(e, "the opam repository %.*s", STR(remote->name));
	if (kept && fresh == OPAM_FRESH_ALL)
		(void)!utimensat(AT_FDCWD, kept, NULL, 0);
	uint32_t package = opam_index_package(x, s->query);
	struct repository r = {
		.index = x, .name = remote->name, .place = remote->place, .order = order};
	if (package != OPAM_NONE) {
		note_all_damaged(s, &r, package);
		add_package(s, &r, package);
	}
	opam_index_count(x, &counts);
	vec_push(s->a, &s->looked_in,
		str_format(s->a, "opam repository %.*s: names of %s%s", STR(remote->name),
			count_words(s->a, counts.packages, "package"), modules_words(s, x)));
	const char *near[OPAM_NEAR_MAX];
	size_t n = s->found.n ? 0 : opam_index_near(x, s->query, near);
	for (size_t i = 0; i < n; i++)
		vec_push(s->a, &s->near, str_copy(s->a, str_of(near[i])));
	return true;
}

bool search_opam(struct search *s, struct err *e)
{
	const char *dir = root_of(s->a);
	struct opam_root root;
	int order = 0;
	if (!dir || !dir_exists(dir)) {
		vec_push(s->a, &s->looked_in, "opam: no OPAMROOT, so no repository (opam init)");
		return true;
	}
	if (!opam_root_read(s->a, dir, &root, e))
		return fail_hint(e, "OPAMROOT names the folder; opam init makes one");
	vec_for(remote, &root.repositories) {
		if (!search_repository(s, dir, remote, order++, e))
			return false;
	}
	return true;
}
