/* pc.h - files of pkg-config's (pc(5)). SPDX-License-Identifier: ISC */
#ifndef RESPIN_RESOLVE_PC_H
#define RESPIN_RESOLVE_PC_H

#include "sys/sys.h"

struct pc {
	struct str name, description, version; /* variables replaced */
	struct str libs, requires, cflags;
};
/* TEXT of a .pc file, which is called PATH in messages; E_INPUT with the line where it is none. */
MUST_CHECK bool pc_parse(
	struct arena *a, struct str text, const char *path, struct pc *out, struct err *e);

#endif
