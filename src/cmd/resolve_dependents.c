/* resolve_dependents.c - who depends on a name, one a line: worlds that share a name know different
 * dependents of it. SPDX-License-Identifier: ISC */
#include <string.h>

#include "cmd/cmd.h"

static bool is_of(const struct candidate *k, const char *world)
{
	return k->world && !strcmp(k->world, world);
}

/* The best one; but in place of an installed package of OCaml's opam's of the same name, where a
 * repository has one: it knows all that could be installed. */
static const struct candidate *chosen_of(const struct resolution *r)
{
	if (!is_of(r->candidates.v, "installed"))
		return r->candidates.v;
	vec_for(k, &r->candidates)
		if (is_of(k, "opam"))
			return k;
	return r->candidates.v;
}

/* The best of its world? */
static bool is_first(const struct resolution *r, const struct candidate *k)
{
	for (const struct candidate *before = r->candidates.v; before < k; before++)
		if (before->world && k->world && !strcmp(before->world, k->world))
			return false;
	return k->world;
}

static void tell_others(struct context *c, const struct resolution *r, const struct candidate *k)
{
	struct text t = {.a = c->a};
	vec_for(other, &r->candidates)
		if (!is_of(other, k->world) && is_first(r, other))
			text_addf(
				&t, "%s%s %zu", t.n ? ", " : "", other->world, other->dependents.n);
	if (t.n)
		term_note("%s: dependents in the world %s; others have the name, too (%s): --all "
			  "lists each",
			r->query, k->world, t.p);
}

static void print_all(const struct resolution *r)
{
	vec_for(k, &r->candidates) {
		if (!is_first(r, k))
			continue;
		vec_for(name, &k->dependents)
			term_out("%s %s\n", k->world, *name);
	}
}

void print_name_dependents(struct context *c, const struct resolution *r)
{
	warn_of_unread(c, r);
	if (!r->candidates.n) {
		term_warn("%s: nothing found", r->query);
		return;
	}
	const struct candidate *chosen = chosen_of(r);
	warn_of_damaged(c, r, c->options.all || is_of(chosen, "opam"));
	if (c->options.all) {
		print_all(r);
		return;
	}
	vec_for(name, &chosen->dependents)
		term_out("%s\n", *name);
	if (chosen->world)
		tell_others(c, r, chosen);
}
