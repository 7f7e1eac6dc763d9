/* index_ask.c - questions to the index of a repository. SPDX-License-Identifier: ISC */
#include "opam/index.h"

#include <string.h>

/* ---- names and versions ------------------------------------------------------------------------
 */

void opam_index_count(const struct opam_index *x, struct opam_counts *out)
{
	const struct index_header *h = x->header;
	*out = (struct opam_counts){.packages = h->count[PACKAGES],
		.versions = h->count[VERSIONS],
		.needs = h->count[NEEDS],
		.edges = h->count[EDGES],
		.repositories = h->count[REPOS],
		.broken = h->broken,
		.bytes = h->size,
		.read = x->read};
}

static const char *package_name(const void *list, size_t i)
{
	const struct opam_index *x = list;
	return opam_index_text(x, x->packages[i].name);
}

uint32_t opam_index_package(const struct opam_index *x, struct str name)
{
	size_t first, n = x->header->count[PACKAGES];
	return records_named(x, n, package_name, name, &first) ? (uint32_t)first : OPAM_NONE;
}

const char *opam_index_name(const struct opam_index *x, uint32_t package)
{
	if (package >= x->header->count[PACKAGES])
		return "";
	return opam_index_text(x, x->packages[package].name);
}

uint32_t opam_index_versions(const struct opam_index *x, uint32_t package, uint32_t *first)
{
	*first = 0;
	if (package >= x->header->count[PACKAGES])
		return 0;
	const struct index_package *p = &x->packages[package];
	*first = p->first_version;
	return opam_index_slice(p->first_version, p->versions, x->header->count[VERSIONS]);
}

unsigned opam_marks_against(unsigned marks)
{
	if (marks & (OPAM_BROKEN | OPAM_UNAVAILABLE))
		return marks & OPAM_BROKEN ? 3 : 2;
	return marks & (OPAM_AVOID | OPAM_DEPRECATED) ? 1 : 0;
}

uint32_t opam_index_latest(const struct opam_index *x, uint32_t package)
{
	uint32_t first, n = opam_index_versions(x, package, &first), best = OPAM_NONE;
	for (uint32_t i = n; i-- > 0;)
		if (best == OPAM_NONE || opam_marks_against(x->versions[first + i].marks) <
						 opam_marks_against(x->versions[best].marks))
			best = first + i;
	return best;
}

void opam_index_broken(const struct opam_index *x, struct arena *a, opam_numbers *out)
{
	uint32_t n = x->header->broken ? x->header->count[VERSIONS] : 0;
	*out = (opam_numbers){0};
	for (uint32_t v = 0; v < n; v++)
		if (x->versions[v].marks & OPAM_BROKEN)
			vec_push(a, out, v);
}

uint32_t opam_index_version(const struct opam_index *x, uint32_t package, struct str version)
{
	uint32_t first, n = opam_index_versions(x, package, &first), equal = OPAM_NONE;
	for (uint32_t i = 0; i < n; i++) {
		struct str one = str_of(opam_index_text(x, x->versions[first + i].version));
		if (str_eq(one, version))
			return first + i;
		if (opam_version_compare(one, version) == 0)
			equal = first + i;
	}
	return equal;
}

bool opam_index_get(const struct opam_index *x, uint32_t version, struct opam_known *out)
{
	if (version >= x->header->count[VERSIONS])
		return false;
	const struct index_version *v = &x->versions[version];
	*out = (struct opam_known){.package = v->package,
		.name = opam_index_name(x, v->package),
		.version = opam_index_text(x, v->version),
		.path = opam_index_text(x, v->path),
		.marks = v->marks,
		.at = {v->line, v->column},
		.synopsis = opam_index_text(x, v->synopsis),
		.repository = opam_index_text(x, v->repository),
		.dev_repo = opam_index_text(x, v->dev_repo),
		.src = opam_index_text(x, v->src),
		.checksum = opam_index_text(x, v->checksum),
		.commit = opam_index_text(x, v->commit),
		.available = opam_index_text(x, v->available)};
	return true;
}

