/* project_parts.c - the parts of a dune project as respin calls them: units and images; and what
 * lock files say. SPDX-License-Identifier: ISC */
#include <string.h>

#include "resolve/project.h"

/* ---- units ------------------------------------------------------------------------------------
 */

static bool is_within(const char *folder, const char *dir)
{
	return !strcmp(folder, dir) || path_below(folder, dir);
}

/* The recipe that has the opam package PACKAGE. */
static const char *unit_with(const struct project *p, const char *package, const char **place)
{
	vec_for(r, &p->s->w->all) {
		const struct dune_how *dune = (*r)->build.dune;
		if (!dune || (*r)->image)
			continue;
		vec_for(name, &dune->packages) {
			if (strcmp(*name, package) != 0)
				continue;
			*place = dune->place;
			return (*r)->name;
		}
	}
	return NULL;
}

static const char *unit_at(const struct project *p, const char *dir, const char **place)
{
	const char *best = NULL;
	size_t longest = 0;
	vec_for(r, &p->s->w->all) {
		const struct dune_how *dune = (*r)->build.dune;
		if (!dune || (*r)->image || !dune->place || !is_within(dune->place, dir) ||
			strlen(dune->place) < longest)
			continue;
		longest = strlen(dune->place);
		*place = dune->place;
		best = (*r)->name;
	}
	return best;
}

const char *project_unit(
	const struct project *p, const char *package, const char *dir, const char **place)
{
	const char *of_recipe = package ? unit_with(p, package, place) : NULL;
	size_t longest = 0;
	if (!of_recipe && dir)
		of_recipe = unit_at(p, dir, place);
	if (of_recipe || !dir)
		return of_recipe;
	vec_for(known, &p->dune.packages) {
		bool root = !strcmp(known->dir, ".");
		if (root || !known->is_vendored || !is_within(known->dir, dir) ||
			strlen(known->dir) < longest)
			continue;
		longest = strlen(known->dir);
		*place = known->dir;
	}
	return longest ? path_base(*place) : NULL;
}

/* ---- images -----------------------------------------------------------------------------------
 */

bool project_is_image(const struct ocaml_executable *x)
{
	return !x->is_vendored && !x->is_test;
}

/* mirage's own dist/dune has one "(target NAME)": the image, made from main.exe. */
static const char *mirage_target(const struct project *p)
{
	struct str text;
	struct err ignored;
	const char *file = path_join(p->a, p->root, "dist/dune");
	if (!file_exists(path_join(p->a, p->root, "config.ml")) ||
		!file_read(p->a, file, (size_t)1 << 20, &text, &ignored))
		return NULL;
	ptrdiff_t at = str_find(text, S("(target "));
	if (at < 0)
		return NULL;
	struct str rest = str_from(text, (size_t)at + S("(target ").n), name = str_cut(&rest, ')');
	return str_format(p->a, "dist/%.*s", STR(str_trim(name)));
}

static const char *target_of(
	const struct project *p, const struct ocaml_executable *x, const char *name)
{
	bool is_root = !strcmp(x->dir, ".");
	const char *mirage = is_root && !strcmp(name, "main") ? mirage_target(p) : NULL;
	const char *exe = str_format(p->a, "%s.exe", name);
	return mirage ? mirage : is_root ? exe : path_join(p->a, x->dir, exe);
}

const char *project_image(
	const struct project *p, const struct ocaml_executable *x, const char *name)
{
	const char *target = target_of(p, x, name);
	vec_for(r, &p->s->w->all) {
		const struct dune_how *dune = (*r)->build.dune;
		if ((*r)->image && dune && dune->target && !strcmp(dune->target, target))
			return (*r)->name;
	}
	return target;
}

static bool implements_one_of(const ocaml_library_list *list, const char *name)
{
	vec_for(l, list)
		if ((*l)->implements && !strcmp((*l)->implements, name))
			return true;
	return false;
}

