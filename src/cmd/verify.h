/* verify.h - what respin overlay verify found out, and how it is shown. SPDX-License-Identifier:
 * ISC */
#ifndef RESPIN_CMD_VERIFY_H
#define RESPIN_CMD_VERIFY_H

#include "cmd/cmd.h"

enum answer { ANSWER_UNKNOWN, ANSWER_YES, ANSWER_NO };

/* A check that a patch says it fixes. */
struct proof {
	const char *check; /* "IMAGE/CHECK" */
	enum answer needed;
	const char *without, *with;	    /* "pass", "fail", "skip"; NULL where it did not run */
	const char *run_without, *run_with; /* ids of these runs, as they are kept */
	const char *why;		    /* it is no yes */
};
struct patch_verdict {
	const char *subject;
	enum answer applies, changes, needed;
	const char *why_applies, *why_changes, *why_needed; /* NULL for a yes */
	strings images;					    /* those that it changes */
	VEC(struct proof) proofs;
	struct patch_facts facts;
};
struct verification {
	const char *package, *version;
	bool dirty;
	const char *why; /* the overlay as a whole has no effect; or NULL */
	strings broken;	 /* "NAME: WHY" of what does not build with all patches */
	VEC(struct patch_verdict) patches;
};
typedef VEC(struct verification) verifications;

/* Is all as it should be: nothing without effect, nothing that does not build, nothing that is not
 * needed, nothing malformed? */
bool verification_is_fine(const struct verification *v);
/* Prints them as a table or as JSON. */
void show_verifications(struct context *c, const verifications *all);

#endif
