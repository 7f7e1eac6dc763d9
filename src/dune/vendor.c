/* vendor.c - overlays of packages that the workspace has not, but finds installed: their source is
 * added as a vendored folder; and so is that of each installed package in the image that links
 * them, for it was compiled against the installed ones. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <string.h>

struct vendor {
	struct build *b;
	struct ocaml_installed installed;
	struct map ours;  /* names of libraries that come from added folders */
	struct map links; /* name of an installed library -> &yes or &no: does it link one? */
	struct map done;  /* packages that are seen to */
	bool fetch;
};

static char yes, no;

/* A folder of the root that the user does not have. */
static const char *free_name(const struct build *b)
{
	const char *name = "respin-vendor";
	for (int i = 1; file_exists(path_join(b->a, b->root, name)); i++)
		name = str_format(b->a, "respin-vendor-%d", i);
	return name;
}

/* Beside folders of the user's where that is what the recipe says; a folder of its own else, for
 * the warnings of others' code are no errors there. */
const char *vendor_at(const struct build *b, const struct recipe *r)
{
	const char *parent = path_dir(b->a, r->build.dune->place);
	bool there = strcmp(parent, ".") && dir_exists(path_join(b->a, b->root, parent));
	return there ? r->build.dune->place : str_format(b->a, "%s/%s", b->vendored, r->name);
}

static bool has_dune_files(struct build *b, const char *dir, bool *has, struct err *e)
{
	strings files;
	if (!tree_list(b->a, dir, ".git", &files, e))
		return false;
	vec_for(file, &files)
		*has |= !strcmp(path_base(*file), "dune");
	return true;
}

static bool no_dune_files(const struct recipe *r, const char *why, struct err *e)
{
	fail(e, E_INPUT, "%s can't be built with the image: its source has no dune files; %s",
		r->name, why);
	fail_hint(e, "drop that overlay, or give %s a source that dune builds", r->name);
	return fail_where(e, "%s:/source", r->file);
}

/* ---- which packages ------------------------------------------------------------------- */

static const struct recipe *recipe_of(const struct build *b, const char *package)
{
	vec_for(r, &b->q->w->all)
		if (recipe_provides(*r, str_of(package)))
			return *r;
	return NULL;
}

static const struct ocaml_library *find(const struct vendor *v, const char *name, bool *ours)
{
	const struct ocaml_library *library = ocaml_find(&v->b->graph.libraries, name);
	*ours = library != NULL;
	return library ? library : ocaml_find(&v->installed.libraries, name);
}

/* Does LIBRARY, which is installed, link what comes from an added folder? */
static bool links(struct vendor *v, const struct ocaml_library *library)
{
	void **place = map_put(&v->links, str_of(library->name));
	if (*place)
		return *place == &yes;
	*place = &no;
	bool found = false;
	vec_for(name, &library->requires) {
		bool here;
		const struct ocaml_library *need = find(v, *name, &here);
		if (need)
			found |= here ? map_has(&v->ours, str_of(need->name)) : links(v, need);
	}
	*map_put(&v->links, str_of(library->name)) = found ? &yes : &no;
	return found;
}

/* ---- adding --------------------------------------------------------------------------- */

static bool locate(struct vendor *v, const struct recipe *r, struct tree *tree, struct err *e)
{
	bool found = v->fetch ? source_ensure(v->b->q->w, r, tree, e)
			      : source_locate(v->b->q->w, r, tree, e);
	return found || fail_context(e, "the source of %s", r->name);
}

static bool add_source(struct vendor *v, const struct recipe *r, const char *why, struct err *e)
{
	struct build *b = v->b;
	struct tree tree;
	bool has = false;
	vec_for(m, &b->mounts)
		if (m->unit == r && (m->added || m->over))
			return true;
	if (!locate(v, r, &tree, e))
		return false;
	if (!tree.dir) {
		vec_push(b->a, &b->unfetched, r->name);
		return true;
	}
	if (!has_dune_files(b, tree.dir, &has, e))
		return false;
	if (!has)
		return no_dune_files(r, why, e);
	const char *at = vendor_at(b, r);
	vec_push(b->a, &b->inputs,
		((struct entry){.kind = ENTRY_MOUNT,
			.safe = true,
			.path = str_format(b->a, "%s\n%s", at, r->name),
			.real = tree.dir}));
	vec_push(b->a, &b->mounts,
		((struct mount){
			.at = at, .from = tree.dir, .shown = tree.dir, .unit = r, .added = true}));
	return true;
}

