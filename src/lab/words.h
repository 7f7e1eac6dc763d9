/* words.h - text of images and programs, made fit for a line of a report.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_WORDS_H
#define RESPIN_LAB_WORDS_H

#include "base/base.h"

/* "1 frame", "3 frames": for "%zu frame%s". */
static inline const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* S as one printable line of at most MAX bytes: a terminal's control sequences are left out,
 * other control characters become spaces, what is beyond becomes "...". */
const char *one_line(struct arena *a, struct str s, size_t max);
/* The last line of S that is not empty, made fit like one_line(). */
const char *last_line(struct arena *a, struct str s, size_t max);

#endif
