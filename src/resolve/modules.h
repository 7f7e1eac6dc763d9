/* modules.h - OCaml's libraries as entries of a catalog: what projects, installed libraries and
 * fetched sources have in common. SPDX-License-Identifier: ISC */
#ifndef RESPIN_RESOLVE_MODULES_H
#define RESPIN_RESOLVE_MODULES_H

#include "ocaml/ocaml.h"
#include "resolve/catalog.h"

/* Where a package comes from, as far as whoever asks knows. */
struct modules_origin {
	const char *version, *source; /* NULL: not known */
	const char *unit;	      /* the part of the project that it belongs to; or NULL */
};
struct modules {
	struct catalog_maker *m;
	const ocaml_libraries *all;
	/* Of the package PACKAGE, whose library lies in DIR (NULL: not known). */
	struct modules_origin (*origin)(void *ctx, const char *package, const char *dir);
	void *ctx;
	struct map owners;   /* of libraries: number + 1; by the maker's arena */
	struct map packages; /* the same, of packages as a whole */
	struct map units;    /* the same, of units */
};
/* Adds all libraries with their modules and sources, the packages that they are of, and who needs
 * whom. */
void modules_add(struct modules *x);
/* Adds the symbols of C that installed libraries bring along. BUT_DEBIAN: not those from the
 * distribution, which knows them itself. */
void modules_add_archives(struct modules *x, bool but_debian);
/* Adds the module M of L, and its sources, to the library OWNER. */
void modules_add_module(struct modules *x, const struct ocaml_library *l,
	const struct ocaml_module *m, uint32_t owner);
/* The number of the owner of library NAME (by either of its names); CATALOG_NONE. */
uint32_t modules_owner(const struct modules *x, const char *name);
/* The owner that stands for the package NAME, made where it is not there yet. FILE and LINE define
 * it; FILE may be NULL. */
uint32_t modules_package(struct modules *x, const char *name, const char *file, int line);

#endif
