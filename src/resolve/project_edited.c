/* project_edited.c - what overlays' working trees have that the project's own sources lack.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "resolve/project.h"

/* Modules that are known already, by their owner and path. */
static const char *key_of(struct arena *a, uint32_t owner, const char *path)
{
	return str_format(a, "%u %s", owner, path);
}

static void note_known(struct project *p, const struct modules *x, struct map *known)
{
	known->a = p->a;
	vec_for(n, &x->m->names)
		if (n->kind == CATALOG_MODULE)
			*map_put(known, str_of(key_of(p->a, n->owner, n->shown))) = n;
}

/* TREE: the overlay's, as stubs are named. */
static void add_new(struct project *p, struct modules *x, const struct map *known,
	const struct ocaml_library *library, const char *tree)
{
	uint32_t owner = modules_owner(x, library->name);
	if (owner == CATALOG_NONE)
		return;
	vec_for(m, &library->modules)
		if (!map_has(known, str_of(key_of(p->a, owner, m->path))))
			modules_add_module(x, library, m, owner);
	vec_for(stub, &library->stubs)
		project_add_stub(p, owner, library->name, path_join(p->a, tree, *stub), true);
}

static void add_tree(
	struct project *p, struct modules *x, const struct map *known, const char *tree)
{
	struct ocaml_workspace w;
	struct err ignored;
	if (!ocaml_workspace_read(p->a, tree, NULL, &p->installed, &w, &ignored))
		return;
	vec_for(path, &w.read)
		catalog_watch(x->m, path_join(p->a, tree, *path));
	const char *below = path_below(p->root, tree);
	vec_for(l, &w.libraries) {
		struct ocaml_library here = *l;
		here.dir = path_join(p->a, below ? below : tree, strcmp(l->dir, ".") ? l->dir : "");
		if (!l->redirect)
			add_new(p, x, known, &here, below ? below : tree);
	}
}

void project_add_edited(struct project *p, struct modules *x)
{
	const char *overlays = p->s->w->overlays;
	struct map known = {0};
	strings names = {0};
	struct err ignored;
	if (!overlays)
		return;
	catalog_watch(x->m, overlays);
	if (!dir_exists(overlays) || !dir_list(p->a, overlays, &names, &ignored))
		return;
	note_known(p, x, &known);
	vec_for(name, &names) {
		const char *tree = str_format(p->a, "%s/%s/src", overlays, *name);
		catalog_watch(x->m, path_dir(p->a, tree));
		if (dir_exists(tree))
			add_tree(p, x, &known, tree);
	}
}
