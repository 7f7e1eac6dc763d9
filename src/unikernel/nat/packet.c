/* packet.c - IPv4, TCP, UDP and ICMP headers, whole or quoted by an ICMP error (RFC 791, RFC 9293,
 * RFC 768, RFC 792), and their checksums, kept right by the difference (RFC 1624).
 * SPDX-License-Identifier: ISC */
#include "parts.h"

/* Offsets. */
#define LENGTH 2
#define FRAGMENT 6
#define TTL 8
#define PROTOCOL 9
#define CHECKSUM 10
#define SOURCE 12
#define DESTINATION 16
#define TCP_OFFSET 12
#define TCP_FLAGS 13
#define TCP_CHECKSUM 16
#define TCP_MIN 20
#define UDP_LENGTH 4
#define UDP_CHECKSUM 6
#define UDP_SIZE 8
#define ICMP_CHECKSUM 2
#define ICMP_ID 4

#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define DONT_FRAGMENT 0x4000
#define MORE_FRAGMENTS 0x2000
#define OFFSET_MASK 0x1fff
#define ECHO_REPLY 0
#define ECHO 8
#define OPTION_END 0
#define OPTION_NOTHING 1
#define OPTION_LOOSE_ROUTE 131
#define OPTION_STRICT_ROUTE 137

static uint32_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

uint16_t nat_checksum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += get16(p + i);
	if (n % 2)
		sum += (uint32_t)p[n - 1] << 8;
	return (uint16_t)~fold(sum);
}

/* RFC 1624, equation 3. */
static void adjust(uint8_t *checksum, uint32_t was, uint32_t is)
{
	put16(checksum, ~fold((~get16(checksum) & 0xffff) + (~was & 0xffff) + is));
}

static void adjust_address(uint8_t *checksum, uint32_t was, uint32_t is)
{
	adjust(checksum, was >> 16, is >> 16);
	adjust(checksum, was & 0xffff, is & 0xffff);
}

/* Are all options well-formed, and none of them a source route (RFC 1812, 5.3.13.4)? */
static bool options_are_fine(const uint8_t *p, size_t n)
{
	for (size_t i = IP_MIN; i < n && p[i] != OPTION_END;) {
		if (p[i] == OPTION_NOTHING) {
			i++;
			continue;
		}
		if (p[i] == OPTION_LOOSE_ROUTE || p[i] == OPTION_STRICT_ROUTE || i + 1 >= n ||
			p[i + 1] < 2 || p[i + 1] > n - i)
			return false;
		i += p[i + 1];
	}
	return true;
}

static bool is_error(unsigned type)
{
	return type == ICMP_UNREACHABLE || type == ICMP_EXCEEDED || type == ICMP_PARAMETER;
}

static void read_icmp(struct packet *k, const uint8_t *p)
{
	k->protocol = NAT_ICMP;
	if (is_error(p[0])) {
		k->type = PACKET_ERROR;
		return;
	}
	if ((p[0] != ECHO && p[0] != ECHO_REPLY) || p[1] != 0)
		return;
	k->type = PACKET_FLOW;
	k->is_answer = p[0] == ECHO_REPLY;
	if (k->is_answer)
		k->destination_port = (uint16_t)get16(p + ICMP_ID);
	else
		k->source_port = (uint16_t)get16(p + ICMP_ID);
}

/* The header behind IPv4's, of which at least 8 bytes are here. */
static void read_transport(struct packet *k)
{
	const uint8_t *p = k->p + k->header;
	unsigned protocol = k->p[PROTOCOL];
	k->type = PACKET_OTHER;
	if (protocol == PROTOCOL_ICMP)
		read_icmp(k, p);
	if (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP)
		return;
	k->type = PACKET_FLOW;
	k->protocol = protocol == PROTOCOL_TCP ? NAT_TCP : NAT_UDP;
	k->source_port = (uint16_t)get16(p);
	k->destination_port = (uint16_t)get16(p + 2);
}

/* Is there as much of the transport header as its protocol demands? */
static bool transport_is_whole(const struct packet *k)
{
	const uint8_t *p = k->p + k->header;
	size_t n = k->n - k->header;
	switch (k->p[PROTOCOL]) {
	case PROTOCOL_TCP:
		return n >= TCP_MIN && p[TCP_OFFSET] >> 4 >= 5 && (p[TCP_OFFSET] >> 4) * 4u <= n;
	case PROTOCOL_UDP:
		return n >= UDP_SIZE && get16(p + UDP_LENGTH) >= UDP_SIZE &&
		       (k->fragment || get16(p + UDP_LENGTH) <= n);
	case PROTOCOL_ICMP:
		return n >= ICMP_SIZE;
	default:
		return true;
	}
}

static bool read_ip(struct packet *k, uint8_t *p, size_t n)
{
	*k = (struct packet){.p = p, .type = PACKET_OTHER};
	if (n < IP_MIN || p[0] >> 4 != 4)
		return false;
	k->header = (p[0] & 15u) * 4;
	k->source = get32(p + SOURCE);
	k->destination = get32(p + DESTINATION);
	return k->header >= IP_MIN && k->header <= n;
}

