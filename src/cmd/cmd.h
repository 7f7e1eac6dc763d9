/* cmd.h - the command line: one function per subcommand, and what they share.
 * With report, the only place that decides what is printed. SPDX-License-Identifier: ISC */
#ifndef RESPIN_CMD_H
#define RESPIN_CMD_H

#include "debian/debian.h"
#include "report/report.h"
#include "resolve/resolve.h"
#include "sys/sys.h"

/* Exit statuses. */
enum {
	STATUS_YES = 0,
	STATUS_NO = 1,
	STATUS_USAGE = 2,
	STATUS_FAILED = 3,
	STATUS_INTERRUPTED = 130,
	STATUS_UNREAD = 141 /* nobody reads standard output any more */
};

/* The values of all options of all commands; each command's table says which it takes. */
struct options {
	/* global */
	const char *dir; /* -C */
	bool json, quiet, verbose, usage, manual, version;
	/* of commands */
	bool all, deep, dependents, force, no_overlays, keep_going, keep, symbols, shell, go_on,
		skip, abort;
	const char *image, *module, *patch, *only, *message, *report, *disk, *token, *sha256,
		*commit, *url;
	int64_t jobs, days, machine, at; /* at: -1 where it is not given */
};

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER };
struct option {
	const char *name; /* without the dashes */
	char letter;	  /* 0: none */
	enum option_kind kind;
	size_t offset;	   /* in struct options */
	const char *value; /* what the value is called in the usage; NULL for flags */
	const char *help;
};

struct context {
	struct arena *a;
	struct options options;
	strings args;	    /* behind the command's name */
	strings program;    /* behind "--", of commands that take a program */
	bool has_program;   /* there was a "--" */
	struct workspace w; /* of commands with needs_workspace */
	strings noted;	    /* what was said already */
	int status;	    /* what a command that ran answers: STATUS_YES or STATUS_NO */
};

struct subcommand {
	const char *name;
	const char *args; /* for the usage: "IMAGE [RUN RUN]"; "-- COMMAND": takes a program */
	size_t least_args, most_args;
	const char *summary;
	bool needs_workspace;
	bool (*run)(struct context *c, struct err *e);
	struct option options[12]; /* ends with name NULL */
};

extern const struct subcommand subcommands[];
extern const size_t subcommand_count;
extern const struct option global_options[]; /* ends with name NULL */

/* Parses ARGV: global options, the command's name, its options and arguments in any order.
 * *OUT is NULL where no command is named. E_USAGE with near misses. */
MUST_CHECK bool options_parse(
	struct context *c, int argc, char **argv, const struct subcommand **out, struct err *e);
/* The usage of one command, or of respin where CMD is NULL. */
void options_usage(const struct subcommand *cmd, struct text *out);

bool cmd_resolve(struct context *c, struct err *e);
bool cmd_fetch(struct context *c, struct err *e);
bool cmd_overlay(struct context *c, struct err *e);
bool cmd_plan(struct context *c, struct err *e);
bool cmd_build(struct context *c, struct err *e);
bool cmd_run(struct context *c, struct err *e);
bool cmd_check(struct context *c, struct err *e);
bool cmd_compare(struct context *c, struct err *e);
bool cmd_try(struct context *c, struct err *e);
bool cmd_inspect(struct context *c, struct err *e);
bool cmd_state(struct context *c, struct err *e);
bool cmd_init(struct context *c, struct err *e);
bool cmd_gc(struct context *c, struct err *e);
bool cmd_schema(struct context *c, struct err *e);

/* ---- shared by commands ----------------------------------------------------------------- */

/* The image that the command line names: argument 0, or the workspace's only image, or its only one
 * with a recipe by hand. */
MUST_CHECK bool pick_image(struct context *c, struct recipe **out, struct err *e);
/* The same, but a library may be named, too. */
MUST_CHECK bool pick_target(struct context *c, struct recipe **out, struct err *e);
/* What a build of R builds: R itself; of a part of a dune workspace, which dune builds with what
 * links it, the images that contain it. May be empty. */
MUST_CHECK bool pick_built(struct context *c, struct recipe *r, recipes *out, struct err *e);
/* The file of an image: argument 0 where that is one, else an image of the workspace, which is
 * built first. */
MUST_CHECK bool pick_file(struct context *c, const char **out, struct err *e);
/* What the program counter WORD ("0x1013f2") of the image file FILE is: one candidate, or none
 * where the image has nothing there. */
MUST_CHECK bool resolve_address(struct context *c, const char *file, const char *word,
	struct resolution *out, struct err *e);
/* Fills in package, version, source and world of K where dpkg has installed FILE; *OWNER is NULL
 * where it has not. */
MUST_CHECK bool resolve_owner(struct arena *a, const char *file, struct candidate *k,
	const struct dpkg_package **owner, struct err *e);
/* Fills in what is known of FUNCTION where it is OCaml's own; K is the candidate of that name. */
void resolve_runtime(struct context *c, const char *function, struct candidate *k);
/* The best candidate of R in full, and those that are as good; of all others a line a package, with
 * --all all of each. */
