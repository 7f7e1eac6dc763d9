/* formula.c - dependencies with their filters decided. SPDX-License-Identifier: ISC */
#include "opam/opam.h"

struct reduction {
	struct arena *a;
	const struct opam_env *env;
	bool otherwise;
};

/* ---- the conditions behind a package's name ------------------------------------------------ */

/* A condition that is decided, or the bound that is left of it. */
struct verdict {
	bool decided, holds;
	struct opam_bound *bound;
};

static struct verdict decide(const struct reduction *r, const struct opam_value *v, bool negated);

static struct verdict settled(bool holds)
{
	return (struct verdict){true, holds, NULL};
}

static enum opam_op opposite(enum opam_op op)
{
	switch (op) {
	case OPAM_EQ:
		return OPAM_NE;
	case OPAM_NE:
		return OPAM_EQ;
	case OPAM_LT:
		return OPAM_GE;
	case OPAM_LE:
		return OPAM_GT;
	case OPAM_GT:
		return OPAM_LE;
	default:
		return OPAM_LT;
	}
}

static struct verdict decide_relop(
	const struct reduction *r, const struct opam_value *v, bool negated)
{
	struct opam_result version = opam_eval(r->a, v->left, r->env);
	if (!version.defined)
		return settled(r->otherwise);
	struct opam_bound *b = NEW(r->a, struct opam_bound);
	enum opam_op op = (enum opam_op)v->op;
	*b = (struct opam_bound){.kind = OPAM_BOUND_RELATION,
		.op = negated ? opposite(op) : op,
		.version = version.text};
	return (struct verdict){.bound = b};
}

/* All of ITEMS, or any. */
static struct verdict decide_chain(
	const struct reduction *r, const struct opam_value *items, bool all, bool negated)
{
	struct opam_bound *parts = NULL, **last = &parts;
	for (const struct opam_value *v = items; v; v = v->next) {
		struct verdict one = decide(r, v, negated);
		if (one.decided && one.holds != all)
			return one;
		if (one.decided)
			continue;
		*last = one.bound;
		last = &one.bound->next;
	}
	if (!parts)
		return settled(all);
	if (!parts->next)
		return (struct verdict){.bound = parts};
	struct opam_bound *b = NEW(r->a, struct opam_bound);
	*b = (struct opam_bound){.kind = all ? OPAM_BOUND_ALL : OPAM_BOUND_ANY, .parts = parts};
	return (struct verdict){.bound = b};
}

static struct verdict decide(const struct reduction *r, const struct opam_value *v, bool negated)
{
	switch ((enum opam_kind)v->kind) {
	case OPAM_PREFIX_RELOP:
		return decide_relop(r, v, negated);
	case OPAM_AND:
	case OPAM_GROUP:
		return decide_chain(r, v->items, !negated, negated);
	case OPAM_OR:
		return decide_chain(r, v->items, negated, negated);
	case OPAM_NOT:
		return decide(r, v->left, !negated);
	default: {
		struct opam_result x = opam_eval(r->a, v, r->env);
		if (x.defined && str_is(x.text, "true"))
			return settled(!negated);
		if (x.defined && str_is(x.text, "false"))
			return settled(negated);
		return settled(r->otherwise);
	}
	}
}

/* ---- packages ------------------------------------------------------------------------------ */

static struct opam_formula *reduce(const struct reduction *r, const struct opam_value *v);

static struct opam_formula *reduce_chain(
	const struct reduction *r, const struct opam_value *items, bool all)
{
	struct opam_formula *parts = NULL, **last = &parts;
	for (const struct opam_value *v = items; v; v = v->next) {
		*last = reduce(r, v);
		if (*last)
			last = &(*last)->next;
	}
	if (!parts || !parts->next)
		return parts;
	struct opam_formula *f = NEW(r->a, struct opam_formula);
	f->kind = all ? OPAM_NEED_ALL : OPAM_NEED_ANY;
	f->parts = parts;
	return f;
}

