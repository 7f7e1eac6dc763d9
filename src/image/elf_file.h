/* elf_file.h - libelf behind our own errors. SPDX-License-Identifier: ISC */
#ifndef RESPIN_IMAGE_ELF_FILE_H
#define RESPIN_IMAGE_ELF_FILE_H

#include <gelf.h>

#include "base/base.h"

/* Opens the ELF file that BYTES hold (they must outlive it). E_INPUT, naming FILE, for all else. */
MUST_CHECK bool elf_open(struct str bytes, const char *file, Elf **out, struct err *e);
void elf_close(Elf **elf); /* for defer() */
/* fail() with libelf's words appended. */
MUST_CHECK bool fail_elf(struct err *e, const char *file, const char *what);

/* A section's header with its name. */
struct section {
	Elf_Scn *scn;
	const char *name;
	GElf_Shdr header;
};
typedef VEC(struct section) sections;
/* All sections but the first, empty one: section I of the file is element I - 1. */
MUST_CHECK bool elf_sections(
	struct arena *a, Elf *elf, const char *file, sections *out, struct err *e);
/* Does the section take memory of its own when the image runs? */
bool section_is_loaded(const struct section *s);
/* Calls TAKE with each symbol of TABLE and its name. E_INPUT, naming FILE, where it is damaged. */
MUST_CHECK bool elf_symbols(Elf *elf, const struct section *table, const char *file,
	void (*take)(void *ctx, const GElf_Sym *symbol, const char *name), void *ctx,
	struct err *e);
/* The section called NAME, or NULL. */
const struct section *section_find(const sections *s, struct str name);

#endif
