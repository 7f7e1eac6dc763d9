/* nat_box.h - a NAT between 192.168.1.0/24 and 203.0.113.0/24, and packets whose checksums are
 * computed apart from its code. SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_NAT_BOX_H
#define RESPIN_TESTS_NAT_BOX_H

#include "unit.h"
#include "nat.h"

#define IP(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))
#define GATEWAY_IN IP(192, 168, 1, 1)
#define GATEWAY_OUT IP(203, 0, 113, 2)
#define ROUTER IP(203, 0, 113, 1)
#define HOST IP(192, 168, 1, 10)
#define OTHER_HOST IP(192, 168, 1, 20)
#define SERVER IP(198, 51, 100, 7)
#define OTHER_SERVER IP(198, 51, 100, 8)
#define SECONDS 1000000000ull
#define EPOCH (1700000000 * SECONDS)

#define TCP 6
#define UDP 17
#define ICMP 1
#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10

struct box {
	struct nat *nat;
	struct table *table;
	void *memory, *table_memory;
	uint64_t now;
	uint8_t p[4096]; /* the packet, as it is now */
	size_t n;
	uint8_t reply[NAT_REPLY_MAX];
	struct nat_verdict v; /* of the last packet */
};

static const uint64_t box_secret[2] = {0x0123456789abcdef, 0xfedcba9876543210};

static struct nat_config box_config(void)
{
	struct nat_config c = nat_config_default();
	c.networks[NAT_INSIDE] = (struct nat_network){GATEWAY_IN, 0xffffff00, 0, 1500};
	c.networks[NAT_OUTSIDE] = (struct nat_network){GATEWAY_OUT, 0xffffff00, ROUTER, 1500};
	c.secret = box_secret;
	return c;
}

static void *box_memory(size_t n)
{
	void *p = aligned_alloc(16, (n + 15) & ~(size_t)15);
	assert_non_null(p);
	memset(p, 0, (n + 15) & ~(size_t)15);
	return p;
}

/* VERSIONED: over a table with history, else over a plain one. */
static struct box *box_open(const struct nat_config *config, bool versioned)
{
	struct box *b = calloc(1, sizeof(*b));
	assert_non_null(b);
	b->now = EPOCH;
	if (versioned) {
		struct table_limits limits = {.entries = config->mappings,
			.history_bytes = (size_t)2 << 20,
			.history_ns = 600 * SECONDS,
			.log_records = 4096,
			.secret = box_secret};
		b->table_memory = box_memory(table_memory(&nat_kind, &limits));
		b->table = table_open(b->table_memory, &nat_kind, &limits);
		assert_non_null(b->table);
		table_set_time(b->table, b->now);
	}
	b->memory = box_memory(nat_memory(config));
	b->nat = nat_open(b->memory, config, b->table, b->now);
	assert_non_null(b->nat);
	return b;
}

static void box_close(struct box *b)
{
	free(b->memory);
	free(b->table_memory);
	free(b);
}

