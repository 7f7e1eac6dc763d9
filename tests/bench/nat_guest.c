/* nat_guest.c - an image that measures the NAT and the tables below it: a million new flows over
 * (made-up) time, each an insertion and a look-up, over the versioned table and over the plain one
 * in turns, while the history is made between packets. The tables are bounded, as an image's are:
 * flows live for seven seconds, so a million come and go, and at most 30,000 are there at a time.
 * Times by the processor's time stamp counter. With the option wire= it is a gateway instead, and
 * is measured from outside (nat_wire.c). SPDX-License-Identifier: ISC */
#include "cpu.h"
#include "hash.h"
#include "nat_guest.h"
#include "platform.h"
#include "table.h"
#include <string.h>

#define STEP_NS 250000ull /* 4,000 new flows a second, which live for seven: 28,000 */
#define LIVE 30000
#define ENTRIES 49152
#define EPOCH 1700000000000000000ull
#define SERVER 0xc6336407u
#define PLAIN 0
#define VERSIONED 1

/* ---- latencies: 128 buckets for each power of two ----------------------------------------------
 */

#define SUB_BITS 7
#define BUCKETS (64 << SUB_BITS)
/* By the clock, the longest of a million is the host's longest pause, and tells nothing of either
 * table: so there is the longest of each block of so many, too, and of all blocks the middle. */
#define BLOCK 10000u
#define BLOCKS 100u

struct series {
	const char *name;
	uint32_t counts[BUCKETS];
	uint64_t max, block_max[BLOCKS];
	uint32_t n;
};
enum { NAT_INSERT, NAT_LOOKUP, INSERT, LOOKUP, KINDS };
static struct series series[KINDS][2] = {
	{{.name = "nat-insert plain"}, {.name = "nat-insert versioned"}},
	{{.name = "nat-lookup plain"}, {.name = "nat-lookup versioned"}},
	{{.name = "insert plain"}, {.name = "insert versioned"}},
	{{.name = "lookup plain"}, {.name = "lookup versioned"}},
};
static uint64_t start_ticks, start_ns, work_ticks, flows;

static unsigned bucket_of(uint64_t ticks)
{
	if (ticks >> SUB_BITS == 0)
		return (unsigned)ticks;
	unsigned shift = 63 - (unsigned)__builtin_clzll(ticks) - SUB_BITS;
	return (shift + 1) << SUB_BITS | (unsigned)(ticks >> shift & ((1u << SUB_BITS) - 1));
}

static uint64_t ticks_of(unsigned bucket)
{
	unsigned shift = bucket >> SUB_BITS, rest = bucket & ((1u << SUB_BITS) - 1);
	return shift ? (uint64_t)(rest | 1u << SUB_BITS) << (shift - 1) : rest;
}

static void note(int kind, int which, uint64_t from)
{
	struct series *s = &series[kind][which];
	uint64_t ticks = cpu_ticks() - from;
	uint64_t *longest = &s->block_max[s->n++ / BLOCK % BLOCKS];
	s->counts[bucket_of(ticks)]++;
	if (ticks > s->max)
		s->max = ticks;
	if (ticks > *longest)
		*longest = ticks;
}

/* The middle one of the blocks' longest. */
static uint64_t typical_max(struct series *s)
{
	size_t n = (s->n + BLOCK - 1) / BLOCK;
	if (n > BLOCKS)
		n = BLOCKS;
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0 && s->block_max[k - 1] > s->block_max[k]; k--) {
			uint64_t larger = s->block_max[k - 1];
			s->block_max[k - 1] = s->block_max[k];
			s->block_max[k] = larger;
		}
	return s->block_max[n / 2];
}

static uint64_t percentile(const struct series *s, uint64_t per_million)
{
	uint64_t seen = 0, wanted = flows * per_million / 1000000;
	for (unsigned i = 0; i < BUCKETS; i++) {
		seen += s->counts[i];
		if (seen >= wanted)
			return ticks_of(i);
	}
	return s->max;
}

