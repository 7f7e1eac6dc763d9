/* lookup.c - does the store hold a result for things as they are? SPDX-License-Identifier: ISC */
#include "build/engine.h"

#include <string.h>
#include <sys/stat.h>

bool lookup_file(struct engine *g, const char *name, const struct seen **out, struct err *e)
{
	const struct seen *known = map_get(&g->by_name, str_of(name));
	if (!known) {
		const char *path = places_path(g->a, &g->places, name);
		if (!path) {
			*out = NULL;
			return true;
		}
		if (!store_see(g->store, path, &known, e))
			return false;
		*map_put(&g->by_name, str_of(name)) = (void *)(uintptr_t)known;
	}
	*out = known;
	return true;
}

/* ---- files that come first in the search path --------------------------------------------- */

struct shadow_search {
	struct engine *g;
	const struct node *n;
	strings includers; /* folders of the files that include: searched first by #include "..." */
	inputs *out;
};

static void add_includer(struct shadow_search *s, const char *file)
{
	const char *dir = path_dir(s->g->a, file);
	vec_for(known, &s->includers)
		if (!strcmp(*known, dir))
			return;
	vec_push(s->g->a, &s->includers, dir);
}

/* Is there a file DIR/NAME other than HEADER (which may be NULL)? Nearly always DIR has not even
 * the first part of NAME, and a look at its list of names is enough. */
static bool try_shadow(struct shadow_search *s, const char *dir, const char *name,
	const char *header, struct err *e)
{
	struct engine *g = s->g;
	struct str rest = str_of(name);
	bool has;
	const struct seen *seen;
	if (!watch_has(g, dir, str_cut(&rest, '/'), &has, e))
		return false;
	if (!has)
		return true;
	const char *path = path_join(g->a, dir, name);
	if (header && !strcmp(path, header))
		return true;
	if (!watch(g, path, &seen, e))
		return false;
	if (!seen->exists || !S_ISREG(seen->stamp.mode))
		return true;
	const char *shadow = places_name(g->a, &g->places, path);
	vec_for(in, s->out)
		if (!strcmp(in->name, shadow))
			return true;
	input_add(g->a, s->out, IN_SHADOW, shadow, NULL);
	return true;
}

/* NAME below the search path's folder number I is HEADER. */
static bool try_before(
	struct shadow_search *s, size_t i, const char *name, const char *header, struct err *e)
{
	vec_for(dir, &s->includers)
		if (!try_shadow(s, *dir, name, header, e))
			return false;
	for (size_t j = 0; j < i; j++)
		if (!try_shadow(s, s->n->p->search.v[j].dir, name, header, e))
			return false;
	return true;
}

static const char *name_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	return !strncmp(path, dir, n) && path[n] == '/' ? path + n + 1 : NULL;
}

static bool try_header(struct shadow_search *s, const char *header, struct err *e)
{
	const searches *path = &s->n->p->search;
	for (size_t i = 0; i <= path->n; i++) {
		const char *dir = i < path->n ? path->v[i].dir : s->g->tools.include;
		const char *name = name_below(header, dir);
		if (name && !try_before(s, i, name, header, e))
			return false;
	}
	return true;
}

/* Where the answer of __has_include(NAME) comes from. */
static bool try_probe(struct shadow_search *s, const char *name, struct err *e)
{
	return try_before(s, s->n->p->search.n, name, NULL, e) &&
	       try_shadow(s, s->g->tools.include, name, NULL, e);
}

bool shadows_find(
	struct engine *g, const struct node *n, const inputs *found, inputs *shadows, struct err *e)
{
	struct shadow_search s = {.g = g, .n = n, .out = shadows};
	if (n->kind != COMPILE)
		return true;
	add_includer(&s, path_join(g->a, n->p->dir, n->source));
	strings headers = {0};
	vec_for(in, found) {
		if (in->kind != IN_HEADER)
			continue;
		const char *path = places_path(g->a, &g->places, in->name);
		add_includer(&s, path);
		vec_push(g->a, &headers, path);
	}
	vec_for(header, &headers)
		if (!try_header(&s, *header, e))
			return false;
	vec_for(in, found)
		if (in->kind == IN_PROBE && !try_probe(&s, in->name, e))
			return false;
	return true;
}

/* ---- results -------------------------------------------------------------------------- */

static bool headers_match(struct engine *g, const inputs *found, bool *match, struct err *e)
{
	*match = false;
	vec_for(in, found) {
		const struct seen *seen;
		if (in->kind != IN_HEADER)
			continue;
		if (!lookup_file(g, in->name, &seen, e))
			return false;
		if (!seen || !seen->exists || !digest_eq(&seen->digest, &in->digest))
			return true;
	}
	*match = true;
	return true;
}

static size_t count_kind(const inputs *list, enum input_kind kind)
{
	size_t n = 0;
	vec_for(in, list)
		n += in->kind == kind;
	return n;
}

static bool has_shadow(const inputs *list, const char *name)
{
	vec_for(in, list)
		if (in->kind == IN_SHADOW && !strcmp(in->name, name))
			return true;
	return false;
}

/* The same files stand beside the way to the headers as when the result was made. */
static bool shadows_match(
	struct engine *g, const struct node *n, const inputs *found, bool *match, struct err *e)
{
	inputs now = {0};
	*match = false;
	if (!shadows_find(g, n, found, &now, e))
		return false;
	if (now.n != count_kind(found, IN_SHADOW))
		return true;
	vec_for(shadow, &now)
		if (!has_shadow(found, shadow->name))
			return true;
	*match = true;
	return true;
}

static bool use(
	struct engine *g, struct node *n, struct record *r, struct variant *v, struct err *e)
{
	n->found = v->found;
	n->object = v->object;
	vec_for(in, &v->found)
		if (in->kind == IN_HEADER &&
			!watch_only(g, places_path(g->a, &g->places, in->name), e))
			return false;
	if (v->day == record_today() || g->q->plan_only)
		return true;
	v->day = record_today();
	struct text bytes = {.a = g->a};
	record_write(r, &bytes);
	return store_put_result(g->store, &n->key, text_str(&bytes), e);
}

static bool read_record(struct engine *g, const struct digest *key, struct record *out)
{
	struct str text;
	return store_get_result(g->store, g->a, key, &text) && record_read(g->a, text, out);
}

bool lookup(struct engine *g, struct node *n, bool *hit, struct err *e)
{
	struct record r = {0};
	*hit = false;
	if (!read_record(g, &n->key, &r))
		return true;
	vec_for(v, &r.variants) {
		bool match;
		if (!headers_match(g, &v->found, &match, e) ||
			(match && !shadows_match(g, n, &v->found, &match, e)))
			return false;
		if (match && store_has(g->store, &v->object)) {
			*hit = true;
			return use(g, n, &r, v, e);
		}
	}
	return true;
}

static bool same_inputs(const inputs *a, const inputs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].kind != b->v[i].kind || strcmp(a->v[i].name, b->v[i].name) != 0 ||
			!digest_eq(&a->v[i].digest, &b->v[i].digest))
			return false;
	return true;
}

bool lookup_add(struct engine *g, struct node *n, struct err *e)
{
	struct record old = {0}, now = {.known = n->known};
	vec_push(g->a, &now.variants, ((struct variant){n->found, n->object, record_today()}));
	if (read_record(g, &n->key, &old))
		vec_for(v, &old.variants)
			if (!same_inputs(&v->found, &n->found))
				vec_push(g->a, &now.variants, *v);
	struct text bytes = {.a = g->a};
	record_write(&now, &bytes);
	return store_put_result(g->store, &n->key, text_str(&bytes), e);
}
