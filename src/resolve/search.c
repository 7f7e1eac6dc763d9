/* search.c - finds a name among packages, files and symbols. SPDX-License-Identifier: ISC */
#include "resolve/search.h"

#include <stdlib.h>
#include <string.h>

#include "resolve/tags.h"

#define EXACT RANK_EXACT
#define PART_OF_PATH RANK_PART
#define DEFINITION RANK_DEFINITION
#define PACKAGE_NAME RANK_NAME
#define MAX_DECLARATIONS 3

const char *path_below(const char *folder, const char *path)
{
	size_t n = strlen(folder);
	return !strncmp(path, folder, n) && path[n] == '/' ? path + n + 1 : NULL;
}

const char *shown_path(const struct search *s, const char *path)
{
	const char *below = path_below(s->w->root, path);
	return below ? below : path;
}

static void say(const struct search *s, struct found *f, const char *evidence)
{
	vec_push(s->a, &f->c.evidence, evidence);
}

/* ---- what each find says of its package ----------------------------------------------- */

static const char *library_of(const struct search *s, const struct recipe *r)
{
	bool builds = r->build.objects || r->build.commands;
	return builds ? str_format(s->a, "%s.o", r->name) : NULL;
}

static const char *what_is_built(const struct recipe *r)
{
	if (r->build.debian)
		return "built by its own debian/rules";
	if (r->build.dune && !r->image)
		return "built by dune";
	return "an image";
}

static void say_package(const struct search *s, struct found *f, const struct ground *g)
{
	const struct recipe *r = f->recipe;
	const char *recipe = shown_path(s, r->file);
	if (f->c.library)
		say(s, f,
			str_format(s->a, "package %s %s builds the library %s (%s)", r->name,
				r->version, f->c.library, recipe));
	else
		say(s, f,
			str_format(s->a, "package %s %s is %s (%s)", r->name, r->version,
				what_is_built(r), recipe));
	if (g && g->is_overlay)
		f->c.overlay = shown_path(s, g->dir);
	if (g && g->is_overlay)
		say(s, f,
			str_format(s->a,
				"it is open for editing in %s: builds take that instead "
				"of its source",
				shown_path(s, g->dir)));
	else if (f->c.source)
		say(s, f, str_format(s->a, "its source is %s", f->c.source));
}

static struct found *add_found(struct search *s, const struct recipe *r, const char *kind)
{
	struct found *f = vec_add(s->a, &s->found);
	f->recipe = r;
	f->c.world = "workspace";
	f->c.kind = kind;
	f->c.package = r->name;
	f->c.version = r->version;
	f->c.library = library_of(s, r);
	return f;
}

/* ---- packages and libraries ----------------------------------------------------------- */

static const struct ground *ground_of(const struct search *s, const struct recipe *r)
{
	vec_for(g, &s->grounds) {
		if (g->recipe == r && !g->config)
			return g;
	}
	return NULL;
}

static void add_recipe(struct search *s, const struct recipe *r, const char *kind, const char *why)
{
	const struct ground *g = ground_of(s, r);
	struct found *f = add_found(s, r, kind);
	f->in_build = f->is_definition = true;
	f->c.module = str_copy(s->a, s->query);
	f->c.rank = EXACT + PACKAGE_NAME;
	f->c.source = g ? g->origin : NULL;
	say(s, f, why);
	say_package(s, f, g);
	say(s, f,
		str_format(s->a, "rank %d: exact name %d, name of a %s %d", f->c.rank, EXACT, kind,
			PACKAGE_NAME));
}

void search_recipes(struct search *s)
{
	vec_for(it, &s->w->all) {
		const struct recipe *r = *it;
		const char *library = library_of(s, r);
		const struct commands *own = r->build.commands;
		if (r->build.dune)
			continue;
		if (str_is(s->query, r->name))
			add_recipe(s, r, "package",
				str_format(s->a, "%s is the name of a package", r->name));
		else if (library && str_is(s->query, library))
			add_recipe(s, r, "library",
				str_format(s->a, "%s is the object that package %s becomes",
					library, r->name));
		else if (own && str_is(s->query, path_base(own->output)))
			add_recipe(s, r, "library",
				str_format(s->a, "the commands of package %s make %s", r->name,
					own->output));
	}
}

