/* process.h - one running program, within sys. SPDX-License-Identifier: ISC */
#ifndef RESPIN_SYS_PROCESS_H
#define RESPIN_SYS_PROCESS_H

#include "sys/sys.h"

struct process {
	struct process *next;
	void *tag;
	pid_t pid;
	int pidfd;
	int out_fd, err_fd; /* -1 after their end */
	struct text out, err;
	size_t limit;
	bool cut, timed_out, killed;
	int64_t started_ns;
	int64_t deadline_ns; /* 0: none */
};

/* Starts C in a process group of its own. The text of its output grows in A. */
MUST_CHECK bool process_start(
	struct arena *a, const struct command *c, struct process *out, struct err *e);
/* Takes what its pipes hold now. */
void process_drain(struct process *p);
/* TERM to the group; the second call sends KILL. */
void process_signal(struct process *p);
/* After its pidfd became readable: collects the status and closes everything. */
void process_finish(struct process *p, struct outcome *out);

#endif
