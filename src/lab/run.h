/* run.h - kept runs: their ids, and run.json. SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_RUN_H
#define RESPIN_LAB_RUN_H

#include "lab/lab.h"
#include "sys/sys.h"

/* Gives RUN an id that no other run has, also of the same second, and makes its folder. */
MUST_CHECK bool run_make(struct arena *a, const struct workspace *w, const char *image,
	struct run *run, struct err *e);
/* Writes run.json as one step. */
MUST_CHECK bool run_write(const struct run *run, struct err *e);
/* Reads run.json in DIR. */
MUST_CHECK bool run_read_dir(struct arena *a, const char *dir, struct run *out, struct err *e);
/* One result as JSON, and back. */
void result_write(const struct check_result *r, struct text *out);
MUST_CHECK bool result_read(
	struct arena *a, struct str text, struct check_result *out, struct err *e);

#endif
