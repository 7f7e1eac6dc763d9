/* project.h - the dune project that a name is asked for in, on its way into a catalog.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_RESOLVE_PROJECT_H
#define RESPIN_RESOLVE_PROJECT_H

#include "resolve/origins.h"

typedef VEC(struct opam_lock) opam_locks;

/* A file in C, or beside such. */
struct project_stub {
	uint32_t owner; /* the library's number */
	const char *library;
	const char *file; /* relative to the root */
	bool is_linked;	  /* the library's dune file names it */
};

struct project {
	struct arena *a;
	struct search *s;
	const char *root;	/* absolute */
	struct ocaml_site site; /* where what it links is installed */
	struct origins origins; /* of installed packages */
	struct ocaml_workspace dune;
	ocaml_libraries installed;
	ocaml_libraries all; /* DUNE's, then those installed ones that it does not have */
	opam_locks locks;
	strings lock_files; /* absolute */
	VEC(struct project_stub) stubs;
	struct map stub_names;	 /* by owner and name */
	const char *unconfirmed; /* that dune could not describe it, and why; or NULL */
	const char *no_symbols;	 /* why there are none of the stubs; or NULL */
};

/* The lock files of the project in ROOT; each must be watched. */
MUST_CHECK bool project_locks(
	struct arena *a, const char *root, opam_locks *out, strings *files, struct err *e);
/* The version that one of LOCKS has for PACKAGE; NULL. */
const char *project_locked(struct arena *a, const opam_locks *locks, const char *package);

/* ---- what respin calls parts of a project: the one place where libraries meet recipes -------- */

/* The unit that the package PACKAGE, or the folder DIR (relative to the root), belongs to, as
 * overlays name it, and its own folder in *PLACE: a recipe's with build.dune that has the package
 * or holds the folder, else the vendored folder that defines the packages there. NULL: the project
 * itself, or what is installed. Either of PACKAGE and DIR may be NULL. */
const char *project_unit(
	const struct project *p, const char *package, const char *dir, const char **place);
/* What the image made from the executable NAME of X is called: the recipe's name whose target it
 * is, else the path of what dune makes, relative to the root. */
const char *project_image(
	const struct project *p, const struct ocaml_executable *x, const char *name);

/* Adds the executables of the project's own: their modules and, where they are images, to each
 * library which image links it. */
void project_add_programs(struct project *p, struct modules *x);
/* Adds the modules that only the working trees of overlays have, to the libraries that they are of.
 */
void project_add_edited(struct project *p, struct modules *x);
/* Adds the C files of libraries, with the symbols that they define. */
void project_add_stubs(struct project *p, struct modules *x);
/* One more such file, where its library has none of its name yet. */
void project_add_stub(
	struct project *p, uint32_t owner, const char *library, const char *file, bool is_linked);
/* The libraries that executables of the project link, virtual ones with what implements them. */
void project_linked(
	const struct project *p, const struct ocaml_executable *x, ocaml_library_list *out);
bool project_is_image(const struct ocaml_executable *x);

#endif
