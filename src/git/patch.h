/* patch.h - between the steps of applying a diff. SPDX-License-Identifier: ISC */
#ifndef RESPIN_GIT_PATCH_H
#define RESPIN_GIT_PATCH_H

#include "git/inner.h"

/* Adds PATCH to OUT in the form that git itself writes. E_INPUT names the line where it is no
 * unified diff, or not a whole one; E_UNSAFE a path that leaves the tree. */
MUST_CHECK bool normal_diff(struct str patch, struct text *out, struct err *e);

/* OUT is FILE with all hunks of P applied: at the lines that they name or at the nearest where all
 * their lines stand, and in their order. E_CONFLICT tells which hunk does not apply and what stands
 * there instead; PATH is for the message. */
MUST_CHECK bool hunks_apply(
	git_patch *p, struct str file, const char *path, struct text *out, struct err *e);
/* Are the lines that each hunk would leave behind in FILE already? */
bool hunks_are_in(git_patch *p, struct str file);
/* Is FILE just what the patch makes of nothing? */
bool hunks_make(git_patch *p, struct str file);

#endif
