/* host_program.h - images that are programs for Linux: how they are run, and how their end reads.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_HOST_PROGRAM_H
#define RESPIN_LAB_HOST_PROGRAM_H

#include "lab/kind.h"

/* Both of struct machine_kind. */
MUST_CHECK bool host_program(
	struct arena *a, const struct machine_plan *plan, struct command *out, struct err *e);
struct ending host_program_end(struct arena *a, const struct remains *r);

#endif
