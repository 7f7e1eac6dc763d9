/* dune_names.c - how dune calls the units of modules, and how other libraries reach them.
 * SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "ocaml/dune_set.h"
#include "ocaml/dune_stanza.h"
#include "sys/sys.h"

#define MAX_SOURCE ((size_t)16 << 20)

static bool has_name(const strings *names, const char *name)
{
	vec_for(n, names) {
		if (!strcmp(*n, name))
			return true;
	}
	return false;
}

static int by_unit(const void *a, const void *b)
{
	const struct ocaml_module *x = a, *y = b;
	return strcmp(x->unit, y->unit);
}

static void sort_modules(ocaml_modules *modules)
{
	if (modules->n)
		qsort(modules->v, modules->n, sizeof(*modules->v), by_unit);
}

/* "sub/Flow" with JOINT for each '/', and each part a module's name: "Sub.Flow". */
static const char *joined(struct arena *a, const char *name, const char *joint)
{
	struct text t = {.a = a};
	struct str rest = str_of(name);
	text_addz(&t, "");
	while (rest.n) {
		struct str part = str_cut(&rest, '/');
		text_addz(&t, dune_module_name(a, part));
		if (rest.n)
			text_addz(&t, joint);
	}
	return t.p;
}

/* A folder's module called as the folder is its face, and stands where the folder does. */
static const char *place_of(struct arena *a, const char *name)
{
	const char *last = strrchr(name, '/');
	if (!last)
		return name;
	const char *folder = str_copy(a, (struct str){name, (size_t)(last - name)});
	return dune_module_matches(path_base(folder), last + 1) ? folder : name;
}

static struct ocaml_module *add_module(
	struct arena *a, ocaml_modules *out, const struct dune_module *m)
{
	struct ocaml_module *module = vec_add(a, out);
	module->impl = m->impl;
	module->intf = m->intf;
	module->is_generated = m->is_generated;
	return module;
}

static void add_alias(struct arena *a, ocaml_modules *out, const char *unit)
{
	struct ocaml_module *module = vec_add(a, out);
	module->path = module->unit = unit;
	module->is_alias = module->is_generated = true;
}

static bool has_face(struct arena *a, const dune_modules *modules, const char *folder)
{
	vec_for(m, modules) {
		const char *place = place_of(a, m->name);
		if (place != m->name && !strcmp(place, folder))
			return true;
	}
	return false;
}

/* Folders that count as modules are lists of names, or have one beside their face. */
static void add_folders(
	struct arena *a, const dune_modules *modules, const char *main, ocaml_modules *out)
{
	struct map seen = {.a = a};
	vec_for(m, modules) {
		for (const char *at = m->name; (at = strchr(at, '/')) != NULL; at++) {
			struct str key = {m->name, (size_t)(at - m->name)};
			if (map_has(&seen, key))
				continue;
			*map_put(&seen, key) = out;
			const char *folder = str_copy(a, key);
			bool face = has_face(a, modules, folder);
			add_alias(a, out,
				str_format(a, "%s__%s%s", main, joined(a, folder, "__"),
					face ? "__" : ""));
			if (!face)
				out->v[out->n - 1].path =
					str_format(a, "%s.%s", main, joined(a, folder, "."));
		}
	}
}

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '\'';
}

/* Does TEXT have "module NAME" as whole words? */
static bool declares(struct str text, const char *name)
{
	size_t n = strlen(name);
	for (;;) {
		ptrdiff_t at = str_find(text, S("module "));
		if (at < 0)
			return false;
		text = str_from(text, (size_t)at + 7);
		struct str word = text;
		while (word.n && *word.p == ' ')
			word = str_from(word, 1);
		if (str_starts(word, str_of(name)) && (word.n == n || !is_word_char(word.p[n])))
			return true;
	}
}

/* A main module that people wrote decides which modules others see; its source may tell. */
struct main_module {
	const struct dune_module *m; /* NULL where dune makes it */
	struct str text;
	bool is_known;
};

static struct main_module find_main(
	struct dune_reading *r, const struct dune_draft *draft, const char *main)
{
	struct main_module out = {0};
	struct err e = {0};
	vec_for(m, &draft->common.modules) {
		if (!strcmp(m->name, main))
			out.m = m;
	}
	if (!out.m)
		return out;
	const char *source = out.m->intf ? out.m->intf : out.m->impl;
	const char *path = dune_path(r->a, draft->common.dir->path, source);
	out.is_known = path && file_read(r->a, path_join(r->a, r->tree->root, path), MAX_SOURCE,
				       &out.text, &e);
	return out;
}

static bool is_public(struct arena *a, const struct dune_draft *draft,
	const struct main_module *main, const struct dune_module *m)
{
	const char *top = dune_module_name(a, (struct str){m->name, strcspn(m->name, "/")});
	return !has_name(&draft->common.private_names, m->name) &&
	       (!main->m || (main->is_known && declares(main->text, top)));
}

