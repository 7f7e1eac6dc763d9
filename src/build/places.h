/* places.h - names for paths that don't depend on where the workspace lies: keys and records hold
 * "<lwip>/src/core/tcp.c", whether lwip's tree is pristine, an overlay's, or in another home.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_BUILD_PLACES_H
#define RESPIN_BUILD_PLACES_H

#include "base/base.h"

struct place {
	const char *dir;  /* absolute */
	const char *name; /* "<lwip>" */
};
typedef VEC(struct place) places;

/* Without links to follow: "a/./b/../c" becomes "a/c". */
const char *path_tidy(struct arena *a, const char *path);
void places_add(struct arena *a, places *p, const char *dir, const char *name);
/* PATH with the innermost place's folder replaced by its name; PATH itself outside of all. */
const char *places_name(struct arena *a, const places *p, const char *path);
/* The way back; NULL where NAME is in a place that isn't in P. */
const char *places_path(struct arena *a, const places *p, const char *name);

#endif
