/* installed.c - finds the packages of a site and reads what their META files say.
 * SPDX-License-Identifier: ISC */
#include "ocaml/installed.h"

#include <stdlib.h>
#include <string.h>

#include "ocaml/meta.h"
#include "ocaml/text_file.h"
#include "sys/sys.h"

#define NOTES_MAX_SIZE ((size_t)16 << 20)

struct home {
	const char *meta; /* the file */
	const char *dir;  /* that its names are relative to */
};

void installed_problem(struct installing *s, const char *file, const struct err *e)
{
	const char *where = e->where[0] ? e->where : file;
	vec_push(s->a, &s->out->problems, str_format(s->a, "%s: %s", where, e->text));
}

/* The first problem of a package is the one to be told. */
static void note_broken(
	struct installing *s, const char *package, const char *file, const struct err *e)
{
	void **place = map_put(&s->out->broken, str_of(package));
	struct err *kept = NEW(s->a, struct err);
	*kept = *e;
	kept->code = E_INPUT;
	(void)fail_where(kept, "%s:1:1", file);
	installed_problem(s, file, kept);
	if (!*place)
		*place = kept;
}

/* "+threads" and "^" are below the compiler's folder, all else below BASE. */
static const char *place(struct installing *s, const char *base, const char *name)
{
	bool special = *name == '+' || *name == '^';
	const char *dir =
		path_join(s->a, special ? s->site->stdlib : base, name + (special ? 1 : 0));
	struct str clean = str_of(dir);
	while (clean.n > 1 && (clean.p[clean.n - 1] == '/' || str_ends(clean, S("/."))))
		clean.n--;
	return str_copy(s->a, clean);
}

static bool is_hidden(struct installing *s, const struct meta *m, const char *dir)
{
	strings none = {0};
	strings files = meta_words(s->a, meta_value(s->a, m, "exists_if", &none));
	vec_for(file, &files) {
		if (file_exists(path_join(s->a, dir, *file)))
			return false;
	}
	return files.n > 0;
}

static void add_archives(
	struct installing *s, const struct meta *m, const char *mode, struct ocaml_library *library)
{
	strings set = {0};
	vec_push(s->a, &set, mode);
	vec_push(s->a, &set, "mt");
	vec_push(s->a, &set, "mt_posix");
	strings words = meta_words(s->a, meta_value(s->a, m, "archive", &set));
	vec_for(word, &words) {
		if (strstr(*word, ".cm"))
			vec_push(s->a, &library->archives, *word);
	}
}

/* An old name: no files of its own, and one library that it stands for. */
static const char *redirect_of(const struct meta *m, const struct ocaml_library *library)
{
	bool has_more = m->packages.n > 0;
	vec_for(def, &m->defs) {
		has_more |= !strncmp(def->name, "archive", 7) || !strcmp(def->name, "error") ||
			    !strcmp(def->name, "directory") || !strcmp(def->name, "ppx");
	}
	return library->requires.n == 1 && !has_more ? library->requires.v[0] : NULL;
}

static void add_library(struct installing *s, const struct meta *m, const char *name,
	const struct home *home, const char *dir)
{
	strings none = {0}, set = {0};
	struct ocaml_library *library = vec_add(s->a, &s->out->libraries);
	vec_push(s->a, &set, "native");
	vec_push(s->a, &set, "mt");
	vec_push(s->a, &set, "mt_posix");
	library->name = name;
	library->package = str_copy(s->a, (struct str){name, strcspn(name, ".")});
	library->version = meta_value(s->a, m, "version", &none);
	library->dir = dir;
	library->file = home->meta;
	library->line = m->line;
	library->is_installed = true;
	library->requires = meta_words(s->a, meta_value(s->a, m, "requires", &set));
	add_archives(s, m, "byte", library);
	add_archives(s, m, "native", library);
	library->redirect = redirect_of(m, library);
}

static void add_packages(struct installing *s, const struct meta *m, const char *name,
	const struct home *home, const char *above)
{
	strings none = {0};
	const char *own = meta_value(s->a, m, "directory", &none);
	const char *dir = own && *own ? place(s, above, own) : above;
	if (is_hidden(s, m, dir)) {
		vec_push(s->a, &s->out->read, dir);
		return;
	}
	add_library(s, m, name, home, dir);
	vec_for(inner, &m->packages)
		add_packages(s, *inner, str_format(s->a, "%s.%s", name, (*inner)->name), home, dir);
}

static void read_notes(struct installing *s, const char *name, const char *dir)
{
	const char *file = path_join(s->a, dir, "dune-package");
	struct err e = {0};
	struct str text;
	if (!file_exists(file))
		return;
	vec_push(s->a, &s->out->read, file);
	if (!text_file_read(s->a, file, file, NOTES_MAX_SIZE, &text, &e) ||
		!notes_read(s->a, file, text, &s->notes, &e))
		note_broken(s, name, file, &e);
}

