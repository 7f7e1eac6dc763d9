/* rebase.h - a rebase under way: what stands on disk between its steps.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_OVERLAY_REBASE_H
#define RESPIN_OVERLAY_REBASE_H

#include <string.h>

#include "overlay/work.h"

/* In the working tree. */
#define REBASE_FILE ".git/respin-rebase.json"

/* Each phase says what HEAD is and what is still to be done; every one of them can be taken up
 * again from its start. */
#define PHASE_GOING "going"	  /* HEAD is AT, no file is changed: TODO goes onto TIP */
#define PHASE_STOPPING "stopping" /* HEAD is AT or TIP: CURRENT's conflicts get into the files */
#define PHASE_STOPPED "stopped"	  /* HEAD is TIP, or what the user has committed on top of it */
#define PHASE_ABORTING "aborting" /* the files are those of KEPT, and become OLD_HEAD's */
#define PHASE_SKIPPING "skipping" /* ... or TIP's */
#define PHASE_ENDING "ending"	  /* HEAD is AT or TIP: TIP becomes the overlay */

/* Ids are those of commits, 40 hexadecimal digits, or NULL. */
struct rebase {
	const char *phase;
	const char *from, *to;		     /* versions */
	const char *debian_from, *debian_to; /* Debian's, or NULL */
	const char *sha256;		     /* of the new source; NULL for a path */
	const char *old_head;
	const char *upstream; /* the commit that the patches go on */
	const char *pristine; /* the new first commit; NULL: UPSTREAM is it */
	const char *tip;      /* the last commit on top of it */
	const char *at;
	const char *current; /* the commit that conflicts */
	const char *subject; /* of that */
	const char *kept;    /* the files before a skip or an abort */
	strings conflicts;   /* of CURRENT */
	strings todo;	     /* commits behind it */
	strings moved;	     /* subjects */
	strings dropped, reasons;
	strings order; /* of both: "moved" or "dropped" for each patch */
	strings about; /* what becomes of the recipe */
	strings notes;
	const char *recipe_before, *recipe_after; /* texts; NULL where the recipe says it already */
};

/* *FOUND is false where none is under way in k->src. */
MUST_CHECK bool rebase_read(struct work *k, struct rebase *out, bool *found, struct err *e);
MUST_CHECK bool rebase_write(struct work *k, const struct rebase *s, struct err *e);
MUST_CHECK bool rebase_forget(struct work *k, struct err *e);
/* E_CONFLICT where one is under way. */
MUST_CHECK bool rebase_check_none(struct work *k, struct err *e);
/* What is to be told of it. k->repo is not needed. */
struct overlay_rebase rebase_words(struct work *k, const struct rebase *s);

/* ---- rebase_step.c ---- */

/* Names that keep commits while a rebase is under way. */
#define REF_OLD "refs/respin/rebase/old"
#define REF_NEW "refs/respin/rebase/new"

static inline struct git_id id_from(const char *hex)
{
	struct git_id id = {""};
	if (hex)
		memcpy(id.hex, hex, sizeof(id.hex));
	return id;
}

static inline const char *hex_of(struct work *k, const struct git_id *id)
{
	return str_copy(k->a, str_of(id->hex));
}

static inline bool in_phase(const struct rebase *s, const char *phase)
{
	return !strcmp(s->phase, phase);
}

/* From "going" to the next conflict or the end; S says which. */
MUST_CHECK bool rebase_go_on(struct work *k, struct rebase *s, struct err *e);
/* On from any phase. */
MUST_CHECK bool rebase_carry_on(struct work *k, struct rebase *s, struct err *e);
/* Back: PHASE is PHASE_ABORTING or PHASE_SKIPPING. */
MUST_CHECK bool rebase_turn_back(
	struct work *k, struct rebase *s, const char *phase, struct err *e);

/* ---- target.c ---- */

/* The recipe as it is to be: k->recipe where Q names no version; else with that version, the
 * places that can be pinned, and in NOTES the changes. */
MUST_CHECK bool rebase_target(struct work *k, const struct rebase_request *q, struct recipe *out,
	strings *notes, struct err *e);

#endif
