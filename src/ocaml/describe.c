/* describe.c - reads what "dune describe workspace" says. SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "ocaml/dune_tree.h"
#include "ocaml/installed.h"
#include "sys/sys.h"

#define OUTPUT_NAME "dune describe workspace"
#define MAX_MS 60000
#define MAX_OUTPUT ((size_t)64 << 20)

struct describing {
	struct arena *a;
	struct map names; /* of libraries, by uid */
	struct ocaml_workspace *out;
	const char *build; /* folder that dune keeps its own files in; NULL: "_build" */
	struct err *e;
};

MUST_CHECK static bool wrong(struct describing *d, const struct sexp *at, const char *expected)
{
	(void)fail(d->e, E_INPUT, "expected %s", expected);
	return fail_where(d->e, OUTPUT_NAME ":%d:%d", at->line, at->column);
}

/* "_build/default/src/tcp" -> "src/tcp", "_build/default" -> "." */
static const char *source_path(const struct describing *d, const char *path)
{
	struct str build = str_of(d->build ? d->build : "_build");
	struct str rest = str_from(str_of(path), build.n);
	if (!str_starts(str_of(path), build) || !str_starts(rest, S("/")))
		return path;
	rest = str_from(rest, 1);
	str_cut(&rest, '/');
	return rest.n ? str_copy(d->a, rest) : ".";
}

/* PATH relative to DIR, where it is below. */
static const char *path_within(const struct describing *d, const char *dir, const char *path)
{
	size_t n = strlen(dir);
	const char *own = source_path(d, path);
	if (!strcmp(dir, "."))
		return own;
	return !strncmp(own, dir, n) && own[n] == '/' ? own + n + 1 : own;
}

/* The file in "(impl (FILE))"; NULL for "(impl ())". */
static const char *file_of(struct arena *a, const struct sexp *module, const char *name)
{
	const struct sexp *field = sexp_field(module, name);
	const struct sexp *list = field && field->n == 2 ? &field->items[1] : NULL;
	if (!list || list->kind != SEXP_LIST || list->n != 1)
		return NULL;
	return sexp_copy(a, &list->items[0]);
}

/* "_build/default/a/.a.objs/byte/a__X.cmt" -> "A__X" */
static const char *unit_of(struct arena *a, const struct sexp *module, const char *name)
{
	const char *tree = file_of(a, module, "cmt");
	if (!tree)
		tree = file_of(a, module, "cmti");
	if (!tree)
		return name;
	struct str stem = str_of(path_base(tree));
	const char *unit = unit_of_file(a, str_cut(&stem, '.'));
	return *unit ? unit : name;
}

/* The unit V__Vm of module Vm is V.Vm; V__vi____H, which an implementation has for itself, is
 * within V as well. */
static void set_path(struct arena *a, struct ocaml_module *m, const char *name)
{
	size_t n = strlen(m->unit), length = strlen(name);
	m->path = m->unit;
	if (n < length + 3 || strcmp(m->unit + n - length, name) != 0)
		return;
	n -= length + 2;
	bool is_own = m->unit[n - 1] == '_';
	if (is_own)
		n = (size_t)(strstr(m->unit, "__") - m->unit);
	m->is_private |= is_own;
	struct text path = {.a = a};
	text_addz(&path, "");
	for (size_t i = 0; i < n; i++) {
		bool joint = !strncmp(m->unit + i, "__", 2);
		text_add(&path, joint ? S(".") : (struct str){m->unit + i, 1});
		i += joint;
	}
	text_addf(&path, ".%s", name);
	m->path = str_starts(text_str(&path), S("Dune.exe.")) ? path.p + 9 : path.p;
}

static bool is_made(struct describing *d, const char *dir, const char *source)
{
	if (!source)
		return false;
	const char *path = dune_path(d->a, dir, source);
	return !path || !file_exists(path_join(d->a, d->out->root, path));
}

