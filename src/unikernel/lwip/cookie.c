/* cookie.c - SYN cookies (RFC 4987, 3.6): the initial sequence number is all that is remembered of
 * a half-open connection. From its top, 3 bits of the time, 2 of the peer's segment size, 27 of a
 * keyed hash over these, the connection and the peer's own number. SPDX-License-Identifier: ISC */
#include "cookie.h"
#include "hash.h"
#include <string.h>

#define PERIOD_NS 64000000000ull
#define PERIOD_BITS 7u
#define PERIOD_SHIFT 29
#define SIZE_SHIFT 27
#define SIZES 4

/* RFC 9293, 3.7.1: 536 without an option. */
static const uint16_t sizes[SIZES] = {536, 1220, 1400, 1460};

static uint32_t make(
	const uint64_t secret[2], const struct handshake *h, uint64_t period, unsigned size)
{
	struct {
		struct handshake of;
		uint64_t period, size;
	} text;
	memset(&text, 0, sizeof(text));
	text.of = *h;
	text.period = period;
	text.size = size;
	uint32_t hash = (uint32_t)siphash(secret, &text, sizeof(text));
	return (uint32_t)(period & PERIOD_BITS) << PERIOD_SHIFT | (uint32_t)size << SIZE_SHIFT |
	       hash >> (32 - SIZE_SHIFT);
}

uint32_t cookie_make(
	const uint64_t secret[2], const struct handshake *h, uint64_t now_ns, uint16_t mss)
{
	unsigned size = SIZES - 1;
	while (size && sizes[size] > mss)
		size--;
	return make(secret, h, now_ns / PERIOD_NS, size);
}

uint16_t cookie_check(
	const uint64_t secret[2], const struct handshake *h, uint64_t now_ns, uint32_t cookie)
{
	uint64_t period = now_ns / PERIOD_NS;
	unsigned size = cookie >> SIZE_SHIFT & (SIZES - 1);
	if ((period & PERIOD_BITS) != cookie >> PERIOD_SHIFT)
		period--;
	return make(secret, h, period, size) == cookie ? sizes[size] : 0;
}