static unsigned long long picoseconds(uint64_t ticks)
{
	uint64_t ns = clock_ns() - start_ns, all = (cpu_ticks() - start_ticks) / 1000;
	return ticks * ns / all;
}

static void report(struct series *s)
{
	console_printf("bench: %s p50 %llu p99 %llu p99.99 %llu max %llu block-max %llu\n", s->name,
		picoseconds(percentile(s, 500000)), picoseconds(percentile(s, 990000)),
		picoseconds(percentile(s, 999900)), picoseconds(s->max),
		picoseconds(typical_max(s)));
}

/* ---- the tables alone
 * ---------------------------------------------------------------------------- */

struct key {
	uint8_t protocol, forward;
	uint16_t port;
};
struct value {
	uint64_t words[4];
};

static uint64_t secret[2];
static struct hash *hash;
static struct table *table;

static struct table *open_table(size_t entries)
{
	const struct table_limits limits = {.entries = entries,
		.history_bytes = 2 << 20,
		.history_ns = 600000000000ull,
		.log_records = 16384,
		.secret = secret};
	struct table *t =
		table_open(memory_take(table_memory(&nat_kind, &limits)), &nat_kind, &limits);
	table_set_time(t, EPOCH);
	return t;
}

/* An entry of the NAT's kind as the NAT itself would write it. */
static struct value value_of(uint32_t i)
{
	char text[160] = "inside 192.168.1.10:53\noutside 203.0.113.2:0\n"
			 "remote 198.51.100.7:53\nstate active\nexpires ";
	struct value v = {{0}};
	size_t n = strlen(text);
	table_stamp_write(EPOCH / 1000000000ull + i, text + n);
	n += TABLE_STAMP;
	text[n++] = 'Z';
	text[n++] = '\n';
	if (!nat_kind.parse_text(text, n, &v))
		panic("the text of an entry is not understood");
	return v;
}

static void insert(int which, uint32_t i, const struct value *v)
{
	const struct key key = {NAT_UDP, 0, (uint16_t)i};
	bool fresh, commits = i % 256 == 0;
	uint64_t from = cpu_ticks();
	if (which == VERSIONED) {
		table_put(table, &key, v, commits ? 2 : TABLE_LATER);
	} else {
		struct value *to = hash_put(hash, &key, &fresh);
		if (to)
			*to = *v;
	}
	note(INSERT, which, from);
}

static void look_up(int which, uint32_t i)
{
	const struct key key = {NAT_UDP, 0, (uint16_t)(i < LIVE ? i : i - random_u32() % LIVE)};
	uint64_t from = cpu_ticks();
	const volatile struct value *v =
		which == VERSIONED ? table_get(table, &key) : hash_get(hash, &key);
	bool found = v && v->words[0];
	note(LOOKUP, which, from);
	if (!found)
		panic("entry %u is lost", (unsigned)i);
}

static void forget(uint32_t i)
{
	const struct key key = {NAT_UDP, 0, (uint16_t)(i - LIVE)};
	if (i < LIVE)
		return;
	table_remove(table, &key, TABLE_LATER);
	hash_remove(hash, &key);
}

static void turn_tables(uint32_t i)
{
	struct value v = value_of(i);
	table_set_time(table, EPOCH + i * STEP_NS);
	forget(i);
	for (int k = 0; k < 2; k++)
		insert((int)(i + (uint32_t)k) % 2, i, &v);
	for (int k = 0; k < 2; k++)
		look_up((int)(i + (uint32_t)k) % 2, i);
	table_work(table);
}

/* ---- the NAT
 * --------------------------------------------------------------------------------------- */

static struct nat *nats[2];
static struct table *nat_table;
static uint8_t packet[64], reply[NAT_REPLY_MAX];

