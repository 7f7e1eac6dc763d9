/* manifest.h - the JSON that an image carries about itself, and which package each address belongs
 * to. SPDX-License-Identifier: ISC */
#ifndef RESPIN_IMAGE_MANIFEST_H
#define RESPIN_IMAGE_MANIFEST_H

#include "image/image.h"

#define MANIFEST_SECTION ".respin.manifest"

/* Larger files are no images: they could not be meant. */
#define MAX_IMAGE ((size_t)1 << 30)

/* Addresses that one package fills. */
struct range {
	uint64_t address, size;
	size_t package; /* index in packages */
};
typedef VEC(struct range) ranges;

/* Sorts by address. False where two ranges overlap: *AT is the second's address then. */
MUST_CHECK bool ranges_sort(ranges *r, uint64_t *at);
/* The range of the sorted R that holds ADDRESS, or NULL. */
const struct range *ranges_find(const ranges *r, uint64_t address);

/* M's name, files_sha256 and packages, with the sizes and addresses of R, as JSON. */
void manifest_write(const struct image_info *m, const ranges *r, struct text *out);
/* Reads the same back: name, files_sha256 and packages of OUT, and the sorted ranges. Unknown
 * members are fine (a later respin wrote them). E_INPUT names FILE and what is wrong. */
MUST_CHECK bool manifest_read(struct arena *a, struct str text, const char *file,
	struct image_info *out, ranges *r, struct err *e);

/* The bytes of LINKED, an ELF file, with the section MANIFEST; FILE is for messages. */
MUST_CHECK bool manifest_attach(struct arena *a, struct str linked, const char *file,
	struct str manifest, struct str *out, struct err *e);

/* image_read() of BYTES that are in memory already, but for the digest, and the ranges. FILE is for
 * messages. */
MUST_CHECK bool image_parse(struct arena *a, struct str bytes, const char *file,
	struct image_info *out, ranges *places, struct err *e);

#endif
