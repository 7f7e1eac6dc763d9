/* graph.c - the libraries of the workspace as overlays leave it, and the image's programs.
 * SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <string.h>

/* DIR of an overlay's own tree, as it is in the shadow. */
static const char *dir_in(struct arena *a, const struct mount *m, const char *dir)
{
	if (!strcmp(dir, "."))
		return *m->at ? m->at : ".";
	return path_join(a, m->at, dir);
}

/* Is DIR, read from M's folder, M's in the shadow? */
static bool is_visible(const struct build *b, const struct mount *m, const char *dir)
{
	const char *path = !strcmp(dir, ".") ? "" : dir;
	struct str s = str_of(path);
	const struct mount *owner = mounts_of(b, path);
	if (m->over || m->added)
		return owner == m;
	return !owner->over && !str_starts(s, S("overlays/")) && !str_starts(s, S("_build/"));
}

static void take(struct build *b, const struct ocaml_workspace *w, const struct mount *m)
{
	b->is_partial |= w->programs.n > 0;
	vec_for(library, &w->libraries) {
		const char *dir = dir_in(b->a, m, library->dir);
		if (!is_visible(b, m, dir))
			continue;
		struct ocaml_library *one = vec_add(b->a, &b->graph.libraries);
		*one = *library;
		one->dir = dir;
		one->stubs = (strings){0};
		vec_for(stub, &library->stubs)
			vec_push(b->a, &one->stubs, path_join(b->a, m->at, *stub));
	}
	vec_for(executable, &w->executables) {
		const char *dir = dir_in(b->a, m, executable->dir);
		if (!is_visible(b, m, dir))
			continue;
		struct ocaml_executable *one = vec_add(b->a, &b->graph.executables);
		*one = *executable;
		one->dir = dir;
		one->is_vendored |= *m->at && m->unit != b->q->image;
	}
}

/* A file that dune can't read stops its build, wherever it is. */
static bool check_files(const struct build *b, const struct ocaml_workspace *w,
	const struct mount *m, struct err *e)
{
	if (!w->broken)
		return true;
	const char *file =
		str_copy(b->a, (struct str){w->broken->where, strcspn(w->broken->where, ":")});
	if (!is_visible(b, m, dir_in(b->a, m, path_dir(b->a, file))))
		return true;
	(void)fail(e, w->broken->code, "%s", w->broken->text);
	return fail_where(e, "%s", path_join(b->a, m->shown, w->broken->where));
}

bool graph_read(struct build *b, struct err *e)
{
	if (b->graph.root)
		return true;
	b->graph.root = b->dir;
	b->is_partial = false;
	b->is_kept = graph_load(b);
	if (b->is_kept)
		return true;
	vec_for(m, &b->mounts) {
		struct ocaml_workspace w = {0};
		bool plain = m == b->mounts.v && !m->over;
		if (!m->over && !m->added && !plain && !b->mounts.v->over)
			continue;
		if (!ocaml_workspace_read(b->a, m->from, NULL, NULL, &w, e) ||
			!check_files(b, &w, m, e))
			return false;
		take(b, &w, m);
	}
	if (b->is_partial)
		graph_load_rest(b);
	return true;
}

bool graph_complete(struct build *b, struct err *e)
{
	if (b->is_kept)
		return true;
	return (!b->is_partial || graph_describe(b, e)) && graph_save(b, e);
}

/* ---- from what dune calls it -------------------------------------------------------------- */

static const char *folder_of(const struct build *b, struct str target)
{
	const char *dir = path_dir(b->a, str_copy(b->a, target));
	return dir;
}

static const struct ocaml_library *library_named(
	const struct build *b, struct str dir, struct str name)
{
	vec_for(library, &b->graph.libraries)
		if (str_is(dir, library->dir) && library->local_name &&
			str_is(name, library->local_name))
			return library;
	return NULL;
}

/* "src/tcp/.tcp.objs/..." */
static bool by_objects(const struct build *b, struct str target, const struct ocaml_library **out)
{
	ptrdiff_t end = str_find(target, S("objs/"));
	if (end < 2)
		return false;
	size_t start = (size_t)end;
	while (start > 0 && target.p[start - 1] != '/')
		start--;
	bool is_executable = target.p[end - 1] == 'e';
	size_t stop = (size_t)end - (is_executable ? 2 : 1);
	if (target.p[start] != '.' || stop <= start)
		return false;
	struct str dir = start ? (struct str){target.p, start - 1} : S(".");
	struct str name = {target.p + start + 1, stop - start - 1};
	*out = is_executable ? NULL : library_named(b, dir, name);
	return true;
}

/* "src/one.o" of src/one.c, "src/dlltcp_stubs.so,src/libtcp_stubs.a" */
static const struct ocaml_library *by_stubs(const struct build *b, struct str target)
{
	const char *path = str_copy(b->a, str_cut(&target, ',')), *dir = path_dir(b->a, path);
	struct str rest = str_of(path_base(path)), stem = str_cut(&rest, '.');
	bool object = str_is(rest, "o");
	bool archive = (str_starts(stem, S("dll")) || str_starts(stem, S("lib"))) &&
		       str_ends(stem, S("_stubs"));
	if (archive && stem.n > 9)
		return library_named(b, str_of(dir), (struct str){stem.p + 3, stem.n - 9});
	struct str start = {path, strlen(path) - 1};
	vec_for(library, &b->graph.libraries)
		vec_for(stub, &library->stubs)
			if (object && str_starts(str_of(*stub), start) &&
				!strpbrk(*stub + start.n, "./"))
				return library;
	return NULL;
}