static const char *repository_key(const void *list, size_t i)
{
	const struct opam_index *x = list;
	return opam_index_text(x, x->repos[i].key);
}

size_t opam_index_repository(const struct opam_index *x, struct str key, const uint32_t **versions)
{
	size_t at;
	*versions = NULL;
	if (!records_named(x, x->header->count[REPOS], repository_key, key, &at))
		return 0;
	const struct index_repo *repo = &x->repos[at];
	*versions = x->members + repo->first;
	return opam_index_slice(repo->first, repo->members, x->header->count[REPO_MEMBERS]);
}

/* ---- edges --------------------------------------------------------------------------------------
 */

/* The need of edge I of VERSION; NULL behind the last, or where the index is damaged. */
static const struct index_need *edge_need(
	const struct opam_index *x, uint32_t version, size_t i, uint32_t *roles)
{
	const struct index_version *v = &x->versions[version];
	if (i >= opam_index_slice(v->first_edge, v->edges, x->header->count[EDGES]))
		return NULL;
	const struct index_edge *edge = &x->edges[v->first_edge + i];
	*roles = edge->roles;
	return edge->need < x->header->count[NEEDS] ? &x->needs[edge->need] : NULL;
}

bool opam_index_edge(const struct opam_index *x, uint32_t version, size_t i, struct opam_edge *out)
{
	uint32_t roles;
	if (version >= x->header->count[VERSIONS])
		return false;
	const struct index_need *need = edge_need(x, version, i, &roles);
	if (!need)
		return false;
	*out = (struct opam_edge){.version = version,
		.package = need->package,
		.name = opam_index_text(x, need->name),
		.bound = opam_index_text(x, need->bound),
		.roles = roles};
	return true;
}

/* A walk over versions: each is taken once. */
struct walk {
	const struct opam_index *x;
	unsigned roles;
	bool *seen;	/* by version */
	bool *done;	/* by need */
	uint32_t *todo; /* versions that were seen, in the order of that */
	size_t n;
};

static void see(struct walk *w, uint32_t version)
{
	if (version >= w->x->header->count[VERSIONS] || w->seen[version])
		return;
	w->seen[version] = true;
	w->todo[w->n++] = version;
}

static bool admits(const struct opam_index *x, const struct index_need *need, uint32_t version)
{
	uint32_t n = opam_index_slice(need->first_range, need->ranges, x->header->count[RANGES]);
	for (uint32_t i = 0; i < n; i++) {
		const struct index_range *range = &x->ranges[need->first_range + i];
		if (version >= range->from && version < range->to)
			return true;
	}
	return false;
}

/* All needs that VERSION answers to bring those that have them, the first time. */
static void see_users(struct walk *w, uint32_t version)
{
	const struct opam_index *x = w->x;
	uint32_t package = x->versions[version].package;
	if (package >= x->header->count[PACKAGES])
		return;
	const struct index_package *p = &x->packages[package];
	uint32_t needs = opam_index_slice(p->first_need, p->needs, x->header->count[NEEDS]);
	for (uint32_t i = 0; i < needs; i++) {
		const struct index_need *need = &x->needs[p->first_need + i];
		if (w->done[p->first_need + i] || !admits(x, need, version))
			continue;
		w->done[p->first_need + i] = true;
		uint32_t users =
			opam_index_slice(need->first_user, need->users, x->header->count[USERS]);
		for (uint32_t u = 0; u < users; u++) {
			const struct index_user *user = &x->users[need->first_user + u];
			if (!(user->roles & ~w->roles))
				see(w, user->version);
		}
	}
}

