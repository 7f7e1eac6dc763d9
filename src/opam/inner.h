/* inner.h - what the readers of opam's files share. SPDX-License-Identifier: ISC */
#ifndef RESPIN_OPAM_INNER_H
#define RESPIN_OPAM_INNER_H

#include "opam/opam.h"

/* fail() with E_INPUT at a place of the file PATH. */
bool fail_place(struct err *e, const char *path, struct opam_place at, const char *fmt, ...)
	CHECK_FMT(4, 5);
/* fail_place(): "field 'NAME': expected WANTED". */
bool fail_field(
	struct err *e, const char *path, struct opam_place at, struct str name, const char *wanted);
/* fail_place() at the beginning of a file beyond OPAM_FILE_MAX. */
bool fail_too_large(struct err *e, const char *path);

#endif
