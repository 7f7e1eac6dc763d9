/* symbols.h - the symbols of an image. SPDX-License-Identifier: ISC */
#ifndef RESPIN_IMAGE_SYMBOLS_H
#define RESPIN_IMAGE_SYMBOLS_H

#include "image/elf_file.h"
#include "image/manifest.h"

/* Adds to OUT, whose sections and packages are there, the symbols of ELF that take bytes, largest
 * first; those of functions that OCaml's compiler gave no size take what lies before the next one.
 * PACKAGES: which addresses are whose. E_INPUT, naming FILE, where a table is damaged. */
MUST_CHECK bool symbols_read(struct arena *a, Elf *elf, const sections *all, const char *file,
	const ranges *packages, struct image_info *out, struct err *e);

/* Fills in what a symbol tells of ADDRESS in the ELF file that BYTES hold: the table of all symbols
 * or, where it was stripped, that of the exported ones. A symbol without a size, as OCaml's for
 * data, reaches to the next one. E_INPUT, naming FILE, for what is damaged. */
MUST_CHECK bool symbol_find(struct arena *a, struct str bytes, const char *file, uint64_t address,
	struct image_spot *out, struct err *e);

#endif
