/* quilt.h - Debian's patches of a source tree. SPDX-License-Identifier: ISC */
#ifndef RESPIN_FETCH_QUILT_H
#define RESPIN_FETCH_QUILT_H

#include "base/base.h"

/* Applies the patches that TREE/debian/patches/series lists, in order and strictly: no fuzz, no
 * rejects. Fine where there is no series. E_INPUT names the patch that does not apply. */
MUST_CHECK bool quilt_apply(const char *tree, struct err *e);
/* The names of a series file, its comments and options left out. E_UNSAFE for one that leads out of
 * the folder of patches. */
MUST_CHECK bool quilt_series(struct arena *a, struct str text, strings *out, struct err *e);

#endif
