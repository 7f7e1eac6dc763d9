/* inner.h - one build by dune while it goes on. Private to dune. SPDX-License-Identifier: ISC */
#ifndef RESPIN_DUNE_INNER_H
#define RESPIN_DUNE_INNER_H

#include "dune/dune.h"
#include "ocaml/ocaml.h"
#include "project/project.h"
#include "store/store.h"

/* A folder of the user's and its place in the shadow. */
struct mount {
	const char *at;		    /* relative to the shadow; "" is all of it */
	const char *from;	    /* absolute */
	const char *shown;	    /* how people know it: "overlays/lwt/src"; "" is the root */
	const struct recipe *unit;  /* NULL: the workspace itself */
	const struct overlay *over; /* NULL: none */
	bool added;		    /* the workspace has no such folder */
	bool walked;
	bool is_new; /* the last build had no such folder: its package was installed then */
};

enum entry_kind {
	ENTRY_FILE,
	ENTRY_FOLDER,
	ENTRY_ODD,	 /* of the workspace, but neither file nor folder */
	ENTRY_PROGRAM,	 /* one that dune may run, or a file that says where they are */
	ENTRY_INSTALLED, /* a folder of installed libraries */
	ENTRY_PLACE,	 /* one in which programs are looked for; the image in the store */
	ENTRY_MOUNT,	 /* of a dependent that was added: "PLACE\nUNIT"; not looked at */
	ENTRY_VARIABLE,	 /* of the environment */
	ENTRY_FACT	 /* that the manifest tells, or of the request */
};
#define ENTRY_LAST ENTRY_FACT

/* Something that a build depends on. */
struct entry {
	enum entry_kind kind;
	bool safe;	  /* it can't have changed since without its stamp changing too */
	const char *path; /* relative to the shadow; of what is outside as people know it */
	const char *real; /* absolute; NULL for a value */
	struct stamp stamp;
	struct digest digest; /* of a file's bytes, a folder's names, or the value */
	uint32_t marks;	      /* the maps below that it is in; see again.c */
	const struct mount *mount;
};
typedef VEC(struct entry) entries;

/* What was different at the last build. */
struct change {
	enum entry_kind kind; /* ENTRY_MOUNT: a folder that is new as a whole */
	const char *path;     /* as struct entry has it */
	const char *words;    /* "src/tcp/window.ml changed", for people */
	bool is_new;
};
typedef VEC(struct change) changes;

/* What the last build of an image came from. */
struct trail {
	struct digest facts; /* of the request: recipes, overlays, environment */
	struct digest shape; /* the same without what is in the overlays */
	struct digest object;
	uint64_t parts;	    /* libraries and programs that it is made of */
	bool caches;	    /* as struct build has it */
	entries inputs;	    /* without mounts */
	struct map by_path; /* path -> struct entry * */
};

typedef VEC(const struct ocaml_executable *) programs;

struct made_module {
	const char *objects; /* where dune has it: "CONTEXT/src/tcp/.tcp.objs" */
	const char *name;    /* "tcp__Window" */
};

struct build {
	struct arena *a;   /* freed with the build */
	struct arena *out; /* of what the caller gets */
	const struct dune_request *q;
	const char *state; /* STATE, absolute and free of links */
	const char *root;  /* the workspace's, the same */
	const char *side;  /* "with", "without" */
	const char *dir;   /* the shadow */
	recipes closure;
	VEC(struct mount) mounts;   /* the whole workspace first */
	struct digest facts, shape; /* of the request, as struct trail's */
	bool caches;		    /* dune has a cache that both sides share */
	bool raced;		    /* an overlay changed while dune ran */
	bool uses_installed;	    /* some package of the image has no folder in the shadow */
	const char *vendored;	    /* the shadow's folder for what the workspace has not */
	strings unfetched;	    /* units that belong there, and whose source is not there yet */
	const char *dune;	    /* the program */
	strings env;
	entries inputs;
	struct map real;     /* folders of the shadow that are no links */
	struct map own;	     /* those of them that dune may write to: files are copies */
	struct map opam;     /* the same, of opam files alone */
	struct map way;	     /* folders that are in the shadow only because of what is in them */
	struct map included; /* files that dune files include */
	struct trail last;
	bool has_last;
	bool has_base; /* last is what changes are told from: it may be the other side's, ... */
	const char *base_dir; /* ... whose shadow this is: dune's cache has what was made there */
	bool is_others;	      /* ... or another image's of this side */
	changes changes;
	strings dropped; /* folders of the last build whose packages are installed ones again */
	struct ocaml_workspace graph;
	bool is_partial;    /* there are libraries that only dune knows, and they are not in it */
	bool is_kept;	    /* it is that of an earlier build */
	struct map rebuilt; /* names of libraries that something ran for */
	VEC(struct made_module) modules; /* made anew, the last one last */
	uint64_t parts;			 /* as struct trail's */
	struct dune_result *result;
};

