/* packet.c - ARP packets as bytes, and what is wrong with a packet whoever sent it (RFC 826,
 * RFC 5494). SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

/* Offsets in a frame. */
enum { TO = 0, FROM = 6, TYPE = 12, HARDWARE = 14, PROTOCOL = 16, LENGTHS = 18, OPCODE = 20 };
enum { SENDER = 22, SENDER_IP = 28, TARGET = 32, TARGET_IP = 38 };

#define TYPE_ARP 0x0806
#define TYPE_IPV4 0x0800
#define HARDWARE_ETHERNET 1
#define LENGTHS_6_4 0x0604

const uint8_t arp_nobody[6] = {0};
const uint8_t arp_everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static unsigned get16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static void put16(uint8_t *p, unsigned n)
{
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
}

uint32_t arp_get_ip(const uint8_t p[4])
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

void arp_put_ip(uint8_t p[4], uint32_t ip)
{
	put16(p, ip >> 16);
	put16(p + 2, ip & 0xffff);
}

bool arp_same(const uint8_t a[6], const uint8_t b[6])
{
	return memcmp(a, b, 6) == 0;
}

/* Not "this network", loopback, multicast or reserved (RFC 1122, 3.2.1.3). */
bool arp_is_host(uint32_t ip)
{
	uint32_t first = ip >> 24;
	return first != 0 && first != 127 && first < 224;
}

bool arp_is_station(const uint8_t mac[6])
{
	return !(mac[0] & 1) && !arp_same(mac, arp_nobody);
}

static void read_fields(const uint8_t *f, struct arp_packet *p)
{
	p->opcode = (uint16_t)get16(f + OPCODE);
	memcpy(p->sender, f + SENDER, 6);
	memcpy(p->target, f + TARGET, 6);
	p->sender_ip = arp_get_ip(f + SENDER_IP);
	p->target_ip = arp_get_ip(f + TARGET_IP);
}

static enum arp_refusal check_header(const uint8_t *f)
{
	if (get16(f + TYPE) != TYPE_ARP || get16(f + PROTOCOL) != TYPE_IPV4)
		return ARP_PROTOCOL;
	if (get16(f + HARDWARE) != HARDWARE_ETHERNET)
		return ARP_HARDWARE;
	if (get16(f + LENGTHS) != LENGTHS_6_4)
		return ARP_LENGTH;
	return ARP_REFUSALS;
}

static enum arp_refusal check_sender(const struct arp_packet *p)
{
	if (p->opcode != ARP_REQUEST && p->opcode != ARP_REPLY)
		return ARP_OPCODE;
	if (!arp_is_station(p->sender))
		return ARP_SENDER;
	if (!arp_same(p->sender, p->from))
		return ARP_SOURCE;
	/* A request without a sender's address is a probe (RFC 5227, 1.1). */
	if (!arp_is_host(p->sender_ip) && !(p->opcode == ARP_REQUEST && p->sender_ip == 0))
		return ARP_ADDRESS;
	return ARP_REFUSALS;
}

enum arp_refusal arp_parse(const uint8_t *frame, size_t n, struct arp_packet *p)
{
	memset(p, 0, sizeof(*p));
	if (n >= TYPE) {
		memcpy(p->to, frame + TO, 6);
		memcpy(p->from, frame + FROM, 6);
		memcpy(p->sender, p->from, 6);
	}
	if (n < ARP_FRAME)
		return ARP_LENGTH;
	enum arp_refusal r = check_header(frame);
	if (r != ARP_REFUSALS)
		return r;
	read_fields(frame, p);
	return check_sender(p);
}

void arp_unparse(const struct arp_packet *p, uint8_t out[ARP_FRAME])
{
	memcpy(out + TO, p->to, 6);
	memcpy(out + FROM, p->from, 6);
	put16(out + TYPE, TYPE_ARP);
	put16(out + HARDWARE, HARDWARE_ETHERNET);
	put16(out + PROTOCOL, TYPE_IPV4);
	put16(out + LENGTHS, LENGTHS_6_4);
	put16(out + OPCODE, p->opcode);
	memcpy(out + SENDER, p->sender, 6);
	arp_put_ip(out + SENDER_IP, p->sender_ip);
	memcpy(out + TARGET, p->target, 6);
	arp_put_ip(out + TARGET_IP, p->target_ip);
}
