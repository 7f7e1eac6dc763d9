/* state.h - where the state that a command line names is: kept with a run, or on a live machine.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_CMD_STATE_H
#define RESPIN_CMD_STATE_H

#include "cmd/cmd.h"

/* One store: a bare repository. */
struct placed {
	const char *store; /* "arp" */
	const char *dir;
};
/* What WHAT has. */
struct place {
	const char *what; /* the run's id, or the URL */
	VEC(struct placed) stores;
	const char *scratch; /* a folder that place_close() removes, or NULL */
};
/* Finds the stores of WHAT: of a kept run's machine --machine; of a disk, a file, out of whose log
 * they are made in a scratch folder; or of the machine at an http URL, from which STORE (which its
 * address may end with instead) is fetched there. E_NOTFOUND where there is none. */
MUST_CHECK bool place_open(
	struct context *c, const char *what, const char *store, struct place *out, struct err *e);
void place_close(struct place *p); /* for defer() */
/* The store of that name; NULL where there is none. */
const struct placed *place_find(const struct place *p, const char *store);
/* Is WHAT the address of a live machine? */
bool place_is_live(const char *what);
/* Text that a machine made, without what would command a terminal; colours may stay. */
const char *place_text(struct context *c, struct str s);
/* Runs the stock git program on STORE's repository, and shows what it says. ENVIRONMENT: more of
 * its variables, ends with NULL; may be NULL. *STATUS is its exit status; 0 and 1 are answers. */
MUST_CHECK bool place_git(struct context *c, const struct placed *store, const char *const *words,
	const char *const *environment, int *status, struct err *e);

/* ---- words of the command line ------------------------------------------------------------- */

/* Argument I; NULL behind the last. */
const char *state_arg(const struct context *c, size_t i);
/* Leaves the store NAME alone in P; all of them where NAME is NULL. */
MUST_CHECK bool state_choose(struct context *c, struct place *p, const char *name, struct err *e);
/* The store that the argument at *AT names, which is passed then; where it names none, and there is
 * one only, that one. */
MUST_CHECK bool state_one_store(struct context *c, const struct place *p, size_t *at,
	const struct placed **store, struct err *e);
/* The only commit that NAME means: an id or its beginning, a branch, HEAD; NULL: none, or several.
 */
const struct git_step *state_find_step(const struct past *p, struct str name);
bool state_colors(void); /* does standard output have colours? */
/* place_git() for what must exit with 0. */
MUST_CHECK bool state_git(
	struct context *c, const struct placed *store, const char *const *words, struct err *e);
void state_put_step(
	struct json_writer *w, const char *name, const struct past *p, const struct git_step *step);
void state_put_changes(struct json_writer *w, const past_changes *changes);

bool state_show(struct context *c, struct err *e);
bool state_diff(struct context *c, struct err *e);

#endif