static struct opam_formula *reduce_package(
	const struct reduction *r, struct str name, const struct opam_value *conditions)
{
	struct verdict v = decide_chain(r, conditions, true, false);
	if (v.decided && !v.holds)
		return NULL;
	struct opam_formula *f = NEW(r->a, struct opam_formula);
	f->name = name;
	f->bound = v.bound;
	return f;
}

static struct opam_formula *reduce(const struct reduction *r, const struct opam_value *v)
{
	switch ((enum opam_kind)v->kind) {
	case OPAM_STRING:
		return reduce_package(r, v->text, NULL);
	case OPAM_OPTION:
		if (v->left->kind != OPAM_STRING)
			return NULL;
		return reduce_package(r, v->left->text, v->items);
	case OPAM_AND:
	case OPAM_GROUP:
		return reduce_chain(r, v->items, true);
	case OPAM_OR:
		return reduce_chain(r, v->items, false);
	default:
		return NULL;
	}
}

struct opam_formula *opam_reduce(struct arena *a, const struct opam_value *field, bool conjunction,
	const struct opam_env *env, bool otherwise)
{
	struct reduction r = {a, env, otherwise};
	if (!field)
		return NULL;
	return field->kind == OPAM_LIST ? reduce_chain(&r, field->items, conjunction)
					: reduce(&r, field);
}

void opam_atoms(const struct opam_formula *f,
	void (*atom)(void *ctx, struct str name, const struct opam_bound *bound), void *ctx)
{
	if (!f)
		return;
	if (f->kind == OPAM_NEED_PACKAGE)
		atom(ctx, f->name, f->bound);
	for (const struct opam_formula *part = f->parts; part; part = part->next)
		opam_atoms(part, atom, ctx);
}

bool opam_bound_holds(const struct opam_bound *bound, struct str version)
{
	if (!bound)
		return true;
	if (bound->kind == OPAM_BOUND_RELATION)
		return opam_relation_holds(
			bound->op, opam_version_compare(version, bound->version));
	bool all = bound->kind == OPAM_BOUND_ALL;
	for (const struct opam_bound *b = bound->parts; b; b = b->next)
		if (opam_bound_holds(b, version) != all)
			return !all;
	return all;
}

/* ---- as text ------------------------------------------------------------------------------- */

static void print_bound(struct text *t, const struct opam_bound *b, bool inner)
{
	if (b->kind == OPAM_BOUND_RELATION) {
		struct opam_value v = {.kind = OPAM_STRING, .text = b->version};
		text_addf(t, "%s ", opam_op_text(b->op));
		opam_print_value(t, &v);
		return;
	}
	text_addz(t, inner ? "(" : "");
	for (const struct opam_bound *part = b->parts; part; part = part->next) {
		print_bound(t, part, true);
		if (part->next)
			text_addz(t, b->kind == OPAM_BOUND_ALL ? " & " : " | ");
	}
	text_addz(t, inner ? ")" : "");
}

void opam_print_bound(struct text *t, const struct opam_bound *bound)
{
	if (bound)
		print_bound(t, bound, false);
}

static void print_formula(struct text *t, const struct opam_formula *f, bool inner)
{
	if (f->kind == OPAM_NEED_PACKAGE) {
		text_addf(t, "\"%.*s\"", STR(f->name));
		if (!f->bound)
			return;
		text_addz(t, " {");
		print_bound(t, f->bound, false);
		text_addz(t, "}");
		return;
	}
	text_addz(t, inner ? "(" : "");
	for (const struct opam_formula *part = f->parts; part; part = part->next) {
		print_formula(t, part, true);
		if (part->next)
			text_addz(t, f->kind == OPAM_NEED_ALL ? " & " : " | ");
	}
	text_addz(t, inner ? ")" : "");
}

void opam_print_formula(struct text *t, const struct opam_formula *f)
{
	if (f)
		print_formula(t, f, false);
}