/* The one called as the library is its face; all others are within it. */
static void name_wrapped(struct dune_reading *r, struct dune_draft *draft, const char *main)
{
	struct arena *a = r->a;
	ocaml_modules *out = &draft->library.modules;
	struct main_module face = find_main(r, draft, main);
	vec_for(m, &draft->common.modules) {
		struct ocaml_module *module = add_module(a, out, m);
		module->is_virtual = has_name(&draft->common.virtual_names, m->name);
		if (!strcmp(m->name, main)) {
			module->path = module->unit = main;
			continue;
		}
		const char *place = place_of(a, m->name);
		module->unit = str_format(a, "%s__%s", main, joined(a, place, "__"));
		module->path = str_format(a, "%s.%s", main, joined(a, place, "."));
		module->is_private = !is_public(a, draft, &face, m);
		module->is_guess = face.m && !has_name(&draft->common.private_names, m->name) &&
				   module->is_private;
	}
	add_folders(a, &draft->common.modules, main, out);
	if (!face.m)
		add_alias(a, out, main);
	else if (draft->common.modules.n > 1)
		add_alias(a, out, str_format(a, "%s__", main));
}

/* The old names that stay for a while. */
static void add_old_names(struct dune_reading *r, struct dune_draft *draft, const char *main)
{
	vec_for(m, &draft->common.modules) {
		if (strcmp(m->name, main) != 0 && !has_name(&draft->common.private_names, m->name))
			add_alias(r->a, &draft->library.modules, joined(r->a, m->name, "__"));
	}
}

static void name_unwrapped(struct dune_reading *r, struct dune_draft *draft)
{
	vec_for(m, &draft->common.modules) {
		struct ocaml_module *module = add_module(r->a, &draft->library.modules, m);
		module->unit = joined(r->a, m->name, "__");
		module->path = joined(r->a, m->name, ".");
		module->is_private = has_name(&draft->common.private_names, m->name);
		module->is_virtual = has_name(&draft->common.virtual_names, m->name);
	}
}

/* An implementation's public modules are those of the virtual library; what else it has is its
 * own, within a module "Virtual__implementation__". */
static void name_implementation(struct dune_reading *r, struct dune_draft *draft, const char *main)
{
	struct arena *a = r->a;
	ocaml_modules *out = &draft->library.modules;
	const char *own = str_format(a, "%s__%s__", main, draft->library.local_name);
	vec_for(m, &draft->common.modules) {
		struct ocaml_module *module = add_module(a, out, m);
		const char *name = joined(a, m->name, "__");
		module->is_private = has_name(&draft->common.private_names, m->name);
		module->unit = !strcmp(m->name, main) ? main
			       : module->is_private   ? str_format(a, "%s__%s", own, name)
						      : str_format(a, "%s__%s", main, name);
		module->path = !strcmp(m->name, main)
				       ? main
				       : str_format(a, "%s.%s", main, joined(a, m->name, "."));
	}
	add_alias(a, out, own);
}

static const struct dune_draft *draft_of(const struct dune_reading *r, const char *name)
{
	uintptr_t at = (uintptr_t)map_get(&r->names, str_of(name));
	return at ? &r->drafts.v[at - 1] : NULL;
}

/* Wrapping and main module come from the virtual library. */
static void follow_virtual(struct dune_reading *r, struct dune_draft *draft, const char **main)
{
	struct ocaml_library *library = &draft->library;
	const struct dune_draft *local = draft_of(r, library->implements);
	const struct ocaml_library *installed =
		r->installed ? ocaml_find(r->installed, library->implements) : NULL;
	if (local) {
		library->wrapping = local->library.wrapping;
		*main = dune_module_name(r->a, str_of(local->library.local_name));
	} else if (installed) {
		library->wrapping = installed->wrapping;
		if (installed->main_module)
			*main = installed->main_module;
	} else {
		library->guess = str_format(r->a, "the library %s that it implements was not found",
			library->implements);
		*main = dune_module_name(r->a, str_of(library->implements));
	}
}

void dune_name_library(struct dune_reading *r, struct dune_draft *draft)
{
	struct ocaml_library *library = &draft->library;
	if (library->redirect)
		return;
	const char *main = dune_module_name(r->a, str_of(library->local_name));
	if (library->implements)
		follow_virtual(r, draft, &main);
	if (library->wrapping == OCAML_UNWRAPPED) {
		name_unwrapped(r, draft);
	} else {
		library->main_module = main;
		if (library->implements)
			name_implementation(r, draft, main);
		else
			name_wrapped(r, draft, main);
	}
	if (library->wrapping == OCAML_TRANSITION && !library->implements)
		add_old_names(r, draft, main);
	sort_modules(&library->modules);
}

void dune_name_executable(
	struct dune_reading *r, const struct dune_common *c, struct ocaml_executable *out)
{
	bool wrapped = c->dir->project->wrapped_executables;
	vec_for(m, &c->modules) {
		struct ocaml_module *module = add_module(r->a, &out->modules, m);
		const char *place = place_of(r->a, m->name), *name = joined(r->a, place, "__");
		module->path = joined(r->a, place, ".");
		module->unit = wrapped ? str_format(r->a, "Dune__exe__%s", name) : name;
	}
	if (wrapped)
		add_folders(r->a, &c->modules, "Dune__exe", &out->modules);
	if (wrapped && c->modules.n > 1)
		add_alias(r->a, &out->modules, "Dune__exe");
	sort_modules(&out->modules);
}