/* ---- entries of an index -------------------------------------------------------------- */

static const char *copy_path(
	const struct search *s, const struct ground *g, const struct index_entry *entry)
{
	return str_copy(s->a, str_of(index_path(&g->index, entry)));
}

/* A config folder may lie within the source tree; what is in it is found as config alone. */
static bool is_of_config(
	const struct search *s, const struct ground *g, const struct index_entry *entry)
{
	const char *path = path_join(s->a, g->dir, index_path(&g->index, entry));
	vec_for(other, &s->grounds) {
		if (other->recipe == g->recipe && other->config && !g->config &&
			path_below(other->dir, path))
			return true;
	}
	return false;
}

/* ---- files ---------------------------------------------------------------------------- */

/* How many folders of PATH stand before the end that QUERY names; -1 where it ends otherwise. */
static int unnamed_folders(const char *path, struct str query)
{
	struct str all = str_of(path);
	int folders = 0;
	if (!str_ends(all, query))
		return -1;
	size_t before = all.n - query.n;
	if (before && path[before - 1] != '/')
		return -1;
	for (size_t i = 0; i < before; i++)
		folders += path[i] == '/';
	return folders;
}

/* The query as a path of G's tree: it may name a file on disk that is in there, or have the form
 * "/lwip/src/core/tcp.c", which is how debug information names a file of package lwip. */
static struct str query_within(const struct search *s, const struct ground *g)
{
	struct str rest = str_from(s->query, 1);
	const char *below = s->real ? path_below(g->dir, s->real) : NULL;
	if (below)
		return str_of(below);
	if (str_starts(s->query, S("/")) && str_is(str_cut(&rest, '/'), g->recipe->name) && rest.p)
		return rest;
	return s->query;
}

static void search_file(struct search *s, const struct ground *g, const struct index_entry *entry)
{
	const char *path = copy_path(s, g, entry);
	struct str query = query_within(s, g);
	struct use use = use_of(s, g, path);
	bool is_header = str_ends(str_of(path), S(".h"));
	int in_tree = unnamed_folders(path, query), depth = in_tree;
	if (in_tree < 0)
		return;
	if (use.include && unnamed_folders(use.include, query) >= 0)
		depth = unnamed_folders(use.include, query);
	bool exact = depth == 0;
	struct found *f = add_found(s, g->recipe, is_header ? "header" : "source file");
	f->in_build = use.in_build;
	f->is_definition = true;
	f->c.module = is_header && use.include ? use.include : path;
	f->c.file = path;
	f->c.source = g->origin;
	f->c.rank = (exact ? EXACT : PART_OF_PATH) + use.points - depth;
	say(s, f, use.words);
	say_package(s, f, g);
	say(s, f,
		str_format(s->a, "rank %d: %s %d, %s %d%s", f->c.rank,
			exact ? "exact name" : "end of its name", exact ? EXACT : PART_OF_PATH,
			use.in_build ? "in the build" : "not in the build", use.points,
			depth ? str_format(s->a, ", folders not named -%d", depth) : ""));
}

/* ---- symbols -------------------------------------------------------------------------- */

static void say_declarations(const struct search *s, struct found *f, const struct ground *g,
	const struct index_entry *entries, size_t n)
{
	int said = 0;
	for (size_t i = 0; i < n; i++) {
		const struct index_entry *entry = &entries[i];
		const char *path = index_path(&g->index, entry);
		if (!tag_is_declaration(entry->kind) || !strcmp(path, f->c.file) ||
			said++ >= MAX_DECLARATIONS)
			continue;
		say(s, f, str_format(s->a, "declared in %s:%u", path, entry->line));
	}
}

static void search_symbol(struct search *s, const struct ground *g,
	const struct index_entry *entries, size_t n, const struct index_entry *entry)
{
	const char *path = copy_path(s, g, entry);
	struct use use = use_of(s, g, path);
	bool defined = !tag_is_declaration(entry->kind);
	struct found *f = add_found(s, g->recipe, "symbol");
	f->in_build = use.in_build;
	f->is_definition = defined;
	f->c.module = str_copy(s->a, s->query);
	f->c.file = path;
	f->c.line = (int)entry->line;
	f->c.source = g->origin;
	f->c.rank = EXACT + use.points + (defined ? DEFINITION : 0);
	say(s, f,
		str_format(s->a, "%s is a %s%s %s in %s:%u", f->c.module,
			entry->local ? "file-local " : "", tag_words(entry->kind),
			defined ? "defined" : "declared", path, entry->line));
	if (defined)
		say_declarations(s, f, g, entries, n);
	say(s, f, use.words);
	say_package(s, f, g);
	say(s, f,
		str_format(s->a, "rank %d: exact name %d, %s %d, %s %d", f->c.rank, EXACT,
			use.in_build ? "in the build" : "not in the build", use.points,
			defined ? "definition" : "declaration", defined ? DEFINITION : 0));
}

