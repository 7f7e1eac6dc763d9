/* talker.h - an application for a network of like images: each answers on TCP port 7 and talks to
 * one of the others for a while, then to another one. SPDX-License-Identifier: ISC */
#ifndef TALKER_H
#define TALKER_H

#include <stdint.h>

/* Who is on the wire: nodes 1 to COUNT, whose addresses follow each other. */
struct neighbourhood {
	uint32_t first; /* address of node 1, in the processor's order */
	unsigned self, count;
};

/* Answers from now on: every byte that comes is sent back (RFC 862). */
void echo_open(void);
/* Begins conversations, one at a time: a message a second for MIN to MAX seconds, a silence of one
 * second, then somebody else. */
void talk_open(const struct neighbourhood *n, unsigned min_s, unsigned max_s);

#endif
