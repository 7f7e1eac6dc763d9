/* state_words.c - what the words of respin state mean: stores, commits; and their JSON.
 * SPDX-License-Identifier: ISC */
#include "cmd/state.h"

#include <string.h>

/* ---- what is asked for --------------------------------------------------------------- */

const char *state_arg(const struct context *c, size_t i)
{
	return i < c->args.n ? c->args.v[i] : NULL;
}

static const char *store_names(struct context *c, const struct place *p)
{
	struct text names = {.a = c->a};
	vec_for(s, &p->stores)
		text_addf(&names, "%s%s", s == p->stores.v ? "" : ", ", s->store);
	return names.p;
}

static bool no_store(struct context *c, const struct place *p, const char *name, struct err *e)
{
	fail(e, E_NOTFOUND, "%s has no store '%s'", p->what, name);
	return fail_hint(e, "it has: %s", store_names(c, p));
}

static bool which_store(struct context *c, const struct place *p, struct err *e)
{
	fail(e, E_USAGE, "which store? %s has %zu", p->what, p->stores.n);
	return fail_hint(e, "it has: %s", store_names(c, p));
}

bool state_choose(struct context *c, struct place *p, const char *name, struct err *e)
{
	if (!name)
		return true;
	const struct placed *found = place_find(p, name);
	if (!found)
		return no_store(c, p, name, e);
	p->stores.v[0] = *found;
	p->stores.n = 1;
	return true;
}

bool state_one_store(struct context *c, const struct place *p, size_t *at,
	const struct placed **store, struct err *e)
{
	const char *name = state_arg(c, *at);
	*store = name ? place_find(p, name) : NULL;
	if (*store)
		++*at;
	else if (p->stores.n == 1)
		*store = p->stores.v;
	else if (name)
		return no_store(c, p, name, e);
	else
		return which_store(c, p, e);
	return true;
}

bool state_colors(void)
{
	return *term_tint(TINT_BOLD) != '\0';
}

bool state_git(
	struct context *c, const struct placed *store, const char *const *words, struct err *e)
{
	int status;
	return place_git(c, store, words, NULL, &status, e) &&
	       (status == 0 || fail(e, E_IO, "git exited with status %d", status));
}

/* ---- JSON ---------------------------------------------------------------------------- */

static void put_refs(struct json_writer *w, const struct past *p, const struct git_id *id)
{
	json_open(w, "refs", '[');
	vec_for(ref, &p->refs)
		if (!strcmp(ref->id.hex, id->hex))
			json_put_string(w, NULL, ref->name);
	json_close(w);
}

void state_put_step(
	struct json_writer *w, const char *name, const struct past *p, const struct git_step *step)
{
	json_open(w, name, '{');
	json_put_string(w, "id", step->id.hex);
	json_put_string(w, "tree", step->tree.hex);
	json_open(w, "parents", '[');
	vec_for(parent, &step->parents)
		json_put_string(w, NULL, parent->hex);
	vec_for(parent, &step->cut)
		json_put_string(w, NULL, parent->hex);
	json_close(w);
	json_put_bool(w, "shallow", step->cut.n != 0);
	json_put_string(w, "time", clock_text(p->a, step->when * 1000000000));
	json_put_string(w, "author", step->author);
	json_put_string(w, "message", step->message);
	put_refs(w, p, &step->id);
	json_close(w);
}

void state_put_changes(struct json_writer *w, const past_changes *changes)
{
	json_open(w, "changes", '[');
	vec_for(change, changes) {
		json_open(w, NULL, '{');
		json_put_string(
			w, "path", change->path_after ? change->path_after : change->path_before);
		json_put_string(w, "before", change->before);
		json_put_string(w, "after", change->after);
		json_close(w);
	}
	json_close(w);
}

/* ---- commits ----------------------------------------------------------------------------- */

const struct git_step *state_find_step(const struct past *p, struct str name)
{
	const struct git_step *found = NULL;
	vec_for(ref, &p->refs) {
		struct str ref_name = str_of(ref->name);
		const struct str heads = S("refs/heads/");
		if (str_eq(ref_name, name) ||
			(str_starts(ref_name, heads) && str_eq(str_from(ref_name, heads.n), name)))
			name = str_of(ref->id.hex);
	}
	if (str_is(name, "HEAD"))
		name = str_of(p->tip.hex);
	if (name.n < 4)
		return NULL;
	vec_for(step, &p->steps) {
		if (!str_starts(str_of(step->id.hex), name))
			continue;
		if (found)
			return NULL;
		found = step;
	}
	return found;
}
