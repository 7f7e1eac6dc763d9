/* make_version.c - what the index knows of one opam file. SPDX-License-Identifier: ISC */
#include "opam/inner.h"
#include "opam/make.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Where the atoms of a formula go. */
struct collecting {
	struct maker *m;
	struct arena *a; /* of this file */
	size_t first;	 /* edge of this file */
	uint32_t role;
};

static void add_edge(void *ctx, struct str name, const struct opam_bound *bound)
{
	struct collecting *c = ctx;
	struct text t = {.a = c->a};
	opam_print_bound(&t, bound);
	uint32_t need = make_need(c->m, name, text_str(&t));
	for (size_t i = c->first; i < c->m->edges.n; i++)
		if (c->m->edges.v[i].need == need)
			return;
	vec_push(c->m->a, &c->m->edges, ((struct index_edge){need, c->role}));
}

/* Is there a variable on which the formula depends? */
static bool has_variable(const struct opam_value *v)
{
	switch ((enum opam_kind)v->kind) {
	case OPAM_IDENT:
		return true;
	case OPAM_STRING:
		return v->text.n && memchr(v->text.p, '%', v->text.n);
	case OPAM_NOT:
	case OPAM_DEFINED:
	case OPAM_PREFIX_RELOP:
		return has_variable(v->left);
	case OPAM_RELATION:
		return true;
	case OPAM_OPTION:
	case OPAM_GROUP:
	case OPAM_LIST:
	case OPAM_AND:
	case OPAM_OR:
		for (const struct opam_value *i = v->items; i; i = i->next)
			if (has_variable(i))
				return true;
		return false;
	default:
		return false;
	}
}

static void add_formula(struct collecting *c, const struct opam_value *v,
	const struct opam_env *self, size_t rounds)
{
	/* A value of a list stands alone here: it is a formula itself. */
	struct opam_value alone = *v;
	alone.next = NULL;
	for (size_t i = 0; i < rounds; i++) {
		struct opam_env whole = {
			.variables = self->variables, .above = &c->m->rounds[i].env};
		c->role |= c->m->rounds[i].role;
		opam_atoms(opam_reduce(c->a, &alone, true, &whole, false), add_edge, c);
		c->role &= ~c->m->rounds[i].role;
	}
}

static void add_dependencies(struct collecting *c, const struct opam_package *p)
{
	struct opam_env self = {.variables.a = c->a};
	opam_env_set(&self, "name", p->name);
	opam_env_set(&self, "version", p->version);
	const struct opam_value *fields[] = {p->depends, p->depopts};
	for (size_t f = 0; f < 2; f++) {
		const struct opam_value *v = fields[f];
		c->role = f ? OPAM_OPTIONAL : 0;
		bool list = v && v->kind == OPAM_LIST;
		for (v = list ? v->items : v; v; v = list ? v->next : NULL)
			add_formula(c, v, &self, has_variable(v) ? MAKE_ROUNDS : 1);
	}
}

static bool has_flag(const struct opam_package *p, const char *flag)
{
	vec_for(f, &p->flags) {
		if (str_is(*f, flag))
			return true;
	}
	return false;
}

static uint32_t marks_of(const struct opam_package *p)
{
	static const struct {
		const char *flag;
		uint32_t mark;
	} flags[] = {
		{"avoid-version", OPAM_AVOID},
		{"deprecated", OPAM_DEPRECATED},
		{"conf", OPAM_CONF},
		{"compiler", OPAM_COMPILER},
	};
	uint32_t marks = 0;
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (has_flag(p, flags[i].flag))
			marks |= flags[i].mark;
	return marks;
}

/* What is undefined without the variables of the user's own opam is decided when it is asked for.
 * For opam itself a version is available where it stays undefined. */
static void add_available(struct maker *m, struct arena *a, const struct opam_value *filter,
	struct index_version *out)
{
	struct text t = {.a = a};
	if (!filter)
		return;
	if (!opam_eval_bool(filter, &m->machine, true))
		out->marks |= OPAM_UNAVAILABLE;
	else if (!opam_eval(a, filter, &m->machine).defined) {
		opam_print_value(&t, filter);
		out->available = make_text(m, text_str(&t));
	}
}

static struct str strongest(const opam_words *checksums)
{
	static const char *const kinds[] = {"sha512=", "sha256=", "md5="};
	for (size_t k = 0; k < 3; k++) {
		vec_for(c, checksums) {
			if (str_starts(*c, str_of(kinds[k])))
				return *c;
		}
	}
	return checksums->n ? checksums->v[0] : S("");
}

static void add_package(
	struct maker *m, struct arena *a, const struct opam_package *p, struct index_version *out)
{
	struct collecting c = {.m = m, .a = a, .first = m->edges.n};
	add_dependencies(&c, p);
	out->marks = marks_of(p);
	add_available(m, a, p->available, out);
	out->synopsis = make_text(m, p->synopsis);
	out->dev_repo = make_text(m, p->dev_repo);
	if (p->dev_repo.n)
		out->repository = make_text(m, opam_repository_key(a, p->dev_repo));
	out->src = make_text(m, p->url.src);
	out->checksum = make_text(m, strongest(&p->url.checksums));
	out->commit = make_text(m, p->commit_hash);
}

MUST_CHECK static bool read_entry(
	const struct maker *m, size_t entry, struct arena *a, struct str *out, struct err *e)
{
	if (opam_repo_read(m->repo, entry, a, out, e))
		return true;
	return e->code == E_UNSAFE ? fail_too_large(e, "") : false; /* a blob of git's */
}

/* False where WRONG has no place: then it is not the file that is wrong. */
MUST_CHECK static bool add_broken(
	struct maker *m, const struct err *wrong, struct index_version *out)
{
	if (sscanf(wrong->where, ":%" SCNu32 ":%" SCNu32, &out->line, &out->column) != 2)
		return false;
	out->marks = OPAM_BROKEN;
	out->synopsis = make_text(m, str_of(wrong->text));
	return true;
}

bool make_version(struct maker *m, size_t entry, struct index_version *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const struct opam_entry *x = &m->repo->entries.v[entry];
	struct opam_file file;
	struct opam_package p;
	struct str bytes;
	struct err wrong = {0};
	if (!read_entry(m, entry, &scratch, &bytes, &wrong) ||
		!opam_parse(&scratch, bytes, "", &file, &wrong) ||
		!opam_format_check(&file, &wrong) ||
		!opam_package_read(&scratch, &file, &p, &wrong)) {
		*e = wrong;
		return add_broken(m, e, out);
	}
	/* The folder's name counts, as for opam. */
	p.name = x->name;
	p.version = x->version;
	add_package(m, &scratch, &p, out);
	return true;
}