MUST_CHECK static bool add_module(
	struct describing *d, const struct sexp *s, const char *dir, ocaml_modules *out)
{
	struct ocaml_module m = {0};
	const char *name = sexp_word(d->a, s, "name");
	const char *impl = file_of(d->a, s, "impl"), *intf = file_of(d->a, s, "intf");
	if (!name || !*name)
		return wrong(d, s, "a module with '(name ...)'");
	m.unit = unit_of(d->a, s, name);
	set_path(d->a, &m, name);
	m.is_alias = impl && str_ends(str_of(impl), S(".ml-gen"));
	m.is_generated = m.is_alias;
	if (!m.is_alias) {
		m.impl = impl ? path_within(d, dir, impl) : NULL;
		m.intf = intf ? path_within(d, dir, intf) : NULL;
		m.is_generated = is_made(d, dir, m.impl) || is_made(d, dir, m.intf);
	}
	vec_push(d->a, out, m);
	return true;
}

static int by_unit(const void *a, const void *b)
{
	const struct ocaml_module *x = a, *y = b;
	return strcmp(x->unit, y->unit);
}

MUST_CHECK static bool read_modules(
	struct describing *d, const struct sexp *fields, const char *dir, ocaml_modules *out)
{
	const struct sexp *field = sexp_field(fields, "modules");
	const struct sexp *list = field && field->n == 2 ? &field->items[1] : NULL;
	for (size_t i = 0; list && i < list->n; i++)
		if (!add_module(d, &list->items[i], dir, out))
			return false;
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_unit);
	return true;
}

/* Newer versions of dune leave out some libraries that others require. */
static const char *read_requires(struct describing *d, const struct sexp *fields, strings *out)
{
	const char *guess = NULL;
	const struct sexp *field = sexp_field(fields, "requires");
	const struct sexp *list = field && field->n == 2 ? &field->items[1] : NULL;
	for (size_t i = 0; list && i < list->n; i++) {
		const char *name = map_get(&d->names, list->items[i].text);
		if (name)
			vec_push(d->a, out, name);
		else
			guess = "dune does not describe all that it requires";
	}
	return guess;
}

/* The entries' fields, "(library (FIELDS))"; NULL where ENTRY is no KIND. */
static const struct sexp *fields_of(const struct sexp *entry, const char *kind)
{
	return sexp_is_call(entry, kind) && entry->n == 2 && entry->items[1].kind == SEXP_LIST
		       ? &entry->items[1]
		       : NULL;
}

static void find_wrapping(struct describing *d, struct ocaml_library *library)
{
	vec_for(m, &library->modules) {
		const char *dot = strchr(m->path, '.');
		bool is_old = m->is_alias && !strstr(m->unit, "__");
		if (dot && !library->main_module)
			library->main_module =
				str_copy(d->a, (struct str){m->path, (size_t)(dot - m->path)});
		if (library->main_module && is_old && strcmp(m->unit, library->main_module) != 0)
			library->wrapping = OCAML_TRANSITION;
	}
	if (library->main_module && library->wrapping != OCAML_TRANSITION)
		library->wrapping = OCAML_WRAPPED;
}

MUST_CHECK static bool add_library(struct describing *d, const struct sexp *fields)
{
	struct ocaml_library library = {.name = sexp_word(d->a, fields, "name")};
	const char *dir = sexp_word(d->a, fields, "source_dir");
	const char *local = sexp_word(d->a, fields, "local");
	if (!local || strcmp(local, "true") != 0)
		return true;
	if (!dir)
		return wrong(d, fields, "a library with '(source_dir ...)'");
	library.dir = source_path(d, dir);
	if (!read_modules(d, fields, library.dir, &library.modules))
		return false;
	library.guess = read_requires(d, fields, &library.requires);
	find_wrapping(d, &library);
	vec_push(d->a, &d->out->libraries, library);
	return true;
}

/* Executables have no folder of their own: it is that of their modules. */
static const char *executable_dir(struct describing *d, const struct sexp *fields)
{
	const struct sexp *field = sexp_field(fields, "include_dirs");
	const struct sexp *list = field && field->n == 2 ? &field->items[1] : NULL;
	if (!list || !list->n)
		return ".";
	const char *objects = source_path(d, sexp_copy(d->a, &list->items[0]));
	const char *hidden = strstr(objects, "/.");
	return hidden ? str_copy(d->a, (struct str){objects, (size_t)(hidden - objects)}) : ".";
}

