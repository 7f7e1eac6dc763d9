/* wire.h - a virtual Ethernet between machines and the host's end: a switch that delays frames,
 * records them, and notices a flood. SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_WIRE_H
#define RESPIN_LAB_WIRE_H

#include <poll.h>

#include "packets/packets.h"

/* More frames than this from a machine, with none towards it in between, are a flood. */
#define WIRE_FLOOD_FRAMES 20000
/* So is a recording beyond this many bytes. */
#define WIRE_FLOOD_BYTES ((uint64_t)512 * 1024 * 1024)
#define WIRE_SEATS 256

/* Where a cable is plugged in, and the frames on their way to its other end. */
struct port {
	int fd; /* the host's: a packet socket; a machine's: datagrams, one frame each; -1: none */
	struct frame *first, **last;
	size_t n;
	bool blocked;	   /* its other end takes no more just now */
	int64_t retry_ns;  /* when it is asked again, where no poll tells; 0: poll does */
	uint64_t sent;	   /* frames that came from it */
	uint64_t received; /* frames that it took */
	uint64_t in_a_row; /* sent since it last took one */
	/* Of the last ARP reply that came from it, to one hardware address: whose it says it is. */
	unsigned char answered[4];
};

/* Where frames to a hardware address go: the port that the last frame from it came from. */
struct seat {
	unsigned char address[6];
	bool taken;
	unsigned char port;
};

struct wire {
	struct arena *a;
	struct port *ports; /* 0 is the host's; the others' are machines 1 and on */
	size_t n;
	size_t frame_max; /* longer ones don't fit the host's end */
	int64_t delay_ns; /* each way */
	struct frame *unused;
	struct recording *recording; /* at the machines' end; NULL: none */
	char *buffer;
	uint64_t dropped; /* too short, too long, or no room */
	struct seat seats[WIRE_SEATS];
};

/* A wire with MACHINES ports besides the host's, none of which is plugged in. RECORDING may be
 * NULL, and stays the caller's. */
void wire_init(struct wire *w, struct arena *a, size_t machines, size_t mtu, int64_t delay_ms,
	struct recording *recording);
/* Plugs FD into PORT. What was on its way to what was plugged in before is lost. The descriptor
 * stays the caller's. */
void wire_plug(struct wire *w, size_t port, int fd);
/* Takes what came in and delivers what is due at clock_ns() NOW. */
void wire_turn(struct wire *w, int64_t now);
/* When wire_turn() has work next without new input; INT64_MAX: never. */
int64_t wire_due(const struct wire *w);
/* What to poll for, by port. */
void wire_polls(const struct wire *w, struct pollfd *polls);
/* Puts a frame of our own on the way, as if it came from PORT. */
void wire_send(struct wire *w, size_t port, int64_t now, struct str frame);
/* Frames on their way. */
size_t wire_waiting(const struct wire *w);
/* Grows with every frame that arrives anywhere, is delivered or dropped. */
uint64_t wire_moves(const struct wire *w);
/* "sent 20000 frames in a row that nothing asked for"; NULL where MACHINE (1 and on) floods
 * nothing. */
const char *wire_flood(const struct wire *w, size_t machine);

#endif
