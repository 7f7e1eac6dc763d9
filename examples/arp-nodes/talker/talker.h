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
struct talk {
	unsigned min_s, max_s; /* that a conversation takes */
	/* The node that has one conversation, of MIN_S seconds and with node 1, and then neither
	 * calls nor is called: so that node 1 has to forget it. 0: none. Of at least three. */
	unsigned once;
};
/* Begins conversations, one at a time: a message a second, a silence of one second, then somebody
 * else. */
void talk_open(const struct neighbourhood *n, const struct talk *t);

#endif
