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
	uint64_t size;		   /* bytes of loaded sections in the image's file */
	uint64_t zeroed;	   /* bytes of memory besides, zero at the start */
};
typedef VEC(struct manifest_package) manifest_packages;

struct image_section {
	const char *name;
	uint64_t address, size;
	bool loaded, zeroed;
};
struct image_symbol {
	const char *name, *section;
	const char *package; /* NULL where no package's range holds it */
	uint64_t address, size;
};
struct image_info {
	const char *name; /* of the image's recipe */
	const char *sha256;
	uint64_t size;		    /* of the file */
	uint64_t loaded;	    /* bytes of loaded sections */
	uint64_t zeroed;	    /* those of them that are zero at the start: not in the file */
	const char *files_sha256;   /* of the packed folder, or NULL */
	manifest_packages packages; /* link order */
	VEC(struct image_section) sections;
	VEC(struct image_symbol) symbols; /* largest first */
};

/* Makes the image from what the linker wrote: adds the manifest section, with the sizes and the
 * address ranges of each package taken from the link map (GNU ld -Map): the bytes of package lwip
 * are those of the linker's input "lwip.o", in any folder. Strings that the linker merged count for
 * the first package that has them. M's sizes are ignored. Nothing that is loaded changes.
 * The result depends on nothing but the bytes of LINKED and MAP and on M. */
MUST_CHECK bool image_seal(const char *linked, const char *map, const struct image_info *m,
	const char *out, struct err *e);
/* A compilation unit of OCaml's native compiler ("Tcp__Window"), and its package's index. */
struct image_unit {
	const char *name;
	size_t package;
};
typedef VEC(struct image_unit) image_units;
/* The same for a program or an image that an OCaml build linked: there is no link map, but the
 * compiler's symbols around the code and the data of each unit say what is whose. What C code fills
 * is nobody's. E_INPUT for what is not ELF, or has bytes behind its end (bytecode). */
MUST_CHECK bool image_label(const char *linked, const struct image_info *m,
	const image_units *units, const char *out, struct err *e);
/* Packs the regular files below DIR into one archive (cpio "newc" format, sorted, no times, no
 * owners: equal folders give equal bytes), for the image to serve. A link to a file below DIR
 * stands for that file; E_UNSAFE where it leads out, E_INPUT for what is neither file nor folder.
 */
MUST_CHECK bool image_pack(struct arena *a, const char *dir, struct str *out, struct err *e);
/* Reads an image (or any ELF file: without a manifest, packages is empty).
 * E_INPUT where it is no ELF file. */
MUST_CHECK bool image_read(
	struct arena *a, const char *file, struct image_info *out, struct err *e);
/* Is P, of I, worth a line to people? Not the image's own recipe where another package has the same
 * source and P has none of the image: of a dune project, whose code counts for the project. */
bool image_lists(const struct image_info *i, const struct manifest_package *p);
/* 64 hexadecimal digits that are equal exactly where all that a machine gets of two images is: the
 * loaded sections and where they start, without the manifest and without debug information. */
MUST_CHECK bool image_loaded(struct arena *a, const char *file, const char **out, struct err *e);
/* What a Solo5 image says of itself, in its ELF notes ABI1 and MFT1 (Solo5's elf_abi.h and
 * mft_abi.h). */
struct solo5_device {
	const char *name; /* letters and digits */
	bool is_card;	  /* a network card (NET_BASIC); else a disk (BLOCK_BASIC) */
};
struct solo5_notes {
	const char *target;		  /* "hvt", "spt", "virtio", ... */
	VEC(struct solo5_device) devices; /* in the manifest's order */
};
/* E_INPUT where FILE is no ELF file, no Solo5 image, or has a manifest that makes no sense. */
MUST_CHECK bool image_solo5(
	struct arena *a, const char *file, struct solo5_notes *out, struct err *e);
/* What an address of an image is. */
struct image_spot {
	const char *function; /* or data: "tcp_output"; NULL where no symbol tells */
	bool is_data;	      /* what the symbol stands for is no code */
	bool has_symbols;     /* the section has any, if only those that the file exports */
	uint64_t offset;      /* from its start ... */
	bool has_offset;      /* ... where the symbol table has its size */
	const char *section;  /* that holds the address; NULL: the image has nothing there */
	const char *package;  /* by the manifest; or NULL */
	/* By the debug information, NULL and 0 where it does not tell; of a package of the manifest
	 * relative to its source. */
	const char *file;
	int line;
};
/* By the image's own symbols and, for lines, addr2line. For a return address (of a backtrace) ask
 * for the byte before it. */
MUST_CHECK bool image_find(
	struct arena *a, const char *file, uint64_t address, struct image_spot *out, struct err *e);
/* The same in words: "tcp_output at src/core/tcp_out.c:1249 (lwip)"; "tcp_output+0x12 (lwip)"
 * without debug information, "0x1234" outside of all. */
MUST_CHECK bool image_place(
	struct arena *a, const char *file, uint64_t address, const char **out, struct err *e);

#endif