static struct nat *open_nat(struct table *t)
{
	struct nat_config c = nat_config_default();
	c.networks[NAT_INSIDE] = (struct nat_network){INSIDE + 1, 0xffff0000, 0, 1500};
	c.networks[NAT_OUTSIDE] = (struct nat_network){OUTSIDE, 0xffffff00, OUTSIDE - 1, 1500};
	c.udp = (uint32_t)(LIVE * STEP_NS / 1000000000ull);
	c.mappings = c.sessions = ENTRIES;
	c.secret = secret;
	return nat_open(memory_take(nat_memory(&c)), &c, t, EPOCH);
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* A UDP datagram of 8 bytes, without a checksum of its own. */
static void make_packet(uint32_t source, unsigned sport, uint32_t destination, unsigned dport)
{
	static const uint8_t head[] = {0x45, 0, 0, 36, 0, 1, 0, 0, 64, 17, 0, 0};
	uint32_t sum = 0;
	memset(packet, 0, sizeof(packet));
	memcpy(packet, head, sizeof(head));
	put32(packet + 12, source);
	put32(packet + 16, destination);
	put32(packet + 20, sport << 16 | dport);
	packet[25] = 16;
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)packet[i] << 8 | packet[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	packet[10] = (uint8_t)(sum >> 8);
	packet[11] = (uint8_t)sum;
}

static void pass(int kind, int which, enum nat_side from, uint64_t now)
{
	uint64_t begin = cpu_ticks();
	struct nat_verdict v = nat_packet(nats[which], now, from, packet, 36, reply);
	note(kind, which, begin);
	if (v.action != NAT_FORWARD)
		panic("a packet was dropped: %s", nat_reason_name(v.reason));
}

/* A question and its answer, as in the talk: one makes a mapping, the other looks it up. */
static void turn_nat(uint32_t i, int which)
{
	uint64_t now = EPOCH + i * STEP_NS;
	uint32_t host = INSIDE + 10 + i % 200;
	make_packet(host, 1024 + i / 200 % 40000, SERVER + i % 4, 53);
	pass(NAT_INSERT, which, NAT_INSIDE, now);
	unsigned port = (unsigned)packet[20] << 8 | packet[21];
	make_packet(SERVER + i % 4, 53, OUTSIDE, port);
	pass(NAT_LOOKUP, which, NAT_OUTSIDE, now);
	while (nat_work(nats[which], now))
		;
}

/* The history is made in between; how long that takes is told, too. */
static void work(struct table *t)
{
	uint64_t from = cpu_ticks();
	table_work(t);
	work_ticks += cpu_ticks() - from;
}

/* "wire=plain", "wire=versioned" */
static void be_gateway(const char *which)
{
	bool plain = strcmp(which, "plain") == 0;
	struct table *t = plain ? NULL : open_table(ENTRIES);
	wire_run(open_nat(t), t, EPOCH);
}

int main(void)
{
	flows = option_number("flows", 1000000);
	random_bytes(secret, sizeof(secret));
	if (option_get("wire"))
		be_gateway(option_get("wire"));
	table = open_table(ENTRIES);
	hash = hash_open(
		memory_take(hash_memory(ENTRIES, sizeof(struct key), sizeof(struct value))),
		ENTRIES, sizeof(struct key), sizeof(struct value), secret);
	nat_table = open_table(ENTRIES);
	nats[PLAIN] = open_nat(NULL);
	nats[VERSIONED] = open_nat(nat_table);
	start_ns = clock_ns();
	start_ticks = cpu_ticks();
	for (uint32_t i = 0; i < flows; i++) {
		turn_nat(i, (int)(i % 2));
		turn_nat(i, (int)((i + 1) % 2));
		work(nat_table);
		turn_tables(i);
	}
	for (int kind = 0; kind < KINDS; kind++)
		for (int which = 0; which < 2; which++)
			report(&series[kind][which]);
	struct table_stats s = table_stats(nat_table);
	console_printf("bench: commits %llu, joined %llu, history %llu bytes, memory left %llu, "
		       "history's work %llu ps a flow\n",
		(unsigned long long)s.commits, (unsigned long long)s.changes_joined,
		(unsigned long long)s.history_bytes, (unsigned long long)memory_left(),
		picoseconds(work_ticks / flows));
	return 0;
}
