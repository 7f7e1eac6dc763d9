/* make_link.c - an index's last step: numbers in place of names. SPDX-License-Identifier: ISC */
#include "opam/make.h"

#include <stdlib.h>
#include <string.h>

/* The sections as they grow. */
struct linker {
	struct maker *m;
	struct arena *a;
	VEC(struct index_package) packages;
	VEC(struct make_need *) order; /* needs, sorted */
	VEC(struct index_need) needs;
	VEC(struct index_range) ranges;
	struct index_user *users;
	VEC(struct index_repo) repos;
	uint32_t *members;
	size_t member_count;
};

/* ---- packages ---------------------------------------------------------------------------------
 */

/* Entries are sorted by name, and so are folders. */
static void add_packages(struct linker *l)
{
	struct opam_repo *r = l->m->repo;
	size_t folder = 0;
	struct str last = {0};
	for (size_t i = 0; i < r->entries.n; i++) {
		struct str name = r->entries.v[i].name;
		if (!last.p || !str_eq(last, name)) {
			struct index_package p = {
				.name = make_text(l->m, name), .first_version = (uint32_t)i};
			while (folder < r->folders.n &&
				str_cmp(str_of(r->folders.v[folder].name), name) < 0)
				folder++;
			if (folder < r->folders.n && str_is(name, r->folders.v[folder].name)) {
				p.stamp = r->folders.v[folder].stamp;
				p.has_folder = 1;
			}
			vec_push(l->a, &l->packages, p);
			last = name;
		}
		l->packages.v[l->packages.n - 1].versions++;
		l->m->versions.v[i].package = (uint32_t)l->packages.n - 1;
	}
}

static const char *text_at(const struct linker *l, uint32_t offset)
{
	return l->m->text.p + offset;
}

static uint32_t find_package(const struct linker *l, struct str name)
{
	size_t low = 0, high = l->packages.n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(str_of(text_at(l, l->packages.v[middle].name)), name);
		if (order == 0)
			return (uint32_t)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return OPAM_NONE;
}

/* ---- needs ------------------------------------------------------------------------------------
 */

static int by_name_and_bound(const void *x, const void *y)
{
	const struct make_need *a = *(struct make_need *const *)x,
			       *b = *(struct make_need *const *)y;
	int order = str_cmp(a->name, b->name);
	return order ? order : str_cmp(a->bound, b->bound);
}

/* The bound that a need's text says: it was printed by ourselves, or comes from an old index. */
static struct opam_bound *read_bound(struct arena *a, struct str text)
{
	struct opam_file file;
	struct err e;
	const char *whole = str_format(a, "b: \"b\" {%.*s}", STR(text));
	struct opam_env none = {.variables.a = a};
	if (!text.n || !opam_parse(a, str_of(whole), "", &file, &e) || !file.items)
		return NULL;
	struct opam_formula *f = opam_reduce(a, file.items->value, true, &none, false);
	return f ? f->bound : NULL;
}

static void add_ranges(struct linker *l, struct str bound, struct index_need *need)
{
	defer(arena_free) struct arena scratch = {0};
	const struct index_package *p = &l->packages.v[need->package];
	struct opam_bound *b = read_bound(&scratch, bound);
	bool open = false;
	for (uint32_t i = p->first_version; i < p->first_version + p->versions; i++) {
		struct str version = str_of(text_at(l, l->m->versions.v[i].version));
		bool holds = opam_bound_holds(b, version);
		if (holds && !open)
			vec_push(l->a, &l->ranges, ((struct index_range){i, i}));
		if (holds)
			l->ranges.v[l->ranges.n - 1].to = i + 1;
		open = holds;
	}
	need->ranges = (uint32_t)l->ranges.n - need->first_range;
}

static void add_needs(struct linker *l)
{
	vec_for(n, &l->m->needs) {
		vec_push(l->a, &l->order, n);
	}
	if (l->order.n)
		qsort(l->order.v, l->order.n, sizeof(*l->order.v), by_name_and_bound);
	for (size_t i = 0; i < l->order.n; i++) {
		struct make_need *n = l->order.v[i];
		struct index_need need = {.package = find_package(l, n->name),
			.name = make_text(l->m, n->name),
			.bound = make_text(l->m, n->bound),
			.first_range = (uint32_t)l->ranges.n};
		n->number = (uint32_t)i;
		if (need.package != OPAM_NONE) {
			struct index_package *p = &l->packages.v[need.package];
			if (!p->needs++)
				p->first_need = (uint32_t)i;
			add_ranges(l, n->bound, &need);
		}
		vec_push(l->a, &l->needs, need);
	}
}

