/* frame.c - frames that end before their headers do: lwIP reads ARP and IPv4 headers before it
 * looks at their length, so such frames stop here. SPDX-License-Identifier: ISC */
#include "parts.h"

#define ETHERNET_HEADER 14
#define TYPE 12
#define TYPE_IPV4 0x0800
#define TYPE_ARP 0x0806
#define ARP_SIZE 28
#define IP_HEADER_MIN 20

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* RFC 791, 3.1: the header's length in words of four bytes, the total length in bytes. */
static bool ip_is_whole(const uint8_t *p, size_t n)
{
	if (n < IP_HEADER_MIN)
		return false;
	size_t header = (p[0] & 0xfu) * 4, total = get16(p + 2);
	return header >= IP_HEADER_MIN && header <= total && total <= n;
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
