/* state.c - how the histories of two runs' network state differ. SPDX-License-Identifier: ISC */
#include "compare/compare.h"

#include <string.h>

static const struct kept_store *find_store(
	const kept_stores *list, const char *store, int64_t machine)
{
	vec_for(kept, list)
		if (kept->machine == machine && !strcmp(kept->store, store))
			return kept;
	return NULL;
}

static struct kind_count *kind_of(struct arena *a, struct store_change *s, const char *message)
{
	const char *kind = past_kind(a, message);
	vec_for(count, &s->kinds)
		if (!strcmp(count->kind, kind))
			return count;
	struct kind_count *count = vec_add(a, &s->kinds);
	count->kind = kind;
	return count;
}

static void count_kinds(struct arena *a, const struct past *before, const struct past *after,
	struct store_change *s)
{
	vec_for(step, &before->steps)
		kind_of(a, s, step->message)->before++;
	vec_for(step, &after->steps)
		kind_of(a, s, step->message)->after++;
}

/* The message of commit I of the state's own line; NULL behind its end. */
static const char *message_at(const struct past *p, size_t i)
{
	return i < p->line.n ? p->steps.v[p->line.v[i]].message : NULL;
}

static void find_divergence(struct arena *a, const struct past *before, const struct past *after,
	struct store_change *s)
{
	for (size_t i = 0;; i++) {
		const char *x = message_at(before, i), *y = message_at(after, i);
		if (!x && !y)
			return;
		if (x && y && !strcmp(past_plain(a, str_of(x)), past_plain(a, str_of(y))))
			continue;
		s->diverges = true;
		s->common = i;
		s->message_before = x;
		s->message_after = y;
		return;
	}
}

/* A store that a side does not have is an empty history. */
static bool open_side(struct arena *a, const struct side *side, const struct kept_store *kept,
	struct past *out, struct err *e)
{
	return !kept || past_open(a, path_join(a, side->run.dir, kept->path), out, e) ||
	       fail_context(e, "run %s", side->run.id);
}

/* One of the two may be NULL. */
static bool add_store(struct arena *a, const struct kept_store *x, const struct kept_store *y,
	struct comparison *c, struct err *e)
{
	defer(past_close) struct past before = {0};
	defer(past_close) struct past after = {0};
	const struct kept_store none = {0}, *old = x ? x : &none, *new = y ? y : &none;
	struct store_change s = {.store = x ? x->store : y->store,
		.machine = x ? x->machine : y->machine,
		.has_before = x != NULL,
		.has_after = y != NULL,
		.commits_before = old->commits,
		.commits_after = new->commits,
		.entries_before = old->entries,
		.entries_after = new->entries};
	if (!open_side(a, c->before, x, &before, e) || !open_side(a, c->after, y, &after, e) ||
		!past_diff(a, &before, past_tree(&before), &after, past_tree(&after), true,
			&s.entries, e))
		return false;
	count_kinds(a, &before, &after, &s);
	find_divergence(a, &before, &after, &s);
	*vec_add(a, &c->state) = s;
	return true;
}

bool compare_state(struct arena *a, struct comparison *c, struct err *e)
{
	const kept_stores *before = &c->before->run.state, *after = &c->after->run.state;
	vec_for(x, before)
		if (!add_store(a, x, find_store(after, x->store, x->machine), c, e))
			return false;
	vec_for(y, after)
		if (!find_store(before, y->store, y->machine) && !add_store(a, NULL, y, c, e))
			return false;
	return true;
}
