/* folder.c - lists a folder of installed libraries, and shares its modules out among them.
 * SPDX-License-Identifier: ISC */
#include "ocaml/units.h"

#include <stdlib.h>
#include <string.h>

#include "sys/sys.h"

const char *unit_of_file(struct arena *a, struct str stem)
{
	char *unit = str_copy(a, stem);
	if (*unit >= 'a' && *unit <= 'z')
		*unit = (char)(*unit - 'a' + 'A');
	return unit;
}

static struct unit_files *unit_at(struct folder *f, struct str stem)
{
	struct arena *a = f->s->a;
	const char *unit = unit_of_file(a, stem);
	void **at = map_put(&f->units, str_of(unit));
	if (!*at) {
		struct unit_files *files = NEW(a, struct unit_files);
		files->unit = unit;
		files->stem = str_copy(a, stem);
		*at = files;
	}
	return *at;
}

static void add_file(struct folder *f, const char *name, bool hidden)
{
	struct str stem = str_of(name), ending;
	const char *dot = strrchr(name, '.');
	if (!dot || dot == name)
		return;
	stem.n = (size_t)(dot - name);
	ending = str_of(dot);
	if (str_is(ending, ".cmi")) {
		struct unit_files *unit = unit_at(f, stem);
		unit->hidden_cmi |= hidden;
		unit->cmi |= !hidden;
	} else if (str_is(ending, ".cmt")) {
		unit_at(f, stem)->cmt = true;
	} else if (str_is(ending, ".cmti")) {
		unit_at(f, stem)->cmti = true;
	}
}

bool folder_read(struct folder *f, struct installing *s, const char *dir, struct err *e)
{
	strings names = {0}, hidden = {0};
	*f = (struct folder){
		.s = s, .dir = dir, .names.a = s->a, .units.a = s->a, .interfaces.a = s->a};
	if (!dir_list(s->a, dir, &names, e))
		return false;
	vec_push(s->a, &s->out->read, dir);
	vec_for(name, &names) {
		*map_put(&f->names, str_of(*name)) = f;
		add_file(f, *name, false);
	}
	if (!map_has(&f->names, S(".private")))
		return true;
	if (!dir_list(s->a, path_join(s->a, dir, ".private"), &hidden, e))
		return false;
	vec_for(name, &hidden)
		add_file(f, *name, true);
	return true;
}

const struct unit_files *folder_unit(const struct folder *f, const char *unit)
{
	return map_get(&f->units, str_of(unit));
}

static bool has_module(const struct ocaml_library *library, const char *unit)
{
	vec_for(m, &library->modules) {
		if (!strcmp(m->unit, unit))
			return true;
	}
	return false;
}

static struct ocaml_module *claim(struct folder *f, struct ocaml_library *library, const char *unit)
{
	struct unit_files *files = map_get(&f->units, str_of(unit));
	struct ocaml_module *m = vec_add(f->s->a, &library->modules);
	library->redirect = NULL;
	m->unit = unit;
	if (files)
		files->claimed = true;
	return m;
}

static const struct note *note_of(const struct installing *s, const struct ocaml_library *library)
{
	vec_for(note, &s->notes) {
		if (!strcmp(note->library, library->name))
			return note;
	}
	return NULL;
}

static void apply_note(struct folder *f, const struct note *note, struct ocaml_library *library)
{
	library->main_module = note->main_module;
	library->implements = note->implements;
	library->default_implementation = note->default_implementation;
	library->is_virtual = note->is_virtual;
	vec_for(u, &note->units) {
		struct ocaml_module *m = claim(f, library, u->unit);
		m->is_private = u->is_private;
		m->is_alias = u->is_alias;
		m->is_virtual = u->is_virtual;
	}
}

