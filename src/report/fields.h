/* fields.h - what of an entry two states have in different ways. SPDX-License-Identifier: ISC */
#ifndef RESPIN_REPORT_FIELDS_H
#define RESPIN_REPORT_FIELDS_H

#include "compare/compare.h"

/* A line of an entry's text: its first word, and the rest; NULL on the side that lacks it. */
struct field_change {
	const char *name, *before, *after;
};
typedef VEC(struct field_change) field_changes;

/* The lines of C that differ plainly (past.h): none where C is on one side only. */
void fields_differ(struct arena *a, const struct past_change *c, field_changes *out);
/* In a line: "mac 02 -> 06; + state static"; of an entry of one side, all of its text. */
const char *fields_words(struct arena *a, const struct past_change *c);
/* What a side has of that: "mac 02; state static"; DASH where that is nothing. */
const char *fields_side(struct arena *a, const struct past_change *c, bool after, const char *dash);

#endif