/* ---- mounts.c, vendor.c, scan.c: what there is
 * ------------------------------------------------------ */

/* Is the opam package PACKAGE a part of R? */
bool recipe_provides(const struct recipe *r, struct str package);
MUST_CHECK bool mounts_find(struct build *b, struct err *e);
/* Adds what the workspace has not. Without FETCH sources may stay missing: b->unfetched. */
MUST_CHECK bool vendor_add(struct build *b, bool fetch, struct err *e);
/* Decides where that is. */
void vendor_place(struct build *b);
/* The place of R's source there. */
const char *vendor_at(const struct build *b, const struct recipe *r);
/* The mount that holds PATH of the shadow. */
const struct mount *mounts_of(const struct build *b, const char *path);
/* The package that PATH belongs to, or the image. */
const char *unit_of(const struct build *b, const char *path);
/* PATH as the user knows it, relative to the workspace's root. */
const char *user_path(const struct build *b, const char *path);
/* The same, but within its package: "src/tcp/window.ml". */
const char *short_path(const struct build *b, const char *path);
/* PATH within M. */
const char *within(const struct mount *m, const char *path);
/* All files and folders that dune may read, and which folders must not be links. */
MUST_CHECK bool scan(struct build *b, struct err *e);

/* Looks again at what was too young to be sure of. */
void scan_settle(struct build *b);
/* The same as vendor_add(), outside_programs() and scan(), where what the last build read still has
 * the same shape. */
bool scan_again(struct build *b);
/* Starts b->real, own, opam and way: with the folders on the way to mounts. */
void scan_ways(struct build *b);
uint32_t marks_of(const struct build *b, const struct entry *entry);

/* Each an ENTRY_FACT, with the name of a package. */
#define OVERLAY_OF "the overlay of "
#define PLACE_OF "the place of "
#define ORIGIN_OF "the origin of " /* it is to be built from its released source */

#define PLACE_OF_ALL "the workspace's place"

/* ---- outside.c: what is not in the workspace ----------------------------------------------- */

/* Adds the request and the environment to the inputs: b->facts, b->shape. */
void outside_values(struct build *b);
/* E_ABSENT: there is no dune. */
MUST_CHECK bool outside_dune(struct build *b, struct err *e);
/* Asks dune whether it has a cache that we can use: b->caches. */
MUST_CHECK bool outside_version(struct build *b, struct err *e);
/* Completes b->env: both sides use one cache of dune's, so the first build of a side takes what the
 * other's made. */
void outside_cache(struct build *b);
/* Adds programs and the folders of libraries. */
MUST_CHECK bool outside_programs(struct build *b, struct err *e);

/* ---- special.c ---------------------------------------------------------------------------- */

/* Reads a dune file's TEXT for what makes the folder DIR one that must not be a link. */
void special_read(struct build *b, const char *dir, const char *real, struct str text, int depth);

/* ---- shadow.c ----------------------------------------------------------------------------- */

/* Makes the shadow what the scan found. */
MUST_CHECK bool shadow_sync(struct build *b, struct err *e);

/* ---- trail.c ------------------------------------------------------------------------------ */

/* Of the last build of B's image on SIDE. */
const char *trail_file(const struct build *b, const char *side);
/* The latest on B's side, of whatever image; false where there is none. */
bool trail_read_any(struct build *b, struct trail *out);
/* False where there is none, or only a damaged one. */
bool trail_read(struct arena *a, const char *file, struct trail *out);
/* The same of BYTES in memory, aligned as malloc's, which must stay. */
bool trail_parse(struct arena *a, struct str bytes, struct trail *out);
/* True where all that R came from is as it was. */
bool trail_holds(const struct trail *r);
MUST_CHECK bool trail_write(struct build *b, const struct digest *object, struct err *e);
/* Marks FILE as used today. */
void trail_touch(const char *file);

/* ---- changes.c ---------------------------------------------------------------------------- */

/* Compares the inputs with those of the last build. Of a folder that is new as a whole, the files
 * that differ from its released source. */
MUST_CHECK bool changes_find(struct build *b, struct err *e);
/* The changes of installed packages that the libraries REQUIRES are of, in words; NULL: none. */
const char *changes_installed(const struct build *b, const strings *requires);
/* All changes of what is asked for, in words: "the overlay of lwt was dropped"; NULL: none. */
const char *changes_facts(const struct build *b);
bool is_workspace(enum entry_kind kind);
bool is_dune_file(const char *path);
/* Is PATH in DIR or below? Of the root, ".", only the files in itself count. */
bool is_in(const char *path, const char *dir);

