/* session.h - one machine on one wire, from boot to end, and the loop that drives it. All of it
 * runs in the lab's own process, within the private network. SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_SESSION_H
#define RESPIN_LAB_SESSION_H

#include "lab/lab.h"
#include "lab/machine.h"
#include "lab/space.h"
#include "lab/wire.h"

struct session {
	struct arena *a;
	const struct image_how *how;
	const char *recipe_dir; /* where the programs of command checks run */
	const char *dir;	/* of the run; NULL: nothing is kept */
	struct network net;
	int channel; /* to our parent; its end is our end */
	struct wire wire;
	struct recording recording;
	struct machine machine;
	struct process dhcp;	 /* the DHCP server; pid 0: none */
	struct process *program; /* of the check that runs now, or NULL */
	bool program_ended;
	int watched; /* a socket that becomes writable, of the check that runs now; -1: none */
	bool watched_ready;
	const char *hang;	/* why the machine is taken for dead; NULL: it is not */
	struct window *windows; /* per check of HOW: the packets recorded while it ran */
};

enum waited { WAIT_DONE, WAIT_TIMEOUT, WAIT_MACHINE, WAIT_ERROR };
typedef bool done_fn(struct session *s, void *ctx);
/* Drives machine and wire until DONE(s, ctx), until clock_ns() reaches DEADLINE, or until the
 * machine ends. WAIT_ERROR sets E: E_INTERRUPTED where our parent has gone or wants our end. */
enum waited session_wait(
	struct session *s, int64_t deadline, done_fn *done, void *ctx, struct err *e);
/* Makes the network, starts the DHCP server where it is wanted, and boots IMAGE_PATH. */
MUST_CHECK bool session_start(
	struct session *s, const char *image_path, const char *accelerator, struct err *e);
/* How the machine ended or why it is given up, in a line; NULL while it is fine. */
const char *session_end(struct session *s);
/* Waits until nothing is on the wire and the machine had time to answer. */
MUST_CHECK bool session_settle(struct session *s, struct err *e);
/* True where the machine gives any sign of life when asked for its address by ARP. */
MUST_CHECK bool session_is_alive(struct session *s, bool *alive, struct err *e);
/* Ends everything that runs, and writes what was recorded. */
MUST_CHECK bool session_stop(struct session *s, struct err *e);

/* Runs a program within the network until it ends, the deadline or the machine's end; it and all
 * that it started are gone then. */
MUST_CHECK bool session_run(struct session *s, const struct command *c, int64_t timeout_ms,
	enum waited *how, struct outcome *out, struct err *e);

#endif
