/* symbol.h - the symbol that an address of an ELF file is within. SPDX-License-Identifier: ISC */
#ifndef RESPIN_IMAGE_SYMBOL_H
#define RESPIN_IMAGE_SYMBOL_H

#include "image/image.h"

/* Fills in what a symbol tells of ADDRESS in the ELF file that BYTES hold: the table of all symbols
 * or, where it was stripped, that of the exported ones. A symbol without a size, as OCaml's for
 * data, reaches to the next one. E_INPUT, naming FILE, for what is damaged. */
MUST_CHECK bool symbol_find(struct arena *a, struct str bytes, const char *file, uint64_t address,
	struct image_spot *out, struct err *e);

#endif
