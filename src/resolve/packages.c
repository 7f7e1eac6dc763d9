/* packages.c - the world of opam's repositories: packages by name, installed or not.
 * SPDX-License-Identifier: ISC */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "resolve/offers.h"

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

/* The query as opam reads it: NAME or, since no name has a dot, NAME.VERSION. */
struct wanted {
	const char *name, *version; /* VERSION: NULL: the best */
};

static struct wanted wanted_of(const struct search *s)
{
	struct str rest = s->query, name = str_cut(&rest, '.');
	return (struct wanted){str_copy(s->a, name), rest.n ? str_copy(s->a, rest) : NULL};
}

static void say(const struct search *s, struct found *f, const char *words)
{
	vec_push(s->a, &f->c.evidence, words);
}

/* ---- damaged files ----------------------------------------------------------------------------
 */

static void note_damaged(struct search *s, const struct repository *r, const uint32_t *version)
{
	struct opam_known k;
	if (!opam_index_get(r->index, *version, &k))
		return;
	vec_push(s->a, &s->damaged,
		((struct damaged){.package = str_copy(s->a, str_of(k.name)),
			.version = str_copy(s->a, str_of(k.version)),
			.file = path_join(s->a, r->place, k.path),
			.line = k.at.line,
			.column = k.at.column,
			.error = str_copy(s->a, str_of(k.synopsis))}));
}

/* Those of the package itself, newest first, or all others: any of them may have named it as a
 * dependency. How many there are. */
static size_t note_all_damaged(struct search *s, const repository_list *list, bool own)
{
	size_t before = s->damaged.n;
	vec_for(r, list) {
		opam_numbers broken;
		uint32_t first, n = opam_index_versions(r->index, r->package, &first);
		if (r->package == OPAM_NONE)
			continue;
		opam_index_broken(r->index, s->a, &broken);
		for (size_t i = broken.n; i-- > 0;) {
			uint32_t *v = &broken.v[own ? i : broken.n - 1 - i];
			if ((*v >= first && *v - first < n) == own)
				note_damaged(s, r, v);
		}
	}
	return s->damaged.n - before;
}

static void say_damaged(const struct search *s, struct found *f, size_t own, size_t others)
{
	const struct damaged *d = s->damaged.v + s->damaged.n - own - others;
	for (size_t i = 0; i < own && i < MAX_LEFT_OUT; i++)
		say(s, f,
			str_format(s->a, "its version %s is left out: %s:%u:%u: %s", d[i].version,
				d[i].file, d[i].line, d[i].column, d[i].error));
	if (own > MAX_LEFT_OUT)
		say(s, f,
			str_format(
				s->a, "and so are %zu more of its versions", own - MAX_LEFT_OUT));
	if (others)
		say(s, f,
			str_format(s->a, "its dependents are told without %s that can't be read",
				count_words(s->a, others, "opam file")));
}

/* ---- packages ---------------------------------------------------------------------------------
 */

static const struct offer *offer_of(const offers *all, const char *version)
{
	vec_for(o, all)
		if (opam_version_compare(str_of(o->known.version), str_of(version)) == 0)
			return o;
	return NULL;
}

/* Which of its versions it is, and why that. */
static const char *version_words(
	const struct search *s, const offers *all, const struct offer *o, bool asked)
{
	static const char *const why[] = {"the newest that fits this machine",
		"the newest that fits this machine, though deprecated or to be avoided",
		"the newest, though none fits this machine"};
	const char *versions = count_words(s->a, all->n, "version");
	if (o->known.marks & OPAM_BROKEN)
		return str_format(s->a, "of its %s, none can be read", versions);
	return str_format(s->a, "of its %s, %s is %s (%s)", versions, o->known.version,
		asked ? "the one asked for" : why[opam_marks_against(o->known.marks)],
		o->known.path);
}

/* Which repositories have the package, and which of them has this version. */
static const char *repository_words(
	const struct search *s, const repository_list *list, const struct offer *o)
{
	struct text others = {.a = s->a};
	size_t n = 0;
	vec_for(r, list)
		if (r->package != OPAM_NONE && r != o->from)
			text_addf(&others, "%s%.*s", n++ ? ", " : "", STR(r->name));
	return str_format(s->a, "%s is a package of the opam repository %.*s%s%s",
		str_copy(s->a, str_of(o->known.name)), STR(o->from->name),
		n ? "; others have it too: " : "", n ? others.p : "");
}

/* Both in byte order, as the result is. */
static strings union_of(struct arena *a, const strings *x, const strings *y)
{
	strings out = {0};
	for (size_t i = 0, k = 0; i < x->n || k < y->n;) {
		int order = i == x->n ? 1 : k == y->n ? -1 : strcmp(x->v[i], y->v[k]);
		vec_push(a, &out, order <= 0 ? x->v[i] : y->v[k]);
		i += order <= 0;
		k += order >= 0;
	}
	return out;
}

static strings all_dependents(const struct search *s, const repository_list *list)
{
	strings out = {0};
	vec_for(r, list) {
		strings own = {0};
		if (r->package != OPAM_NONE)
			own = dependents_of(s->a, r->index, r->package);
		out = out.n ? union_of(s->a, &out, &own) : own;
	}
	return out;
}

