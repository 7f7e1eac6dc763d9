/* make.c - makes the index of a repository: what was read before is taken over.
 * SPDX-License-Identifier: ISC */
#include "opam/make.h"

#include <string.h>

uint32_t make_text(struct maker *m, struct str s)
{
	void **place = map_put(&m->texts, s);
	if (!*place) {
		*place = (void *)(m->text.n + 1);
		text_add(&m->text, s);
		text_add(&m->text, (struct str){"", 1});
	}
	return (uint32_t)((uintptr_t)*place - 1);
}

uint32_t make_need(struct maker *m, struct str name, struct str bound)
{
	char key[512];
	struct str whole = {key, name.n + 1 + bound.n};
	if (whole.n > sizeof(key))
		whole.p = arena_alloc(m->a, whole.n);
	char *p = (char *)(uintptr_t)whole.p;
	memcpy(p, name.p, name.n);
	p[name.n] = '\0';
	if (bound.n)
		memcpy(p + name.n + 1, bound.p, bound.n);
	void **place = map_put(&m->keys, whole);
	if (!*place) {
		const char *kept = m->keys.entries.v[m->keys.entries.n - 1].key.p;
		vec_push(m->a, &m->needs,
			((struct make_need){{kept, name.n}, {kept + name.n + 1, bound.n}, 0}));
		*place = (void *)m->needs.n;
	}
	return (uint32_t)((uintptr_t)*place - 1);
}

/* ---- the rounds -------------------------------------------------------------------------------
 */

static void set_round(struct maker *m, size_t i, uint32_t role, const char *name, bool yes)
{
	struct make_round *round = &m->rounds[i];
	round->env = (struct opam_env){.variables.a = m->a, .above = &m->roles};
	round->role = role;
	if (name)
		opam_env_set(&round->env, name, yes ? S("true") : S("false"));
}

/* What is there without anything comes first, what needs all of them last. */
static void set_rounds(struct maker *m)
{
	static const struct {
		const char *name;
		uint32_t role;
	} roles[] = {
		{"with-test", OPAM_TEST},
		{"with-doc", OPAM_DOC},
		{"with-dev-setup", OPAM_SETUP},
		{"dev", OPAM_DEV},
		{"post", OPAM_POST},
	};
	size_t n = sizeof(roles) / sizeof(*roles);
	set_round(m, 0, 0, "build", false);
	set_round(m, 1, OPAM_BUILD, NULL, false);
	set_round(m, n + 2, OPAM_TEST | OPAM_DOC | OPAM_SETUP | OPAM_DEV | OPAM_POST, NULL, false);
	for (size_t i = 0; i < n; i++) {
		set_round(m, i + 2, roles[i].role, roles[i].name, true);
		opam_env_set(&m->rounds[n + 2].env, roles[i].name, S("true"));
	}
}

/* ---- what the old index knows -----------------------------------------------------------------
 */

static const struct index_version *find_old(const struct maker *m, const struct opam_entry *entry)
{
	const struct opam_index *x = m->old;
	uint32_t package = x ? opam_index_package(x, entry->name) : OPAM_NONE;
	if (package == OPAM_NONE)
		return NULL;
	const struct index_package *p = &x->packages[package];
	uint32_t n = opam_index_slice(p->first_version, p->versions, x->header->count[VERSIONS]);
	for (uint32_t i = 0; i < n; i++) {
		const struct index_version *v = &x->versions[p->first_version + i];
		if (!strcmp(opam_index_text(x, v->path), entry->path))
			return v;
	}
	return NULL;
}

static bool is_unchanged(
	const struct maker *m, const struct index_version *old, const struct repo_file *now)
{
	if (m->repo->kind != m->old->header->kind)
		return false;
	if (m->repo->kind == REPO_GIT)
		return !memcmp(old->mark.id, now->mark.id, sizeof(now->mark.id));
	return m->repo->kind == REPO_FOLDER && stamp_eq(&old->mark.stamp, &now->mark.stamp) &&
	       stamp_is_safe(&now->mark.stamp, m->old->header->read_ns);
}

static uint32_t move_text(struct maker *m, uint32_t offset)
{
	return make_text(m, str_of(opam_index_text(m->old, offset)));
}

static void take_over(struct maker *m, const struct index_version *old, struct index_version *out)
{
	const struct opam_index *x = m->old;
	out->marks = old->marks;
	out->line = old->line;
	out->column = old->column;
	out->synopsis = move_text(m, old->synopsis);
	out->repository = move_text(m, old->repository);
	out->dev_repo = move_text(m, old->dev_repo);
	out->src = move_text(m, old->src);
	out->checksum = move_text(m, old->checksum);
	out->commit = move_text(m, old->commit);
	out->available = move_text(m, old->available);
	uint32_t n = opam_index_slice(old->first_edge, old->edges, x->header->count[EDGES]);
	for (uint32_t i = 0; i < n; i++) {
		const struct index_edge *edge = &x->edges[old->first_edge + i];
		if (edge->need >= x->header->count[NEEDS])
			continue;
		const struct index_need *need = &x->needs[edge->need];
		uint32_t now = make_need(m, str_of(opam_index_text(x, need->name)),
			str_of(opam_index_text(x, need->bound)));
		vec_push(m->a, &m->edges, ((struct index_edge){now, edge->roles}));
	}
}

/* ---- all of it --------------------------------------------------------------------------------
 */

MUST_CHECK static bool add_entry(struct maker *m, size_t i, struct err *e)
{
	const struct opam_entry *entry = &m->repo->entries.v[i];
	const struct index_version *old = find_old(m, entry);
	struct index_version v = {.mark = m->repo->files.v[i].mark,
		.version = make_text(m, entry->version),
		.path = make_text(m, str_of(entry->path)),
		.first_edge = (uint32_t)m->edges.n};
	if (old && is_unchanged(m, old, &m->repo->files.v[i])) {
		take_over(m, old, &v);
	} else {
		m->read++;
		if (!make_version(m, i, &v, e))
			return false;
	}
	if (v.marks & OPAM_BROKEN)
		m->broken++;
	v.edges = (uint32_t)m->edges.n - v.first_edge;
	vec_push(m->a, &m->versions, v);
	return true;
}

bool opam_index_make(struct arena *a, struct opam_repo *r, const struct opam_index *old,
	const char *machine, struct str *out, uint32_t *read, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct maker m = {.a = &scratch, .repo = r, .old = old};
	m.machine.variables.a = m.text.a = m.texts.a = m.keys.a = m.a;
	opam_env_machine(&m.machine);
	m.roles = (struct opam_env){.variables.a = m.a, .above = &m.machine};
	opam_env_roles(&m.roles);
	set_rounds(&m);
	(void)make_text(&m, S(""));
	for (size_t i = 0; i < r->entries.n; i++)
		if (!add_entry(&m, i, e))
			return false;
	struct index_header header = {.magic = OPAM_INDEX_MAGIC,
		.read_ns = r->read_ns,
		.root = r->root,
		.kind = r->kind,
		.place = make_text(&m, str_of(r->place)),
		.machine = make_text(&m, str_of(machine)),
		.broken = m.broken};
	memcpy(header.commit, r->commit, sizeof(header.commit));
	struct str bytes;
	if (!make_link(&m, &header, &bytes, e))
		return false;
	*read = m.read;
	*out = (struct str){str_copy(a, bytes), bytes.n};
	return true;
}
