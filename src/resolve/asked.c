/* asked.c - looks a name up in a world's catalog, and makes candidates of what is there.
 * SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "resolve/inner.h"
#include "resolve/search.h"

#define MAX_FOUND 20 /* of one world */

static const char *const kind_words[CATALOG_KINDS] = {
	[CATALOG_PACKAGE] = "package",
	[CATALOG_LIBRARY] = "library",
	[CATALOG_MODULE] = "module",
	[CATALOG_UNIT] = "module",
	[CATALOG_SOURCE] = "source file",
	[CATALOG_HEADER] = "header",
	[CATALOG_ARCHIVE] = "library",
	[CATALOG_PKGCONFIG] = "pkg-config name",
	[CATALOG_PROGRAM] = "program",
	[CATALOG_SYMBOL] = "symbol",
	[CATALOG_STATIC_SYMBOL] = "symbol",
	[CATALOG_IMAGE] = "image",
	[CATALOG_DEBIAN_SOURCE] = "source package",
	[CATALOG_OWNED] = "file",
	[CATALOG_FOLDER] = "source",
};
/* What a find is worth for being of its kind: in a project as in a workspace's recipes, elsewhere
 * only so much that it stays behind what the project has. */
static const struct {
	const char *words;
	int own, other;
} kind_points[CATALOG_KINDS] = {
	[CATALOG_PACKAGE] = {"name of a package", RANK_NAME + 1, 8},
	[CATALOG_LIBRARY] = {"name of a library", RANK_NAME, 7},
	[CATALOG_MODULE] = {"module", RANK_DEFINITION, 6},
	[CATALOG_UNIT] = {"module, as the compiler calls it", RANK_DEFINITION, 5},
	[CATALOG_SOURCE] = {"source file", 0, 2},
	[CATALOG_HEADER] = {"header", 0, 5},
	[CATALOG_ARCHIVE] = {"file of a library", 0, 4},
	[CATALOG_PKGCONFIG] = {"name of pkg-config", RANK_NAME, 6},
	[CATALOG_PROGRAM] = {"program", 0, 3},
	[CATALOG_SYMBOL] = {"definition", RANK_DEFINITION, 4},
	[CATALOG_STATIC_SYMBOL] = {"definition for static linking", RANK_DEFINITION, 3},
	[CATALOG_IMAGE] = {"name of an image", RANK_NAME, 6},
	[CATALOG_DEBIAN_SOURCE] = {"name of a source package", RANK_NAME, 7},
	[CATALOG_OWNED] = {"file of a package", 0, 1},
	[CATALOG_FOLDER] = {"name of a folder of sources", RANK_NAME, 6},
};
#define WEAK_POINTS 5

const char *search_kept(const struct search *s, bool own, const char *name, const char *key)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	struct digest id = hash_bytes(str_of(key));
	const char *file = str_format(s->a, "%s-%.16s", name, digest_hex(s->a, &id));
	if (own && s->w->state)
		return str_format(s->a, "%s/index/%s", s->w->state, file);
	if (cache && *cache == '/')
		return str_format(s->a, "%s/respin/index/%s", cache, file);
	return home && *home == '/' ? str_format(s->a, "%s/.cache/respin/index/%s", home, file)
				    : NULL;
}

/* ---- does a name match? --------------------------------------------------------------------- */

/* How many parts of PATH stand before the end that QUERY names; -1 where it ends otherwise. */
static int unnamed_parts(const char *path, struct str query, char separator)
{
	struct str all = str_of(path);
	int parts = 0;
	if (!str_ends(all, query))
		return -1;
	size_t before = all.n - query.n;
	if (before && path[before - 1] != separator)
		return -1;
	for (size_t i = 0; i < before; i++)
		parts += path[i] == separator;
	return parts;
}

static bool is_real_file(const struct search *s, const struct asked *w, const char *file)
{
	return s->real && *file &&
	       !strcmp(s->real, w->root ? path_join(s->a, w->root, file) : file);
}

