/* text_file.h - reads the text files of others, which may be far too large.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_OCAML_TEXT_FILE_H
#define RESPIN_OCAML_TEXT_FILE_H

#include "base/base.h"

/* The whole file PATH, of LIMIT bytes at most. Where it is no such file the error (E_INPUT) has its
 * place, with the file called SHOWN. */
MUST_CHECK bool text_file_read(struct arena *a, const char *path, const char *shown, size_t limit,
	struct str *out, struct err *e);

#endif
