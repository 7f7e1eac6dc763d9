/* near.c - names that the user may have meant. SPDX-License-Identifier: ISC */
#include "resolve/search.h"

#include <string.h>

#define MAX_SHOWN 5
#define MAX_WORD 63
/* Distances are costly; in a huge tree the rest of the names is not looked at. */
#define MAX_COMPARED 50000

struct near {
	struct str word;   /* the query in lower case */
	struct str module; /* what it begins with, where it ends as a value is written; or empty */
	uint64_t letters;
	size_t folders; /* slashes in the query */
	size_t dots;
	size_t limit; /* the largest distance that is near */
	size_t compared;
	size_t n;
	const char *shown[MAX_SHOWN];
	size_t distance[MAX_SHOWN];
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The set of letters of a word: each edit adds and removes at most one. */
static uint64_t letters_of(struct str s)
{
	uint64_t set = 0;
	for (size_t i = 0; i < s.n; i++)
		set |= UINT64_C(1) << ((unsigned char)lower(s.p[i]) & 63);
	return set;
}

static void insert(struct near *near, const char *shown, size_t distance)
{
	size_t at = near->n;
	for (size_t i = 0; i < near->n; i++)
		if (!strcmp(near->shown[i], shown))
			return;
	while (at > 0 && near->distance[at - 1] > distance)
		at--;
	if (at == MAX_SHOWN)
		return;
	if (near->n < MAX_SHOWN)
		near->n++;
	for (size_t i = near->n - 1; i > at; i--) {
		near->shown[i] = near->shown[i - 1];
		near->distance[i] = near->distance[i - 1];
	}
	near->shown[at] = shown;
	near->distance[at] = distance;
}

/* Cheap tests first: most names differ in length or letters too much for their distance to count.
 */
static void consider(struct near *near, struct str name, const char *shown)
{
	size_t difference = name.n > near->word.n ? name.n - near->word.n : near->word.n - name.n;
	uint64_t letters = letters_of(name);
	char word[MAX_WORD];
	if (name.n > MAX_WORD || difference > near->limit || near->compared >= MAX_COMPARED ||
		(size_t)__builtin_popcountll(letters & ~near->letters) > near->limit ||
		(size_t)__builtin_popcountll(near->letters & ~letters) > near->limit)
		return;
	near->compared++;
	for (size_t i = 0; i < name.n; i++)
		word[i] = lower(name.p[i]);
	size_t distance = str_distance(near->word, (struct str){word, name.n});
	if (distance <= near->limit && distance < name.n)
		insert(near, shown, distance);
}

/* The end of PATH with as many folders as the query has. */
static const char *tail(const char *path, size_t folders)
{
	const char *at = path + strlen(path);
	while (at > path && (at[-1] != '/' || folders-- > 0))
		at--;
	return at;
}

static void consider_ground(struct near *near, const struct ground *g)
{
	const char *last = "";
	for (size_t i = 0; i < g->index.header->entries; i++) {
		const struct index_entry *entry = &g->index.entries[i];
		const char *name = index_name(&g->index, entry), *path;
		if (entry->kind == INDEX_FILE_KIND) {
			path = index_path(&g->index, entry);
			consider(near, str_of(tail(path, near->folders)), path);
		} else if (!near->folders && strcmp(name, last) != 0) {
			consider(near, str_of(name), name);
		}
		last = name;
	}
}

/* "Tcp.Flow" of "Tcp.Flow.connect": values have no index, their modules have. */
static struct str module_part(struct str query)
{
	size_t dot = query.n;
	while (dot && query.p[dot - 1] != '.')
		dot--;
	bool is_module = query.n && query.p[0] >= 'A' && query.p[0] <= 'Z';
	bool is_value = dot && dot < query.n &&
			(query.p[dot] == '_' || (query.p[dot] >= 'a' && query.p[dot] <= 'z'));
	return (struct str){query.p, is_module && is_value ? dot - 1 : 0};
}

static bool is_module_of(const struct near *near, const char *shown)
{
	struct str all = str_of(shown);
	size_t n = near->module.n;
	return n && str_ends(all, near->module) && (all.n == n || all.p[all.n - n - 1] == '.');
}

/* Names of a catalog follow each other where they are equal. */
static void consider_catalog(struct near *near, const struct asked *w)
{
	const struct catalog *c = &w->catalog;
	const char *last = "";
	for (uint32_t i = 0; i < c->header->count[CATALOG_NAMES]; i++) {
		const char *name = catalog_text(c, c->names[i].name);
		const char *shown = catalog_text(c, c->names[i].shown);
		bool dotted = near->dots && c->names[i].kind == CATALOG_MODULE;
		const char *word = dotted ? shown : name;
		if (dotted && is_module_of(near, shown))
			insert(near, shown, 0);
		if (dotted || strcmp(name, last) != 0)
			consider(near, str_of(word), dotted ? shown : name);
		last = name;
	}
}

strings search_near(const struct search *s)
{
	size_t n = s->query.n;
	struct near near = {.limit = n < 4   ? 1
				     : n < 8 ? 2
					     : 3,
		.letters = letters_of(s->query),
		.module = module_part(s->query)};
	strings out = {0};
	if (n > MAX_WORD)
		return out;
	char *word = str_copy(s->a, s->query);
	for (size_t i = 0; i < n; i++) {
		word[i] = lower(word[i]);
		near.folders += word[i] == '/';
		near.dots += word[i] == '.';
	}
	near.word = (struct str){word, n};
	vec_for(r, &s->w->all)
		consider(&near, str_of((*r)->name), (*r)->name);
	vec_for(g, &s->grounds)
		consider_ground(&near, g);
	vec_for(w, &s->asked)
		consider_catalog(&near, *w);
	vec_for(name, &s->near)
		consider(&near, str_of(*name), *name);
	for (size_t i = 0; i < near.n; i++)
		vec_push(s->a, &out, str_copy(s->a, str_of(near.shown[i])));
	return out;
}
