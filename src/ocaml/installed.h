/* installed.h - installed libraries, between the reader of META files, of dune's own notes and of
 * the compiler's files. SPDX-License-Identifier: ISC */
#ifndef RESPIN_OCAML_INSTALLED_H
#define RESPIN_OCAML_INSTALLED_H

#include "ocaml/ocaml.h"

/* What dune has left in "dune-package" about a library's units. */
struct noted_unit {
	const char *unit;
	bool is_private, is_alias, is_virtual;
};
struct note {
	const char *library;
	const char *main_module, *implements, *default_implementation;
	bool is_virtual;
	VEC(struct noted_unit) units;
};
typedef VEC(struct note) notes;

/* The notes in the text of a dune-package file, of any version of its format. */
MUST_CHECK bool notes_read(
	struct arena *a, const char *file, struct str text, notes *out, struct err *e);

struct installing {
	struct arena *a;
	const struct ocaml_site *site;
	struct ocaml_installed *out;
	notes notes;
};
typedef VEC(struct ocaml_library *) library_group;
void installed_problem(struct installing *s, const char *file, const struct err *e);
/* Fills in the modules of LIBRARIES, which are all those in the folder DIR. */
void installed_modules(struct installing *s, const char *dir, const library_group *libraries);

/* "tcp.cmi" -> "Tcp" */
const char *unit_of_file(struct arena *a, struct str stem);

#endif
