/* offers.h - the versions of a package that the user's opam repositories have together.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_RESOLVE_OFFERS_H
#define RESPIN_RESOLVE_OFFERS_H

#include "opam/opam.h"
#include "resolve/search.h"

/* One of opam's repositories. */
struct repository {
	struct opam_index *index;
	struct str name;
	const char *place;
	uint32_t package; /* the one asked for; OPAM_NONE: it is not there */
};
typedef VEC(struct repository) repository_list; /* by their rank */

/* A version, with the mark OPAM_UNAVAILABLE where the root's variables decide so. */
struct offer {
	const struct repository *from;
	struct opam_known known; /* lives as long as FROM's index */
};
typedef VEC(struct offer) offers;

/* All versions of the package, ascending in opam's order. As for opam, of a version that several
 * repositories have it is the first one's that counts; one that can't be read does not. */
offers offers_of(struct arena *a, const struct opam_root *root, const repository_list *list);
/* The newest of those with the least against them; NULL where there are none. */
const struct offer *offers_best(const offers *all);

#endif