MUST_CHECK static bool add_executables(struct describing *d, const struct sexp *fields)
{
	struct ocaml_executable x = {.dir = executable_dir(d, fields)};
	const struct sexp *field = sexp_field(fields, "names");
	const struct sexp *names = field && field->n == 2 ? &field->items[1] : NULL;
	for (size_t i = 0; names && i < names->n; i++)
		if (sexp_is_atom(&names->items[i]))
			vec_push(d->a, &x.names, sexp_copy(d->a, &names->items[i]));
	if (!x.names.n)
		return wrong(d, fields, "executables with '(names (...))'");
	if (!read_modules(d, fields, x.dir, &x.modules))
		return false;
	x.guess = read_requires(d, fields, &x.requires);
	vec_push(d->a, &d->out->executables, x);
	return true;
}

MUST_CHECK static bool read_names(struct describing *d, const struct sexp *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct sexp *fields = fields_of(&all->items[i], "library");
		const char *name = fields ? sexp_word(d->a, fields, "name") : NULL;
		const char *uid = fields ? sexp_word(d->a, fields, "uid") : NULL;
		if (fields && (!name || !uid))
			return wrong(
				d, &all->items[i], "a library with '(name ...)' and '(uid ...)'");
		if (fields)
			*map_put(&d->names, str_of(uid)) = (void *)(uintptr_t)name;
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct ocaml_library *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order ? order : strcmp(x->dir, y->dir);
}

MUST_CHECK static bool read_all(struct describing *d, const struct sexp *all)
{
	if (!read_names(d, all))
		return false;
	for (size_t i = 0; i < all->n; i++) {
		const struct sexp *library = fields_of(&all->items[i], "library");
		const struct sexp *executables = fields_of(&all->items[i], "executables");
		if ((library && !add_library(d, library)) ||
			(executables && !add_executables(d, executables)))
			return false;
	}
	if (d->out->libraries.n)
		qsort(d->out->libraries.v, d->out->libraries.n, sizeof(*d->out->libraries.v),
			by_name);
	return true;
}

/* Canonical ones have no blanks, and a number where others have a word. */
static bool is_canonical(struct str text)
{
	while (text.n && *text.p == '(')
		text = str_from(text, 1);
	return text.n && *text.p >= '0' && *text.p <= '9';
}

MUST_CHECK static bool parse(struct arena *a, const char *root, const char *build, struct str text,
	struct ocaml_workspace *out, struct err *e)
{
	struct ocaml_workspace w = {.root = str_copy(a, str_of(root))};
	struct describing d = {.a = a, .names.a = a, .out = &w, .build = build, .e = e};
	struct sexp all;
	bool canonical = is_canonical(text);
	if (!(canonical ? sexp_read_canonical(a, OUTPUT_NAME, text, &all, e)
			: sexp_read(a, OUTPUT_NAME, text, &all, e)))
		return false;
	if (all.n != 1 || all.items[0].kind != SEXP_LIST)
		return wrong(&d, &all, "one list of libraries and executables");
	if (!read_all(&d, &all.items[0]))
		return false;
	*out = w;
	return true;
}

bool ocaml_describe_parse(struct arena *a, const char *root, struct str text,
	struct ocaml_workspace *out, struct err *e)
{
	return parse(a, root, NULL, text, out, e);
}

bool ocaml_describe(struct arena *a, const char *root, const char *dune, const char *context,
	const char *build, struct ocaml_workspace *out, struct err *e)
{
	const char *const argv[] = {dune, "describe", "workspace", "--root", ".", "--lang", "0.1",
		"--format", "csexp", "--context", context ? context : "default",
		build ? "--build-dir" : NULL, build, NULL};
	struct command c = {.argv = argv,
		.dir = root,
		.split = true,
		.output_limit = MAX_OUTPUT,
		.timeout_ms = MAX_MS};
	struct outcome outcome;
	if (!command_must(a, &c, &outcome, e))
		return false;
	if (outcome.cut)
		return fail(e, E_CHILD, "dune says more of the workspace than 64 MiB");
	return parse(a, root, build, outcome.output, out, e);
}
