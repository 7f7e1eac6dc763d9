/* notes.c - reads dune-package files, for what META files do not say. SPDX-License-Identifier: ISC
 */
#include "ocaml/installed.h"

#include <string.h>

#include "ocaml/sexp.h"

static const char *capital(struct arena *a, const char *name)
{
	return unit_of_file(a, str_of(name));
}

/* Units are lists with "(obj_name tcp__Flow)", at a depth that differs between versions. */
static void find_units(struct arena *a, const struct sexp *s, struct note *note)
{
	const char *unit = sexp_word(a, s, "obj_name");
	if (unit) {
		const char *visibility = sexp_word(a, s, "visibility");
		const char *kind = sexp_word(a, s, "kind");
		vec_push(a, &note->units,
			((struct noted_unit){.unit = capital(a, unit),
				.is_private = visibility && !strcmp(visibility, "private"),
				.is_alias = kind && !strcmp(kind, "alias"),
				.is_virtual = kind && !strcmp(kind, "virtual")}));
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].kind == SEXP_LIST)
			find_units(a, &s->items[i], note);
}

static void add_note(struct arena *a, const struct sexp *library, notes *out)
{
	struct note note = {.library = sexp_word(a, library, "name")};
	if (!note.library)
		return;
	const char *main = sexp_word(a, library, "main_module_name");
	note.main_module = main ? capital(a, main) : NULL;
	note.implements = sexp_word(a, library, "implements");
	note.default_implementation = sexp_word(a, library, "default_implementation");
	const struct sexp *modules = sexp_field(library, "modules");
	if (modules)
		find_units(a, modules, &note);
	vec_for(u, &note.units)
		note.is_virtual |= u->is_virtual;
	vec_push(a, out, note);
}

bool notes_read(struct arena *a, const char *file, struct str text, notes *out, struct err *e)
{
	struct sexp all;
	if (!sexp_read(a, file, text, &all, e))
		return false;
	for (size_t i = 0; i < all.n; i++)
		if (sexp_is_call(&all.items[i], "library"))
			add_note(a, &all.items[i], out);
	return true;
}
