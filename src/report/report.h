/* report.h - a comparison as text, JSON and one self-contained HTML page.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_REPORT_H
#define RESPIN_REPORT_H

#include "compare/compare.h"

/* One of the steps of `try`, with what it took. */
struct step {
	const char *name; /* "resolve", "fetch", "overlay", "edit", "build", "check", "compare" */
	const char *summary; /* one line */
	int64_t ns;
};
typedef VEC(struct step) steps;

struct report_look {
	int width; /* columns of the terminal */
	bool color;
	bool verbose; /* each machine's state by itself; else the sum over several machines */
};
/* The before/after table, for a terminal. */
void report_text(const struct comparison *c, const struct report_look *look, struct text *out);
/* One JSON object: what changed in checks, metrics and image; with STEPS also what `try` did.
 * "before" and "after" are ids of runs. REPORT: path of the HTML page, or NULL. */
void report_json(const struct comparison *c, const steps *s, const char *report, struct text *out);
/* One page that needs nothing else: no network, no script, prints well, light and dark. */
void report_html(const struct comparison *c, const steps *s, struct text *out);

/* What ran, in few lines for a person: many actions of one package that ran for one reason are one,
 * named by the package. */
actions report_actions(struct arena *a, const actions *ran);

#endif