const struct ocaml_library *graph_library(const struct build *b, struct str target)
{
	const struct ocaml_library *found = NULL, *only = NULL;
	if (by_objects(b, target, &found))
		return found;
	found = by_stubs(b, target);
	if (found)
		return found;
	const char *dir = folder_of(b, target);
	struct str base = str_of(path_base(str_copy(b->a, target)));
	struct str stem = str_cut(&base, '.');
	size_t n = 0;
	vec_for(library, &b->graph.libraries) {
		if (strcmp(library->dir, dir))
			continue;
		if (library->local_name && str_is(stem, library->local_name))
			return library;
		only = library;
		n++;
	}
	vec_for(executable, &b->graph.executables)
		n += !strcmp(executable->dir, dir);
	return n == 1 ? only : NULL;
}

/* ---- the image's programs ----------------------------------------------------------------- */

static bool is_target(const struct build *b, const struct ocaml_executable *x, const char *name)
{
	const char *dir = strcmp(x->dir, ".") ? x->dir : "";
	const char *stem = path_join(b->a, dir, name);
	const char *target = b->q->image->build.dune->target;
	size_t n = strlen(stem);
	return !strncmp(target, stem, n) && target[n] == '.';
}

/* Does a dune file of the project itself speak of NAME's program? */
static bool is_mentioned(struct build *b, const char *name)
{
	const char *program = str_format(b->a, "%s.exe", name);
	struct err ignored;
	vec_for(entry, &b->inputs) {
		struct str text;
		if (entry->kind != ENTRY_FILE || strncmp(path_base(entry->path), "dune", 4) != 0 ||
			(entry->mount->unit && *entry->mount->at))
			continue;
		if (file_read(b->a, entry->real, (size_t)1 << 20, &text, &ignored) &&
			str_find(text, str_of(program)) >= 0)
			return true;
	}
	return false;
}

static bool is_own(const struct ocaml_executable *x)
{
	return !x->is_vendored && !x->is_test;
}

static bool find_target(const struct build *b, programs *out)
{
	vec_for(x, &b->graph.executables)
		vec_for(name, &x->names)
			if (is_target(b, x, *name)) {
				vec_push(b->a, out, x);
				return true;
			}
	return false;
}

/* The program that is the target; else those that the project's dune files speak of, for a rule may
 * make the target from one of them; else all. */
static void find_programs(struct build *b, programs *out)
{
	programs mentioned = {0}, all = {0};
	if (find_target(b, out))
		return;
	vec_for(x, &b->graph.executables) {
		if (!is_own(x))
			continue;
		vec_push(b->a, &all, x);
		bool spoken_of = false;
		vec_for(name, &x->names)
			spoken_of |= is_mentioned(b, *name);
		if (spoken_of)
			vec_push(b->a, &mentioned, x);
	}
	*out = mentioned.n ? mentioned : all;
}

struct closure {
	const struct build *b;
	struct map done;
	ocaml_library_list *out;
};

static void visit(struct closure *c, const char *name)
{
	const struct ocaml_library *library = ocaml_find(&c->b->graph.libraries, name);
	if (library && library->redirect)
		visit(c, library->redirect);
	if (!library || map_has(&c->done, str_of(library->name)))
		return;
	*map_put(&c->done, str_of(library->name)) = c;
	vec_for(required, &library->requires)
		visit(c, *required);
	vec_for(ppx, &library->ppx)
		visit(c, *ppx);
	if (library->implements)
		visit(c, library->implements);
	if (!library->redirect)
		vec_push(c->b->a, c->out, library);
}

/* The default of a virtual library counts where nothing else implements it: it may bring libraries
 * that the image does not link, as mirage's for Unix do. */
static void visit_defaults(struct closure *c)
{
	for (size_t i = 0; i < c->out->n; i++) {
		const struct ocaml_library *library = c->out->v[i];
		if (library->default_implementation && !ocaml_is_implemented(c->out, library))
			visit(c, library->default_implementation);
	}
}

void graph_image(struct build *b, programs *p, ocaml_library_list *libraries)
{
	struct closure c = {.b = b, .done = {.a = b->a}, .out = libraries};
	find_programs(b, p);
	vec_for(x, p) {
		vec_for(required, &(*x)->requires)
			visit(&c, *required);
		vec_for(ppx, &(*x)->ppx)
			visit(&c, *ppx);
	}
	visit_defaults(&c);
}

static bool has_source(const struct ocaml_library *library, const char *path)
{
	size_t n = strcmp(library->dir, ".") ? strlen(library->dir) + 1 : 0;
	vec_for(m, &library->modules)
		if ((m->impl && !strcmp(path + n, m->impl)) ||
			(m->intf && !strcmp(path + n, m->intf)))
			return true;
	return false;
}

const struct ocaml_library *graph_owner(const struct build *b, const char *path)
{
	const struct ocaml_library *best = NULL;
	size_t longest = 0;
	vec_for(library, &b->graph.libraries) {
		size_t n = strlen(library->dir);
		if (library->redirect || !is_in(path, library->dir) || n < longest)
			continue;
		if (n > longest || !best || has_source(library, path))
			best = library;
		longest = n;
	}
	return best;
}
