/* units.h - the units of one folder's libraries: which files each has, whose it is, and the path
 * that leads to it. SPDX-License-Identifier: ISC */
#ifndef RESPIN_OCAML_UNITS_H
#define RESPIN_OCAML_UNITS_H

#include "ocaml/installed.h"
#include "ocaml/objects.h"

/* What the folder holds of one unit. */
struct unit_files {
	const char *unit;
	const char *stem; /* "tcp__Flow" */
	bool cmi, hidden_cmi, cmt, cmti;
	bool claimed; /* by a library */
};
struct folder {
	struct installing *s;
	const char *dir;
	struct map names;      /* of its files */
	struct map units;      /* struct unit_files by unit */
	struct map interfaces; /* struct unit_interface by unit */
};
MUST_CHECK bool folder_read(struct folder *f, struct installing *s, const char *dir, struct err *e);
const struct unit_files *folder_unit(const struct folder *f, const char *unit);

/* The path of each module of LIBRARY, its sources, and whether others can name it. */
void folder_paths(struct folder *f, struct ocaml_library *library);

/* The length of the unit that UNIT is within by its name ("Tcp" of "Tcp__Flow"): the longest for
 * which IS_UNIT(CTX) is true, else the first; 0 where there is none. */
size_t unit_parent(
	const char *unit, bool (*is_unit)(const void *ctx, struct str name), const void *ctx);

#endif