static bool add_dependent(struct vendor *v, const struct ocaml_library *library, struct err *e)
{
	struct build *b = v->b;
	const char *package = library->package ? library->package : library->name;
	const struct recipe *r = recipe_of(b, package);
	const char *why = str_format(b->a,
		"it is linked with %s, and was compiled against the installed one of a package "
		"that has an overlay",
		b->q->image->name);
	if (map_has(&v->done, str_of(package)))
		return true;
	*map_put(&v->done, str_of(package)) = v;
	if (r)
		return add_source(v, r, why, e);
	fail(e, E_INPUT,
		"%s, which is installed, can't be built anew: there is no recipe for it; "
		"%s",
		package, why);
	fail_hint(e, "drop the overlay, or make recipes/%s/recipe.json", package);
	return fail_where(e, "%s", library->file);
}

struct walk {
	struct vendor *v;
	struct map seen;
};

static bool visit(struct walk *w, const char *name, struct err *e)
{
	bool ours;
	const struct ocaml_library *library = find(w->v, name, &ours);
	if (!library || map_has(&w->seen, str_of(library->name)))
		return true;
	*map_put(&w->seen, str_of(library->name)) = w;
	vec_for(need, &library->requires)
		if (!visit(w, *need, e))
			return false;
	return ours || !links(w->v, library) || add_dependent(w->v, library, e);
}

static bool add_dependents(struct vendor *v, struct err *e)
{
	struct build *b = v->b;
	struct walk w = {.v = v, .seen = {.a = b->a}};
	programs all = {0};
	ocaml_library_list unused = {0};
	graph_image(b, &all, &unused);
	vec_for(x, &all)
		vec_for(name, &(*x)->requires)
			if (!visit(&w, *name, e))
				return false;
	return true;
}

/* ---- all of it ------------------------------------------------------------------------ */

static bool read_installed(struct vendor *v, struct err *e)
{
	struct ocaml_site site;
	return project_site(v->b->a, v->b->q->w, NULL, &site, e) &&
	       ocaml_installed_read(v->b->a, &site, &v->installed, e);
}

static bool check_overlays(struct build *b, struct err *e)
{
	vec_for(m, &b->mounts) {
		bool has = !m->added;
		if (!has && !has_dune_files(b, m->from, &has, e))
			return false;
		if (!has)
			return no_dune_files(m->unit,
				"it is installed, and not a part of the dune workspace", e);
	}
	return true;
}

static void find_ours(struct vendor *v)
{
	vec_for(library, &v->b->graph.libraries)
		if (mounts_of(v->b, library->dir)->added)
			*map_put(&v->ours, str_of(library->name)) = v;
}

void vendor_place(struct build *b)
{
	b->vendored = free_name(b);
	vec_for(m, &b->mounts)
		if (m->added)
			m->at = vendor_at(b, m->unit);
}

static bool any_added(const struct build *b)
{
	vec_for(m, &b->mounts)
		if (m->added)
			return true;
	return false;
}

static bool has_folder(const struct build *b, const struct recipe *r)
{
	vec_for(m, &b->mounts)
		if (m->unit == r)
			return true;
	return false;
}

/* What the request wants from source, and the workspace has not. */
static bool add_wanted(struct vendor *v, struct err *e)
{
	struct build *b = v->b;
	if (!b->q->from_source)
		return true;
	vec_for(name, b->q->from_source)
		vec_for(r, &b->closure)
			if (!strcmp((*r)->name, *name) && (*r)->build.dune && !has_folder(b, *r) &&
				!add_source(v, *r, "its overlay is to be compared with it", e))
				return false;
	return true;
}

/* What is added brings libraries of its own, which others may link, too: until nothing is added. */
bool vendor_add(struct build *b, bool fetch, struct err *e)
{
	struct map empty = {.a = b->a};
	struct vendor v = {.b = b, .done = empty, .fetch = fetch};
	size_t before;
	vendor_place(b);
	if (!add_wanted(&v, e))
		return false;
	if (!any_added(b))
		return true;
	if (!check_overlays(b, e) || !read_installed(&v, e))
		return false;
	do {
		before = b->mounts.n;
		v.ours = v.links = empty;
		b->graph = (struct ocaml_workspace){0};
		if (!graph_read(b, e))
			return false;
		find_ours(&v);
		if (!add_dependents(&v, e))
			return false;
	} while (b->mounts.n > before);
	b->graph = (struct ocaml_workspace){0};
	return true;
}
