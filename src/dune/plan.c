/* plan.c - what dune would make anew: library by library, up to the image.
 * SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <string.h>

#define NOT_BUILT "not built before"

struct plan {
	struct build *b;
	programs programs;     /* the image's */
	struct map reached;    /* name of a library -> its reason */
	struct map own;	       /* name of a library -> the change of a file of its own */
	struct map foreign;    /* the same of a source in C: what requires the library stays */
	struct map headers;    /* the same of a header, which others may include */
	struct map linked;     /* name of a library of which only the part in C is reached -> why */
	struct map of_unit;    /* name of a unit -> a change of what no library owns */
	struct map added;      /* name of a unit -> that its folder is new */
	const char *all;       /* a change that concerns everything */
	const char *image;     /* one that concerns only the image */
	bool is_reshaped;      /* a dune file changed: there may be libraries that were not built */
	const char *image_own; /* one of a dune file, or source of its program */
};

/* Did a build read the file? Dune copies what it needs. */
static bool was_read(const struct build *b, const char *path)
{
	strings names;
	struct err ignored;
	const char *dir = path_join(b->a, b->base_dir, "_build");
	if (!dir_list(b->a, dir, &names, &ignored))
		return false;
	vec_for(name, &names)
		if (file_exists(path_join(b->a, path_join(b->a, dir, *name), path)))
			return true;
	return false;
}

/* A new file is one of a library where its name says so. */
static bool is_source(const char *path)
{
	static const char *const endings[] = {
		".ml", ".mli", ".mll", ".mly", ".re", ".rei", ".c", ".h", ".cc", ".cpp", ".S"};
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (str_ends(str_of(path), str_of(endings[i])))
			return true;
	return false;
}

static bool is_header(const char *path)
{
	struct str s = str_of(path);
	return str_ends(s, S(".h")) || str_ends(s, S(".hh")) || str_ends(s, S(".hpp"));
}

/* Is PATH of the part in C alone? */
static bool is_foreign(const struct ocaml_library *owner, const char *path)
{
	vec_for(stub, &owner->stubs)
		if (!strcmp(*stub, path))
			return true;
	return owner->stubs.n && is_header(path);
}

static void put(struct map *m, const char *key, const char *words)
{
	void **place = map_put(m, str_of(key));
	if (!*place)
		*place = (void *)(uintptr_t)words;
}

/* A source beside the image's program is no library's. */
static bool is_programs(const struct plan *p, const char *path)
{
	vec_for(x, &p->programs)
		if (is_source(path) && is_in(path, (*x)->dir))
			return true;
	return false;
}

static void sort_file(struct plan *p, const struct change *change)
{
	struct build *b = p->b;
	const struct ocaml_library *owner = graph_owner(b, change->path);
	bool is_dune = is_dune_file(change->path);
	p->is_reshaped |= is_dune;
	bool counts = change->is_new || mounts_of(b, change->path)->is_new
			      ? is_source(change->path)
			      : was_read(b, change->path);
	if (!is_dune && !counts)
		return;
	if (owner && is_foreign(owner, change->path)) {
		put(&p->foreign, owner->name, change->words);
		if (is_header(change->path))
			put(&p->headers, owner->name, change->words);
	} else if (owner)
		put(&p->own, owner->name, change->words);
	else if (is_dune || is_programs(p, change->path)) {
		if (!p->image_own && !strcmp(unit_of(b, change->path), b->q->image->name))
			p->image_own = change->words;
	} else if (!change->is_new)
		put(&p->of_unit, unit_of(b, change->path), change->words);
}

static void sort_changes(struct plan *p)
{
	vec_for(change, &p->b->changes) {
		if (is_workspace(change->kind))
			sort_file(p, change);
		else if (change->kind == ENTRY_MOUNT)
			put(&p->added, unit_of(p->b, change->path), change->words);
		else if (change->kind == ENTRY_PROGRAM || change->kind == ENTRY_VARIABLE)
			p->all = p->all ? p->all : change->words;
	}
}

static const char *needs(struct plan *p, const strings *requires)
{
	const char *first = NULL;
	size_t n = 0;
	vec_for(name, requires) {
		const struct ocaml_library *library = ocaml_find(&p->b->graph.libraries, *name);
		if (!library || !map_has(&p->reached, str_of(library->name)))
			continue;
		first = first ? first : library->name;
		n++;
	}
	if (n > 1)
		return str_format(
			p->b->a, "needs %s and %zu more, which are rebuilt", first, n - 1);
	return first ? str_format(p->b->a, "needs %s, which is rebuilt", first) : NULL;
}

/* One of NAMES, or what it requires, whose part in C is made anew. */
static const char *linked_among(struct plan *p, const strings *names)
{
	ocaml_library_list all = {0};
	if (!names->n || !p->linked.entries.n)
		return NULL;
	ocaml_closure(p->b->a, &p->b->graph.libraries, names, &all, NULL);
	vec_for(library, &all)
		if (map_has(&p->linked, str_of((*library)->name)))
			return str_format(
				p->b->a, "needs %s, whose C code is rebuilt", (*library)->name);
	return NULL;
}

/* The part in C of LIBRARY alone: nothing that requires it is compiled again. */
static const char *foreign_reason(struct plan *p, const struct ocaml_library *library)
{
	const char *why = map_get(&p->foreign, str_of(library->name));
	if (why || !library->stubs.n)
		return why;
	vec_for(name, &library->requires) {
		const struct ocaml_library *required = ocaml_find(&p->b->graph.libraries, *name);
		if (required && map_has(&p->headers, str_of(required->name)))
			return map_get(&p->headers, str_of(required->name));
	}
	return NULL;
}

static const char *in_root(const char *dir)
{
	return strcmp(dir, ".") ? dir : "";
}

