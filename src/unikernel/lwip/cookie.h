/* cookie.h - SYN cookies: initial sequence numbers that tell by themselves whether a connection was
 * asked for (RFC 4987, 3.6). Freestanding. SPDX-License-Identifier: ISC */
#ifndef COOKIE_H
#define COOKIE_H

#include <stdint.h>

/* A cookie is good for so long at least, and at most twice as long. */
#define COOKIE_LIFE_NS 64000000000ull

/* What the peer's SYN said, in whatever byte order as long as it is always the same. No padding. */
struct handshake {
	uint32_t local, remote;
	uint16_t local_port, remote_port;
	uint32_t number; /* the peer's initial sequence number */
};

/* Our initial sequence number for H, to a peer that takes segments of MSS bytes; 536 where its SYN
 * did not say. */
uint32_t cookie_make(
	const uint64_t secret[2], const struct handshake *h, uint64_t now_ns, uint16_t mss);
/* Is it one that we made for H, and not long ago? The segment size, rounded down to one of four (a
 * smaller one than 536 to that); 0 where it is none. */
uint16_t cookie_check(
	const uint64_t secret[2], const struct handshake *h, uint64_t now_ns, uint32_t cookie);

#endif
