/* link_map.h - the map that GNU ld writes with -Map: which file gave which bytes.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_IMAGE_LINK_MAP_H
#define RESPIN_IMAGE_LINK_MAP_H

#include "base/base.h"

/* Bytes of one output section that came from one input file. Strings point into the map. */
struct contribution {
	struct str section; /* of the output */
	struct str input;   /* the file's path as the linker was given it */
	uint64_t address, size;
};
typedef VEC(struct contribution) contributions;

/* All contributions that are not empty, in the map's order. Of strings that the linker merged, the
 * map (and so we) credits the first file that has them. E_INPUT, with FILE and the line, where TEXT
 * is no such map. */
MUST_CHECK bool link_map_read(
	struct arena *a, struct str text, const char *file, contributions *out, struct err *e);

#endif
