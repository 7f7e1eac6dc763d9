/* programs.h - the programs that the lab runs, and the packages that have them.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_PROGRAMS_H
#define RESPIN_LAB_PROGRAMS_H

#include "sys/sys.h"

/* NAME in PATH, or where administrators' programs are, which ordinary users' PATH lacks.
 * NULL: not there. */
const char *program_anywhere(struct arena *a, const char *name);
/* E_ABSENT, with the Debian package in the hint, where NAME is not there. */
MUST_CHECK bool program_must(const char *name, struct err *e);
/* Adds our environment to OUT, but for what tells of proxies, which can't be reached from a private
 * network, and RESPIN_.... */
void environment_inherit(struct arena *a, strings *out);

#endif
