/* dune_set.c - evaluates dune's ordered sets. SPDX-License-Identifier: ISC */
#include "ocaml/dune_set.h"

#include <fnmatch.h>
#include <string.h>

#define MAX_ALTERNATIVES 64
#define MAX_NAME 512

struct evaluation {
	struct arena *a;
	const struct dune_universe *universe;
	bool unsure;
};

/* One flag for each member of the universe. */
typedef bool *members;

static members none(struct evaluation *ev)
{
	return NEW_ARRAY(ev->a, bool, ev->universe->all->n + 1);
}

static void add_standard(struct evaluation *ev, members m)
{
	const struct dune_universe *u = ev->universe;
	for (size_t i = 0; i < u->all->n; i++) {
		bool in = !u->standard;
		for (size_t j = 0; !in && j < u->standard->n; j++)
			in = !strcmp(u->standard->v[j], u->all->v[i]);
		m[i] |= in;
	}
}

static void add_word(struct evaluation *ev, const struct sexp *s, members m)
{
	const char *word = str_copy(ev->a, s->text);
	if (!strcmp(word, ":standard")) {
		add_standard(ev, m);
		return;
	}
	if (strstr(word, "%{"))
		ev->unsure = true;
	for (size_t i = 0; i < ev->universe->all->n; i++)
		m[i] |= ev->universe->matches(word, ev->universe->all->v[i]);
}

/* "a b \ c d \ e" is {a, b} without ({c, d} without {e}). */
static members evaluate(struct evaluation *ev, const struct sexp *s, size_t from)
{
	members m = none(ev);
	for (size_t i = from; i < s->n; i++) {
		const struct sexp *item = &s->items[i];
		if (item->kind == SEXP_ATOM && str_is(item->text, "\\")) {
			members minus = evaluate(ev, s, i + 1);
			for (size_t j = 0; j < ev->universe->all->n; j++)
				m[j] = m[j] && !minus[j];
			return m;
		}
		if (sexp_is_atom(item)) {
			add_word(ev, item, m);
		} else if (sexp_is_call(item, ":include") || sexp_is_call(item, "or") ||
			   sexp_is_call(item, "and") || sexp_is_call(item, "not")) {
			ev->unsure = true;
		} else {
			members inner = evaluate(ev, item, 0);
			for (size_t j = 0; j < ev->universe->all->n; j++)
				m[j] |= inner[j];
		}
	}
	return m;
}

strings dune_set(struct arena *a, const struct sexp *set, size_t from,
	const struct dune_universe *universe, bool *unsure)
{
	defer(arena_free) struct arena scratch = {0};
	struct evaluation ev = {.a = &scratch, .universe = universe};
	members m = evaluate(&ev, set, from);
	strings out = {0};
	for (size_t i = 0; i < universe->all->n; i++)
		if (m[i])
			vec_push(a, &out, universe->all->v[i]);
	*unsure |= ev.unsure;
	return out;
}

/* The first "{a,b}" of GLOB is tried with each of its parts. */
static bool matches_parts(const char *glob, const char *name, int *budget)
{
	char one[MAX_NAME];
	const char *open = strchr(glob, '{'), *close = open ? strchr(open, '}') : NULL;
	if (!close || strlen(glob) >= sizeof(one))
		return fnmatch(glob, name, FNM_PERIOD | FNM_PATHNAME) == 0;
	for (const char *part = open + 1; part <= close;) {
		size_t n = strcspn(part, ",}"), head = (size_t)(open - glob);
		if (--*budget < 0)
			return false;
		memcpy(one, glob, head);
		memcpy(one + head, part, n);
		memcpy(one + head + n, close + 1, strlen(close + 1) + 1);
		if (matches_parts(one, name, budget))
			return true;
		part += n + 1;
	}
	return false;
}

bool dune_glob_matches(const char *glob, const char *name)
{
	int budget = MAX_ALTERNATIVES;
	return matches_parts(glob, name, &budget);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool dune_module_matches(const char *word, const char *name)
{
	const char *x = strrchr(word, '/'), *y = strrchr(name, '/');
	x = x ? x + 1 : word;
	y = y ? y + 1 : name;
	return x - word == y - name && !strncmp(word, name, (size_t)(x - word)) &&
	       lower(*x) == lower(*y) && (!*x || !strcmp(x + 1, y + 1));
}

const char *dune_module_name(struct arena *a, struct str name)
{
	char *copy = str_copy(a, name), *last = strrchr(copy, '/');
	last = last ? last + 1 : copy;
	if (*last >= 'a' && *last <= 'z')
		*last = (char)(*last - 'a' + 'A');
	return copy;
}
