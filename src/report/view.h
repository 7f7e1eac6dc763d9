/* view.h - a comparison on its way to the terminal. SPDX-License-Identifier: ISC */
#ifndef RESPIN_REPORT_VIEW_H
#define RESPIN_REPORT_VIEW_H

#include "compare/compare.h"
#include "report/table.h"

struct view {
	struct arena *a;
	const struct comparison *c;
	bool verbose;
	struct screen screen;
};

static inline void view_heading(const struct view *v, const char *text)
{
	text_addz(v->screen.out, "\n");
	screen_line(&v->screen, TINT_BOLD, text);
}

static inline void view_remark(const struct view *v, const char *text)
{
	screen_line(&v->screen, TINT_DIM, str_format(v->a, "  %s", text));
}

/* terminal_state.c: how the histories of the network state differ. */
void view_state(const struct view *v);

#endif
