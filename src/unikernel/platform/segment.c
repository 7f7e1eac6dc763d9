/* segment.c - TCP segments that one device can send as a whole (segmentation offload).
 * SPDX-License-Identifier: ISC */
#include "segment.h"
#include <string.h>

/* Offsets in a frame (RFC 791, RFC 9293). */
#define TYPE 12
#define IP 14
#define IP_LENGTH (IP + 2)
#define IP_IDENTIFICATION (IP + 4)
#define IP_FRAGMENT (IP + 6)
#define IP_PROTOCOL (IP + 9)
#define IP_CHECKSUM (IP + 10)
#define IP_ADDRESSES (IP + 12)
#define TCP 34
#define TCP_SEQUENCE (TCP + 4)
#define TCP_ACKNOWLEDGED (TCP + 8)
#define TCP_OFFSET (TCP + 12)
#define TCP_FLAGS (TCP + 13)
#define TCP_WINDOW (TCP + 14)

#define TYPE_IPV4 0x0800
#define PROTOCOL_TCP 6
#define FLAG_PUSH 0x08
#define FLAG_ACK 0x10

static uint32_t get16(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) << 16 | get16(p + 2);
}

static void put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static uint32_t sum(const uint8_t *p, size_t n)
{
	uint32_t total = 0;
	for (size_t i = 0; i < n; i += 2)
		total += get16(p + i);
	return total;
}

static uint32_t fold(uint32_t total)
{
	total = (total & 0xffff) + (total >> 16);
	return (total & 0xffff) + (total >> 16);
}

bool segment_is_tcp(const uint8_t *f)
{
	return get16(f + TYPE) == TYPE_IPV4 && f[IP] == 0x45 && f[IP_PROTOCOL] == PROTOCOL_TCP &&
	       !(get16(f + IP_FRAGMENT) & 0x3fff);
}

bool segment_lacks_checksum(const uint8_t *f)
{
	return segment_is_tcp(f) && get16(f + TCP + TCP_CHECKSUM_AT) == 0;
}

bool segment_is_plain(const uint8_t *f, size_t n)
{
	return n > SEGMENT_HEADERS && segment_lacks_checksum(f) && get16(f + IP_LENGTH) == n - IP &&
	       f[TCP_OFFSET] == 0x50 && (f[TCP_FLAGS] | FLAG_PUSH) == (FLAG_ACK | FLAG_PUSH);
}

bool segment_continues(
	const uint8_t *first, size_t have, size_t size, const uint8_t *next, size_t n)
{
	size_t payload = have - SEGMENT_HEADERS;
	/* All but the place in the stream must be the same: addresses, type of service, time to
	 * live, ports, what is acknowledged, the window. */
	return payload % size == 0 && n - SEGMENT_HEADERS <= size &&
	       have + n - SEGMENT_HEADERS <= SEGMENT_MAX &&
	       get32(next + TCP_SEQUENCE) == get32(first + TCP_SEQUENCE) + (uint32_t)payload &&
	       memcmp(first, next, IP_LENGTH) == 0 &&
	       memcmp(first + IP_FRAGMENT, next + IP_FRAGMENT, IP_CHECKSUM - IP_FRAGMENT) == 0 &&
	       memcmp(first + IP_ADDRESSES, next + IP_ADDRESSES, TCP_SEQUENCE - IP_ADDRESSES) ==
		       0 &&
	       memcmp(first + TCP_ACKNOWLEDGED, next + TCP_ACKNOWLEDGED, 5) == 0 &&
	       memcmp(first + TCP_WINDOW, next + TCP_WINDOW, 2) == 0;
}

void segment_join(uint8_t *first, const uint8_t *next)
{
	first[TCP_FLAGS] |= next[TCP_FLAGS] & FLAG_PUSH;
}

void segment_set_length(uint8_t *f, size_t n)
{
	put16(f + IP_LENGTH, (uint32_t)(n - IP));
	put16(f + IP_CHECKSUM, 0);
	put16(f + IP_CHECKSUM, ~fold(sum(f + IP, TCP - IP)));
}

void segment_start_checksum(uint8_t *f, size_t n)
{
	uint32_t total = sum(f + IP_ADDRESSES, 8) + PROTOCOL_TCP + (uint32_t)(n - TCP);
	put16(f + TCP + TCP_CHECKSUM_AT, fold(total));
}
