/* markup.h - HTML that can't be written unescaped, and the few shapes the page is made of. The
 * page is well-formed XML too, but for its first line. SPDX-License-Identifier: ISC */
#ifndef RESPIN_REPORT_MARKUP_H
#define RESPIN_REPORT_MARKUP_H

#include "compare/compare.h"
#include "report/report.h"

/* Adds FORMAT, whose only directives are %s and %%. Every string is escaped for text and quoted
 * attributes (see chars.h for what becomes of odd bytes); NULL is "". There is no way to put a
 * string in unescaped. */
void page_add(struct text *out, const char *format, ...) CHECK_FMT(2, 3);

/* A section with a heading; ID is also what tables refer to as their name. */
void page_section(struct text *out, const char *id, const char *title);
/* Starts the table of section ID, with N column heads; the first column is the row's head. */
void page_table(struct text *out, const char *id, const char *const *heads, size_t n);
/* The same for columns of text, which share the page's width and wrap. */
void page_texts(struct text *out, const char *id, const char *const *heads, size_t n);
void page_table_end(struct text *out);
/* A path, which may be wrapped behind each slash. */
void page_path(struct text *out, const char *path);
/* Two bars, before above after, on the scale that AFTER and BEFORE themselves give. */
void page_bars(struct text *out, double before, double after);
/* One bar of VALUE on the scale of MOST. */
void page_bar(struct text *out, double value, double most);
/* VALUE as a percentage of WHOLE within 0 and 100: "41.67". Anything odd is 0. */
const char *percent(struct arena *a, double value, double whole);

/* page_image.c: the parts of the page on what the image is made of. */
void page_image(struct text *out, const struct comparison *c);
void page_symbols(struct text *out, const struct comparison *c);
/* page_state.c: how the histories of the network state differ. */
void page_state(struct text *out, const struct comparison *c);
/* page_work.c: the parts on what was done: builds, steps, runs. */
void page_rebuilt(struct text *out, const struct comparison *c);
void page_steps(struct text *out, const steps *s);
void page_runs(struct text *out, const struct comparison *c);

/* style.c: report.css, as it was when this was built. */
struct str page_style(void);

#endif
