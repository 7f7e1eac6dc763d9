/* private.h - the parts of a comparison. SPDX-License-Identifier: ISC */
#ifndef RESPIN_COMPARE_PRIVATE_H
#define RESPIN_COMPARE_PRIVATE_H

#include "compare/compare.h"

/* measure.c: the metrics of one check, which one of the sides may lack (NULL). */
void compare_metrics(struct arena *a, const struct check_result *before,
	const struct check_result *after, struct comparison *c);
/* packages.c */
void compare_packages(struct arena *a, struct comparison *c);
/* sizes.c: sections and symbols. */
void compare_sizes(struct arena *a, struct comparison *c);

#endif
