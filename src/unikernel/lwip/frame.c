/* frame.c - frames that end before their headers do: lwIP 2.1.3 reads headers and TCP options
 * before it looks at their length, so such frames stop here. SPDX-License-Identifier: ISC */
#include "parts.h"

#define ETHERNET_HEADER 14
#define TYPE 12
#define TYPE_IPV4 0x0800
#define TYPE_ARP 0x0806
#define ARP_SIZE 28
#define IP_HEADER_MIN 20
#define IP_OFFSET 0x1fff /* in units of eight bytes */
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define UDP_HEADER 8
#define TCP_HEADER_MIN 20
#define TCP_HEADER_MAX 60
#define TCP_OFFSET 12
#define OPTION_END 0
#define OPTION_NOTHING 1

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* RFC 9293, 3.1: a kind and, but for two of them, a length that counts both. */
static bool options_are_whole(const uint8_t *p, size_t n)
{
	while (n && p[0] != OPTION_END) {
		size_t least = p[0] == OPTION_NOTHING ? 1 : 2;
		size_t size = n < least ? 0 : least == 1 ? 1 : p[1];
		if (size < least || size > n)
			return false;
		p += size;
		n -= size;
	}
	return true;
}

static bool tcp_is_whole(const uint8_t *p, size_t n)
{
	if (n < TCP_HEADER_MIN)
		return false;
	size_t header = (size_t)(p[TCP_OFFSET] >> 4) * 4;
	return header >= TCP_HEADER_MIN && header <= n &&
	       options_are_whole(p + TCP_HEADER_MIN, header - TCP_HEADER_MIN);
}

/* The payload of an IPv4 packet, FRAGMENT its field of flags and offset. */
static bool payload_is_whole(uint8_t protocol, unsigned fragment, const uint8_t *p, size_t n)
{
	size_t offset = (size_t)(fragment & IP_OFFSET) * 8;
	if (protocol == PROTOCOL_TCP && offset == 0)
		return tcp_is_whole(p, n);
	/* A later fragment must not bring parts of a header (RFC 3128). */
	if (protocol == PROTOCOL_TCP)
		return offset >= TCP_HEADER_MAX;
	return protocol != PROTOCOL_UDP || offset > 0 || n >= UDP_HEADER;
}

/* RFC 791, 3.1: the header's length in words of four bytes, the total length in bytes. */
static bool ip_is_whole(const uint8_t *p, size_t n)
{
	if (n < IP_HEADER_MIN)
		return false;
	size_t header = (p[0] & 0xfu) * 4, total = get16(p + 2);
	return header >= IP_HEADER_MIN && header <= total && total <= n &&
	       payload_is_whole(p[9], get16(p + 6), p + header, total - header);
}

bool frame_is_whole(const uint8_t *frame, size_t n)
{
	if (n < ETHERNET_HEADER)
		return false;
	switch (get16(frame + TYPE)) {
	case TYPE_ARP:
		return n >= ETHERNET_HEADER + ARP_SIZE;
	case TYPE_IPV4:
		return ip_is_whole(frame + ETHERNET_HEADER, n - ETHERNET_HEADER);
	default:
		return true;
	}
}