/* A dune file that no library owns concerns its own folder and those below. */
static const char *dune_change(struct plan *p, const struct ocaml_library *library)
{
	const struct build *b = p->b;
	vec_for(change, &b->changes) {
		if (!is_workspace(change->kind) || !is_dune_file(change->path) ||
			graph_owner(b, change->path))
			continue;
		const char *dir = path_dir(b->a, change->path);
		bool above =
			!strcmp(dir, ".") || !strcmp(dir, library->dir) || is_in(library->dir, dir);
		if (above && !strcmp(unit_of(b, change->path), unit_of(b, in_root(library->dir))))
			return change->words;
	}
	return NULL;
}

/* A preprocessor is a program: it is linked anew with C code, too. */
static const char *any_reason(struct plan *p, const strings *requires, const strings *ppx)
{
	const char *why = needs(p, requires);
	if (!why)
		why = needs(p, ppx);
	if (!why)
		why = linked_among(p, ppx);
	return why ? why : changes_installed(p->b, requires);
}

static void tell(struct plan *p, const char *output, const char *unit, const char *reason)
{
	struct arena *a = p->b->out;
	struct dune_action one = {.output = str_copy(a, str_of(output)),
		.unit = str_copy(a, str_of(unit)),
		.reason = str_copy(a, str_of(reason))};
	vec_push(a, &p->b->result->ran, one);
	if (p->b->q->on_action)
		p->b->q->on_action(p->b->q->ctx, &one);
}

/* Did an earlier build make it, or is there nothing to make? */
static bool is_built(const struct build *b, const struct ocaml_library *library)
{
	strings contexts;
	struct err ignored;
	const char *build = path_join(b->a, b->base_dir, "_build");
	if (!library->local_name || !library->modules.n ||
		!dir_list(b->a, build, &contexts, &ignored))
		return true;
	vec_for(context, &contexts)
		if (dir_exists(str_format(b->a, "%s/%s/%s/.%s.objs", build, *context, library->dir,
			    library->local_name)))
			return true;
	return false;
}

static void plan_library(struct plan *p, const struct ocaml_library *library)
{
	const char *unit = unit_of(p->b, in_root(library->dir));
	const char *why = p->all;
	if (!why && (p->b->is_others || p->is_reshaped) && !is_built(p->b, library))
		why = NOT_BUILT;
	if (!why)
		why = map_get(&p->own, str_of(library->name));
	if (!why)
		why = map_get(&p->added, str_of(unit));
	if (!why)
		why = any_reason(p, &library->requires, &library->ppx);
	if (!why)
		why = map_get(&p->of_unit, str_of(unit));
	if (!why)
		why = dune_change(p, library);
	if (why)
		put(&p->reached, library->name, why);
	else if ((why = foreign_reason(p, library)))
		put(&p->linked, library->name, why);
	if (why)
		tell(p, library->name, unit, why);
}

/* Files of the programs themselves, and of the workspace around them. */
static const char *program_change(struct plan *p, const struct ocaml_executable *x)
{
	vec_for(change, &p->b->changes)
		if (is_workspace(change->kind) && is_in(change->path, x->dir) &&
			!graph_owner(p->b, change->path) &&
			(is_dune_file(change->path) || change->is_new ||
				was_read(p->b, change->path)) &&
			!mounts_of(p->b, change->path)->over)
			return change->words;
	return NULL;
}

/* What implements a virtual library is linked, though nothing says that it is required. */
static const char *implementation(struct plan *p, const ocaml_library_list *libraries)
{
	vec_for(library, libraries)
		if ((*library)->implements && map_has(&p->reached, str_of((*library)->name)))
			return str_format(p->b->a, "needs %s, which is rebuilt", (*library)->name);
	return NULL;
}

static void plan_image(struct plan *p, const ocaml_library_list *libraries)
{
	const struct recipe *image = p->b->q->image;
	const char *why = p->all;
	if (!why && p->b->is_others)
		why = NOT_BUILT;
	for (size_t i = 0; i < p->programs.n && !why; i++) {
		const struct ocaml_executable *x = p->programs.v[i];
		why = any_reason(p, &x->requires, &x->ppx);
		if (!why)
			why = program_change(p, x);
	}
	if (!why)
		why = implementation(p, libraries);
	vec_for(library, libraries)
		if (!why && map_has(&p->linked, str_of((*library)->name)))
			why = str_format(
				p->b->a, "needs %s, whose C code is rebuilt", (*library)->name);
	if (!why)
		why = map_get(&p->of_unit, str_of(image->name));
	if (!why)
		why = p->image_own;
	if (!why)
		why = p->image;
	if (why)
		tell(p, image->name, image->name, why);
}

static const char *first_reason(const struct build *b)
{
	if (!b->has_base)
		return NOT_BUILT;
	return dir_exists(path_join(b->a, b->base_dir, "_build"))
		       ? NULL
		       : "its last result is gone from dune's folder";
}

void plan_parts(struct build *b)
{
	struct plan p = {.b = b, .all = first_reason(b)};
	ocaml_library_list libraries = {0};
	struct map *const maps[] = {
		&p.reached, &p.own, &p.foreign, &p.headers, &p.linked, &p.of_unit, &p.added};
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		maps[i]->a = b->a;
	p.image = changes_facts(b);
	graph_image(b, &p.programs, &libraries);
	if (!p.all)
		sort_changes(&p);
	vec_for(name, &b->unfetched)
		tell(&p, *name, *name,
			str_format(b->a, "the source of %s is not fetched yet", *name));
	vec_for(library, &libraries)
		plan_library(&p, *library);
	plan_image(&p, &libraries);
	b->result->parts = libraries.n + 1 + b->unfetched.n;
	b->result->reused = b->result->parts - b->result->ran.n;
}