/* ---- edits.c ------------------------------------------------------------------------------ */

/* PATH of the shadow; WHAT: "changed", "is new" or "is gone". False: no more. */
typedef bool edit_fn(void *ctx, const char *path, const char *what);
/* Calls EACH for the files of M, an overlay, that differ from its released source. *KNOWN: that
 * source is there. */
MUST_CHECK bool edits_each(struct build *b, const struct mount *m, edit_fn *each, void *ctx,
	bool *known, struct err *e);

/* ---- run.c, words.c ----------------------------------------------------------------------- */

/* A line of dune's, "    ocamlopt src/foo.{a,cmxa} [solo5]". */
struct dune_line {
	struct str program, target, context;
	bool failed;
};
/* False where it is something else: what a program said. */
bool dune_line_parse(struct str line, struct dune_line *out);
/* Is LINE's target in a folder of dune's? Some line of a program's own may look like one of
 * dune's. */
bool dune_line_holds(const struct build *b, const struct dune_line *line);
/* LOG with the user's paths instead of the shadow's. */
struct str user_log(struct build *b, struct str log);
/* Runs dune, telling each action. E_CHILD where it failed. */
MUST_CHECK bool run_dune(struct build *b, struct err *e);

/* ---- stuck.c ------------------------------------------------------------------------------- */

bool dune_seems_stuck(long pid);
bool disk_is_full(const struct build *b);
/* The folder without room: the shadow, or one for what is kept for a moment. */
const char *full_place(const struct build *b);
/* There is no room for the image. */
bool fail_full(const struct build *b, struct err *e);
/* For one that was ended for that: E_IO where the disk is full. */
bool fail_stuck(const struct build *b, struct err *e);

/* ---- describe.c, graph_kept.c ------------------------------------------------------------- */

/* Asks dune for all libraries. */
MUST_CHECK bool graph_describe(struct build *b, struct err *e);
/* The graph as it was kept; false where there is none of this workspace. */
bool graph_load(struct build *b);
/* Reads its lines: all but the first. False where they are damaged. */
bool graph_parse(struct build *b, struct str text);
/* Adds the libraries of an older one that are not in the graph. */
void graph_load_rest(struct build *b);
MUST_CHECK bool graph_save(struct build *b, struct err *e);

/* ---- graph.c, reason.c -------------------------------------------------------------------- */

/* Reads what libraries there are and what they require: once. */
MUST_CHECK bool graph_read(struct build *b, struct err *e);
/* After a build: all of them, kept for the next one. */
MUST_CHECK bool graph_complete(struct build *b, struct err *e);
/* The library that TARGET, as dune names it, is a part of; NULL: none, or an executable's. */
const struct ocaml_library *graph_library(const struct build *b, struct str target);
/* The programs that the image is made from, and the libraries of the workspace in them, those that
 * others require first. */
void graph_image(struct build *b, programs *p, ocaml_library_list *libraries);
/* The library that the file PATH is a source of, or NULL. */
const struct ocaml_library *graph_owner(const struct build *b, const char *path);
/* Why LINE, of LIBRARY (or NULL), ran; notes that it did. */
const char *reason_of(
	struct build *b, const struct ocaml_library *library, const struct dune_line *line);

/* ---- plan.c ------------------------------------------------------------------------------- */

/* Tells each library and the image that the changes reach. */
void plan_parts(struct build *b);

/* ---- installed.c -------------------------------------------------------------------------- */

struct installed_unit {
	struct str name, package;
};
typedef VEC(struct installed_unit) installed_units;
MUST_CHECK bool installed_read(struct build *b, installed_units *out, struct err *e);

/* ---- sweep.c ------------------------------------------------------------------------------ */

/* Removes from dune's cache what no shadow holds any more: it would grow by an image an edit. */
MUST_CHECK bool cache_trim(struct build *b, struct err *e);

/* ---- product.c, effect.c ------------------------------------------------------------------ */

/* The file that dune made. */
MUST_CHECK bool product_find(struct build *b, const char **out, struct err *e);
/* Gives it its manifest, and puts it into the store. */
MUST_CHECK bool product_store(struct build *b, const char *file, struct digest *out, struct err *e);
/* E_INPUT where an overlay's package is not in the image. */
MUST_CHECK bool overlays_are_in(const struct build *b, struct err *e);
/* E_INPUT where an overlay changes files, but none that went into PRODUCT. */
MUST_CHECK bool overlays_have_effect(struct build *b, const char *product, struct err *e);

#endif
