/* reason.c - why dune made something, in one line. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* "src/.tcp.objs/native/tcp__Window.{cmx,o}" -> "Window" */
static struct str module_of(struct str target)
{
	struct str rest = target, base = target;
	while (rest.p)
		base = str_cut(&rest, '/');
	struct str stem = str_cut(&base, '.');
	for (size_t i = stem.n; i > 2; i--)
		if (stem.p[i - 1] == '_' && stem.p[i - 2] == '_')
			return str_from(stem, i);
	return stem;
}

static bool is_module(struct str module, const char *path)
{
	struct str base = str_of(path_base(path));
	struct str stem = str_cut(&base, '.');
	return stem.n == module.n && !strncasecmp(stem.p, module.p, stem.n);
}

/* Does the dune file at PATH say something about DIR? */
static bool concerns(struct arena *a, const char *path, const char *dir)
{
	const char *own = path_dir(a, path);
	return !strcmp(own, ".") || !strcmp(own, dir) || is_in(dir, own);
}

/* The folder of what TARGET is a part of: without dune's own folders for objects. */
static const char *folder_of(struct arena *a, struct str target)
{
	const char *dir = path_dir(a, str_copy(a, target));
	while (strstr(dir, "objs"))
		dir = path_dir(a, dir);
	return dir;
}

static const char *own_change(struct build *b, struct str target, const char *dir)
{
	struct str module = module_of(target);
	vec_for(change, &b->changes)
		if (is_workspace(change->kind) && is_in(change->path, dir) &&
			is_module(module, change->path))
			return change->words;
	return NULL;
}

static const char *folder_change(struct build *b, const char *dir)
{
	vec_for(change, &b->changes)
		if (change->kind == ENTRY_MOUNT &&
			(is_in(dir, change->path) || !strcmp(dir, change->path)))
			return change->words;
	return NULL;
}

static const char *wide_change(struct build *b, const char *dir)
{
	vec_for(change, &b->changes)
		if (is_workspace(change->kind) && is_dune_file(change->path) &&
			concerns(b->a, change->path, dir))
			return change->words;
	vec_for(change, &b->changes)
		if (change->kind == ENTRY_PROGRAM || change->kind == ENTRY_VARIABLE)
			return change->words;
	return NULL;
}

/* Of what is installed, so that no library of the workspace was made anew before. */
static const char *installed_change(struct build *b, const strings *requires)
{
	vec_for(change, &b->changes) {
		const char *package = path_base(change->path);
		size_t n = strlen(package);
		vec_for(name, requires)
			if (change->kind == ENTRY_INSTALLED && !strncmp(*name, package, n) &&
				(!(*name)[n] || (*name)[n] == '.'))
				return change->words;
	}
	return NULL;
}

static const char *needs(struct build *b, const char *name, size_t more)
{
	if (more)
		return str_format(b->a, "needs %s and %zu more, which are rebuilt", name, more);
	return str_format(b->a, "needs %s, which is rebuilt", name);
}

static const char *rebuilt_among(struct build *b, const strings *names)
{
	const char *first = NULL;
	size_t n = 0;
	vec_for(name, names) {
		const struct ocaml_library *library = ocaml_find(&b->graph.libraries, *name);
		if (!library || !map_has(&b->rebuilt, str_of(library->name)))
			continue;
		first = first ? first : library->name;
		n++;
	}
	return first ? needs(b, first, n - 1) : NULL;
}

static const char *rebuilt_need(struct build *b, const strings *requires)
{
	const char *direct = rebuilt_among(b, requires);
	ocaml_library_list all = {0};
	if (direct)
		return direct;
	ocaml_closure(b->a, &b->graph.libraries, requires, &all, NULL);
	for (size_t i = all.n; i > 0; i--)
		if (map_has(&b->rebuilt, str_of(all.v[i - 1]->name)))
			return needs(b, all.v[i - 1]->name, 0);
	return NULL;
}

/* A module of the same library or program that was made anew before. */
static const char *rebuilt_beside(struct build *b, const char *dir, struct str target)
{
	const struct str *module = map_get(&b->modules, str_of(dir));
	struct str own = module_of(target);
	if (!module || str_eq(*module, own))
		return NULL;
	return str_format(b->a, "needs %.*s, which is rebuilt", STR(*module));
}

static const struct ocaml_executable *executable_in(const struct build *b, const char *dir)
{
	vec_for(x, &b->graph.executables)
		if (!strcmp(x->dir, dir))
			return x;
	return NULL;
}

/* Where dune alone knows how the two hang together: a file, if one has changed. */
static const char *any_change(const struct build *b)
{
	vec_for(change, &b->changes)
		if (is_workspace(change->kind))
			return change->words;
	return b->changes.n ? b->changes.v[0].words : NULL;
}

static const char *find(struct build *b, const struct ocaml_library *library, struct str target)
{
	const char *dir = library ? library->dir : folder_of(b->a, target);
	const struct ocaml_executable *x = library ? NULL : executable_in(b, dir);
	const strings *requires = library ? &library->requires : x ? &x->requires : NULL;
	const char *why = own_change(b, target, dir);
	if (!why)
		why = folder_change(b, dir);
	if (!why)
		why = rebuilt_beside(b, dir, target);
	if (!why && requires)
		why = rebuilt_need(b, requires);
	if (!why && requires)
		why = installed_change(b, requires);
	if (!why)
		why = wide_change(b, dir);
	if (!why)
		why = any_change(b);
	return why ? why : "its last result is gone from dune's folder";
}

const char *reason_of(
	struct build *b, const struct ocaml_library *library, const struct dune_line *line)
{
	const char *why = b->has_base ? find(b, library, line->target) : "not built before";
	if (str_is(line->program, "ocamldep"))
		return why;
	const char *dir = library ? library->dir : folder_of(b->a, line->target);
	if (library)
		*map_put(&b->rebuilt, str_of(library->name)) = b;
	struct str **module = (struct str **)map_put(&b->modules, str_of(dir));
	struct str own = module_of(line->target);
	if (!*module && own.n && isalpha((unsigned char)own.p[0])) {
		*module = NEW(b->a, struct str);
		**module = str_of(str_copy(b->a, own));
	}
	return why;
}
