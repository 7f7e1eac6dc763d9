/* machine.h - a machine while it runs: its process and its console.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_MACHINE_H
#define RESPIN_LAB_MACHINE_H

#include "lab/kind.h"

/* A console that prints more than this is a flood. */
#define CONSOLE_MAX ((size_t)1024 * 1024)

struct machine {
	struct arena *a;
	const struct machine_kind *kind;
	const char *prefix; /* of its lines on our terminal; NULL: there is no other machine */
	const char *image_path;
	struct process process;
	int console_fd;		/* console.txt; -1: the console is our terminal */
	size_t written;		/* of process.out, to the file or the terminal */
	int64_t asked_ns;	/* when it was asked to end; 0: it was not */
	bool ended;		/* its process has */
	struct outcome outcome; /* once it ended */
	struct ending ending;	/* once it ended */
	int64_t panic_ns;	/* when a panic was seen on the console; 0: never */
	const char *end;	/* machine_end()'s answer, once there is one */
};

/* Boots the image. */
MUST_CHECK bool machine_start(
	struct arena *a, const struct machine_plan *plan, struct machine *out, struct err *e);
/* Takes what it printed. ENDED: its pidfd is readable. E_CHILD where the image could not be
 * started, E_IO where the console can't be kept. */
MUST_CHECK bool machine_turn(struct machine *m, bool ended, struct err *e);
/* What the console printed so far (the tail of it, on our terminal). */
struct str machine_console(const struct machine *m);
/* How the machine came to its end, in a line: "panic: ... at x.c:3", "flood: ...", "ended by
 * itself"; NULL while it runs. */
const char *machine_end(struct machine *m);
/* True where it ended by itself with the status for success. */
bool machine_ended_well(const struct machine *m);
/* Lets a machine that is to be asked first know that its end is near. */
void machine_ask(struct machine *m);
/* Ends it if it runs, waits until it has ended and closes the console. Fine before its start. */
void machine_stop(struct machine *m);
/* The same, of a machine that is to be started again: its console's file gets a line that says so.
 * GENTLY: what it has asked of its disk is finished first, as far as that takes no longer than two
 * seconds. */
MUST_CHECK bool machine_break(struct machine *m, bool gently, struct err *e);

#endif