/* What Stdlib has needs no prefix: it is open in every module of OCaml. */
static int unnamed_modules(const char *path, struct str query)
{
	struct str whole = str_of(path), open = S("Stdlib.");
	if (str_starts(whole, open) && str_eq(str_from(whole, open.n), query))
		return 0;
	return unnamed_parts(path, query, '.');
}

static int match(const struct search *s, const struct asked *w, const struct catalog_name *n)
{
	const struct catalog *c = &w->catalog;
	const char *shown = catalog_text(c, n->shown);
	switch (n->kind) {
	case CATALOG_MODULE:
		return unnamed_modules(shown, s->query);
	case CATALOG_SOURCE:
	case CATALOG_HEADER:
	case CATALOG_ARCHIVE:
	case CATALOG_PROGRAM:
	case CATALOG_PKGCONFIG:
		if (is_real_file(s, w, catalog_text(c, n->file)))
			return 0;
		if (str_eq(s->query, str_of(catalog_text(c, n->file))))
			return 0;
		if (n->kind != CATALOG_SOURCE && n->kind != CATALOG_HEADER)
			break;
		return unnamed_parts(shown, s->query, '/');
	default:
		break;
	}
	return str_eq(s->query, str_of(catalog_text(c, n->name))) ? 0 : -1;
}

/* ---- what was found ------------------------------------------------------------------------- */

static const char *copied(const struct search *s, const struct asked *w, uint32_t text)
{
	const char *z = catalog_text(&w->catalog, text);
	return *z ? str_copy(s->a, str_of(z)) : NULL;
}

static bool is_symbol(const struct catalog_name *n)
{
	return n->kind == CATALOG_SYMBOL || n->kind == CATALOG_STATIC_SYMBOL;
}

static void say_rank(const struct search *s, struct found *f, const struct asked *w,
	const struct catalog_name *n, int depth)
{
	bool linked = catalog_owner(&w->catalog, n->owner)->marks & CATALOG_LINKED;
	int base = depth ? RANK_PART : RANK_EXACT;
	int place = linked ? w->linked : depth ? w->part : w->exact;
	int kind = w->is_own ? kind_points[n->kind].own : depth ? 0 : kind_points[n->kind].other;
	int weak = n->marks & CATALOG_WEAK ? WEAK_POINTS : 0;
	struct text t = {.a = s->a};
	f->c.rank = base + place + kind - depth - weak;
	text_addf(&t, "rank %d: %s %d, %s %d", f->c.rank, depth ? "end of its name" : "exact name",
		base, linked ? "an image links it" : w->words, place);
	if (kind)
		text_addf(&t, ", %s %d", kind_points[n->kind].words, kind);
	if (depth)
		text_addf(&t, ", parts not named -%d", depth);
	if (weak)
		text_addf(&t, ", %s -%d",
			!w->is_own && is_symbol(n) ? "the C library has it, too" : "hidden", weak);
	vec_push(s->a, &f->c.evidence, t.p);
}

/* An overlay's working tree takes the place of the whole unit that it is called as: absolute, or
 * NULL. */
static const char *overlay_tree(const struct search *s, const char *unit)
{
	if (!unit || !*unit || !s->w->overlays)
		return NULL;
	const char *tree = str_format(s->a, "%s/%s/src", s->w->overlays, unit);
	return dir_exists(tree) ? tree : NULL;
}

/* FILE of the unit whose overlay is TREE: there. Its first folders are those that the unit lies
 * in. */
static const char *edited_file(const struct search *s, const char *tree, const char *file)
{
	for (const char *part = file; tree && part; part = strchr(part, '/')) {
		part += *part == '/';
		const char *path = path_join(s->a, tree, part);
		if (file_exists(path))
			return path;
	}
	return NULL;
}

static void say_overlay(const struct search *s, struct found *f)
{
	const char *tree = overlay_tree(s, f->c.unit);
	const char *edited = f->c.file ? edited_file(s, tree, f->c.file) : NULL;
	if (!tree)
		return;
	if (edited)
		f->c.file = shown_path(s, edited);
	f->c.overlay = shown_path(s, tree);
	vec_push(s->a, &f->c.evidence,
		str_format(s->a,
			"it is open for editing in %s: builds take that instead of its source",
			f->c.overlay));
}

