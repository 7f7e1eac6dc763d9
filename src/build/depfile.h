/* depfile.h - what a compiler or linker read, as it tells in a make rule.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_BUILD_DEPFILE_H
#define RESPIN_BUILD_DEPFILE_H

#include "base/base.h"

/* The prerequisites of TEXT's first rule ("a.o: a.c a.h"), as gcc, clang and GNU as write them:
 * lines continued by a backslash, "\ " for a space, "\#" and "$$". False where there is no rule. */
bool depfile_read(struct arena *a, struct str text, strings *out);
/* The same as GNU ld writes it: a file on each line, without escapes. */
bool depfile_read_linker(struct arena *a, struct str text, strings *out);

#endif
