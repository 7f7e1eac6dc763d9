/* quilt.h - Debian's patches of a source tree. SPDX-License-Identifier: ISC */
#ifndef RESPIN_FETCH_QUILT_H
#define RESPIN_FETCH_QUILT_H

#include "base/base.h"

/* A line of a series file, as quilt(1) takes it: "fix.patch -p0 -R # why". */
struct quilt_patch {
	const char *name; /* below debian/patches/ */
	int strip;	  /* -pN: leading folders that its paths lose; 1 where it is not said */
	bool reverse;	  /* -R */
	int fuzz;	  /* lines of context that may differ; 0: none */
};
typedef VEC(struct quilt_patch) quilt_patches;

/* Called after the patch NAME ("fix.patch"), in the file FILE, was applied. */
typedef bool quilt_applied(void *ctx, const char *name, const char *file, struct err *e);

/* Applies the patches of TREE/debian/patches/debian.series, or series where there is no such file,
 * in order and strictly: no fuzz, no rejects. Fine where there is neither. E_INPUT names the patch
 * that does not apply. APPLIED may be NULL. */
MUST_CHECK bool quilt_apply(const char *tree, quilt_applied *applied, void *ctx, struct err *e);
/* Applies DIFF, the one patch of a package of source format 1.0, as strictly. */
MUST_CHECK bool diff_apply(const char *tree, struct str diff, struct err *e);
/* Applies TEXT, which is the patch P. */
MUST_CHECK bool quilt_apply_one(
	const char *tree, const struct quilt_patch *p, struct str text, struct err *e);
/* The patches of a series file. E_UNSAFE for one that leads out of the folder of patches, E_INPUT
 * for an option that is not known. */
MUST_CHECK bool quilt_series(struct arena *a, struct str text, quilt_patches *out, struct err *e);

#endif