/* Edges name the needs by their final numbers; users are edges seen from the other end. */
static void turn_edges(struct linker *l)
{
	struct maker *m = l->m;
	l->users = NEW_ARRAY(l->a, struct index_user, m->edges.n);
	vec_for(edge, &m->edges) {
		edge->need = m->needs.v[edge->need].number;
		l->needs.v[edge->need].users++;
	}
	uint32_t at = 0;
	vec_for(need, &l->needs) {
		need->first_user = at;
		at += need->users;
		need->users = 0;
	}
	for (size_t v = 0; v < m->versions.n; v++) {
		const struct index_version *version = &m->versions.v[v];
		for (uint32_t i = 0; i < version->edges; i++) {
			const struct index_edge *edge = &m->edges.v[version->first_edge + i];
			struct index_need *need = &l->needs.v[edge->need];
			l->users[need->first_user + need->users++] =
				(struct index_user){(uint32_t)v, edge->roles};
		}
	}
}

/* ---- source repositories -----------------------------------------------------------------------
 */

struct member {
	const char *key;
	uint32_t text, version;
};

static int by_key(const void *x, const void *y)
{
	const struct member *a = x, *b = y;
	int order = strcmp(a->key, b->key);
	return order ? order : (a->version > b->version) - (a->version < b->version);
}

static void add_repos(struct linker *l)
{
	struct maker *m = l->m;
	VEC(struct member) all = {0};
	for (size_t i = 0; i < m->versions.n; i++) {
		uint32_t text = m->versions.v[i].repository;
		if (*text_at(l, text))
			vec_push(
				l->a, &all, ((struct member){text_at(l, text), text, (uint32_t)i}));
	}
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), by_key);
	l->members = NEW_ARRAY(l->a, uint32_t, all.n);
	l->member_count = all.n;
	for (size_t i = 0; i < all.n; i++) {
		if (!i || all.v[i].text != all.v[i - 1].text)
			vec_push(l->a, &l->repos,
				((struct index_repo){all.v[i].text, (uint32_t)i, 0}));
		l->repos.v[l->repos.n - 1].members++;
		l->members[i] = all.v[i].version;
	}
}

/* ---- bytes -------------------------------------------------------------------------------------
 */

MUST_CHECK static bool pack(
	struct linker *l, struct index_header *header, struct str *out, struct err *e)
{
	struct maker *m = l->m;
	const struct {
		const void *p;
		size_t n, size;
	} parts[SECTIONS] = {
		[PACKAGES] = {l->packages.v, l->packages.n, sizeof(*l->packages.v)},
		[VERSIONS] = {m->versions.v, m->versions.n, sizeof(*m->versions.v)},
		[NEEDS] = {l->needs.v, l->needs.n, sizeof(*l->needs.v)},
		[RANGES] = {l->ranges.v, l->ranges.n, sizeof(*l->ranges.v)},
		[EDGES] = {m->edges.v, m->edges.n, sizeof(*m->edges.v)},
		[USERS] = {l->users, m->edges.n, sizeof(*l->users)},
		[REPOS] = {l->repos.v, l->repos.n, sizeof(*l->repos.v)},
		[REPO_MEMBERS] = {l->members, l->member_count, sizeof(*l->members)},
		[TEXT] = {m->text.p, m->text.n, 1},
	};
	header->size = sizeof(*header);
	for (size_t i = 0; i < SECTIONS; i++) {
		if (parts[i].n > UINT32_MAX / 2)
			return fail(e, E_INPUT, "%s: the repository is too large for an index",
				m->repo->place);
		header->count[i] = (uint32_t)parts[i].n;
		header->size += parts[i].n * parts[i].size;
	}
	char *bytes = arena_alloc(l->a, header->size), *at = bytes + sizeof(*header);
	memcpy(bytes, header, sizeof(*header));
	for (size_t i = 0; i < SECTIONS; i++) {
		if (parts[i].n)
			memcpy(at, parts[i].p, parts[i].n * parts[i].size);
		at += parts[i].n * parts[i].size;
	}
	*out = (struct str){bytes, header->size};
	return true;
}

bool make_link(struct maker *m, struct index_header *header, struct str *out, struct err *e)
{
	struct linker l = {.m = m, .a = m->a};
	add_packages(&l);
	add_needs(&l);
	turn_edges(&l);
	add_repos(&l);
	return pack(&l, header, out, e);
}
