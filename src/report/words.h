/* words.h - what the terminal, JSON and HTML say in the same words. SPDX-License-Identifier: ISC */
#ifndef RESPIN_REPORT_WORDS_H
#define RESPIN_REPORT_WORDS_H

#include "compare/compare.h"

const char *words_count(struct arena *a, int64_t n);	  /* "-1,234" */
const char *words_difference(struct arena *a, int64_t n); /* "+1,234", "-12", "0" */
const char *words_time(struct arena *a, int64_t ns);	  /* "1.24 s", "38 ms", "0.4 ms" */
const char *words_short(struct arena *a, const char *id); /* the first ten digits of a hash */
const char *words_plural(struct arena *a, size_t n, const char *noun); /* "1 check", "2 checks" */
/* "page: time"; a metric that is named like its check has one name. */
const char *words_metric(struct arena *a, const struct metric_change *m);
/* VALUE, which is one of M's or their difference, with as many decimals as its pair deserves:
 * "4" and "10", "121.3" and "81.0", "0.035" and "0.041". */
const char *words_value(struct arena *a, const struct metric_change *m, double value);
/* "arp", "arp of machine 3" */
const char *words_store(struct arena *a, const struct store_change *s);
/* An entry's text, or a message, as one line: "mac 02:...; expires 1429688150". */
const char *words_line(struct arena *a, const char *text);

/* "broken: a, b, c and 2 more"; "" where none is. */
const char *words_broken(struct arena *a, const struct comparison *c);

/* The comparison in one sentence of at most COLUMNS columns where that is possible: "1 check
 * fixed, 0 broken, 8 the same; segments in the first flight 4 -> 10 packets." ARROW is put
 * between two values, with its own spaces. */
const char *words_summary(
	struct arena *a, const struct comparison *c, const char *arrow, size_t columns);

#endif