/* The compiler searches /usr/include by itself, and its own folder. */
static const char *header_words(const struct search *s, const struct candidate *c)
{
	struct str file = str_of(c->file), name = str_of(c->module);
	bool is_searched = str_starts(file, S("/usr/include/")) ||
			   str_starts(file, S("/usr/lib/gcc/")) || !str_ends(file, name) ||
			   file.n < name.n + 2;
	if (is_searched)
		return str_format(s->a, "#include <%s> finds %s, a file of the package %s",
			c->module, c->file, c->package);
	return str_format(s->a, "with -I%.*s, #include <%s> finds %s, a file of the package %s",
		(int)(file.n - name.n - 1), file.p, c->module, c->file, c->package);
}

/* What needs no words of its own in the catalog. */
static const char *why(const struct search *s, const struct asked *w, const struct catalog_name *n,
	const struct candidate *c)
{
	if (*catalog_text(&w->catalog, n->why))
		return copied(s, w, n->why);
	if (n->kind == CATALOG_HEADER)
		return header_words(s, c);
	if (is_symbol(n))
		return str_format(s->a, "%s exports the symbol %s", c->file, c->module);
	return str_format(s->a, "%s is a file of the package %s", c->file, c->package);
}

static void add_found(struct search *s, struct asked *w, const struct catalog_name *n, int depth)
{
	const struct catalog *c = &w->catalog;
	const struct catalog_owner *o = catalog_owner(c, n->owner);
	struct found *f = vec_add(s->a, &s->found);
	f->asked = w;
	f->owner = n->owner;
	f->in_build = w->is_own && (depth == 0 || (o->marks & CATALOG_LINKED));
	f->is_definition = !(n->marks & CATALOG_WEAK);
	f->c = (struct candidate){.world = w->world,
		.kind = kind_words[n->kind],
		.module = copied(s, w, n->shown),
		.library = copied(s, w, o->library),
		.package = copied(s, w, o->package),
		.version = copied(s, w, o->version),
		.source = copied(s, w, o->source),
		.unit = copied(s, w, o->place),
		.file = copied(s, w, n->file),
		.line = (int)n->line};
	if (n->kind == CATALOG_PACKAGE)
		f->c.library = NULL;
	if (n->kind == CATALOG_ARCHIVE)
		f->c.library = f->c.module;
	f->c.implementations = catalog_facts(c, s->a, o, CATALOG_IMPLEMENTED_BY);
	vec_push(s->a, &f->c.evidence, why(s, w, n, &f->c));
	strings because = catalog_facts(c, s->a, o, CATALOG_BECAUSE);
	vec_for(z, &because)
		vec_push(s->a, &f->c.evidence, *z);
	say_overlay(s, f);
	say_rank(s, f, w, n, depth);
}

/* ---- looking -------------------------------------------------------------------------------- */

struct look {
	struct search *s;
	struct asked *w;
	bool has_exact;
	size_t found;
};

/* Of a world that is not the project's, ends of names count only where there is no exact one. */
static void look_at(struct look *l, const struct catalog_name *n, bool exact)
{
	int depth = match(l->s, l->w, n);
	if (depth < 0 || (depth == 0) != exact || !catalog_owner(&l->w->catalog, n->owner) ||
		n->kind >= CATALOG_KINDS)
		return;
	if (l->found++ < MAX_FOUND)
		add_found(l->s, l->w, n, depth);
	else
		l->w->left_out++;
	l->has_exact |= exact;
}

static struct str last_part(struct str name, char separator)
{
	struct str rest = name, last = name;
	while (rest.p)
		last = str_cut(&rest, separator);
	return last;
}

static void look_for(struct look *l, struct str key, bool exact)
{
	const struct catalog_name *first;
	size_t n = catalog_find(&l->w->catalog, key, &first);
	for (size_t i = 0; i < n; i++)
		look_at(l, &first[i], exact);
}

static void look(struct look *l, bool exact)
{
	struct str query = l->s->query, file = last_part(query, '/'),
		   module = last_part(query, '.');
	look_for(l, query, exact);
	if (file.n && file.n != query.n)
		look_for(l, file, exact);
	else if (module.n && module.n != query.n)
		look_for(l, module, exact);
}