/* Of several lines of one file (branches of an #if) the first stands for all; declarations only
 * count where nothing of the package defines the symbol. */
static void search_symbols(
	struct search *s, const struct ground *g, const struct index_entry *entries, size_t n)
{
	bool defined = false;
	for (size_t i = 0; i < n; i++)
		defined |=
			entries[i].kind != INDEX_FILE_KIND && !tag_is_declaration(entries[i].kind);
	const struct index_entry *last = NULL;
	for (size_t i = 0; i < n; i++) {
		const struct index_entry *entry = &entries[i];
		if (entry->kind == INDEX_FILE_KIND ||
			(defined && tag_is_declaration(entry->kind)) ||
			(last && last->file == entry->file) || is_of_config(s, g, entry))
			continue;
		search_symbol(s, g, entries, n, entry);
		last = entry;
	}
}

void search_ground(struct search *s, const struct ground *g)
{
	struct str rest = s->query, base = s->query;
	const struct index_entry *entries;
	while (rest.p)
		base = str_cut(&rest, '/');
	size_t n = index_find(&g->index, base, &entries);
	for (size_t i = 0; i < n; i++)
		if (entries[i].kind == INDEX_FILE_KIND && !is_of_config(s, g, &entries[i]))
			search_file(s, g, &entries[i]);
	if (base.n == s->query.n)
		search_symbols(s, g, entries, n);
}

/* ---- all of it ------------------------------------------------------------------------ */

static int best_first(const void *x, const void *y)
{
	const struct candidate *a = &((const struct found *)x)->c,
			       *b = &((const struct found *)y)->c;
	if (a->rank != b->rank)
		return a->rank > b->rank ? -1 : 1;
	int order = strcmp(a->package ? a->package : "", b->package ? b->package : "");
	if (!order && a->file && b->file)
		order = strcmp(a->file, b->file);
	return order ? order : a->line - b->line;
}

static bool add_dependents(struct search *s, struct found *f, struct err *e)
{
	recipes all;
	if (!recipe_dependents(s->w, f->recipe, &all, e))
		return false;
	if (f->recipe->image)
		vec_push(s->a, &f->c.images, f->recipe->name);
	vec_for(r, &all) {
		vec_push(s->a, &f->c.dependents, (*r)->name);
		if ((*r)->image)
			vec_push(s->a, &f->c.images, (*r)->name);
	}
	return true;
}

/* What the distribution has may be what the workspace builds from source. */
static void say_own_source(const struct search *s, struct found *f)
{
	if (!f->c.source || strcmp(f->c.world, "distribution") != 0)
		return;
	vec_for(r, &s->w->all) {
		vec_for(source, &(*r)->source) {
			const char *words = source->debian
						    ? str_format(s->a, "debian %s ", source->debian)
						    : NULL;
			if (!words || !str_starts(str_of(f->c.source), str_of(words)))
				continue;
			say(s, f,
				str_format(s->a,
					"the workspace builds that source as its package %s",
					(*r)->name));
			return;
		}
	}
}

/* All finds of one package share the lists of the first. */
bool search_finish(struct search *s, struct err *e)
{
	search_catalog_finish(s);
	for (size_t i = 0; i < s->found.n; i++) {
		struct found *f = &s->found.v[i], *before = s->found.v;
		if (!f->recipe) {
			say_own_source(s, f);
			continue;
		}
		while (before->recipe != f->recipe)
			before++;
		if (before == f && !add_dependents(s, f, e))
			return false;
		f->c.dependents = before->c.dependents;
		f->c.images = before->c.images;
	}
	if (s->found.n)
		qsort(s->found.v, s->found.n, sizeof(*s->found.v), best_first);
	return true;
}
