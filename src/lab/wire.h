/* wire.h - a virtual Ethernet between the image and the host's end: delays frames, records them,
 * and notices a flood. SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_WIRE_H
#define RESPIN_LAB_WIRE_H

#include <poll.h>

#include "packets/packets.h"

/* More frames than this from the image, with none towards it in between, are a flood. */
#define WIRE_FLOOD_FRAMES 20000
/* So is a recording beyond this many bytes. */
#define WIRE_FLOOD_BYTES ((uint64_t)512 * 1024 * 1024)

/* Frames on their way in one direction. */
struct lane {
	int out_fd;
	struct frame *first, **last;
	size_t n;
	bool blocked; /* its receiver takes no more just now */
};

struct wire {
	struct arena *a;
	int image_fd;	  /* datagrams, one frame each */
	int host_fd;	  /* packet socket */
	size_t frame_max; /* longer ones don't fit the host's end */
	int64_t delay_ns; /* each way */
	struct lane to_image, to_host;
	struct frame *unused;
	struct recording *recording; /* at the image's end; NULL: none */
	char *buffer;
	uint64_t from_image, to_image_count; /* frames that passed the image's end */
	uint64_t dropped;		     /* too short, too long, or no room */
	uint64_t in_a_row; /* frames from the image since the last one towards it */
};

/* RECORDING may be NULL. The descriptors and the recording stay the caller's. */
void wire_init(struct wire *w, struct arena *a, int image_fd, int host_fd, size_t mtu,
	int64_t delay_ms, struct recording *recording);
/* Takes what came in and delivers what is due at clock_ns() NOW. */
void wire_turn(struct wire *w, int64_t now);
/* When wire_turn() has work next without new input; INT64_MAX: never. */
int64_t wire_due(const struct wire *w);
/* What to poll for: the image's end and the host's. */
void wire_polls(const struct wire *w, struct pollfd polls[2]);
/* Puts a frame of our own on the way to the image. */
void wire_send(struct wire *w, int64_t now, struct str frame);
/* "sent 20000 frames in a row that nothing asked for"; NULL where there is no flood. */
const char *wire_flood(const struct wire *w);

#endif
