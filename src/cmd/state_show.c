/* state_show.c - respin state show: entries of a state, or a commit. SPDX-License-Identifier: ISC
 */
#include "cmd/state.h"

#include <string.h>

/* Is the entry PATH the one that WANTED names, below it, or meant by it as a pattern? */
static bool is_wanted(const char *wanted, const char *path)
{
	size_t n = strlen(wanted);
	return !n || past_matches(wanted, path) || (!strncmp(path, wanted, n) && path[n] == '/');
}

struct shown {
	struct context *c;
	struct json_writer *w; /* NULL: text */
	size_t n;
};

static bool show_entries(struct shown *s, struct past *p, const struct git_id *tree,
	const char *wanted, struct err *e)
{
	past_entries all = {0};
	struct str text;
	if (tree && !past_list(p, s->c->a, tree, &all, e))
		return false;
	vec_for(entry, &all) {
		if (!is_wanted(wanted, entry->path))
			continue;
		if (!past_text(p, s->c->a, &entry->id, &text, e))
			return false;
		s->n++;
		if (s->w) {
			json_open(s->w, NULL, '{');
			json_put_string(s->w, "path", entry->path);
			json_put_str(s->w, "text", text);
			json_close(s->w);
			continue;
		}
		term_out("%s%s%s\n", term_tint(TINT_BOLD), place_text(s->c, str_of(entry->path)),
			term_tint_end());
		for (struct str rest = str_trim(text); rest.n;) {
			struct str line = str_cut(&rest, '\n');
			term_out("  %s\n", place_text(s->c, line));
		}
	}
	return true;
}

static bool show_state(struct context *c, const struct placed *store, struct past *p,
	const struct git_step *step, const char *wanted, struct err *e)
{
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	struct shown s = {c, c->options.json ? &w : NULL, 0};
	json_open(&w, NULL, '{');
	json_put_string(&w, "store", store->store);
	json_put_string(&w, "commit", step ? step->id.hex : NULL);
	json_open(&w, "entries", '[');
	if (!show_entries(&s, p, step ? &step->tree : NULL, wanted, e))
		return false;
	json_close(&w);
	json_close(&w);
	if (!s.n && *wanted)
		return fail(e, E_NOTFOUND, "no entry of %s is '%s'", store->store, wanted);
	if (c->options.json)
		term_out("%s\n", t.p);
	return true;
}

static const struct git_step *parent_of(const struct past *p, const struct git_step *step)
{
	vec_for(other, &p->steps)
		if (step->parents.n && !strcmp(other->id.hex, step->parents.v[0].hex))
			return other;
	return NULL;
}

static bool show_commit(struct context *c, const struct placed *store, struct past *p,
	const struct git_step *step, struct err *e)
{
	const char *const words[] = {"show", "--stat", "--patch", "--format=fuller",
		state_colors() ? "--color=always" : "--color=never", step->id.hex, "--", NULL};
	const struct git_step *parent = parent_of(p, step);
	past_changes changes;
	if (!c->options.json)
		return state_git(c, store, words, e);
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	if (!past_diff(c->a, p, parent ? &parent->tree : NULL, p, &step->tree, false, &changes, e))
		return false;
	json_open(&w, NULL, '{');
	json_put_string(&w, "store", store->store);
	state_put_step(&w, "commit", p, step);
	state_put_changes(&w, &changes);
	json_close(&w);
	term_out("%s\n", t.p);
	return true;
}

/* OBJECT is a commit, COMMIT:PATH, a path in the newest state, or NULL: all of that. */
static bool show_object(
	struct context *c, const struct placed *store, const char *object, struct err *e)
{
	defer(past_close) struct past p = {0};
	if (!past_open(c->a, store->dir, &p, e))
		return false;
	const struct git_step *tip = state_find_step(&p, str_of(p.tip.hex));
	if (!object)
		return show_state(c, store, &p, tip, "", e);
	struct str path = str_of(object), name = str_cut(&path, ':');
	const struct git_step *step = state_find_step(&p, name);
	if (step && !path.p)
		return show_commit(c, store, &p, step, e);
	if (path.p && !step)
		return fail(e, E_NOTFOUND, "%s has no commit '%.*s', or several", store->store,
			STR(name));
	return step ? show_state(c, store, &p, step, path.p, e)
		    : show_state(c, store, &p, tip, object, e);
}

bool state_show(struct context *c, struct err *e)
{
	defer(place_close) struct place p = {0};
	const struct placed *store;
	size_t at = 2;
	return place_open(c, state_arg(c, 1), state_arg(c, 2), &p, e) &&
	       state_one_store(c, &p, &at, &store, e) && show_object(c, store, state_arg(c, at), e);
}
