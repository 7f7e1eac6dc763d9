/* tap.h - reads the Test Anything Protocol (version 12 to 14, subtests not looked into).
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_TAP_H
#define RESPIN_LAB_TAP_H

#include "lab/lab.h"

struct tap_line {
	const char *name; /* its description without comment, or "test N" */
	enum verdict verdict;
	const char *why; /* the reason of a skip or todo; "ok", "not ok, COMMENT" */
};
struct tap {
	VEC(struct tap_line) lines;
	size_t passed, failed, skipped;
	const char *wrong; /* what makes the whole a failure: plan, bail-out; NULL: nothing */
	const char *skip;  /* the reason where the plan skips all; NULL: it does not */
};
void tap_read(struct arena *a, struct str output, struct tap *out);

#endif
