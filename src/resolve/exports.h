/* exports.h - the symbols that a library offers to those that link it, by libelf.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_RESOLVE_EXPORTS_H
#define RESPIN_RESOLVE_EXPORTS_H

#include "sys/sys.h"

struct exports {
	const char *soname; /* of a shared one, where it has one; or NULL */
	strings symbols;
};
/* Of the shared library or archive (.a) FILE. E_INPUT where it is neither, or damaged. */
MUST_CHECK bool exports_read(struct arena *a, const char *file, struct exports *out, struct err *e);

#endif
