/* error.c - ICMP errors of our own (RFC 792; RFC 1812, 4.3.2). SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define PER_SECOND 100
#define BURST 50
#define TOKEN_NS (SECOND / PER_SECOND)
#define TTL 64
#define PROTOCOL_ICMP 1

/* So many in a second, and a few at once (RFC 1812, 4.3.2.8). */
static bool take_token(struct nat *nat)
{
	uint64_t fresh = (nat->now - nat->error_time) / TOKEN_NS;
	if (fresh) {
		nat->error_time += fresh * TOKEN_NS;
		nat->error_tokens += fresh < BURST ? fresh : BURST;
		if (nat->error_tokens > BURST)
			nat->error_tokens = BURST;
	}
	if (!nat->error_tokens) {
		nat->stats.replies_withheld++;
		return false;
	}
	nat->error_tokens--;
	return true;
}

size_t nat_error_make(struct nat *nat, const struct packet *k, uint32_t from, unsigned type,
	unsigned code, unsigned mtu, uint8_t *out)
{
	size_t room = NAT_REPLY_MAX - IP_MIN - ICMP_SIZE, quote = k->n < room ? k->n : room;
	/* None about an error, nor about a piece of a packet. */
	if (k->type == PACKET_ERROR || k->type == PACKET_PIECE || !from || !take_token(nat))
		return 0;
	memset(out, 0, IP_MIN + ICMP_SIZE);
	out[0] = 0x45;
	put16(out + 2, (uint32_t)(IP_MIN + ICMP_SIZE + quote));
	out[8] = TTL;
	out[9] = PROTOCOL_ICMP;
	put32(out + 12, from);
	put32(out + 16, k->source);
	put16(out + 10, nat_checksum(out, IP_MIN));
	uint8_t *icmp = out + IP_MIN;
	icmp[0] = (uint8_t)type;
	icmp[1] = (uint8_t)code;
	put16(icmp + 6, mtu); /* RFC 1191, 4 */
	memcpy(icmp + ICMP_SIZE, k->p, quote);
	put16(icmp + 2, nat_checksum(icmp, ICMP_SIZE + quote));
	return IP_MIN + ICMP_SIZE + quote;
}
