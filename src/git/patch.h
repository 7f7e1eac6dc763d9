/* patch.h - between applying a diff and explaining why it does not apply.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_GIT_PATCH_H
#define RESPIN_GIT_PATCH_H

#include "git/inner.h"

/* Adds PATCH to OUT in the form that git itself writes. E_INPUT names the line where it is no
 * unified diff, or not a whole one; E_UNSAFE a path that leaves the tree. */
MUST_CHECK bool normal_diff(struct str patch, struct text *out, struct err *e);
/* E_CONFLICT where DIFF changes a file that TREE has not, or makes one that it has. */
MUST_CHECK bool check_files(git_tree *tree, git_diff *diff, struct err *e);
/* The error of a diff that failed in its DELTAS-th file, HUNKS-th hunk (both count from 1). */
MUST_CHECK bool explain(struct git_repo *r, git_tree *tree, git_diff *diff, size_t deltas,
	size_t hunks, struct err *e);
/* Does TREE look as if file I of DIFF had been applied to it? */
MUST_CHECK bool delta_is_done(
	struct git_repo *r, git_tree *tree, git_diff *diff, size_t i, bool *out, struct err *e);

#endif