/* ---- within modules ---------------------------------------------------------------------------
 */

#define MAX_SOURCE ((size_t)16 << 20)

/* FILE, or its interface where that is what there is. */
static bool find_in(struct look *l, const char *file, const strings *names, struct inner *out)
{
	struct str text;
	struct err ignored;
	const char *path = l->w->root ? path_join(l->s->a, l->w->root, file) : file;
	return file_read(l->s->a, path, MAX_SOURCE, &text, &ignored) &&
	       inner_find(text, names, out);
}

static const char *other_half(struct arena *a, const char *file)
{
	struct str path = str_of(file);
	if (str_ends(path, S(".ml")))
		return str_format(a, "%si", file);
	return str_ends(path, S(".mli")) ? str_copy(a, (struct str){path.p, path.n - 1}) : file;
}

/* "Otheq.One.T" of the module Otheq.One and what is asked of it. */
static const char *inner_name(const struct look *l, const char *module, const strings *names)
{
	struct text t = {.a = l->s->a};
	text_addz(&t, module);
	vec_for(name, names)
		text_addf(&t, ".%s", *name);
	return t.p;
}

/* NAMES are what the query has behind the module N, DEPTH of whose parts it does not name. */
static void look_within(
	struct look *l, const struct catalog_name *n, const strings *names, int depth)
{
	struct arena *a = l->s->a;
	struct inner inner;
	const struct catalog *catalog = &l->w->catalog;
	const char *unit = catalog_text(catalog, catalog_owner(catalog, n->owner)->place);
	const char *file = str_copy(a, str_of(catalog_text(catalog, n->file)));
	const char *edited = edited_file(l->s, overlay_tree(l->s, unit), file);
	if (edited)
		file = edited;
	const char *other = other_half(a, file);
	if (!find_in(l, file, names, &inner)) {
		if (!find_in(l, other, names, &inner))
			return;
		file = other;
	}
	add_found(l->s, l->w, n, depth);
	struct candidate *c = &l->s->found.v[l->s->found.n - 1].c;
	c->module = inner_name(l, catalog_text(catalog, n->shown), names);
	c->kind = inner.kind;
	c->file = edited ? shown_path(l->s, file) : file;
	c->line = inner.line;
	strings evidence = c->evidence;
	c->evidence = (strings){0};
	vec_push(a, &c->evidence,
		str_format(a, "%s is a %s defined in %s:%d", c->module, inner.kind, c->file,
			inner.line));
	vec_for(z, &evidence)
		vec_push(a, &c->evidence, *z);
	l->has_exact |= !depth;
	l->found++;
}

/* In the modules called MODULE; those whose name only ends so count where EXACT is not asked. */
static void look_within_all(struct look *l, struct str module, const strings *names, bool exact)
{
	const struct catalog_name *first;
	size_t n = catalog_find(&l->w->catalog, last_part(module, '.'), &first), looked = 0;
	for (size_t i = 0; i < n && looked < MAX_FOUND; i++) {
		const char *shown = catalog_text(&l->w->catalog, first[i].shown);
		int depth = unnamed_modules(shown, module);
		if (first[i].kind != CATALOG_MODULE || depth < 0 || (depth == 0) != exact ||
			!catalog_owner(&l->w->catalog, first[i].owner))
			continue;
		looked++;
		look_within(l, &first[i], names, depth);
	}
}

/* "Ipaddr.V4.Prefix": what is behind the longest part that is a module of its own. */
static void look_for_inner(struct look *l)
{
	struct str module = l->s->query;
	strings names = {0};
	size_t before = l->found;
	while (l->found == before) {
		struct str last = last_part(module, '.');
		if (!last.n || last.n == module.n)
			return;
		strings longer = {0};
		vec_push(l->s->a, &longer, str_copy(l->s->a, last));
		vec_for(z, &names)
			vec_push(l->s->a, &longer, *z);
		names = longer;
		module.n -= last.n + 1;
		look_within_all(l, module, &names, true);
		if (l->found == before)
			look_within_all(l, module, &names, false);
	}
}

