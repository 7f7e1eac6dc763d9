/* engine.h - one build while it goes on: its packages, its actions and how they are settled.
 * Private to build. SPDX-License-Identifier: ISC */
#ifndef RESPIN_BUILD_ENGINE_H
#define RESPIN_BUILD_ENGINE_H

#include "build/build.h"
#include "build/places.h"
#include "build/record.h"
#include "image/image.h"
#include "store/store.h"

/* The programs that actions run, as the compiler tells them. */
struct toolchain {
	const char *cc, *cc1, *as, *ld; /* cc1 is NULL where the compiler is one program */
	const char *include;		/* folder of the compiler's own headers */
};

/* A folder of the header search path, in order. */
struct search {
	const char *dir;  /* absolute */
	const char *flag; /* as the compiler gets it: relative where it is in the package's tree */
	const char *name; /* place-independent */
};
typedef VEC(struct search) searches;

struct package {
	struct recipe *r;
	const struct overlay *overlay; /* NULL: none */
	struct tree source;	       /* upstream; dir is NULL where there is none */
	const char *dir;	       /* the tree to build: the overlay's, or upstream */
	recipes closure;	       /* itself first */
	searches search;
	strings flags;		       /* for the compiler, without search path */
	inputs known;		       /* of every compile of this package, but for the source */
	struct node *object;	       /* NULL where nothing is built */
	struct debian_package *debian; /* with build.debian; else NULL */
};
typedef VEC(struct package) packages;

enum node_kind { COMPILE = 1, COMMANDS = 2, JOIN = 4, PACK = 8, IMAGE = 16, DEBIAN = 32 };
enum node_state { WAITING, READY, RUNNING, DONE, FAILED };

/* One action. */
struct node {
	enum node_kind kind;
	enum node_state state;
	struct package *p;
	const char *output; /* "lwip/src/core/tcp_in.o" */
	const char *source; /* COMPILE: relative to the tree */
	VEC(struct node *) needs;
	inputs known;
	struct digest key;
	inputs found;	      /* what the result that is used depends on besides */
	struct digest object; /* DONE */
	bool ran;	      /* it had to run (plan: would have to) */
	const char *reason;
	const char *command;
	size_t number; /* names its files in the scratch folder */
	size_t step;   /* COMMANDS: the next one to run */
	int64_t started_wall_ns, ns;
	struct text log;
};
typedef VEC(struct node *) nodes;

/* What an output was last made from in this workspace. */
struct last {
	struct digest key, object;
};

struct engine {
	struct arena *a;   /* freed with the engine */
	struct arena *out; /* of what the caller gets */
	const struct build_request *q;
	struct store *store;
	struct toolchain tools;
	const char *tmp;	/* scratch folder of this build; the workspace's lock guards it */
	const char *const *env; /* of all programs that actions run */
	packages packages;	/* in link order */
	places places;
	nodes nodes;	 /* each behind those that it needs */
	struct map last; /* output -> struct last * */
	bool last_changed;
	struct map by_name;	 /* place-independent name -> const struct seen * */
	struct map probes;	 /* path -> strings * that it asks __has_include for */
	struct map listings;	 /* folder -> struct map * of its names */
	struct map watched;	 /* all paths that the answer depends on */
	const struct dpkg *dpkg; /* what is installed; NULL where nothing needs it */
	struct pool *pool;
	struct build_result *result;
	struct err failed; /* the first failure, with keep_going */
	const char *raced; /* a file that changed while we built: all has to be looked at again */
};

/* ---- watch.c: paths that the answer depends on -------------------------------------------- */

/* Sees PATH, and has it watched from now on. */
MUST_CHECK bool watch(struct engine *g, const char *path, const struct seen **out, struct err *e);
/* The same for who needs no answer; CTX is the engine. */
MUST_CHECK bool watch_only(void *ctx, const char *path, struct err *e);
/* True where the watched folder DIR has an entry called NAME. */
MUST_CHECK bool watch_has(
	struct engine *g, const char *dir, struct str name, bool *has, struct err *e);
/* The files and links below ROOT but for .git, relative to it, in a fixed order; all folders are
 * watched. */
MUST_CHECK bool watch_tree(struct engine *g, const char *root, strings *out, struct err *e);

/* ---- toolchain.c ---------------------------------------------------------------------- */

/* The compiler's path: $CC or cc. E_ABSENT where there is none. */
MUST_CHECK bool compiler_find(struct arena *a, const char **out, struct err *e);
MUST_CHECK bool toolchain_find(struct engine *g, struct err *e);
MUST_CHECK bool tool_input(
	struct engine *g, inputs *known, const char *name, const char *path, struct err *e);

/* ---- packages.c, nodes.c: what there is to do ------------------------------------------- */

MUST_CHECK bool packages_open(struct engine *g, struct err *e);
/* Finds the tree; with plan_only nothing is fetched, and p->dir may stay NULL. */
MUST_CHECK bool package_open_tree(struct engine *g, struct package *p, struct err *e);
MUST_CHECK bool nodes_make(struct engine *g, struct err *e);
struct node *node_add(struct engine *g, enum node_kind kind, struct package *p, const char *output);
/* Adds all files below ROOT, whose place-independent name is NAME, to KNOWN. */
MUST_CHECK bool node_know_tree(
	struct engine *g, inputs *known, const char *root, const char *name, struct err *e);
