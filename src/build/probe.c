/* probe.c - names that sources ask __has_include for: the compiler doesn't report those that it
 * does not find. SPDX-License-Identifier: ISC */
#include "build/engine.h"

#include <string.h>

#define SOURCE_LIMIT ((size_t)64 << 20)

static const struct str probe = {"__has_include", sizeof("__has_include") - 1};

void probes_read(struct arena *a, struct str text, strings *out)
{
	for (ptrdiff_t at; (at = str_find(text, probe)) >= 0;) {
		text = str_from(text, (size_t)at + probe.n);
		struct str rest = text;
		if (str_starts(rest, S("_next")))
			rest = str_from(rest, 5);
		rest = str_trim((struct str){rest.p, rest.n < 300 ? rest.n : 300});
		if (!str_starts(rest, S("(")))
			continue;
		rest = str_trim(str_from(rest, 1));
		if (!rest.n || (rest.p[0] != '<' && rest.p[0] != '"'))
			continue;
		char closer = rest.p[0] == '<' ? '>' : '"';
		rest = str_from(rest, 1);
		struct str name = str_cut(&rest, closer);
		if (rest.p && name.n && !memchr(name.p, '\0', name.n))
			vec_push(a, out, str_copy(a, name));
	}
}

static bool probes_of(struct engine *g, const char *path, const strings **out, struct err *e)
{
	strings *known = map_get(&g->probes, str_of(path));
	if (!known) {
		defer(arena_free) struct arena scratch = {0};
		struct str text;
		known = NEW(g->a, strings);
		if (!file_read(&scratch, path, SOURCE_LIMIT, &text, e))
			return false;
		probes_read(g->a, text, known);
		*map_put(&g->probes, str_of(path)) = known;
	}
	*out = known;
	return true;
}

static bool add_probes(struct engine *g, struct node *n, const char *path, struct err *e)
{
	const strings *names;
	if (!probes_of(g, path, &names, e))
		return false;
	vec_for(name, names)
		input_add(g->a, &n->found, IN_PROBE, *name, NULL);
	return true;
}

bool probes_find(struct engine *g, struct node *n, struct err *e)
{
	size_t headers = n->found.n;
	if (!add_probes(g, n, path_join(g->a, n->p->dir, n->source), e))
		return false;
	for (size_t i = 0; i < headers; i++)
		if (!add_probes(g, n, places_path(g->a, &g->places, n->found.v[i].name), e))
			return false;
	return true;
}
