/* question.h - a condition of a state check, asked of a history's commits, within past.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_PAST_QUESTION_H
#define RESPIN_PAST_QUESTION_H

#include <regex.h>

#include "past/past.h"
#include "sys/sys.h"

#define NS ((int64_t)1000000000)

struct question {
	struct past *p;
	const struct condition *c;
	regex_t text, message;
	bool has_text, has_message;
	size_t *counts;	    /* by commit: entries that match */
	struct map texts;   /* by id: is it what text and field ask for, and one */
	struct map last;    /* by path: what its field is, for changes_within_s */
	size_t n;	    /* entries that matched in the last commit that was asked */
	const char *change; /* the last change that was too soon */
};
MUST_CHECK bool start_question(
	struct past *p, const struct condition *c, struct question *q, struct err *e);
void drop_question(struct question *q); /* for defer() */
/* Does the condition hold in commit number I? To be asked of all of them, in order. */
MUST_CHECK bool ask(struct question *q, size_t i, bool *holds, struct err *e);
/* What the commit that was asked last has of what is asked for. */
const char *answer(const struct question *q, const struct git_step *step);
/* ", the first is arp/10.0.0.2 (mac 02:...)": the first entry of TREE that matches; or "". */
MUST_CHECK bool first_words(
	struct question *q, const struct git_id *tree, const char **out, struct err *e);
/* What the condition wants: "at least 1", or its own words. */
const char *wanted(const struct question *q);

/* "commit 68216f3 (2015-04-22T07:33:30Z)" */
const char *step_words(const struct past *p, const struct git_step *step);
/* "arp/10.0.0.* with mac 02:..." */
const char *condition_words(struct arena *a, const struct condition *c);
/* "at least 1", "0 to 3" */
const char *range_words(struct arena *a, int64_t min, int64_t max);

#endif
