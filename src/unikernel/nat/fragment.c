/* fragment.c - fragments: those behind the first go where that one went, without reassembly; and
 * packets that the next link can't carry whole (RFC 791, 3.2). SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define KEEP_NS (15 * SECOND) /* RFC 1122, 3.3.2, asks for 60 to 120 s where all are collected */
#define LENGTH 2
#define ID 4
#define FRAGMENT 6
#define PROTOCOL 9
#define CHECKSUM 10
#define MORE 0x2000u
#define OFFSET_MASK 0x1fffu
#define OPTION_COPIED 0x80

struct fragment_key nat_fragment_key(const struct packet *k, enum nat_side from)
{
	return (struct fragment_key){k->source, k->destination, (uint16_t)get16(k->p + ID),
		k->p[PROTOCOL], (uint8_t)from};
}

/* One place for each packet: of two that share it, the later one is remembered. */
static struct fragment *place_of(struct nat *nat, const struct fragment_key *key)
{
	return &nat->fragments[siphash(nat->config.secret, key, sizeof(*key)) % FRAGMENTS];
}

void nat_fragment_keep(struct nat *nat, const struct fragment_key *key, const struct packet *k,
	struct nat_verdict verdict)
{
	*place_of(nat, key) =
		(struct fragment){*key, nat->now + KEEP_NS, k->source, k->destination, verdict};
}

const struct fragment *nat_fragment_find(struct nat *nat, const struct fragment_key *key)
{
	const struct fragment *f = place_of(nat, key);
	return f->until > nat->now && memcmp(&f->key, key, sizeof(*key)) == 0 ? f : NULL;
}

void nat_fragment_follow(const struct fragment *first, struct packet *k)
{
	if (first->source != k->source)
		nat_packet_set_source(k, first->source, 0);
	if (first->destination != k->destination)
		nat_packet_set_destination(k, first->destination, 0);
}

/* The header of later fragments has only those options that are to be copied (RFC 791, 3.1). */
static size_t later_header(const uint8_t *packet, size_t header, uint8_t *out)
{
	size_t n = IP_MIN;
	memcpy(out, packet, IP_MIN);
	for (size_t i = IP_MIN; i < header && packet[i];) {
		size_t size = packet[i] == 1 ? 1 : packet[i + 1];
		if (packet[i] & OPTION_COPIED) {
			memcpy(out + n, packet + i, size);
			n += size;
		}
		i += size;
	}
	while (n % 4)
		out[n++] = 0;
	out[0] = (uint8_t)(0x40 | n / 4);
	return n;
}

size_t nat_fragment(const uint8_t *packet, size_t n, size_t mtu, size_t *offset, uint8_t *out)
{
	size_t header = (packet[0] & 15u) * 4, payload = n - header, at = *offset, own = header;
	if (at >= payload || mtu < IP_MIN + 40 + 8)
		return 0;
	if (at)
		own = later_header(packet, header, out);
	else
		memcpy(out, packet, header);
	size_t size = payload - at;
	bool last = own + size <= mtu;
	if (!last)
		size = (mtu - own) & ~(size_t)7;
	memcpy(out + own, packet + header + at, size);
	uint32_t was = get16(packet + FRAGMENT);
	uint32_t more = last ? was & MORE : MORE;
	put16(out + LENGTH, (uint32_t)(own + size));
	put16(out + FRAGMENT, more | (((was & OFFSET_MASK) + (uint32_t)(at / 8)) & OFFSET_MASK));
	put16(out + CHECKSUM, 0);
	put16(out + CHECKSUM, nat_checksum(out, own));
	*offset = at + size;
	return own + size;
}
