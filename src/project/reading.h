/* reading.h - a project on its way to recipes. SPDX-License-Identifier: ISC */
#ifndef RESPIN_PROJECT_READING_H
#define RESPIN_PROJECT_READING_H

#include "opam/opam.h"
#include "project/project.h"

#define PROJECT_FILE_MAX ((size_t)16 << 20)

/* ---- where it is ------------------------------------------------------------------------ */

/* Has DIR a config.ml of mirage's? */
bool root_is_mirage(struct arena *a, const char *dir);
/* Is DIR in one of OUTER's folders of vendored sources, or in respin's own? Such are parts of what
 * they lie in. OUTER may be NULL. */
bool root_is_inside(const char *dir, const char *outer);

/* ---- what it is made from ----------------------------------------------------------------- */

/* A MirageOS project as configured. */
struct mirage {
	const char *target;  /* "unix", "spt", ...; NULL: no MirageOS project */
	const char *image;   /* relative to the root: "dist/site.spt" */
	const char *package; /* mirage_package() */
	bool is_unconfigured;
};

/* A package of opam's lock file. */
struct locked_dir {
	const char *dir; /* relative to the root: "duniverse/mirage-tcpip" */
	struct source source;
};

struct reading {
	struct arena *a;
	const char *root;
	struct mirage mirage;
	struct ocaml_workspace dune;
	const char *opam_switch; /* its folder; NULL */
	const char *from_switch; /* that installed libraries come from: the same, or, where none is
				  * set, one whose lib/ is among findlib's folders; NULL */
	struct ocaml_site site;
	ocaml_libraries all; /* the workspace's, then those installed */
	struct map broken;   /* installed packages whose META can't be read: struct err */
	struct map versions; /* of packages, by lock files: const char * */
	VEC(struct locked_dir) locked;
	struct map projects; /* folders with a dune-project or an opam file */
	struct map places;   /* of folders: the place of the recipe that they are in */
	recipes made;
	struct map names;	   /* of them */
	struct map images;	   /* image_field_text() of those that are images: const char * */
	struct map homes;	   /* the recipe of each installed library: by its package */
	const struct recipe *self; /* the project itself */
	strings read;		   /* files and folders that the recipes depend on, absolute */
	strings missing;	   /* names of libraries */
	strings unpulled;	   /* as struct workspace has them */
	const char *lock;
	const struct err *stop; /* what is linked can't be read; NULL */
};

/* Reads mirage's generated files. E_INPUT where it is not configured. */
MUST_CHECK bool mirage_read(struct reading *p, struct err *e);
/* The opam package that was generated for the target, as dune found it: further opam files in
 * mirage/ are of targets that were configured before. NULL where there is none. */
const char *mirage_package(struct reading *p);
/* What is to be said of the config.ml in ROOT, which was changed since mirage made the project of
 * it; NULL where it was not. */
const char *config_note(struct arena *a, const char *root);
/* The field "image" of the recipe of the image that it makes, as JSON. */
MUST_CHECK bool mirage_image(struct reading *p, const char **image, struct err *e);
/* The same for any machine; CARDS network cards with a stack of the image's own behind them. */
const char *image_field_text(struct arena *a, const char *machine, const char *words, size_t cards);
MUST_CHECK bool image_field(
	struct arena *a, const char *text, struct image_how **out, struct err *e);
/* Versions and sources that lock files tell. */
MUST_CHECK bool lock_read(struct reading *p, struct err *e);
/* PREFIX of the opam switch that the project in ROOT builds in; NULL where there is none. */
const char *switch_find(struct arena *a, const char *root);
/* PREFIX of the one whose lib/ is among the folders of SITE; NULL. */
const char *switch_of_site(struct arena *a, const struct ocaml_site *site);

/* ---- recipes ------------------------------------------------------------------------------ */

/* A new recipe with a dune part at PLACE, whose name is like NAME (another where it is taken). */
struct recipe *make_recipe(struct reading *p, const char *name, const char *place);
/* Facts from the opam file FILE. E_INPUT with the place of what is wrong in it. */
MUST_CHECK bool make_facts(
	struct reading *p, const char *file, struct opam_package *out, struct err *e);
/* What LICENSES and SYNOPSIS say, where R has nothing yet. */
void make_describe(struct reading *p, struct recipe *r, const struct opam_package *opam);
/* Is PATH, relative to the root, in what opam-monorepo pulls? */
bool units_pulled(const char *path);
/* The CHECKSUMS that can be verified here. */
void make_checksums(struct arena *a, const opam_words *checksums, struct source *out);
/* Adds to OUT the files and patches that OPAM adds to its source when it is built in the switch
 * STATE; DIR is where those lie that came with the opam file. */
void make_added(struct reading *p, const struct opam_package *opam, const char *dir,
	const struct opam_switch *state, struct source *out);
/* The same source as another package has it: what MORE adds by names that INTO lacks. */
void merge_added(struct arena *a, struct source *into, const struct source *more);
/* The project itself, and a recipe for each vendored source. */
MUST_CHECK bool units_make(struct reading *p, struct err *e);
/* The recipe that LIBRARY belongs to; NULL for what belongs to the compiler. */
struct recipe *units_of(const struct reading *p, const struct ocaml_library *library);
/* Recipes for the packages that the installed ones of LIBRARIES come from: of the switch, ... */
MUST_CHECK bool switch_make(struct reading *p, const ocaml_library_list *libraries, struct err *e);
/* ... and else of the distribution. */
MUST_CHECK bool distribution_make(
	struct reading *p, const ocaml_library_list *libraries, struct err *e);
/* The images, and who needs whom. */
MUST_CHECK bool images_make(struct reading *p, struct err *e);
/* All of it. */
MUST_CHECK bool project_make(struct reading *p, struct err *e);

/* ---- kept --------------------------------------------------------------------------------- */

/* What was made before, where all of it still holds. */
bool kept_read(struct reading *p, const char *state);
/* The same of the file's text, however old it is. */
bool kept_parse(struct reading *p, struct str text);
/* Makes the folder STATE, before the project is read; false where it can't be. */
bool kept_begin(struct arena *a, const char *state);
/* Keeps what was read since BEGAN (wall clock); where that fails, or a file changed meanwhile, the
 * next command reads it all again. */
void kept_write(const struct reading *p, const char *state, int64_t began);

#endif
