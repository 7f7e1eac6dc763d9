/* dump.c - prints what src/ocaml knows, a fact a line, for comparison with OCaml's own programs:
 *   ocamldump installed
 *   ocamldump workspace ROOT             by reading dune files
 *   ocamldump describe ROOT [CONTEXT]    as dune describes it
 * SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "ocaml/ocaml.h"

static void print_library(const struct ocaml_library *library)
{
	const char *name = library->name;
	printf("dir %s %s\n", name, library->dir);
	printf("version %s %s\n", name, library->version ? library->version : "");
	vec_for(required, &library->requires)
		printf("requires %s %s\n", name, *required);
	vec_for(m, &library->modules)
		printf("module %s %s %s%s%s%s%s %s %s\n", name, m->unit, m->path,
			m->is_private ? " private" : "", m->is_alias ? " alias" : "",
			m->is_virtual ? " virtual" : "", m->is_guess ? " guess" : "",
			m->impl ? m->impl : "-", m->intf ? m->intf : "-");
	if (library->redirect)
		printf("redirect %s %s\n", name, library->redirect);
	if (library->guess)
		printf("guess %s %s\n", name, library->guess);
}

static void print_closure(struct arena *a, const ocaml_libraries *all, const char *name)
{
	ocaml_library_list closure = {0};
	strings names = {0}, missing = {0};
	vec_push(a, &names, name);
	ocaml_closure(a, all, &names, &closure, &missing);
	vec_for(library, &closure)
		printf("closure %s %s\n", name, (*library)->name);
	vec_for(lacking, &missing)
		printf("missing %s %s\n", name, *lacking);
}

static bool dump_installed(struct arena *a, struct err *e)
{
	struct ocaml_env env = ocaml_env_now();
	struct ocaml_site site;
	struct ocaml_installed all;
	if (!ocaml_site_find(a, &env, &site, e) || !ocaml_installed_read(a, &site, &all, e))
		return false;
	vec_for(folder, &site.path)
		printf("path %s\n", *folder);
	printf("stdlib %s\n", site.stdlib);
	vec_for(library, &all.libraries) {
		print_library(library);
		print_closure(a, &all.libraries, library->name);
	}
	vec_for(problem, &all.problems)
		printf("problem %s\n", *problem);
	return true;
}

static void print_modules(const char *dir, const ocaml_modules *modules)
{
	vec_for(m, modules)
		printf("  module %s %s %s/%s %s/%s%s%s%s%s\n", m->unit, m->path, dir,
			m->impl ? m->impl : "-", dir, m->intf ? m->intf : "-",
			m->is_alias ? " alias" : "", m->is_virtual ? " virtual" : "",
			m->is_generated ? " generated" : "", m->is_guess ? " guess" : "");
}

static void print_words(const char *what, const strings *words)
{
	vec_for(word, words)
		printf("  %s %s\n", what, *word);
}

static void print_workspace(const struct ocaml_workspace *w)
{
	static const char *const wrappings[] = {"unwrapped", "wrapped", "transition"};
	vec_for(library, &w->libraries) {
		if (library->redirect) {
			printf("redirect %s %s\n", library->name, library->redirect);
			continue;
		}
		printf("library %s %s\n", library->name, library->dir);
		printf("  %s %s\n", wrappings[library->wrapping],
			library->main_module ? library->main_module : "");
		print_words("requires", &library->requires);
		print_modules(library->dir, &library->modules);
		if (library->guess)
			printf("  guess %s\n", library->guess);
	}
	vec_for(x, &w->executables) {
		printf("executables %s %s\n", x->names.n ? x->names.v[0] : "", x->dir);
		print_words("name", &x->names);
		print_words("requires", &x->requires);
		print_modules(x->dir, &x->modules);
		if (x->guess)
			printf("  guess %s\n", x->guess);
	}
	vec_for(p, &w->packages)
		printf("package %s %s %s:%d\n", p->name, p->dir, p->file, p->line);
	print_words("problem", &w->problems);
}

static bool read_workspace(
	struct arena *a, const char *root, struct ocaml_workspace *w, struct err *e)
{
	struct ocaml_env env = ocaml_env_now();
	struct ocaml_site site;
	struct ocaml_installed all;
	return ocaml_site_find(a, &env, &site, e) && ocaml_installed_read(a, &site, &all, e) &&
	       ocaml_workspace_read(a, root, NULL, &all.libraries, w, e);
}

static bool dump(struct arena *a, int argc, char **argv, struct err *e)
{
	struct ocaml_workspace w;
	const char *what = argc > 1 ? argv[1] : "";
	if (argc == 2 && !strcmp(what, "installed"))
		return dump_installed(a, e);
	if (argc == 3 && !strcmp(what, "workspace")) {
		if (!read_workspace(a, argv[2], &w, e))
			return false;
	} else if (argc > 2 && !strcmp(what, "describe")) {
		if (!ocaml_describe(a, argv[2], "dune", argc > 3 ? argv[3] : NULL, NULL, &w, e))
			return false;
	} else {
		return fail(e, E_USAGE, "expected installed, workspace ROOT or describe ROOT");
	}
	print_workspace(&w);
	return true;
}

int main(int argc, char **argv)
{
	defer(arena_free) struct arena a = {0};
	struct err e = {0};
	if (dump(&a, argc, argv, &e))
		return 0;
	fprintf(stderr, "ocamldump: %s: %s\n", e.where, e.text);
	return 1;
}