/* The last node: what was asked for. NULL where there is nothing to build. */
struct node *nodes_target(const struct engine *g);
/* The inputs that are known once all of N's needs are DONE, and N's key. */
MUST_CHECK bool node_know(struct engine *g, struct node *n, struct err *e);
/* The linker script for the image; *OUT is NULL where its package is not fetched. */
MUST_CHECK bool linker_script(struct engine *g, const char **out, struct err *e);

/* ---- manifest.c ----------------------------------------------------------------------- */

/* The file of the input IN of N. */
const char *known_path(struct engine *g, const struct node *n, const struct input *in);
/* All that the manifest says, and the same as inputs. */
void manifest_fill(struct engine *g, struct image_info *m);
void manifest_inputs(struct engine *g, inputs *known);

/* ---- fields.c: a recipe's fields as inputs ------------------------------------------------ */

/* Each field of R that an action of KIND depends on and that is in no other input. */
void fields_inputs(struct arena *a, const struct recipe *r, enum node_kind kind, inputs *known);

/* The same for any table; PREFIX stands before each name. */
void fields_add(struct arena *a, const struct spec *t, const void *in, const char *prefix,
	enum node_kind kind, inputs *known);

/* ---- lookup.c: results that are there already --------------------------------------------- */

/* Looks for a result of N, whose key is known. *HIT tells. */
MUST_CHECK bool lookup(struct engine *g, struct node *n, bool *hit, struct err *e);
/* Files earlier in the search path than a header of FOUND, which the compiler didn't take. */
MUST_CHECK bool shadows_find(struct engine *g, const struct node *n, const inputs *found,
	inputs *shadows, struct err *e);
/* The file called NAME; *OUT is NULL where its place isn't part of this build. */
MUST_CHECK bool lookup_file(
	struct engine *g, const char *name, const struct seen **out, struct err *e);
/* Remembers N's result in the store. */
MUST_CHECK bool lookup_add(struct engine *g, struct node *n, struct err *e);

/* ---- reason.c ------------------------------------------------------------------------- */

/* Why N has to run, in one line. */
MUST_CHECK bool reason_find(struct engine *g, struct node *n, struct err *e);
void last_read(struct engine *g);
MUST_CHECK bool last_write(struct engine *g, struct err *e);
void last_note(struct engine *g, const struct node *n);

/* ---- probe.c -------------------------------------------------------------------------- */

/* The literal names that TEXT asks __has_include for. */
void probes_read(struct arena *a, struct str text, strings *out);
/* Adds those of N's source and headers to N->found. */
MUST_CHECK bool probes_find(struct engine *g, struct node *n, struct err *e);

/* ---- run.c, actions.c: running -------------------------------------------------------- */

/* Settles all nodes: finds results, runs what has none. */
MUST_CHECK bool run_all(struct engine *g, struct err *e);
/* The same without running anything. */
MUST_CHECK bool plan_all(struct engine *g, struct err *e);
/* Starts N's (next) program. */
MUST_CHECK bool action_start(struct engine *g, struct node *n, struct err *e);
/* Its last program ended well: takes what it made. *AGAIN: there is another program to start. */
MUST_CHECK bool action_finish(struct engine *g, struct node *n, bool *again, struct err *e);
/* The same as a line for people. */
const char *action_words(struct engine *g, const struct node *n);
/* Starts step N->step of a `commands` package. */
MUST_CHECK bool sandbox_start(struct engine *g, struct node *n, struct err *e);
/* Takes the output of the last step. */
MUST_CHECK bool sandbox_finish(struct engine *g, struct node *n, struct err *e);
/* Fails, with g->raced set, where PATH may have changed since N's program started: it may have
 * read something else than was hashed. */
MUST_CHECK bool check_race(struct engine *g, const struct node *n, const char *path, struct err *e);
/* A file in the scratch folder: N's number and ENDING. */
const char *scratch_file(const struct engine *g, const struct node *n, const char *ending);

/* ---- effect.c ------------------------------------------------------------------------- */

/* E_INPUT where an overlay's package isn't in what was asked for. */
MUST_CHECK bool effect_check_packages(struct engine *g, struct err *e);
/* E_INPUT where an overlay changes files, but none that the build (all nodes are DONE) looked at.
 */
MUST_CHECK bool effect_check_files(struct engine *g, struct err *e);

/* ---- dune.c --------------------------------------------------------------------------- */

/* build_run() of a recipe that dune builds; OUT's time is left as it is. */
MUST_CHECK bool build_by_dune(
	struct arena *a, const struct build_request *q, struct build_result *out, struct err *e);

/* ---- build.c -------------------------------------------------------------------------- */

/* One respin at a time builds or cleans in a workspace. */
MUST_CHECK bool workspace_lock(const struct workspace *w, int *fd, struct err *e);

#endif
