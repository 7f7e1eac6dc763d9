/* images.c - the images that a project builds, what each links, and who needs whom.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "project/reading.h"

typedef VEC(const struct ocaml_executable *) programs;

/* One image on its way. */
struct image {
	const struct ocaml_executable *program;
	size_t which; /* of its names */
	ocaml_library_list links;
};
typedef VEC(struct image) images;

/* ---- which programs ------------------------------------------------------------------------ */

static bool is_candidate(const struct ocaml_executable *x)
{
	return !x->is_vendored && !units_pulled(x->dir) && !x->is_test && x->names.n;
}

/* Of a MirageOS project the generated one alone; else those that are installed; else all. */
static programs choose(const struct reading *p)
{
	programs installed = {0}, all = {0}, made = {0};
	vec_for(x, &p->dune.executables) {
		if (p->mirage.target && !strcmp(x->dir, ".") && !x->is_vendored && x->names.n &&
			!strcmp(x->names.v[0], "main"))
			vec_push(p->a, &made, x);
		if (!is_candidate(x))
			continue;
		vec_push(p->a, &all, x);
		if (x->public_names.n)
			vec_push(p->a, &installed, x);
	}
	return p->mirage.target ? made : installed.n ? installed : all;
}

/* ---- what they link ------------------------------------------------------------------------ */

static bool has(const ocaml_library_list *list, const struct ocaml_library *library)
{
	vec_for(x, list)
		if (*x == library)
			return true;
	return false;
}

/* Names that LIST asks for beside what it requires: preprocessors, and of each virtual library
 * that nothing in it implements the default. */
static strings further(struct reading *p, const ocaml_library_list *list)
{
	strings names = {0};
	vec_for(x, list) {
		const struct ocaml_library *library = *x;
		vec_for(name, &library->ppx)
			vec_push(p->a, &names, *name);
		if (library->is_virtual && library->default_implementation &&
			!ocaml_is_implemented(list, library))
			vec_push(p->a, &names, library->default_implementation);
	}
	return names;
}

/* What dune has without findlib. */
static bool is_compilers(const char *name)
{
	static const char *const known[] = {"unix", "str", "dynlink", "bigarray", "threads",
		"threads.posix", "bytes", "stdlib", "compiler-libs", "compiler-libs.common",
		"compiler-libs.bytecomp", "compiler-libs.optcomp", "compiler-libs.toplevel",
		"ocamldoc", "raw_spacetime", "threads.vm", "graphics"};
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i], name))
			return true;
	return false;
}

/* Dune reads the files of what it links alone: others may be broken. */
static void note_broken(struct reading *p, const char *library)
{
	const struct err *e = map_get(&p->broken, (struct str){library, strcspn(library, ".")});
	if (e && !p->stop)
		p->stop = e;
}

static void note_missing(struct reading *p, const strings *names)
{
	vec_for(name, names) {
		bool known = is_compilers(*name);
		vec_for(old, &p->missing)
			known |= !strcmp(*old, *name);
		if (!known)
			vec_push(p->a, &p->missing, *name);
		note_broken(p, *name);
	}
}

static ocaml_library_list linked(struct reading *p, const strings *names)
{
	strings wanted = {0}, missing = {0};
	ocaml_library_list list = {0};
	size_t before;
	vec_for(name, names)
		vec_push(p->a, &wanted, *name);
	do {
		before = list.n;
		list = (ocaml_library_list){0};
		missing = (strings){0};
		ocaml_closure(p->a, &p->all, &wanted, &list, &missing);
		strings more = further(p, &list);
		vec_for(name, &more)
			vec_push(p->a, &wanted, *name);
	} while (list.n > before);
	vec_for(library, &list)
		if ((*library)->is_installed)
			note_broken(p, (*library)->name);
	note_missing(p, &missing);
	return list;
}

static void find_links(struct reading *p, struct image *image)
{
	strings names = {0};
	vec_for(name, &image->program->requires)
		vec_push(p->a, &names, *name);
	vec_for(name, &image->program->ppx)
		vec_push(p->a, &names, *name);
	image->links = linked(p, &names);
}

/* A project of libraries alone: what they link. */
static ocaml_library_list own_links(struct reading *p)
{
	strings names = {0};
	vec_for(library, &p->dune.libraries)
		if (!library->is_vendored && !units_pulled(library->dir) && !library->is_optional)
			vec_push(p->a, &names, library->name);
	return linked(p, &names);
}

/* ---- their recipes -------------------------------------------------------------------------- */

static bool needs(const struct recipe *r, const char *name)
{
	vec_for(need, &r->needs)
		if (!strcmp(*need, name))
			return true;
	return false;
}

static void add_need(struct reading *p, struct recipe *r, const struct recipe *needed)
{
	if (needed && needed != r && !needs(r, needed->name))
		vec_push(p->a, &r->needs, needed->name);
}