/* The units of one archive; false where it is not there or can't be read. */
static bool claim_archive(struct folder *f, struct ocaml_library *library, const char *name)
{
	defer(arena_free) struct arena scratch = {0};
	const char *path = path_join(f->s->a, library->dir, name);
	struct str bytes;
	struct err e = {0};
	strings units = {0};
	vec_push(f->s->a, &f->s->out->read, path);
	if (!object_read(&scratch, path, &bytes, &e) || !object_units(f->s->a, bytes, &units, &e)) {
		if (e.code != E_ABSENT)
			installed_problem(f->s, path, &e);
		return false;
	}
	vec_for(unit, &units) {
		if (!has_module(library, *unit))
			claim(f, library, *unit);
	}
	return true;
}

static bool is_native(const char *archive)
{
	return strstr(archive, ".cmx") != NULL;
}

/* Archives for bytecode and native code hold the same units: the smaller ones are enough. */
static void claim_archives(struct folder *f, struct ocaml_library *library)
{
	bool any = false;
	for (int native = 0; native < 2 && !any; native++) {
		vec_for(name, &library->archives) {
			if (is_native(*name) == (native == 1))
				any |= claim_archive(f, library, *name);
		}
	}
	if (!any && library->archives.n)
		library->guess = "its archives can't be read";
}

static void claim_known(struct folder *f, struct ocaml_library *library)
{
	struct arena *a = f->s->a;
	const struct note *note = note_of(f->s, library);
	if (!strcmp(library->name, "stdlib") && !library->archives.n) {
		vec_push(a, &library->archives, "stdlib.cma");
		vec_push(a, &library->archives, "stdlib.cmxa");
	}
	if (note)
		apply_note(f, note, library);
	if (!library->modules.n)
		claim_archives(f, library);
}

static bool is_in(const void *ctx, struct str name)
{
	const struct ocaml_library *library = ctx;
	vec_for(m, &library->modules) {
		if (str_is(name, m->unit))
			return true;
	}
	return false;
}

/* The best library for a unit that no archive has, as interfaces without code are: the one with
 * the module it is within, the one that is nothing but the folder, or the first. */
static struct ocaml_library *owner_of(
	const library_group *libraries, const char *unit, size_t *rivals)
{
	struct ocaml_library *plain = NULL, *first = NULL, *old = NULL;
	*rivals = 0;
	vec_for(it, libraries) {
		struct ocaml_library *library = *it;
		size_t parent = unit_parent(unit, is_in, library);
		if (parent && is_in(library, (struct str){unit, parent})) {
			*rivals = 1;
			return library;
		}
		if (library->redirect) {
			old = library;
			continue;
		}
		++*rivals;
		if (!first)
			first = library;
		bool is_plain = !library->requires.n &&
				(!library->archives.n || !strcmp(library->name, "stdlib"));
		if (!plain && is_plain)
			plain = library;
	}
	return plain ? plain : first ? first : old;
}

static void claim_rest(struct folder *f, const library_group *libraries)
{
	vec_for(entry, &f->units.entries) {
		const struct unit_files *files = entry->value;
		size_t rivals;
		if (files->claimed || !(files->cmi || files->hidden_cmi))
			continue;
		struct ocaml_library *owner = owner_of(libraries, files->unit, &rivals);
		if (!owner)
			continue;
		claim(f, owner, files->unit)->is_guess = rivals > 1;
	}
}

static int by_unit(const void *a, const void *b)
{
	const struct ocaml_module *x = a, *y = b;
	return strcmp(x->unit, y->unit);
}

void installed_modules(struct installing *s, const char *dir, const library_group *libraries)
{
	struct folder f;
	struct err e = {0};
	if (!dir_exists(dir))
		return;
	if (!folder_read(&f, s, dir, &e)) {
		installed_problem(s, dir, &e);
		return;
	}
	vec_for(library, libraries)
		claim_known(&f, *library);
	claim_rest(&f, libraries);
	vec_for(it, libraries) {
		struct ocaml_library *library = *it;
		if (library->modules.n)
			qsort(library->modules.v, library->modules.n, sizeof(*library->modules.v),
				by_unit);
		folder_paths(&f, library);
	}
}