void project_linked(
	const struct project *p, const struct ocaml_executable *x, ocaml_library_list *out)
{
	ocaml_library_list first = {0};
	strings names = {0};
	vec_for(name, &x->requires)
		vec_push(p->a, &names, *name);
	ocaml_closure(p->a, &p->all, &names, &first, NULL);
	vec_for(l, &first) {
		const char *chosen = (*l)->default_implementation;
		if ((*l)->is_virtual && chosen && !implements_one_of(&first, (*l)->name))
			vec_push(p->a, &names, chosen);
	}
	ocaml_closure(p->a, &p->all, &names, out, NULL);
}

static void mark_linked(const struct map *map, const char *name, struct catalog_maker *m)
{
	void *found = name ? map_get(map, str_of(name)) : NULL;
	if (found)
		m->owners.v[(uintptr_t)found - 1].marks |= CATALOG_LINKED;
}

static void link_library(struct modules *x, const struct ocaml_library *l, const char *image)
{
	struct arena *a = x->m->a;
	uint32_t owner = modules_owner(x, l->name);
	if (l->redirect || owner == CATALOG_NONE)
		return;
	x->m->owners.v[owner].marks |= CATALOG_LINKED;
	mark_linked(&x->packages, l->package, x->m);
	mark_linked(&x->units, x->m->owners.v[owner].place, x->m);
	catalog_add_fact(x->m, owner, CATALOG_IN_IMAGE, image, CATALOG_NONE);
	catalog_add_fact(
		x->m, owner, CATALOG_BECAUSE, str_format(a, "%s links it", image), CATALOG_NONE);
	if (l->implements) {
		uint32_t virtual = modules_owner(x, l->implements);
		if (virtual != CATALOG_NONE)
			catalog_add_fact(x->m, virtual, CATALOG_BECAUSE,
				str_format(a, "in %s, %s implements it", image, l->name),
				CATALOG_NONE);
	}
}

static void add_modules(
	struct modules *x, const struct ocaml_executable *exe, const char *image, uint32_t owner)
{
	struct arena *a = x->m->a;
	vec_for(m, &exe->modules) {
		const char *name = m->impl ? m->impl : m->intf;
		const char *file = !name		   ? NULL
				   : strcmp(exe->dir, ".") ? path_join(a, exe->dir, name)
							   : name;
		const char *why = str_format(a, "%s is a module of %s itself%s", m->path, image,
			m->is_generated ? "; its source is generated by a rule of the build" : "");
		unsigned marks = m->is_alias ? CATALOG_WEAK : 0;
		vec_push(a, &x->m->names,
			((struct made_name){
				m->path, m->path, file, why, owner, 0, CATALOG_MODULE, marks}));
		if (strcmp(m->unit, m->path) != 0)
			vec_push(a, &x->m->names,
				((struct made_name){m->unit, m->path, file, why, owner, 0,
					CATALOG_UNIT, marks}));
		if (file)
			vec_push(a, &x->m->names,
				((struct made_name){path_base(file), file, file, why, owner, 0,
					CATALOG_SOURCE, 0}));
	}
}

/* It is found by the name that respin has for it, and by what dune makes: "site", "dist/site". */
static void name_image(struct modules *x, const struct ocaml_executable *exe, const char *image,
	const char *target, uint32_t owner)
{
	struct arena *a = x->m->a;
	const char *const names[] = {image, target, path_base(target)};
	const char *why =
		strcmp(image, target) != 0
			? str_format(a, "%s is an image: dune makes it as %s (%s:%d)", image,
				  target, exe->file, exe->line)
			: str_format(a, "%s is an image (%s:%d)", image, exe->file, exe->line);
	for (size_t i = 0; i < 3; i++) {
		if ((i > 0 && !strcmp(names[i], image)) || (i > 1 && !strcmp(names[i], target)))
			continue;
		vec_push(a, &x->m->names,
			((struct made_name){names[i], image, exe->file, why, owner, exe->line,
				CATALOG_IMAGE, 0}));
	}
	catalog_add_fact(x->m, owner, CATALOG_IN_IMAGE, image, CATALOG_NONE);
}

