/* dune_modules.c - the modules that a folder's files are. SPDX-License-Identifier: ISC */
#include <string.h>

#include "ocaml/dune_set.h"
#include "ocaml/dune_stanza.h"

struct gathering {
	struct dune_tree *t;
	struct dune_dir *top;
	bool is_qualified;
	struct map names; /* index in MODULES + 1 */
	dune_modules modules;
};

/* "a", "A1_b'" */
static bool is_module_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		bool later = (c >= '0' && c <= '9') || c == '\'';
		if (!letter && !(later && i))
			return false;
	}
	return name.n > 0;
}

static bool is_one_of(const strings *words, struct str word)
{
	vec_for(w, words) {
		if (str_is(word, *w))
			return true;
	}
	return false;
}

static struct dune_module *module_at(struct gathering *g, const char *name)
{
	void **at = map_put(&g->names, str_of(name));
	if (!*at) {
		vec_add(g->t->a, &g->modules)->name = name;
		*at = (void *)(uintptr_t)g->modules.n;
	}
	return &g->modules.v[(uintptr_t)*at - 1];
}

/* BELOW: the folder's path under the top, "" for the top itself. */
static void add_file(struct gathering *g, const struct dune_dir *d, const struct dune_file *file,
	const char *below)
{
	struct arena *a = g->t->a;
	struct str ending = str_of(file->name), stem = str_cut(&ending, '.');
	bool is_impl = is_one_of(&d->project->implementations, ending);
	if ((!is_impl && !is_one_of(&d->project->interfaces, ending)) || !is_module_name(stem))
		return;
	const char *name = dune_module_name(a, stem);
	if (g->is_qualified)
		name = path_join(a, below, name);
	struct dune_module *m = module_at(g, name);
	const char **source = is_impl ? &m->impl : &m->intf;
	if (!*source)
		*source = path_join(a, below, file->name);
	m->is_generated |= file->is_generated;
}

static void gather(struct gathering *g, struct dune_dir *d, const char *below, bool with_children)
{
	dune_files(g->t, d);
	if (d->unsure && !g->top->unsure)
		g->top->unsure = d->unsure;
	vec_for(file, &d->files)
		add_file(g, d, file, below);
	for (size_t i = 0; with_children && i < d->children.n; i++) {
		struct dune_dir *child = d->children.v[i];
		const char *slash = strrchr(child->path, '/');
		const char *name = slash ? slash + 1 : child->path;
		if (child->is_data || child->subdirs == SUBDIRS_NO ||
			child->project != g->top->project)
			continue;
		gather(g, child, path_join(g->t->a, below, name), true);
	}
}

dune_modules dune_modules_of(struct dune_tree *t, struct dune_dir *d)
{
	struct gathering g = {
		.t = t, .top = d, .is_qualified = d->subdirs == SUBDIRS_QUALIFIED, .names.a = t->a};
	gather(&g, d, "", d->subdirs == SUBDIRS_UNQUALIFIED || g.is_qualified);
	return g.modules;
}