void print_resolution(struct context *c, const struct resolution *r);
/* Who depends on what R found, one a line: on the best candidate or, where that is an installed
 * package of OCaml's, on opam's of that name if there is one; with --all on the best of each world.
 */
void print_name_dependents(struct context *c, const struct resolution *r);
/* Warns of what could not be read: of files of the package that was asked for, else of the first.
 */
void warn_of_unread(struct context *c, const struct resolution *r);
/* Warns of the first of the opam files that can't be read: of those of the package that was asked
 * for, or of ALL. */
void warn_of_damaged(struct context *c, const struct resolution *r, bool all);
/* The overlays of packages that IMAGE contains (none with --no-overlays). An overlay of a package
 * that only other images contain is a warning, one that no image of the workspace contains
 * E_INPUT; one in the middle of a rebase is E_CONFLICT. */
MUST_CHECK bool pick_overlays(
	struct context *c, struct recipe *image, overlays *out, struct err *e);
/* Who depends on R, as respin plan tells it: in the workspace, and with --all in the distribution.
 */
struct dependents {
	build_dependents here;
	struct debian_dependents all;
	const char *source; /* the Debian source package that ALL is about; NULL: not asked for */
};
MUST_CHECK bool find_dependents(
	struct context *c, struct recipe *r, struct dependents *out, struct err *e);
/* With --all, a Debian package may be named that the workspace knows nothing of: is it one, and of
 * which SOURCE package? Of a recipe's the command line names the recipe then. */
bool is_stranger(struct context *c, const char **source);
/* Its plan: who depends on it in the distribution. */
MUST_CHECK bool plan_stranger(struct context *c, const char *source, struct err *e);
void put_dependents(struct json_writer *w, const struct dependents *d);
void print_dependents(struct context *c, const struct recipe *r, const struct dependents *d);
/* Builds with progress on the terminal. FROM_SOURCE: see struct build_request. */
MUST_CHECK bool build_image(struct context *c, struct recipe *image, const overlays *with,
	const strings *from_source, struct build_result *out, struct err *e);
/* One side of a comparison: the image built and read, its run still empty. What only the OTHER side
 * has an overlay of is built from its released source, so that the edits are all that differs ...
 */
MUST_CHECK bool build_side(struct context *c, struct recipe *image, const overlays *with,
	const overlays *other, const char *label, struct side *out, struct err *e);
/* ... and booted and checked. */
MUST_CHECK bool check_side(
	struct context *c, const struct recipe *image, struct side *side, struct err *e);
/* Writes the page of a comparison (below .respin/reports/, or to --report FILE), prints the table
 * or the JSON, and sets the status: STATUS_NO where a check broke, or a new one fails. S may be
 * NULL. */
MUST_CHECK bool show_comparison(
	struct context *c, const struct comparison *cmp, const steps *s, struct err *e);
/* overlay_add_any(), and where nothing that is installed is called NAME, of the package that has a
 * header, library or name of pkg-config's of that name by apt-file's index. E_USAGE where packages
 * of several sources have it. */
MUST_CHECK bool overlay_add_found(struct context *c, const char *name, struct overlay *out,
	bool *created, const char **why, struct err *e);
/* A command that opened an overlay of PACKAGE could not give it a patch: it goes again, unless it
 * is among BEFORE, those that were there at the start. Returns false. */
bool overlay_take_back(struct context *c, const strings *before, const char *package);
/* Respin overlay verify, of one overlay or all (PACKAGE is NULL). */
MUST_CHECK bool overlay_verify(struct context *c, const char *package, struct err *e);
/* "7.88.1 (Debian 7.88.1-10)"; DEBIAN may be NULL. */
const char *version_words(struct arena *a, const char *version, const char *debian);
/* How a rebase of PACKAGE stands: as a member NAME (may be NULL), and as lines. */
void put_rebase(struct json_writer *w, const char *name, const struct overlay_rebase *r);
void print_rebase(const char *package, const struct overlay_rebase *r);
/* The same for what Q did; sets the status: STATUS_NO where it stopped. */
void show_rebase(struct context *c, const struct rebase_request *q, const struct overlay_rebase *r);
/* One line per check, as it ends. CTX is unused. */
void print_check(void *ctx, const struct check_result *r);
/* The folder of the user's that PACKAGE's source is taken from as it lies there, relative to the
 * workspace where it is in it; NULL where the source was fetched, and verified. */
const char *source_folder(struct context *c, const char *package);
/* What an overlay of PACKAGE starts from, in the words that are known to be true: "upstream's
 * source as released", "the source as it lies in duniverse/lib". */
const char *source_words(struct context *c, const char *package);
/* "1.2 s", "38 ms" */
const char *duration(struct arena *a, int64_t ns);
/* "1 action", "3 actions" */
const char *counted(struct arena *a, size_t n, const char *thing);
/* Of E's text, without what a program said, and the colon before that. */
const char *first_line(struct arena *a, const struct err *e);

#endif
