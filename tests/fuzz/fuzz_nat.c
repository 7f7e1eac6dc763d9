/* fuzz_nat.c - the NAT on any packets from both sides. Input: for each packet a byte of flags, two
 * of length, and its bytes. SPDX-License-Identifier: ISC */
#include "nat.h"

#include <string.h>

#define IN 0xc0a80101u
#define OUT 0xcb007102u
#define MASK 0xffffff00u
#define FROM_OUTSIDE 1
#define SEAL 2 /* the header's checksum is made right, so that more of the packet is looked at */
#define SEAL_ICMP 4
#define LATER 8
#define LOST 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Alignas(16) uint8_t memory[1 << 18], packet[65536], before[65536];
static const uint64_t secret[2] = {1, 2};

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static uint16_t sum(const uint8_t *p, size_t n)
{
	uint32_t total = 0;
	for (size_t i = 0; i < n; i++)
		total += i % 2 ? p[i] : (uint32_t)p[i] << 8;
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

static void seal(uint8_t *p, size_t n, size_t at)
{
	p[at] = p[at + 1] = 0;
	uint16_t right = sum(p, n);
	p[at] = (uint8_t)(right >> 8);
	p[at + 1] = (uint8_t)right;
}

static void prepare(unsigned flags, size_t n)
{
	size_t header = n ? (packet[0] & 15u) * 4 : 0;
	if (n < 28 || header < 20 || header + 8 > n)
		return;
	size_t total = (size_t)packet[2] << 8 | packet[3];
	if (flags & SEAL_ICMP && total <= n && total >= header + 8)
		seal(packet + header, total - header, 2);
	if (flags & SEAL)
		seal(packet, header, 10);
}

static void check_forwarded(struct nat *nat, struct nat_verdict v, size_t n, bool lost)
{
	uint8_t out[NAT_REPLY_MAX], piece[576];
	size_t at = 0, size;
	must(v.n >= 20 && v.n <= n && sum(packet, (packet[0] & 15u) * 4) == 0);
	must(v.side != NAT_OUTSIDE || memcmp(packet + 12, "\xcb\0\x71\2", 4) == 0);
	must(v.side != NAT_INSIDE || memcmp(packet + 16, "\xc0\xa8\1", 3) == 0);
	while ((size = nat_fragment(packet, v.n, sizeof(piece), &at, piece)))
		must(size <= sizeof(piece) && at <= v.n);
	if (!lost)
		return;
	struct nat_verdict u = nat_unreachable(nat, 0, v.side, packet, v.n, out);
	must(u.action != NAT_REPLY || (u.n <= sizeof(out) && sum(out, 20) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nat_config c = nat_config_default();
	uint8_t reply[NAT_REPLY_MAX];
	uint64_t now = 1000000000;
	c.networks[NAT_INSIDE] = (struct nat_network){IN, MASK, 0, 1500};
	c.networks[NAT_OUTSIDE] = (struct nat_network){OUT, MASK, OUT - 1, 1400};
	c.mappings = c.sessions = 16;
	c.secret = secret;
	must(nat_memory(&c) <= sizeof(memory));
	memset(memory, 0, nat_memory(&c));
	struct nat *nat = nat_open(memory, &c, NULL, now);
	nat_reserve(nat, NAT_TCP, 80);
	nat_forward_set(nat, NAT_UDP, 8080, IN + 1, 80);
	while (size >= 3) {
		unsigned flags = data[0];
		size_t n = (size_t)data[1] << 8 | data[2];
		n = n < size - 3 ? n : size - 3;
		memcpy(packet, data + 3, n);
		prepare(flags, n);
		memcpy(before, packet, n);
		data += 3 + n;
		size -= 3 + n;
		now += flags & LATER ? 30000000000 : 1000;
		struct nat_verdict v = nat_packet(nat, now, flags & FROM_OUTSIDE, packet, n, reply);
		if (v.action == NAT_FORWARD)
			check_forwarded(nat, v, n, flags & LOST);
		else if (v.action == NAT_REPLY)
			must(v.n <= sizeof(reply) && sum(reply, 20) == 0 &&
				sum(reply + 20, v.n - 20) == 0);
		must(v.action == NAT_FORWARD || v.action == NAT_DROP ||
			memcmp(before, packet, n) == 0);
		nat_work(nat, now);
	}
	must(nat_stats(nat).mappings + nat_stats(nat).forwards <= c.mappings);
	return 0;
}
