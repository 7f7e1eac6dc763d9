/* reason.c - why dune made something, in one line. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <string.h>
#include <strings.h>

#define LIST_LIMIT ((size_t)1 << 20)

/* "src/.tcp.objs/native/tcp__Window.{cmx,o}" -> "tcp__Window" */
static struct str stem_of(struct str target)
{
	struct str rest = target, base = target;
	while (rest.p)
		base = str_cut(&rest, '/');
	return str_cut(&base, '.');
}

/* "tcp__Window" -> "Window" */
static struct str module_of(struct str stem)
{
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
	struct str module = module_of(stem_of(target));
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

/* ---- modules of the same library or program -------------------------------------------- */

/* "CONTEXT/src/.tcp.objs", where TARGET is in a folder below it, else NULL. */
static const char *objects_of(struct build *b, const struct dune_line *line)
{
	struct str context = line->context.n ? line->context : S("default");
	const char *dir = path_dir(b->a, str_copy(b->a, line->target));
	const char *objects = path_dir(b->a, dir);
	return str_ends(str_of(objects), S("objs"))
		       ? str_format(b->a, "%.*s/%s", STR(context), objects)
		       : NULL;
}

/* Is OBJECTS that of the library or program TARGET? The programs of a stanza share the first's. */
static bool are_parts(struct build *b, const char *objects, const struct dune_line *line)
{
	struct str context = line->context.n ? line->context : S("default");
	const char *dir = path_dir(b->a, str_copy(b->a, line->target));
	const char *at = path_join(b->a, str_copy(b->a, context), strcmp(dir, ".") ? dir : "");
	if (strcmp(path_dir(b->a, objects), at) != 0)
		return false;
	const char *own = str_format(b->a, ".%.*s.objs", STR(stem_of(line->target)));
	bool program = str_ends(line->target, S(".exe")) || str_ends(line->target, S(".bc"));
	return program ? str_ends(str_of(objects), S(".eobjs")) : !strcmp(path_base(objects), own);
}

/* All modules that LINE's may see, as ocamldep and dune found them. */
static strings modules_seen(struct build *b, const char *objects, const struct dune_line *line)
{
	strings names = {0};
	struct str text;
	struct err ignored;
	bool is_interface = str_ends(line->target, S(".{cmi,cmti}"));
	const char *file = str_format(b->a, "%s/_build/%s/%.*s.%s.all-deps", b->dir, objects,
		STR(stem_of(line->target)), is_interface ? "intf" : "impl");
	if (!file_read(b->a, file, LIST_LIMIT, &text, &ignored))
		return names;
	while (text.n)
		vec_push(b->a, &names, str_copy(b->a, str_cut(&text, '\n')));
	return names;
}

/* Dune 2 writes "Window", dune 3 "tcp__Window". */
static bool is_among(const strings *names, struct str stem)
{
	struct str module = module_of(stem);
	vec_for(name, names) {
		struct str one = str_of(*name);
		if (str_eq(one, stem) ||
			(one.n == module.n && !strncasecmp(one.p, module.p, one.n)))
			return true;
	}
	return false;
}

/* The last of them that was made anew: what stands between it and this one was made later, if it
 * was made at all. */
static const char *rebuilt_beside(struct build *b, const struct dune_line *line)
{
	const char *objects = objects_of(b, line);
	strings seen = {0};
	if (objects)
		seen = modules_seen(b, objects, line);
	for (size_t i = b->modules.n; i > 0; i--) {
		const struct made_module *m = &b->modules.v[i - 1];
		bool needed =
			objects ? !strcmp(m->objects, objects) && is_among(&seen, str_of(m->name))
				: are_parts(b, m->objects, line);
		if (needed)
			return needs(b, str_copy(b->a, module_of(str_of(m->name))), 0);
	}
	return NULL;
}

static void note_module(struct build *b, const struct dune_line *line)
{
	const char *objects = objects_of(b, line);
	if (objects)
		vec_push(b->a, &b->modules,
			((struct made_module){objects, str_copy(b->a, stem_of(line->target))}));
}

/* ---- the reason ------------------------------------------------------------------------ */

static const struct ocaml_executable *executable_in(const struct build *b, const char *dir)
{
	vec_for(x, &b->graph.executables)
		if (!strcmp(x->dir, dir))
			return x;
	return NULL;
}

/* Where dune alone knows how the two hang together: a file of the same package, if one has changed,
 * else the package of one that has. */
static const char *any_change(struct build *b, struct str target)
{
	const char *unit = unit_of(b, str_copy(b->a, target));
	const struct change *other = NULL;
	vec_for(change, &b->changes) {
		if (!is_workspace(change->kind))
			continue;
		if (!strcmp(unit_of(b, change->path), unit))
			return change->words;
		other = other ? other : change;
	}
	if (other)
		return needs(b, unit_of(b, other->path), 0);
	const char *facts = changes_facts(b);
	return facts ? facts : b->changes.n ? b->changes.v[0].words : NULL;
}

static const char *find(
	struct build *b, const struct ocaml_library *library, const struct dune_line *line)
{
	const char *dir = library ? library->dir : folder_of(b->a, line->target);
	const struct ocaml_executable *x = library ? NULL : executable_in(b, dir);
	const strings *requires = library ? &library->requires : x ? &x->requires : NULL;
	const char *why = own_change(b, line->target, dir);
	if (!why)
		why = folder_change(b, dir);
	if (!why)
		why = rebuilt_beside(b, line);
	if (!why && requires)
		why = rebuilt_need(b, requires);
	if (!why && requires)
		why = changes_installed(b, requires);
	if (!why)
		why = wide_change(b, dir);
	if (!why && b->is_others)
		why = "not built before";
	if (!why)
		why = any_change(b, line->target);
	return why ? why : "its last result is gone from dune's folder";
}

const char *reason_of(
	struct build *b, const struct ocaml_library *library, const struct dune_line *line)
{
	const char *why = b->has_base ? find(b, library, line) : "not built before";
	if (str_is(line->program, "ocamldep"))
		return why;
	if (library)
		*map_put(&b->rebuilt, str_of(library->name)) = b;
	note_module(b, line);
	return why;
}
