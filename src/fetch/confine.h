/* confine.h - takes from a process what a parser of strangers' bytes must not have.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_FETCH_CONFINE_H
#define RESPIN_FETCH_CONFINE_H

#include "base/base.h"

enum confinement {
	CONFINE_FOLDER, /* it works in its working folder ... */
	CONFINE_ALL	/* ... or with the files only that it has open */
};
/* For good: no new program, process or connection (seccomp), no other files (Landlock, where the
 * kernel has it), no file of more than FILE_BYTES, no core dump, bounded time and memory, and an
 * end with the parent. */
MUST_CHECK bool confine(enum confinement how, uint64_t file_bytes, struct err *e);

#endif