bool nat_packet_read(struct packet *k, uint8_t *p, size_t n)
{
	if (!read_ip(k, p, n))
		return false;
	k->n = get16(p + LENGTH);
	if (k->n < k->header || k->n > n || nat_checksum(p, k->header) != 0 ||
		!options_are_fine(p, k->header))
		return false;
	unsigned fragment = get16(p + FRAGMENT), offset = fragment & OFFSET_MASK;
	k->fragment = fragment & (MORE_FRAGMENTS | OFFSET_MASK);
	if (k->n - k->header + offset * 8 > 65535 - IP_MIN)
		return false; /* a "ping of death" */
	if (offset) {
		k->type = PACKET_PIECE;
		/* RFC 1858, 3.2.2: this one would overwrite the flags of TCP. */
		return offset > 1 || p[PROTOCOL] != PROTOCOL_TCP;
	}
	if (!transport_is_whole(k))
		return false;
	if (k->n - k->header >= ICMP_SIZE)
		read_transport(k);
	if (p[PROTOCOL] == PROTOCOL_TCP)
		k->tcp_flags = p[k->header + TCP_FLAGS];
	/* Errors are never so long that they come in pieces. */
	return k->type != PACKET_ERROR || !k->fragment;
}

bool nat_packet_quoted(const struct packet *k, struct packet *quoted)
{
	size_t at = k->header + ICMP_SIZE;
	if (!read_ip(quoted, k->p + at, k->n - at))
		return false;
	quoted->n = k->n - at;
	if (quoted->n < quoted->header + ICMP_SIZE || get16(quoted->p + FRAGMENT) & OFFSET_MASK)
		return false;
	read_transport(quoted);
	return quoted->type == PACKET_FLOW;
}

/* The checksum of the transport header, NULL where it is not here or not in use. */
static uint8_t *checksum_of(const struct packet *k)
{
	static const size_t at[NAT_PROTOCOLS] = {
		[NAT_TCP] = TCP_CHECKSUM, [NAT_UDP] = UDP_CHECKSUM, [NAT_ICMP] = ICMP_CHECKSUM};
	uint8_t *p = k->p + k->header + at[k->protocol];
	if (k->type != PACKET_FLOW || k->header + at[k->protocol] + 2 > k->n)
		return NULL;
	return k->protocol == NAT_UDP && !get16(p) ? NULL : p;
}

/* RFC 768: a sum of zero is sent as ones. */
static void mark_in_use(const struct packet *k, uint8_t *checksum)
{
	if (k->protocol == NAT_UDP && !get16(checksum))
		put16(checksum, 0xffff);
}

static void set_address(struct packet *k, size_t at, uint32_t was, uint32_t is)
{
	uint8_t *checksum = checksum_of(k);
	put32(k->p + at, is);
	adjust_address(k->p + CHECKSUM, was, is);
	if (!checksum || k->protocol == NAT_ICMP)
		return;
	adjust_address(checksum, was, is);
	mark_in_use(k, checksum);
}

static void set_port(struct packet *k, size_t at, uint16_t port)
{
	uint8_t *checksum = checksum_of(k), *p = k->p + k->header + at;
	if (checksum) {
		adjust(checksum, get16(p), port);
		mark_in_use(k, checksum);
	}
	put16(p, port);
}

void nat_packet_set_source(struct packet *k, uint32_t address, uint16_t port)
{
	set_address(k, SOURCE, k->source, address);
	k->source = address;
	if (k->type != PACKET_FLOW)
		return;
	set_port(k, k->protocol == NAT_ICMP ? ICMP_ID : 0, port);
	k->source_port = port;
}

void nat_packet_set_destination(struct packet *k, uint32_t address, uint16_t port)
{
	set_address(k, DESTINATION, k->destination, address);
	k->destination = address;
	if (k->type != PACKET_FLOW)
		return;
	set_port(k, k->protocol == NAT_ICMP ? ICMP_ID : 2, port);
	k->destination_port = port;
}

unsigned nat_packet_ttl(const struct packet *k)
{
	return k->p[TTL];
}

void nat_packet_age(struct packet *k)
{
	uint32_t was = get16(k->p + TTL);
	k->p[TTL]--;
	adjust(k->p + CHECKSUM, was, get16(k->p + TTL));
}

bool nat_packet_is_unfragmentable(const struct packet *k)
{
	return get16(k->p + FRAGMENT) & DONT_FRAGMENT;
}

bool nat_icmp_is_sound(const struct packet *k)
{
	return nat_checksum(k->p + k->header, k->n - k->header) == 0;
}

void nat_icmp_seal(struct packet *k)
{
	uint8_t *p = k->p + k->header;
	put16(p + ICMP_CHECKSUM, 0);
	put16(p + ICMP_CHECKSUM, nat_checksum(p, k->n - k->header));
}
