/* workspace.c - the libraries, executables and packages of a dune workspace, from its dune files.
 * SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "ocaml/dune_stanza.h"

static void read_stanza(
	struct dune_reading *r, struct dune_dir *d, const struct dune_stanza *stanza)
{
	static const char *const programs[] = {
		"executable", "executables", "test", "tests", "melange.emit"};
	if (sexp_is_call(&stanza->s, "library"))
		dune_read_library(r, d, stanza);
	else if (sexp_is_call(&stanza->s, "deprecated_library_name"))
		dune_read_redirect(r, d, stanza);
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		if (sexp_is_call(&stanza->s, programs[i]))
			dune_read_common(r, d, stanza, vec_add(r->a, &r->executables));
}

static void read_requires(struct dune_reading *r, struct dune_draft *draft)
{
	if (!draft->library.redirect)
		dune_read_requires(r, &draft->common);
	if (draft->library.implements)
		dune_add_required(r, &draft->common, draft->library.implements);
}

static void finish_library(struct dune_reading *r, struct dune_draft *draft)
{
	struct dune_common *c = &draft->common;
	struct ocaml_library *library = &draft->library;
	dune_add_exported(r, c);
	library->requires = c->requires;
	library->ppx = c->ppx;
	dune_name_library(r, draft);
	if (!library->guess && c->is_choice)
		library->guess = "what is installed decides on its (select)";
	vec_push(r->a, &r->tree->out->libraries, *library);
}

static int by_name(const void *a, const void *b)
{
	const struct ocaml_library *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order ? order : strcmp(x->dir, y->dir);
}

bool ocaml_workspace_read(struct arena *a, const char *root, const char *without,
	const ocaml_libraries *installed, struct ocaml_workspace *out, struct err *e)
{
	struct ocaml_workspace w = {.root = str_copy(a, str_of(root))};
	struct dune_tree t = {
		.a = a, .root = w.root, .without = without, .dirs.a = a, .pending.a = a, .out = &w};
	struct dune_reading r = {.a = a, .tree = &t, .installed = installed, .names.a = a};
	if (!dune_tree_read(&t, e))
		return false;
	vec_for(d, &t.all) {
		vec_for(stanza, &(*d)->stanzas)
			read_stanza(&r, *d, stanza);
	}
	vec_for(draft, &r.drafts)
		read_requires(&r, draft);
	vec_for(draft, &r.drafts)
		finish_library(&r, draft);
	vec_for(c, &r.executables) {
		dune_read_requires(&r, c);
		dune_add_exported(&r, c);
		dune_add_executables(&r, c);
	}
	if (w.libraries.n)
		qsort(w.libraries.v, w.libraries.n, sizeof(*w.libraries.v), by_name);
	*out = w;
	return true;
}
