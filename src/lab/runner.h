/* runner.h - the lab's own process: all checks of an image, from boot to run.json.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_RUNNER_H
#define RESPIN_LAB_RUNNER_H

#include "lab/kind.h"
#include "lab/run.h"
#include "lab/space.h"

/* What goes from the lab's process to its parent: one of these bytes, then the rest. */
enum message {
	MESSAGE_CHECK = 'c',  /* a check's result as JSON */
	MESSAGE_ERROR = 'e',  /* struct err */
	MESSAGE_NOTE = 'n',   /* text */
	MESSAGE_STATUS = 's', /* int: the console's end, or the program's */
	MESSAGE_TERMINAL =
		't' /* int: 1 where a program has the terminal, 0 where we have it again */
};

struct runner {
	const struct lab_request *q;
	struct run *run; /* id and folder are there, the rest is filled in; NULL: console */
	networks nets;
	const char *accelerator;
	int64_t at;   /* the network of the program on the terminal ... */
	bool own_job; /* ... which is a job of its own */
	int channel;
	bool cut_short; /* the machine came to its end before all checks were done */
};
/* To be called in the new space. Sends messages; the last is an error or, for a console, the
 * status. */
void runner_main(struct arena *a, struct runner *r, const struct space *space);

#endif
