/* offers.c - the versions of a package that the user's opam repositories have together.
 * SPDX-License-Identifier: ISC */
#include "resolve/offers.h"

#include <string.h>

#define VARIABLE_MS 5000 /* for a command of eval-variables */

/* ---- merging ----------------------------------------------------------------------------------
 */

static offers offers_in(struct arena *a, const struct repository *r)
{
	offers out = {0};
	uint32_t first, n = opam_index_versions(r->index, r->package, &first);
	for (uint32_t i = 0; i < n; i++) {
		struct offer *o = vec_add(a, &out);
		o->from = r;
		if (!opam_index_get(r->index, first + i, &o->known))
			out.n--;
	}
	return out;
}

/* <0, 0, >0: which of the two is the older one; the end of a list is behind all. */
static int older(const offers *x, size_t i, const offers *y, size_t k)
{
	if (i == x->n || k == y->n)
		return i == x->n ? 1 : -1;
	return opam_version_compare(str_of(x->v[i].known.version), str_of(y->v[k].known.version));
}

static offers merge(struct arena *a, const offers *above, const offers *below)
{
	offers out = {0};
	for (size_t i = 0, k = 0; i < above->n || k < below->n;) {
		int order = older(above, i, below, k);
		bool is_above =
			order < 0 || (order == 0 && !(above->v[i].known.marks & OPAM_BROKEN));
		vec_push(a, &out, is_above ? above->v[i] : below->v[k]);
		i += order <= 0;
		k += order >= 0;
	}
	return out;
}

/* ---- variables of the root --------------------------------------------------------------------
 */

/* As opam does: what the command writes, where it succeeds. */
static void evaluate(struct opam_env *env, const struct opam_variable *variable)
{
	struct arena *a = env->variables.a;
	struct outcome o;
	struct err ignored;
	const char **argv = NEW_ARRAY(a, const char *, variable->command.n + 1);
	for (size_t i = 0; i < variable->command.n; i++)
		argv[i] = variable->command.v[i];
	struct command c = {.argv = argv, .split = true, .timeout_ms = VARIABLE_MS};
	if (argv[0] && command_run(a, &c, &o, &ignored) && o.exit_code == 0)
		opam_env_set(env, variable->name, str_trim(o.output));
}

/* Those of the root's variables that a filter names; each is asked for once. */
static void add_variables(
	struct opam_env *env, const struct opam_root *root, const char *filter, struct map *asked)
{
	vec_for(variable, &root->variables) {
		struct str name = str_of(variable->name);
		if (!strstr(filter, variable->name) || map_has(asked, name))
			continue;
		*map_put(asked, name) = (void *)(uintptr_t)variable;
		evaluate(env, variable);
	}
}

static bool is_available(struct arena *a, const struct opam_env *env, const char *filter)
{
	struct opam_file f;
	struct err ignored;
	const char *text = str_format(a, "available: %s", filter);
	return !opam_parse(a, str_of(text), "", &f, &ignored) ||
	       opam_eval_bool(opam_field(f.items, "available"), env, true);
}

static void decide(struct arena *a, const struct opam_root *root, offers *all)
{
	struct opam_env env = {.variables.a = a};
	struct map asked = {.a = a};
	bool any = false;
	vec_for(o, all) {
		if (!*o->known.available)
			continue;
		if (!any)
			opam_env_machine(&env);
		any = true;
		add_variables(&env, root, o->known.available, &asked);
		if (!is_available(a, &env, o->known.available))
			o->known.marks |= OPAM_UNAVAILABLE;
	}
}

offers offers_of(struct arena *a, const struct opam_root *root, const repository_list *list)
{
	offers all = {0};
	vec_for(r, list) {
		offers own = offers_in(a, r);
		all = merge(a, &all, &own);
	}
	decide(a, root, &all);
	return all;
}

const struct offer *offers_best(const offers *all)
{
	const struct offer *best = NULL;
	for (size_t i = all->n; i-- > 0;)
		if (!best || opam_marks_against(all->v[i].known.marks) <
				     opam_marks_against(best->known.marks))
			best = &all->v[i];
	return best;
}