static void say_doubt(const struct project *p, struct modules *x, uint32_t owner)
{
	if (p->unconfirmed)
		catalog_add_fact(x->m, owner, CATALOG_BECAUSE,
			str_format(p->a, "not certain: %s", p->unconfirmed), CATALOG_NONE);
}

/* The images of one stanza share its modules. */
static void add_images(struct project *p, struct modules *x, const struct ocaml_executable *exe)
{
	ocaml_library_list linked = {0};
	if (!exe->names.n)
		return;
	const char *first = project_image(p, exe, exe->names.v[0]);
	struct made_owner o = {.package = exe->package ? exe->package : first,
		.source = "the project itself",
		.file = exe->file,
		.line = exe->line,
		.marks = CATALOG_LINKED};
	vec_push(p->a, &x->m->owners, o);
	uint32_t owner = (uint32_t)x->m->owners.n - 1;
	say_doubt(p, x, owner);
	add_modules(x, exe, first, owner);
	vec_for(stub, &exe->stubs)
		project_add_stub(p, owner, first, *stub, true);
	project_linked(p, exe, &linked);
	vec_for(name, &exe->names) {
		const char *image = project_image(p, exe, *name);
		name_image(x, exe, image, target_of(p, exe, *name), owner);
		vec_for(l, &linked)
			link_library(x, *l, image);
	}
}

/* A test, or what becomes JavaScript: no image. */
static void add_test(struct project *p, struct modules *x, const struct ocaml_executable *exe)
{
	struct arena *a = p->a;
	struct made_owner o = {.package = exe->package,
		.source = "the project itself",
		.file = exe->file,
		.line = exe->line};
	vec_push(a, &x->m->owners, o);
	uint32_t owner = (uint32_t)x->m->owners.n - 1;
	say_doubt(p, x, owner);
	for (size_t i = 0; i < exe->names.n && !exe->is_script; i++) {
		const char *name = exe->names.v[i];
		const char *why = str_format(a, "%s is a test (%s:%d)", name, exe->file, exe->line);
		struct made_name n = {
			name, name, exe->file, why, owner, exe->line, CATALOG_PROGRAM, 0};
		vec_push(a, &x->m->names, n);
		n.name = str_format(a, "%s.exe", name);
		vec_push(a, &x->m->names, n);
	}
	if (exe->names.n)
		add_modules(x, exe,
			str_format(a, exe->is_script ? "the JavaScript in %s" : "the test %s",
				exe->names.v[0]),
			owner);
}

void project_add_programs(struct project *p, struct modules *x)
{
	vec_for(exe, &p->dune.executables) {
		if (project_is_image(exe))
			add_images(p, x, exe);
		else if (!exe->is_vendored)
			add_test(p, x, exe);
	}
}

/* ---- lock files -------------------------------------------------------------------------------
 */

static bool read_lock(
	struct arena *a, const char *file, opam_locks *out, strings *files, struct err *e)
{
	struct opam_file f;
	struct str bytes;
	vec_push(a, files, file);
	return file_read(a, file, OPAM_FILE_MAX, &bytes, e) && opam_parse(a, bytes, file, &f, e) &&
	       opam_lock_read(a, &f, vec_add(a, out), e);
}

bool project_locks(
	struct arena *a, const char *root, opam_locks *out, strings *files, struct err *e)
{
	const char *const places[] = {root, path_join(a, root, "mirage")};
	*out = (opam_locks){0};
	for (size_t i = 0; i < 2; i++) {
		strings names = {0};
		if (!dir_exists(places[i]))
			continue;
		if (!dir_list(a, places[i], &names, e))
			return false;
		vec_for(name, &names) {
			const char *file = path_join(a, places[i], *name);
			if (str_ends(str_of(*name), S(".opam.locked")) &&
				!read_lock(a, file, out, files, e))
				return false;
		}
	}
	return true;
}

const char *project_locked(struct arena *a, const opam_locks *locks, const char *package)
{
	vec_for(lock, locks) {
		vec_for(p, &lock->packages)
			if (str_is(p->name, package))
				return str_copy(a, p->version);
	}
	return NULL;
}
