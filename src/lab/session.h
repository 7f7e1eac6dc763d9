/* session.h - machines on their wires, from boot to end, and the loop that drives them. All of it
 * runs in the lab's own process, within the private networks. SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_SESSION_H
#define RESPIN_LAB_SESSION_H

#include "lab/cable.h"
#include "lab/lab.h"
#include "lab/machine.h"
#include "lab/wire.h"

/* One network while it runs. */
struct lan {
	const struct network *net;
	struct host host;
	struct wire wire;
	struct recording recording;
	struct process dhcp; /* the DHCP server; pid 0: none */
};

/* A stretch of the run: nanoseconds since 1970, and packets of each network. */
struct span {
	int64_t from_ns, to_ns;
	size_t from[RECIPE_NETWORKS_MAX], to[RECIPE_NETWORKS_MAX];
};

struct session {
	struct arena *a;
	const struct image_how *how;
	const struct machine_kind *kind; /* of machine, that HOW names */
	const char *recipe_dir;		 /* where the programs of command checks run */
	const char *dir;		 /* of the run; NULL: nothing is kept */
	const char *scratch;		 /* a folder for what is not kept */
	const char *disk;		 /* the disk of machine 1; NULL: a new one */
	const char *image_path, *accelerator;
	int executable; /* see struct machine_plan */
	networks nets;
	int channel;	  /* to our parent; its end is our end */
	struct lan *lans; /* one for each of nets */
	struct seated *machines;
	size_t machine_count;
	struct pollfd *polls;
	size_t poll_count;
	uint64_t turns;		 /* how often all of them were looked at */
	struct process *program; /* of the check that runs now, or NULL */
	bool program_ended;
	/* Called as a program on the terminal starts (true) and ends; NULL: there will be none. */
	void (*on_terminal)(struct session *s, bool runs);
	int watched; /* a socket that becomes writable, of the check that runs now; -1: none */
	bool watched_ready;
	const char *hang;   /* why a machine is taken for dead; NULL: none is */
	const char *doubt;  /* why one that is up may answer nothing; NULL */
	struct span *spans; /* per check of HOW, and of our own: when it ran */
	kept_stores kept;   /* what the run has of the machines' state */
};

/* A machine and what it is plugged into. */
struct seated {
	struct machine machine;
	struct cards cards; /* its ends of the wires */
	int disk;	    /* what its disk holds; -1: it has none */
	uint64_t sent;	    /* frames of network 0 that came from its seat before it booted */
};

enum waited { WAIT_DONE, WAIT_TIMEOUT, WAIT_MACHINE, WAIT_ERROR };
typedef bool done_fn(struct session *s, void *ctx);
/* Drives machines and wires until DONE(s, ctx), until clock_ns() reaches DEADLINE, or until a
 * machine ends. WAIT_ERROR sets E: E_INTERRUPTED where our parent has gone or wants our end. */
enum waited session_wait(
	struct session *s, int64_t deadline, done_fn *done, void *ctx, struct err *e);
/* Makes the networks, starts the DHCP servers that are wanted, and boots the machines. */
MUST_CHECK bool session_start(struct session *s, struct err *e);
/* Machine K (1 is the first). */
struct machine *session_machine(struct session *s, int64_t number);
/* Cuts the power of machine NUMBER, or presses its reset button, and boots it again with the same
 * disk. What it had sent by then has arrived. */
MUST_CHECK bool session_reboot(struct session *s, int64_t number, bool reset, struct err *e);
/* How a machine ended or why it is given up, in a line; NULL while all is fine. Machines that
 * ended well are fine until all have. */
const char *session_end(struct session *s);
/* True where all ended by themselves, with the status for success. */
bool session_ended_well(const struct session *s);
/* Waits until nothing is on any wire and the machines had time to answer. */
MUST_CHECK bool session_settle(struct session *s, struct err *e);
/* There and back on the slowest wire, in nanoseconds. */
int64_t session_round_trip(const struct session *s);
/* Asks who has the address of machine NUMBER on network AT, by ARP (RFC 826): the host of the
 * network, or nobody (PROBE, as RFC 5227 has it: nobody learns an address by it). */
void session_ask_address(struct session *s, size_t at, int64_t number, bool probe);
/* True where machine NUMBER gives any sign of life when asked for its address on network AT by
 * ARP. */
MUST_CHECK bool session_is_alive(
	struct session *s, size_t at, int64_t number, bool *alive, struct err *e);
/* The beginning, or the end, of a span is now. */
void session_begin(struct session *s, struct span *out);
void session_finish(struct session *s, struct span *span);
/* Ends everything that runs, and writes what was recorded. */
MUST_CHECK bool session_stop(struct session *s, struct err *e);

/* Runs a program on the host of network AT until it ends, the deadline (TIMEOUT_MS 0: none) or a
 * machine's end; it and all that it started are gone then, but for what one on the terminal
 * started: that goes with the session. */
MUST_CHECK bool session_run(struct session *s, size_t at, const struct command *c,
	int64_t timeout_ms, enum waited *how, struct outcome *out, struct err *e);

#endif