bool search_catalog(struct search *s, const struct catalog_source *source, const struct asked *how,
	struct err *e)
{
	struct asked *w = NEW(s->a, struct asked);
	*w = *how;
	w->kept = source->kept;
	if (!catalog_open(s->a, source, &w->catalog, e))
		return false;
	vec_push(s->a, &s->asked, w);
	struct look l = {.s = s, .w = w};
	look(&l, true);
	if (!l.has_exact && str_find(s->query, S("/")) < 0)
		look_for_inner(&l);
	if (w->is_own || !l.has_exact)
		look(&l, false);
	const char *summary = catalog_text(&w->catalog, w->catalog.header->summary);
	const char *more = w->left_out ? str_format(s->a, "; %s more are not shown",
						 count_words(s->a, w->left_out, "find"))
				       : "";
	vec_push(s->a, &s->looked_in, str_format(s->a, "%s%s", summary, more));
	search_add_unread(s, catalog_text(&w->catalog, w->catalog.header->unread));
	return true;
}

/* ---- who depends on it ---------------------------------------------------------------------- */

/* All that belongs to the package of a find of a package; else just the find. */
static void mark_found(const struct found *f, bool *marked)
{
	const struct catalog *c = &f->asked->catalog;
	const struct catalog_owner *o = catalog_owner(c, f->owner);
	bool is_package = !strcmp(f->c.kind, kind_words[CATALOG_PACKAGE]);
	bool is_source = !strcmp(f->c.kind, kind_words[CATALOG_DEBIAN_SOURCE]);
	bool is_folder = !strcmp(f->c.kind, kind_words[CATALOG_FOLDER]);
	marked[f->owner] = true;
	for (uint32_t i = 0; i < c->header->count[CATALOG_OWNERS]; i++) {
		const struct catalog_owner *other = &c->owners[i];
		marked[i] |=
			((is_package || f->asked->by_package) && other->package == o->package) ||
			(is_source && other->source == o->source) ||
			(is_folder && o->place && other->place == o->place);
	}
}

static int by_text(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* Sorted, each once. */
static void tidy(strings *list)
{
	size_t kept = 0;
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_text);
	for (size_t i = 0; i < list->n; i++)
		if (!kept || strcmp(list->v[kept - 1], list->v[i]) != 0)
			list->v[kept++] = list->v[i];
	list->n = kept;
}

static void add_dependents(const struct search *s, struct found *f)
{
	const struct asked *w = f->asked;
	const struct catalog *c = &w->catalog;
	uint32_t n = c->header->count[CATALOG_OWNERS];
	bool *own = NEW_ARRAY(s->a, bool, n), *all = NEW_ARRAY(s->a, bool, n);
	mark_found(f, own);
	memcpy(all, own, n * sizeof(*all));
	catalog_mark_dependents(c, all);
	for (uint32_t i = 0; i < n; i++) {
		const struct catalog_owner *o = &c->owners[i];
		const char *name = catalog_text(c, o->library ? o->library : o->package);
		if ((o->marks & CATALOG_ABOUT_PACKAGE) && !w->by_package)
			continue;
		strings images = catalog_facts(c, s->a, o, CATALOG_IN_IMAGE);
		if (all[i] && !own[i] && *name)
			vec_push(s->a, &f->c.dependents, str_copy(s->a, str_of(name)));
		if (own[i])
			vec_for(image, &images)
				vec_push(s->a, &f->c.images, *image);
	}
	tidy(&f->c.dependents);
	tidy(&f->c.images);
}

/* Finds of one owner share the lists of the first. */
void search_catalog_finish(struct search *s)
{
	for (size_t i = 0; i < s->found.n; i++) {
		struct found *f = &s->found.v[i], *before = s->found.v;
		if (!f->asked)
			continue;
		while (before->asked != f->asked || before->owner != f->owner ||
			strcmp(before->c.kind, f->c.kind) != 0)
			before++;
		if (before == f) {
			add_dependents(s, f);
			continue;
		}
		f->c.dependents = before->c.dependents;
		f->c.images = before->c.images;
	}
}
