/* resolve.c - worlds in, candidates out, ranked. SPDX-License-Identifier: ISC */
#include "resolve/resolve.h"

#include <string.h>
#include <unistd.h>

#include "resolve/search.h"

void search_close(struct search *s)
{
	vec_for(g, &s->grounds)
		index_close(&g->index);
	vec_for(asked, &s->asked)
		catalog_close(&(*asked)->catalog);
}

/* "10,349 symbols" */
const char *count_words(struct arena *a, size_t n, const char *what)
{
	const char *s = n == 1 ? "" : "s";
	if (n < 1000)
		return str_format(a, "%zu %s%s", n, what, s);
	if (n < 1000000)
		return str_format(a, "%zu,%03zu %s%s", n / 1000, n % 1000, what, s);
	return str_format(
		a, "%zu,%03zu,%03zu %s%s", n / 1000000, n / 1000 % 1000, n % 1000, what, s);
}

bool search_is_certain(const struct search *s)
{
	vec_for(f, &s->found) {
		if (f->in_build && f->is_definition)
			return true;
	}
	return false;
}

static bool search_in(struct search *s, world_search *const *worlds, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (!worlds[i](s, e))
			return false;
	return true;
}
#define SEARCH(s, e, ...)                                                                          \
	search_in(s, (world_search *const[]){__VA_ARGS__},                                         \
		sizeof((world_search *const[]){__VA_ARGS__}) / sizeof(world_search *), e)

static bool search_worlds(struct search *s, enum resolve_reach reach, struct err *e)
{
	if (reach == RESOLVE_DISTRIBUTION)
		return SEARCH(s, e, search_distribution, search_available);
	if (!SEARCH(s, e, search_workspace, search_project))
		return false;
	if (!search_is_certain(s) && !SEARCH(s, e, search_workspace_missing, search_locked))
		return false;
	if (reach == RESOLVE_OWN)
		return true;
	if (reach == RESOLVE_FIRST && search_is_certain(s)) {
		vec_push(s->a, &s->looked_in, "not elsewhere, as it was found here (--all)");
		return true;
	}
	return SEARCH(s, e, search_installed, search_opam, search_distribution, search_available);
}

static strings places_searched(struct search *s)
{
	vec_for(r, &s->missing)
		vec_push(s->a, &s->looked_in,
			str_format(s->a, "%s %s: source not fetched", (*r)->name, (*r)->version));
	return s->looked_in;
}

/* Removes what is kept and is damaged: it may have had an answer. False where nothing is. */
static bool drop_damaged(const struct search *s)
{
	bool any = false;
	vec_for(asked, &s->asked)
		if ((*asked)->kept && !catalog_is_whole(&(*asked)->catalog))
			any |= unlink((*asked)->kept) == 0;
	vec_for(g, &s->grounds)
		if (!index_is_whole(&g->index))
			any |= unlink(g->kept) == 0;
	return any;
}

/* All that S comes to hold is of one look. */
static bool search_anew(struct search *s, enum resolve_reach reach, struct err *e)
{
	const struct search empty = {
		.a = s->a, .w = s->w, .query = s->query, .real = s->real, .fetch = s->fetch};
	if (!search_worlds(s, reach, e))
		return false;
	if (s->found.n || !drop_damaged(s))
		return true;
	search_close(s);
	*s = empty;
	return search_worlds(s, reach, e);
}

/* A source that can't be had may hold a better answer than there is. */
static bool settle_unfetched(const struct search *s, struct err *e)
{
	if (!s->has_unfetched)
		return true;
	if (!s->found.n) {
		*e = s->unfetched;
		return false;
	}
	term_warn("not looked at: %s", s->unfetched.text);
	return true;
}

bool resolve_name(struct arena *a, const struct workspace *w, const char *name,
	enum resolve_reach reach, bool fetch, struct resolution *out, struct err *e)
{
	defer(search_close) struct search s = {
		.a = a, .w = w, .query = str_of(name), .fetch = fetch};
	struct resolution result = {.query = str_copy(a, s.query)};
	if (!s.query.n)
		return fail(e, E_USAGE, "nothing to resolve: the name is empty");
	struct err no_file;
	if (str_find(s.query, S("/")) >= 0 && !path_real(a, name, &s.real, &no_file))
		s.real = NULL;
	if (!search_anew(&s, reach, e) || !settle_unfetched(&s, e) || !search_finish(&s, e))
		return false;
	vec_for(f, &s.found)
		vec_push(a, &result.candidates, f->c);
	if (!s.found.n)
		result.near_misses = search_near(&s);
	result.looked_in = places_searched(&s);
	result.unread_own = search_sort_unread(&s);
	result.unread = s.unread;
	vec_for(d, &s.damaged)
		vec_push(a, &result.damaged, *d);
	*out = result;
	return true;
}
