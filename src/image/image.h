/* image.h - what is inside an image: the manifest that every image carries, and its sizes by
 * package, section and symbol. Reads ELF by libelf. SPDX-License-Identifier: ISC */
#ifndef RESPIN_IMAGE_H
#define RESPIN_IMAGE_H

#include "base/base.h"

/* The manifest is JSON in the ELF section ".respin.manifest" (not loaded by the machine). */
struct manifest_package {
	const char *name, *version, *license;
	const char *source;	   /* origin in words */
	const char *source_sha256; /* NULL for a path */
	const char *overlay_tree;  /* git tree id, or NULL without an overlay */
	strings patches;	   /* subjects */
	uint64_t size;		   /* bytes in the image, all loaded sections */
};
typedef VEC(struct manifest_package) manifest_packages;

struct image_section {
	const char *name;
	uint64_t address, size;
	bool loaded;
};
struct image_symbol {
	const char *name, *section;
	const char *package; /* NULL where no package's range holds it */
	uint64_t address, size;
};
struct image_info {
	const char *name; /* of the image's recipe */
	const char *sha256;
	uint64_t size;		   /* of the file */
	uint64_t loaded;	   /* bytes of loaded sections */
	const char *files_sha256;  /* of the packed folder, or NULL */
	manifest_packages packages; /* link order */
	VEC(struct image_section) sections;
	VEC(struct image_symbol) symbols; /* largest first */
};

/* Reads an image (or any ELF file: without a manifest, packages is empty).
 * E_INPUT where it is no ELF file. */
MUST_CHECK bool image_read(
	struct arena *a, const char *file, struct image_info *out, struct err *e);
/* "tcp_output at src/core/tcp_out.c:1249 (lwip)" for an address in the image; by addr2line. */
MUST_CHECK bool image_place(struct arena *a, const char *file, uint64_t address,
	const char **out, struct err *e);

#endif
