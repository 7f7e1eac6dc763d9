/* terminal_state.c - the terminal's part on the network state: how the histories differ.
 * SPDX-License-Identifier: ISC */
#include "report/view.h"

#include "report/fields.h"
#include "report/words.h"

#include <string.h>

#define ENTRIES_SHOWN 8

/* ---- one machine --------------------------------------------------------------------------- */

static const char *pair_words(const struct view *v, size_t before, size_t after)
{
	return str_format(v->a, "%s -> %s", words_count(v->a, (int64_t)before),
		words_count(v->a, (int64_t)after));
}

/* Kinds of commits whose numbers differ; a note where none does. */
static void print_kinds(const struct view *v, const struct store_change *s)
{
	struct table t = {.a = v->a, .columns = 2};
	vec_for(kind, &s->kinds) {
		if (kind->before == kind->after)
			continue;
		table_add(&t, TINT_NONE, str_format(v->a, "  %s", kind->kind));
		table_add(&t, TINT_NONE, pair_words(v, kind->before, kind->after));
	}
	table_print(&t, &v->screen);
}

static void print_entries(const struct view *v, const struct store_change *s)
{
	struct table t = {.a = v->a, .columns = 2, .yielding = 1};
	size_t n = s->entries.n, shown = n > ENTRIES_SHOWN ? ENTRIES_SHOWN : n;
	for (size_t i = 0; i < shown; i++) {
		const struct past_change *e = &s->entries.v[i];
		const char *sign = !e->path_before ? "+" : !e->path_after ? "-" : "~";
		table_add(&t, TINT_NONE,
			str_format(v->a, "  %s %s", sign,
				e->path_after ? e->path_after : e->path_before));
		table_add(&t, TINT_DIM, fields_words(v->a, e));
	}
	table_print(&t, &v->screen);
	if (n > shown)
		view_remark(v, str_format(v->a, "  %zu more", n - shown));
}

static void print_divergence(const struct view *v, const struct store_change *s)
{
	struct table t = {.a = v->a, .columns = 2, .yielding = 1};
	if (!s->diverges)
		return;
	view_remark(v, s->common ? str_format(v->a, "  the first %s the same, then",
					   words_plural(v->a, s->common, "commit"))
				 : "  from the first commit on:");
	table_add(&t, TINT_DIM, "    before");
	table_add(&t, TINT_NONE,
		s->message_before ? words_line(v->a, s->message_before) : "(its end)");
	table_add(&t, TINT_DIM, "    after");
	table_add(
		&t, TINT_NONE, s->message_after ? words_line(v->a, s->message_after) : "(its end)");
	table_print(&t, &v->screen);
}

static bool is_same_store(const struct store_change *s)
{
	vec_for(kind, &s->kinds)
		if (kind->before != kind->after)
			return false;
	return s->has_before && s->has_after && !s->entries.n && !s->diverges;
}

static void print_store(const struct view *v, const struct store_change *s)
{
	const char *side = !s->has_before ? " (new)" : !s->has_after ? " (gone)" : "";
	screen_line(&v->screen, TINT_NONE,
		str_format(v->a, "  %s  %s commits, %s entries at the end%s", words_store(v->a, s),
			pair_words(v, s->commits_before, s->commits_after),
			pair_words(v, s->entries_before, s->entries_after), side));
	if (*side)
		return; /* all of it differs */
	print_kinds(v, s);
	print_entries(v, s);
	print_divergence(v, s);
}

/* ---- several machines ---------------------------------------------------------------------- */

/* A store of several machines, added up. */
struct sum {
	const char *store;
	size_t machines, same, new, gone, diverging, entries;
	struct store_change all;
};

static void add_kinds(struct arena *a, struct store_change *all, const struct store_change *s)
{
	vec_for(kind, &s->kinds) {
		struct kind_count *found = NULL;
		vec_for(k, &all->kinds)
			if (!strcmp(k->kind, kind->kind))
				found = k;
		if (!found) {
			found = vec_add(a, &all->kinds);
			found->kind = kind->kind;
		}
		found->before += kind->before;
		found->after += kind->after;
	}
}

static struct sum add_up(const struct view *v, const char *store)
{
	struct sum sum = {.store = store};
	vec_for(s, &v->c->state) {
		if (strcmp(s->store, store))
			continue;
		sum.machines++;
		sum.same += is_same_store(s);
		sum.new += !s->has_before;
		sum.gone += !s->has_after;
		sum.diverging += s->diverges;
		sum.entries += s->entries.n;
		sum.all.commits_before += s->commits_before;
		sum.all.commits_after += s->commits_after;
		sum.all.entries_before += s->entries_before;
		sum.all.entries_after += s->entries_after;
		add_kinds(v->a, &sum.all, s);
	}
	return sum;
}

/* ", 3 of them only before": nothing where N is 0. */
static const char *some(const struct view *v, size_t n, const char *words)
{
	return n ? str_format(v->a, ", %zu %s", n, words) : "";
}

static void print_sum(const struct view *v, const struct sum *s)
{
	const struct store_change *all = &s->all;
	screen_line(&v->screen, TINT_NONE,
		str_format(v->a, "  %s, %zu machines  %s commits, %s entries at the end%s%s",
			s->store, s->machines,
			pair_words(v, all->commits_before, all->commits_after),
			pair_words(v, all->entries_before, all->entries_after),
			some(v, s->new, "of them new"), some(v, s->gone, "of them gone")));
	print_kinds(v, all);
	const char *entries = s->entries == 1 ? "1 entry differs"
			      : s->entries    ? str_format(v->a, "%zu entries differ", s->entries)
					      : "the same entries";
	view_remark(v, str_format(v->a, "  %s%s%s; -v shows each machine", entries,
			       some(v, s->diverging,
				       s->diverging == 1 ? "machine goes another way"
							 : "machines go another way"),
			       some(v, s->same, "the same")));
}

/* Is S the first of several machines' stores of its name? */
static bool is_first(const struct view *v, const struct store_change *s)
{
	vec_for(other, &v->c->state)
		if (!strcmp(other->store, s->store))
			return other == s;
	return false;
}

/* ---- all -------------------------------------------------------------------------------------
 */

/* Prints what there is to say of S; false where that is nothing. */
static bool print_differing(const struct view *v, const struct store_change *s)
{
	struct sum sum = add_up(v, s->store);
	if (v->verbose || sum.machines == 1) {
		if (is_same_store(s))
			return false;
		print_store(v, s);
		return true;
	}
	if (sum.same < sum.machines && is_first(v, s))
		print_sum(v, &sum);
	return sum.same < sum.machines;
}

void view_state(const struct view *v)
{
	size_t quiet = 0;
	if (v->c->state.n)
		view_heading(v, "state");
	vec_for(s, &v->c->state)
		quiet += !print_differing(v, s);
	if (quiet)
		view_remark(v, str_format(v->a, "%s: the same",
				       words_plural(v->a, quiet,
					       quiet < v->c->state.n ? "other store" : "store")));
}
