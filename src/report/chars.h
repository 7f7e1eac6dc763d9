/* chars.h - strings of others (names, subjects, messages) made fit to be shown: whatever their
 * bytes are, what comes out is UTF-8 that neither moves a cursor nor turns the writing direction.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_REPORT_CHARS_H
#define RESPIN_REPORT_CHARS_H

#include "base/base.h"

/* Takes the next character from *REST, which is not empty. White space is a space; control
 * characters come as their pictures (U+2400 and on); bytes that are not UTF-8 (RFC 3629), writing
 * direction overrides and what XML can't hold as U+FFFD. */
uint32_t char_next(struct str *rest);
void char_add(struct text *out, uint32_t c);

/* Z with each character as above; NULL gives "". */
const char *chars_clean(struct arena *a, const char *z);
/* Columns of clean text on a terminal, one for each character. */
size_t chars_columns(const char *clean);
/* At most COLUMNS columns of clean text: what is too much is taken out of the middle ("a...z"). */
const char *chars_elide(struct arena *a, const char *clean, size_t columns);

#endif
