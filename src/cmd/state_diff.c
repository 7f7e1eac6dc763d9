/* state_diff.c - respin state diff: two runs, or two commits. SPDX-License-Identifier: ISC */
#include "cmd/state.h"

/* A tree of a store. */
struct version {
	const struct placed *store;
	struct past *past;
	const struct git_step *step; /* NULL: nothing yet */
};

/* Git's name for a tree without entries. */
#define EMPTY_TREE "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

static bool diff_text(struct context *c, const struct version *x, const struct version *y,
	bool *same, struct err *e)
{
	int status;
	const char *const words[] = {"diff", "--exit-code",
		state_colors() ? "--color=always" : "--color=never",
		x->step ? x->step->tree.hex : EMPTY_TREE, y->step ? y->step->tree.hex : EMPTY_TREE,
		NULL};
	const char *const env[] = {
		str_format(c->a, "GIT_ALTERNATE_OBJECT_DIRECTORIES=%s/objects", y->store->dir),
		NULL};
	if (!place_git(c, x->store, words, env, &status, e))
		return false;
	*same = status == 0;
	return true;
}

static bool diff_versions(struct context *c, struct json_writer *w, const struct version *x,
	const struct version *y, bool *same, struct err *e)
{
	past_changes changes;
	if (!w)
		return diff_text(c, x, y, same, e);
	if (!past_diff(c->a, x->past, x->step ? &x->step->tree : NULL, y->past,
		    y->step ? &y->step->tree : NULL, false, &changes, e))
		return false;
	json_open(w, NULL, '{');
	json_put_string(w, "store", x->store->store);
	json_put_string(w, "before", x->step ? x->step->id.hex : NULL);
	json_put_string(w, "after", y->step ? y->step->id.hex : NULL);
	state_put_changes(w, &changes);
	json_close(w);
	*same = !changes.n;
	return true;
}

/* The newest states of two stores. */
static bool diff_stores(struct context *c, struct json_writer *w, const struct placed *old,
	const struct placed *new, bool *same, struct err *e)
{
	defer(past_close) struct past before = {0};
	defer(past_close) struct past after = {0};
	if (!past_open(c->a, old->dir, &before, e) || !past_open(c->a, new->dir, &after, e))
		return false;
	const struct version x = {old, &before, state_find_step(&before, str_of(before.tip.hex))};
	const struct version y = {new, &after, state_find_step(&after, str_of(after.tip.hex))};
	return diff_versions(c, w, &x, &y, same, e);
}

static bool diff_places(struct context *c, struct json_writer *w, const struct place *before,
	const struct place *after, bool *same, struct err *e)
{
	size_t n = 0;
	vec_for(old, &before->stores) {
		const struct placed *new = place_find(after, old->store);
		bool this_same = true;
		if (!new)
			continue;
		n++;
		if (!diff_stores(c, w, old, new, &this_same, e))
			return false;
		*same &= this_same;
	}
	return n ||
	       fail(e, E_NOTFOUND, "%s and %s have no store in common", before->what, after->what);
}

static bool find_commit(const struct placed *store, const struct past *p, const char *name,
	const struct git_step **out, struct err *e)
{
	*out = state_find_step(p, str_of(name));
	return *out || fail(e, E_NOTFOUND, "%s has no commit '%s', or several", store->store, name);
}

/* Two commits of one store; the second is the newest where it is not given. */
static bool diff_commits(struct context *c, struct json_writer *w, const struct placed *store,
	size_t at, bool *same, struct err *e)
{
	defer(past_close) struct past p = {0};
	if (!state_arg(c, at))
		return fail(e, E_USAGE, "diff needs a second run, or a commit of %s", store->store);
	if (!past_open(c->a, store->dir, &p, e))
		return false;
	struct version x = {store, &p, NULL}, y = {store, &p, NULL};
	const char *to = state_arg(c, at + 1) ? state_arg(c, at + 1) : p.tip.hex;
	return find_commit(store, &p, state_arg(c, at), &x.step, e) &&
	       find_commit(store, &p, to, &y.step, e) && diff_versions(c, w, &x, &y, same, e);
}

/* WHAT [STORE] COMMIT [COMMIT], or WHAT WHAT [STORE]: what names a store is no run. */
static bool diff_any(struct context *c, struct json_writer *w, bool *same, struct err *e)
{
	defer(place_close) struct place before = {0};
	defer(place_close) struct place after = {0};
	const char *second = state_arg(c, 2),
		   *store = place_is_live(second) ? state_arg(c, 3) : second;
	if (!place_open(c, state_arg(c, 1), store, &before, e))
		return false;
	const struct placed *named = place_find(&before, second);
	if (named)
		return diff_commits(c, w, named, 3, same, e);
	return place_open(c, second, state_arg(c, 3), &after, e) &&
	       state_choose(c, &before, state_arg(c, 3), e) &&
	       state_choose(c, &after, state_arg(c, 3), e) &&
	       diff_places(c, w, &before, &after, same, e);
}

bool state_diff(struct context *c, struct err *e)
{
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	bool same = true;
	json_open(&w, NULL, '[');
	if (!diff_any(c, c->options.json ? &w : NULL, &same, e))
		return false;
	json_close(&w);
	if (c->options.json)
		term_out("%s\n", t.p);
	c->status = same ? STATUS_YES : STATUS_NO;
	return true;
}
