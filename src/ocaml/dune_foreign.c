/* dune_foreign.c - the sources in C and C++ that a stanza's (foreign_stubs ...) names, and those of
 * the (foreign_library ...) that it links. SPDX-License-Identifier: ISC */
#include <string.h>

#include "ocaml/dune_set.h"
#include "ocaml/dune_stanza.h"

struct foreign {
	struct dune_reading *r;
	strings files, names; /* sources that there are, relative to the root, and their names */
	strings *out;
};

static const char *const c_endings[] = {".c", NULL};
static const char *const cxx_endings[] = {".cpp", ".cc", ".cxx", NULL};

static struct arena *arena_of(const struct foreign *f)
{
	return f->r->a;
}

/* ---- what there is ----------------------------------------------------------------------------
 */

static const char *path_in(struct arena *a, const struct dune_dir *d, const char *name)
{
	return strcmp(d->path, ".") ? path_join(a, d->path, name) : name;
}

/* Of sources with one of ENDINGS. */
static void add_source(
	struct foreign *f, const struct dune_dir *d, const char *name, const char *const *endings)
{
	for (; *endings; endings++) {
		struct str all = str_of(name), ending = str_of(*endings);
		if (!str_ends(all, ending))
			continue;
		vec_push(arena_of(f), &f->files, path_in(arena_of(f), d, name));
		vec_push(arena_of(f), &f->names,
			str_copy(arena_of(f), (struct str){name, all.n - ending.n}));
		return;
	}
}

/* "(copy_files GLOB)", "(copy_files# (files GLOB))": the copies are not what people edit. */
static void add_copied(struct foreign *f, const struct dune_dir *d, const struct sexp *s,
	const char *const *endings)
{
	struct arena *a = arena_of(f);
	const char *glob = sexp_word(a, s, "files");
	if (!glob && s->n == 2)
		glob = sexp_copy(a, &s->items[1]);
	const char *slash = glob ? strrchr(glob, '/') : NULL;
	if (!slash)
		return;
	const char *path =
		dune_path(a, d->path, str_copy(a, (struct str){glob, (size_t)(slash - glob)}));
	const struct dune_dir *from = path ? map_get(&f->r->tree->dirs, str_of(path)) : NULL;
	if (!from || from == d)
		return;
	vec_for(name, &from->sources)
		if (dune_glob_matches(slash + 1, *name))
			add_source(f, from, *name, endings);
}

static void gather(struct foreign *f, const struct dune_dir *top, const struct dune_dir *d,
	const char *const *endings)
{
	vec_for(name, &d->sources)
		add_source(f, d, *name, endings);
	vec_for(stanza, &d->stanzas)
		if (sexp_is_call(&stanza->s, "copy_files") ||
			sexp_is_call(&stanza->s, "copy_files#"))
			add_copied(f, d, &stanza->s, endings);
	if (top->subdirs != SUBDIRS_UNQUALIFIED && top->subdirs != SUBDIRS_QUALIFIED)
		return;
	vec_for(child, &d->children)
		if (!(*child)->is_data && (*child)->subdirs != SUBDIRS_NO &&
			(*child)->project == top->project)
			gather(f, top, *child, endings);
}

/* ---- what is said -----------------------------------------------------------------------------
 */

/* "native/aes" and "aes" are one file where folders are taken together. */
static bool matches(const char *word, const char *name)
{
	const char *slash = strrchr(word, '/');
	return !strcmp(slash ? slash + 1 : word, name);
}

/* The sources in D that NAMES, a field of STUBS, selects; all where there is no such field. */
static void select_sources(
	struct foreign *f, const struct dune_dir *d, const struct sexp *names, bool is_cxx)
{
	bool unsure = false;
	f->files = f->names = (strings){0};
	gather(f, d, d, is_cxx ? cxx_endings : c_endings);
	struct dune_universe universe = {.all = &f->names, .matches = matches};
	strings chosen = names ? dune_set(arena_of(f), names, 1, &universe, &unsure) : f->names;
	for (size_t i = 0; i < f->files.n; i++) {
		bool is_chosen = false;
		vec_for(name, &chosen)
			is_chosen |= !strcmp(*name, f->names.v[i]);
		if (is_chosen)
			vec_push(arena_of(f), f->out, f->files.v[i]);
	}
}

static bool is_cxx(struct foreign *f, const struct sexp *stubs)
{
	const char *language = sexp_word(arena_of(f), stubs, "language");
	return language && !strcmp(language, "cxx");
}

/* "(foreign_archives native/x y)": of which (foreign_library (archive_name x)) the sources are. */
static void add_archive(struct foreign *f, const struct dune_dir *d, const char *word)
{
	struct arena *a = arena_of(f);
	const char *slash = strrchr(word, '/'), *name = slash ? slash + 1 : word;
	const char *dir = slash ? str_copy(a, (struct str){word, (size_t)(slash - word)}) : ".";
	const char *path = dune_path(a, d->path, dir);
	const struct dune_dir *there = path ? map_get(&f->r->tree->dirs, str_of(path)) : NULL;
	if (!there)
		return;
	vec_for(stanza, &there->stanzas) {
		const struct sexp *s = &stanza->s;
		const char *own = sexp_word(a, s, "archive_name");
		if (sexp_is_call(s, "foreign_library") && own && !strcmp(own, name))
			select_sources(f, there, sexp_field(s, "names"), is_cxx(f, s));
	}
}

static void read_field(struct foreign *f, const struct dune_dir *d, const struct sexp *field)
{
	if (sexp_is_call(field, "foreign_stubs"))
		select_sources(f, d, sexp_field(field, "names"), is_cxx(f, field));
	else if (sexp_is_call(field, "c_names") || sexp_is_call(field, "cxx_names"))
		select_sources(f, d, field, sexp_is_call(field, "cxx_names"));
	else if (sexp_is_call(field, "foreign_archives"))
		for (size_t i = 1; i < field->n; i++)
			if (sexp_is_atom(&field->items[i]))
				add_archive(f, d, sexp_copy(arena_of(f), &field->items[i]));
}

strings dune_foreign_sources(
	struct dune_reading *r, const struct dune_dir *d, const struct sexp *stanza)
{
	strings out = {0};
	struct foreign f = {.r = r, .out = &out};
	for (size_t i = 1; i < stanza->n; i++)
		read_field(&f, d, &stanza->items[i]);
	return out;
}