static inline unsigned field(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static inline uint32_t long_field(const uint8_t *p)
{
	return (uint32_t)field(p) << 16 | field(p + 2);
}

static void set_field(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void set_long(uint8_t *p, uint32_t v)
{
	set_field(p, v >> 16);
	set_field(p + 2, v & 0xffff);
}

/* The one's complement sum is the sum modulo 65535. */
static uint64_t words(const uint8_t *p, size_t n)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? p[i] : (uint64_t)p[i] * 256;
	return sum;
}

static unsigned checksum_of_sum(uint64_t sum)
{
	unsigned rest = (unsigned)(sum % 65535);
	return sum && !rest ? 0 : 65535 - rest;
}

/* What the checksum at AT (within the packet, zeroed here) has to be. */
static unsigned right_checksum(uint8_t *p, size_t n)
{
	size_t header = (p[0] & 15u) * 4;
	uint8_t *t = p + header;
	size_t at = p[9] == TCP ? 16 : p[9] == UDP ? 6 : 2;
	unsigned was = field(t + at);
	set_field(t + at, 0);
	uint64_t sum = words(t, n - header);
	if (p[9] != ICMP)
		sum += words(p + 12, 8) + p[9] + (n - header);
	unsigned right = checksum_of_sum(sum);
	if (p[9] == UDP && !right)
		right = 0xffff;
	set_field(t + at, was);
	return right;
}

static unsigned right_ip_checksum(uint8_t *p)
{
	unsigned was = field(p + 10);
	set_field(p + 10, 0);
	unsigned right = checksum_of_sum(words(p, (p[0] & 15u) * 4));
	set_field(p + 10, was);
	return right;
}

static void seal(uint8_t *p, size_t n)
{
	size_t header = (p[0] & 15u) * 4;
	set_field(p + 2, (unsigned)n);
	set_field(p + 10, right_ip_checksum(p));
	set_field(p + header + (p[9] == TCP ? 16 : p[9] == UDP ? 6 : 2), right_checksum(p, n));
}

static inline bool is_sealed(uint8_t *p, size_t n)
{
	size_t header = (p[0] & 15u) * 4;
	const uint8_t *sum = p + header + (p[9] == TCP ? 16 : p[9] == UDP ? 6 : 2);
	return field(p + 10) == right_ip_checksum(p) &&
	       ((p[9] == UDP && !field(sum)) || field(sum) == right_checksum(p, n));
}

/* A packet with PAYLOAD bytes and right checksums; of ICMP, an echo request with the identifier
 * SPORT, or where that is 0, a reply with DPORT. */
static void make(struct box *b, unsigned protocol, uint32_t source, unsigned sport,
	uint32_t destination, unsigned dport, unsigned flags, size_t payload)
{
	size_t header = protocol == TCP ? 20 : 8;
	uint8_t *t = b->p + 20;
	b->n = 20 + header + payload;
	memset(b->p, 0, 20 + header);
	b->p[0] = 0x45;
	set_field(b->p + 4, 0x1234);
	b->p[8] = 64;
	b->p[9] = (uint8_t)protocol;
	set_long(b->p + 12, source);
	set_long(b->p + 16, destination);
	for (size_t i = 0; i < payload; i++)
		t[header + i] = (uint8_t)(i * 7 + sport);
	if (protocol == ICMP) {
		t[0] = sport ? 8 : 0;
		set_field(t + 4, sport ? sport : dport);
		set_field(t + 6, 1);
	} else {
		set_field(t, sport);
		set_field(t + 2, dport);
	}
	if (protocol == TCP) {
		t[12] = 0x50;
		t[13] = (uint8_t)flags;
	}
	if (protocol == UDP)
		set_field(t + 4, (unsigned)(8 + payload));
	seal(b->p, b->n);
}

/* An exact copy goes through the NAT, so that a sanitizer sees each byte beyond. */
static enum nat_action pass(struct box *b, enum nat_side from)
{
	uint8_t *copy = malloc(b->n ? b->n : 1);
	assert_non_null(copy);
	memcpy(copy, b->p, b->n);
	b->v = nat_packet(b->nat, b->now, from, copy, b->n, b->reply);
	memcpy(b->p, copy, b->n);
	free(copy);
	return b->v.action;
}

static inline enum nat_action send_out(struct box *b, unsigned protocol, uint32_t source,
	unsigned sport, uint32_t destination, unsigned dport, unsigned flags)
{
	make(b, protocol, source, sport, destination, dport, flags, 4);
	return pass(b, NAT_INSIDE);
}

static inline enum nat_action send_in(struct box *b, unsigned protocol, uint32_t source,
	unsigned sport, unsigned dport, unsigned flags)
{
	make(b, protocol, source, sport, GATEWAY_OUT, dport, flags, 4);
	return pass(b, NAT_OUTSIDE);
}

static inline uint32_t source_of(const struct box *b)
{
	return long_field(b->p + 12);
}

static inline uint32_t destination_of(const struct box *b)
{
	return long_field(b->p + 16);
}

static inline unsigned source_port_of(const struct box *b)
{
	return field(b->p + 20 + (b->p[9] == ICMP ? 4 : 0));
}

static inline unsigned destination_port_of(const struct box *b)
{
	return field(b->p + 20 + (b->p[9] == ICMP ? 4 : 2));
}

static inline void wait_seconds(struct box *b, uint64_t seconds)
{
	b->now += seconds * SECONDS;
	while (nat_work(b->nat, b->now))
		;
}

static inline size_t mappings(const struct box *b)
{
	return nat_stats(b->nat).mappings;
}

static inline size_t sessions(const struct box *b)
{
	return nat_stats(b->nat).sessions;
}

static inline uint64_t dropped(const struct box *b, enum nat_reason why)
{
	return nat_stats(b->nat).dropped[why];
}

#endif
