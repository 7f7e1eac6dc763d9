/* table.h - aligned columns for a terminal, never wider than it. SPDX-License-Identifier: ISC */
#ifndef RESPIN_REPORT_TABLE_H
#define RESPIN_REPORT_TABLE_H

#include "sys/sys.h"

struct cell {
	const char *text; /* clean */
	enum tint tint;
};
/* Zero-initialise with arena and number of columns; cells are added row by row. */
struct table {
	struct arena *a;
	size_t columns;
	size_t yielding; /* the column that is shortened first where space is short */
	VEC(struct cell) cells;
};
struct screen {
	struct text *out;
	size_t width; /* at least 20 */
	bool color;
};

/* Adds a cell; its text is made fit to be shown. */
void table_add(struct table *t, enum tint tint, const char *text);
/* Prints the rows, indented by two. Where they are too wide, the yielding column is elided, and
 * where it has little left, the widest ones are. */
void table_print(struct table *t, const struct screen *screen);
/* One line, elided. */
void screen_line(const struct screen *screen, enum tint tint, const char *text);

#endif