static void add_package(struct search *s, const struct opam_root *root, const repository_list *list)
{
	struct wanted wanted = wanted_of(s);
	offers all = offers_of(s->a, root, list);
	const struct offer *o = wanted.version ? offer_of(&all, wanted.version) : offers_best(&all);
	if (!o)
		return;
	size_t own = note_all_damaged(s, list, true), others = note_all_damaged(s, list, false);
	struct found *f = vec_add(s->a, &s->found);
	f->is_definition = true;
	f->c = (struct candidate){.world = "opam",
		.kind = "package",
		.module = str_copy(s->a, s->query),
		.package = wanted.name,
		.version = o->known.marks & OPAM_BROKEN ? NULL
							: str_copy(s->a, str_of(o->known.version)),
		.source = source_words(s->a, &o->known),
		.rank = RANK_EXACT + NOT_INSTALLED + 8};
	say(s, f, repository_words(s, list, o));
	say(s, f, version_words(s, &all, o, wanted.version));
	say_damaged(s, f, own, others);
	if (f->c.source)
		say(s, f, str_format(s->a, "its source is %s", f->c.source));
	say(s, f,
		str_format(s->a, "rank %d: exact name %d, known to opam %d, name of a package 8",
			f->c.rank, RANK_EXACT, NOT_INSTALLED));
	f->c.dependents = all_dependents(s, list);
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

/* Is the failure one of what was read? Then the other worlds still have their answers. */
static bool is_damage(const struct err *e)
{
	return e->code != E_INTERRUPTED && e->code != E_BUG;
}

static void note_unread(struct search *s, const struct err *e, const char *what, const char *advice)
{
	vec_push(s->a, &s->unread,
		str_format(s->a, "%s%s%s; %s is left out: %s", e->where, *e->where ? ": " : "",
			e->text, what, advice));
}

MUST_CHECK static bool open_repository(struct search *s, const char *root,
	const struct opam_remote *remote, repository_list *list, struct err *e)
{
	struct opam_index *x;
	const char *kept = search_kept(s, false, "opam", remote->place);
	enum opam_fresh fresh = freshness(kept, path_join(s->a, root, "repo"));
	if (!opam_index_open(s->a, remote->place, kept, fresh, wanted_of(s).name, &x, e)) {
		const char *what = str_format(s->a, "the opam repository %.*s", STR(remote->name));
		if (!is_damage(e))
			return fail_context(e, "%s", what);
		note_unread(s, e, what,
			str_format(s->a, "delete %s and run: opam update %.*s", remote->place,
				STR(remote->name)));
		return true;
	}
	if (kept && fresh == OPAM_FRESH_ALL)
		(void)!utimensat(AT_FDCWD, kept, NULL, 0);
	vec_push(s->a, list,
		((struct repository){.index = x,
			.name = remote->name,
			.place = remote->place,
			.package = opam_index_package(x, str_of(wanted_of(s).name))}));
	return true;
}

static void note_looked_in(struct search *s, const struct repository *r)
{
	struct opam_counts counts;
	opam_index_count(r->index, &counts);
	vec_push(s->a, &s->looked_in,
		str_format(s->a, "opam repository %.*s: names of %s%s", STR(r->name),
			count_words(s->a, counts.packages, "package"), modules_words(s, r->index)));
	const char *near[OPAM_NEAR_MAX];
	size_t n = s->found.n ? 0 : opam_index_near(r->index, s->query, near);
	for (size_t i = 0; i < n; i++)
		vec_push(s->a, &s->near, str_copy(s->a, str_of(near[i])));
}

static void close_repositories(repository_list *list)
{
	vec_for(r, list)
		opam_index_close(&r->index);
}

MUST_CHECK static bool search_repositories(
	struct search *s, const char *dir, const struct opam_root *root, struct err *e)
{
	defer(close_repositories) repository_list list = {0};
	vec_for(remote, &root->repositories) {
		if (!remote->place)
			vec_push(s->a, &s->looked_in,
				str_format(s->a,
					"opam repository %.*s: not there yet (opam update)",
					STR(remote->name)));
		else if (!open_repository(s, dir, remote, &list, e))
			return false;
	}
	add_package(s, root, &list);
	vec_for(r, &list)
		note_looked_in(s, r);
	return true;
}

/* The folder of the switch whose repositories matter, where it is not the one that the root names.
 */
static const char *switch_of(const struct search *s, const char *root)
{
	const char *name = getenv("OPAMSWITCH");
	if (s->w->opam_switch || !name || !*name)
		return s->w->opam_switch;
	return *name == '/' ? path_join(s->a, name, "_opam") : path_join(s->a, root, name);
}

bool search_opam(struct search *s, struct err *e)
{
	const char *dir = root_of(s->a);
	struct opam_root root;
	if (!dir || !dir_exists(dir)) {
		vec_push(s->a, &s->looked_in, "opam: no OPAMROOT, so no repository (opam init)");
		return true;
	}
	if (opam_root_read(s->a, dir, switch_of(s, dir), &root, e))
		return search_repositories(s, dir, &root, e);
	if (e->code == E_NOTFOUND) {
		vec_push(s->a, &s->looked_in, str_format(s->a, "opam: %s (opam init)", e->text));
		return true;
	}
	if (!is_damage(e))
		return false;
	note_unread(s, e, "what opam has",
		"restore the file, or move it away and run: opam init --reinit");
	return true;
}