static void see_needed(struct walk *w, uint32_t version)
{
	const struct opam_index *x = w->x;
	const struct index_need *need;
	uint32_t roles;
	for (size_t i = 0; (need = edge_need(x, version, i, &roles)); i++) {
		size_t at = (size_t)(need - x->needs);
		if (w->done[at] || (roles & ~w->roles))
			continue;
		w->done[at] = true;
		uint32_t n =
			opam_index_slice(need->first_range, need->ranges, x->header->count[RANGES]);
		for (uint32_t k = 0; k < n; k++) {
			const struct index_range *range = &x->ranges[need->first_range + k];
			uint32_t to = range->to < x->header->count[VERSIONS]
					      ? range->to
					      : x->header->count[VERSIONS];
			for (uint32_t v = range->from; v < to; v++)
				see(w, v);
		}
	}
}

static void walk(const struct opam_index *x, struct arena *a, const opam_numbers *from,
	unsigned roles, bool recursive, void (*step)(struct walk *w, uint32_t version),
	opam_numbers *out)
{
	defer(arena_free) struct arena scratch = {0};
	uint32_t versions = x->header->count[VERSIONS];
	struct walk w = {.x = x,
		.roles = roles,
		.seen = NEW_ARRAY(&scratch, bool, versions),
		.done = NEW_ARRAY(&scratch, bool, x->header->count[NEEDS]),
		.todo = NEW_ARRAY(&scratch, uint32_t, versions)};
	*out = (opam_numbers){0};
	if (recursive)
		for (size_t i = 0; i < from->n; i++)
			see(&w, from->v[i]);
	for (size_t i = 0; recursive ? i < w.n : i < from->n; i++) {
		uint32_t version = recursive ? w.todo[i] : from->v[i];
		if (version < versions)
			step(&w, version);
	}
	for (uint32_t v = 0; v < versions; v++)
		if (w.seen[v])
			vec_push(a, out, v);
}

void opam_index_dependents(const struct opam_index *x, struct arena *a, const opam_numbers *from,
	unsigned roles, bool recursive, opam_numbers *out)
{
	walk(x, a, from, roles, recursive, see_users, out);
}

void opam_index_dependencies(const struct opam_index *x, struct arena *a, const opam_numbers *from,
	unsigned roles, bool recursive, opam_numbers *out)
{
	walk(x, a, from, roles, recursive, see_needed, out);
}

/* ---- near misses
 * --------------------------------------------------------------------------------- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Letters, digits, '-' and '_' all count; capitals don't. */
static struct str lowered(struct str s, char buffer[64])
{
	size_t n = s.n < 63 ? s.n : 63;
	for (size_t i = 0; i < n; i++)
		buffer[i] = lower(s.p[i]);
	return (struct str){buffer, n};
}

/* How far NAME is from WORD; a whole part of a name between dashes is near. */
static size_t distance(struct str word, struct str name)
{
	size_t longer = word.n > name.n ? word.n : name.n;
	size_t shorter = word.n + name.n - longer, limit = 1 + word.n / 4;
	struct str rest = name;
	if (word.n >= 3)
		while (rest.p)
			if (str_eq(str_cut(&rest, '-'), word))
				return limit;
	if (longer - shorter > limit)
		return SIZE_MAX;
	size_t d = str_distance(word, name);
	return d <= limit && d < shorter ? d : SIZE_MAX;
}

size_t opam_index_near(const struct opam_index *x, struct str word, const char *near[OPAM_NEAR_MAX])
{
	char word_bytes[64], name_bytes[64];
	size_t far[OPAM_NEAR_MAX], n = 0;
	if (!word.n || word.n > 63)
		return 0;
	word = lowered(word, word_bytes);
	for (uint32_t i = 0; i < x->header->count[PACKAGES]; i++) {
		const char *name = opam_index_name(x, i);
		size_t d = strlen(name) > 63 ? SIZE_MAX
					     : distance(word, lowered(str_of(name), name_bytes));
		size_t at = n;
		while (at > 0 && far[at - 1] > d)
			at--;
		if (d == SIZE_MAX || at == OPAM_NEAR_MAX)
			continue;
		n += n < OPAM_NEAR_MAX;
		for (size_t k = n - 1; k > at; k--) {
			near[k] = near[k - 1];
			far[k] = far[k - 1];
		}
		near[at] = name;
		far[at] = d;
	}
	return n;
}