static void read_package(struct installing *s, const char *name, const struct home *home)
{
	struct err e = {0};
	struct str text;
	struct meta *m = NEW(s->a, struct meta);
	vec_push(s->a, &s->out->read, home->meta);
	if (!text_file_read(s->a, home->meta, home->meta, META_MAX_SIZE, &text, &e) ||
		!meta_read(s->a, home->meta, text, m, &e)) {
		note_broken(s, name, home->meta, &e);
		return;
	}
	add_packages(s, m, name, home, home->dir);
	read_notes(s, name, home->dir);
}

/* A META file may come to where none is. */
static void note_absence(struct installing *s, const char *dir, const char *meta)
{
	if (dir_exists(dir))
		vec_push(s->a, &s->out->read, meta);
}

/* The packages of FOLDER that no folder before had: NAME/META, and META.NAME beside. */
static void find_packages(struct installing *s, const char *folder, struct map *found)
{
	struct err e = {0};
	strings names = {0};
	vec_push(s->a, &s->out->read, folder);
	if (!dir_list(s->a, folder, &names, &e))
		return;
	for (int pass = 0; pass < 2; pass++) {
		vec_for(entry, &names) {
			bool beside = !strncmp(*entry, "META.", 5);
			if (beside != (pass == 1))
				continue;
			const char *name = beside ? *entry + 5 : *entry;
			const char *dir = path_join(s->a, folder, name);
			const char *meta = beside ? path_join(s->a, folder, *entry)
						  : path_join(s->a, dir, "META");
			/* A dot leads to a package within: no folder's name is looked up with one.
			 */
			if (!*name || strchr(name, '.') || map_has(found, str_of(name)))
				continue;
			if (!file_exists(meta)) {
				note_absence(s, dir, meta);
				continue;
			}
			struct home *home = NEW(s->a, struct home);
			*home = (struct home){meta, dir};
			*map_put(found, str_of(name)) = home;
		}
	}
}

static int by_name(const void *a, const void *b)
{
	const struct ocaml_library *x = a, *y = b;
	return strcmp(x->name, y->name);
}

/* Libraries that share a folder must share out its modules. */
static void read_folders(struct installing *s)
{
	struct map folders = {.a = s->a};
	vec_for(library, &s->out->libraries) {
		void **place_of = map_put(&folders, str_of(library->dir));
		if (!*place_of)
			*place_of = NEW(s->a, library_group);
		library_group *g = *place_of;
		vec_push(s->a, g, library);
	}
	vec_for(entry, &folders.entries) {
		installed_modules(s, str_copy(s->a, entry->key), entry->value);
	}
}

MUST_CHECK static bool read_site(struct installing *s, struct err *e)
{
	struct map found = {.a = s->a};
	ocaml_libraries *all = &s->out->libraries;
	bool any = false;
	vec_for(folder, &s->site->path) {
		any |= dir_exists(*folder);
		find_packages(s, *folder, &found);
	}
	if (!any)
		return fail(e, E_ABSENT, "none of the folders of OCaml's libraries is there");
	vec_for(entry, &found.entries)
		read_package(s, str_copy(s->a, entry->key), entry->value);
	if (all->n)
		qsort(all->v, all->n, sizeof(*all->v), by_name);
	return true;
}

bool ocaml_installed_read(
	struct arena *a, const struct ocaml_site *site, struct ocaml_installed *out, struct err *e)
{
	struct ocaml_installed all = {.broken.a = a};
	struct installing s = {.a = a, .site = site, .out = &all};
	if (!read_site(&s, e))
		return false;
	read_folders(&s);
	*out = all;
	return true;
}

/* Who implements whom stands beside the modules, in dune's notes. */
static void take_notes(struct installing *s)
{
	struct map by_library = {.a = s->a};
	vec_for(note, &s->notes)
		*map_put(&by_library, str_of(note->library)) = note;
	vec_for(library, &s->out->libraries) {
		const struct note *note = map_get(&by_library, str_of(library->name));
		if (!note)
			continue;
		library->implements = note->implements;
		library->default_implementation = note->default_implementation;
		library->is_virtual = note->is_virtual;
		if (note->units.n)
			library->redirect = NULL;
	}
}

bool ocaml_installed_names(
	struct arena *a, const struct ocaml_site *site, struct ocaml_installed *out, struct err *e)
{
	struct ocaml_installed all = {.broken.a = a};
	struct installing s = {.a = a, .site = site, .out = &all};
	if (!read_site(&s, e))
		return false;
	take_notes(&s);
	*out = all;
	return true;
}
