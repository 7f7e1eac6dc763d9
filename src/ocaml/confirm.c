/* confirm.c - joins what dune files say with what dune says of them. SPDX-License-Identifier: ISC
 */
#include <stdlib.h>
#include <string.h>

#include "ocaml/ocaml.h"

/* Which modules are private or virtual only dune's files tell. */
static void take_modules(struct arena *a, ocaml_modules *read, const ocaml_modules *described)
{
	struct map old = {.a = a};
	ocaml_modules out = {0};
	vec_for(m, read)
		*map_put(&old, str_of(m->unit)) = m;
	vec_for(m, described) {
		const struct ocaml_module *before = map_get(&old, str_of(m->unit));
		struct ocaml_module *now = vec_add(a, &out);
		*now = *m;
		if (!before)
			continue;
		now->is_private |= before->is_private;
		now->is_virtual = before->is_virtual;
		now->is_generated |= before->is_generated;
		now->is_guess = before->is_guess && before->is_private;
	}
	*read = out;
}

static void confirm_library(
	struct arena *a, struct ocaml_library *read, const struct ocaml_library *described)
{
	take_modules(a, &read->modules, &described->modules);
	if (!described->guess)
	read->requires = described->requires;
	read->guess = described->guess;
}

static struct ocaml_library *same_library(
	struct ocaml_workspace *w, const struct ocaml_library *library)
{
	vec_for(l, &w->libraries) {
		if (!strcmp(l->name, library->name) && !strcmp(l->dir, library->dir))
			return l;
	}
	return NULL;
}

static struct ocaml_executable *same_executable(
	struct ocaml_workspace *w, const struct ocaml_executable *x)
{
	vec_for(other, &w->executables) {
		if (other->names.n && x->names.n && !strcmp(other->names.v[0], x->names.v[0]) &&
			!strcmp(other->dir, x->dir))
			return other;
	}
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	const struct ocaml_library *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order ? order : strcmp(x->dir, y->dir);
}

/* The package that a library's public name begins with, where there is one. */
static const char *package_of(struct arena *a, const struct ocaml_workspace *w, const char *name)
{
	struct str package = {name, strcspn(name, ".")};
	vec_for(p, &w->packages)
		if (str_is(package, p->name))
			return str_copy(a, package);
	return NULL;
}

/* Its dune file is a program, which only dune runs. */
static void add_library(
	struct arena *a, struct ocaml_workspace *read, const struct ocaml_library *library)
{
	struct ocaml_library *added = vec_add(a, &read->libraries);
	*added = *library;
	if (!added->package)
		added->package = package_of(a, read, added->name);
	vec_for(program, &read->programs) {
		const char *slash = strrchr(*program, '/');
		struct str dir = {*program, slash ? (size_t)(slash - *program) : 0};
		if (!added->file && (dir.n ? str_is(dir, added->dir) : !strcmp(added->dir, ".")))
			added->file = *program;
	}
}

void ocaml_workspace_confirm(
	struct arena *a, struct ocaml_workspace *read, const struct ocaml_workspace *described)
{
	vec_for(library, &described->libraries) {
		struct ocaml_library *known = same_library(read, library);
		if (known)
			confirm_library(a, known, library);
		else
			add_library(a, read, library);
	}
	vec_for(x, &described->executables) {
		struct ocaml_executable *known = same_executable(read, x);
		if (!known) {
			vec_push(a, &read->executables, *x);
			continue;
		}
		take_modules(a, &known->modules, &x->modules);
		if (!x->guess)
		known->requires = x->requires;
		known->guess = x->guess;
	}
	if (read->libraries.n)
		qsort(read->libraries.v, read->libraries.n, sizeof(*read->libraries.v), by_name);
}