static const char *target_of(struct reading *p, const struct image *image)
{
	const char *file = str_format(p->a, "%s.exe", image->program->names.v[image->which]);
	const char *dir = image->program->dir;
	return strcmp(dir, ".") != 0 ? path_join(p->a, dir, file) : file;
}

/* "main" in "bin" says nothing: then the folder's name, or the project's. */
static const char *name_of(struct reading *p, const struct image *image)
{
	const struct ocaml_executable *x = image->program;
	const char *name = x->names.v[image->which], *dir = path_base(x->dir);
	if (x->public_names.n > image->which && strcmp(x->public_names.v[image->which], "-") != 0)
		return x->public_names.v[image->which];
	if (strcmp(name, "main") != 0)
		return name;
	bool plain = !strcmp(dir, ".") || !strcmp(dir, "bin") || !strcmp(dir, "src");
	return plain ? p->self->name : dir;
}

/* "site.spt" -> "site" */
static const char *stem_of(struct arena *a, const char *path)
{
	struct str name = str_of(path_base(path));
	return str_copy(a, (struct str){name.p, strcspn(name.p, ".")});
}

/* Images are named for what a user calls them: the project gives way. */
static void make_way(struct reading *p, const char *name)
{
	struct recipe *old = map_get(&p->names, str_of(name));
	if (!old || old != p->self)
		return;
	*map_put(&p->names, str_of(name)) = NULL;
	old->name = str_format(p->a, "%s-project", name);
	*map_put(&p->names, str_of(old->name)) = old;
}

static bool links_card(const struct image *image)
{
	vec_for(library, &image->links)
		if (!strcmp((*library)->name, "mirage-net-unix"))
			return true;
	return false;
}

MUST_CHECK static bool describe(
	struct reading *p, const struct image *image, struct recipe *r, struct err *e)
{
	const char *text = NULL;
	if (!p->mirage.target)
		text = image_field_text(p->a, links_card(image) ? "unix" : "process", "", 0);
	else if (!mirage_image(p, &text, e))
		return false;
	*map_put(&p->images, str_of(r->name)) = (void *)(uintptr_t)text;
	return image_field(p->a, text, &r->image, e);
}

MUST_CHECK static bool add_image(struct reading *p, const struct image *image, struct err *e)
{
	struct arena *a = p->a;
	const char *name = p->mirage.target ? stem_of(a, p->mirage.image) : name_of(p, image);
	make_way(p, name);
	struct recipe *r = make_recipe(p, name, ".");
	r->file = path_join(a, p->root, image->program->file);
	r->version = p->self->version;
	r->license = p->self->license;
	r->build.dune->target = p->mirage.target ? p->mirage.image : target_of(p, image);
	r->build.dune->profile = p->mirage.target ? "release" : NULL;
	r->is_closed = true;
	vec_push(a, &r->source, (struct source){.path = "."});
	add_need(p, r, p->self);
	vec_for(library, &image->links)
		add_need(p, r, units_of(p, *library));
	return describe(p, image, r, e);
}

/* ---- who needs whom -------------------------------------------------------------------------- */

static void add_edges(struct reading *p, const struct ocaml_library *library)
{
	struct recipe *r = units_of(p, library);
	const strings *lists[] = {&library->requires, &library->ppx};
	for (size_t i = 0; r && i < 2; i++)
		vec_for(name, lists[i]) {
			const struct ocaml_library *needed = ocaml_find(&p->all, *name);
			if (needed)
				add_need(p, r, units_of(p, needed));
		}
}

static void merge(struct reading *p, ocaml_library_list *all, const ocaml_library_list *more)
{
	vec_for(library, more)
		if (!has(all, *library))
			vec_push(p->a, all, *library);
}

bool images_make(struct reading *p, struct err *e)
{
	images list = {0};
	ocaml_library_list all = own_links(p);
	programs chosen = choose(p);
	if (chosen.n)
		p->stop = NULL; /* that of an image counts */
	vec_for(x, &chosen) {
		for (size_t i = 0; i < (*x)->names.n; i++) {
			struct image *image = vec_add(p->a, &list);
			*image = (struct image){.program = *x, .which = i};
			find_links(p, image);
			merge(p, &all, &image->links);
		}
	}
	if (p->stop) {
		*e = *p->stop;
		return false;
	}
	if (!switch_make(p, &all, e) || !distribution_make(p, &all, e))
		return false;
	vec_for(library, &all)
		add_edges(p, *library);
	vec_for(image, &list) {
		vec_for(library, &image->links)
			add_need(p, map_get(&p->names, str_of(p->self->name)),
				units_of(p, *library));
		if (!add_image(p, image, e))
			return false;
	}
	return true;
}
