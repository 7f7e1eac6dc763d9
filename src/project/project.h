/* project.h - a dune or MirageOS project as it stands, opened as a workspace: its recipes are made
 * from what dune, opam and the distribution know of it, without one written by hand. One recipe a
 * source: a folder of vendored sources (duniverse/NAME, or below "(vendored_dirs ...)"), a package
 * of the opam switch or of the distribution that the project links, the project itself; and one an
 * image. SPDX-License-Identifier: ISC */
#ifndef RESPIN_PROJECT_H
#define RESPIN_PROJECT_H

#include "ocaml/ocaml.h"
#include "opam/opam.h"
#include "recipe/recipe.h"

/* Installed sources are put here when they are overlaid: "respin-vendored/UNIT". */
#define PROJECT_VENDOR "respin-vendored"

/* The workspace that holds START: the one of respin.json at or above it (recipe.h), but for
 * MirageOS projects in folders below it, which are their own; else the dune workspace as dune and
 * mirage find it: the outermost folder of a configured config.ml, else of dune-workspace, else of
 * dune-project. A folder with a respin.json that is a dune workspace, too, gets both: recipes in
 * its recipes/ win over made ones of their name. What was read is kept under .respin/, and read
 * again where a file of it changed. E_USAGE where there is nothing; E_INPUT where config.ml was not
 * configured, or a file of the project can't be read as what it is. */
MUST_CHECK bool project_open(
	struct arena *a, const char *start, struct workspace *out, struct err *e);
/* The dune workspace that holds START, as project_open() finds it; NULL where there is none.
 * WITHIN, a real path that START is in, or NULL: what lies above is not looked at. */
MUST_CHECK bool project_root(
	struct arena *a, const char *start, const char *within, const char **out, struct err *e);
/* Is DIR, a real path, the root of a dune workspace or MirageOS project? */
bool project_is_root(struct arena *a, const char *dir);
/* How opam says where a source is, as ours: an archive with CHECKSUMS, a commit of a repository.
 * NULL, or in words why it can't be had verified. */
const char *project_source(
	struct arena *a, struct str url, const opam_words *checksums, struct source *out);
/* Is START in a MirageOS project that mirage has not configured, or not for an image? */
bool project_is_unconfigured(struct arena *a, const char *start);
/* Makes the environment that of W's opam switch, as "opam exec" does, where it is another's: for
 * programs that are run. */
void project_environment(const struct workspace *w);
/* Where the libraries are installed that W's dune workspace links: those of its opam switch, else
 * of the environment. For the cross compiler TOOLCHAIN, NULL: the environment's choice. */
MUST_CHECK bool project_site(struct arena *a, const struct workspace *w, const char *toolchain,
	struct ocaml_site *out, struct err *e);

#endif
