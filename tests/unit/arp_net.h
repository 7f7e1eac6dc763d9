/* arp_net.h - some images' ARP on a wire in memory, with a clock of the test's own.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_ARP_NET_H
#define RESPIN_TESTS_ARP_NET_H

#include "unit.h"
#include "arp.h"

#ifndef MS
#define MS 1000000ull
#endif
#ifndef SECOND
#define SECOND (1000 * MS)
#endif
#define MORNING (1795669200 * SECOND) /* 2026-11-26T05:00:00Z */
#define NODES 12
#define SENT 4096
#define ANY __attribute__((unused)) static

#define IP(a, b, c, d)                                                                             \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

struct sent {
	uint8_t frame[ARP_FRAME];
	uint64_t at;
	size_t from; /* the node's number */
};
struct delivered {
	void *packet;
	bool given_up;
	uint8_t mac[6];
};
struct seen_event {
	enum arp_event event;
	uint32_t ip;
	uint8_t mac[6];
};

struct net;
struct node {
	struct net *net;
	size_t number;
	uint8_t mac[6];
	struct table *table;
	struct arp *arp;
	struct arp_interface *i;
	void *memory, *table_memory;
	struct delivered delivered[64];
	size_t delivered_count;
	struct seen_event events[64];
	size_t event_count;
};
struct net {
	uint64_t now;
	struct node nodes[NODES];
	size_t count;
	struct sent sent[SENT]; /* all frames since net_forget() */
	size_t sent_count, passed;
	uint64_t seed;
};

static const uint64_t net_secret[2] = {1, 2};

/* xorshift64* */
ANY uint32_t net_random(void *ctx)
{
	struct net *net = ctx;
	net->seed ^= net->seed >> 12;
	net->seed ^= net->seed << 25;
	net->seed ^= net->seed >> 27;
	return (uint32_t)(net->seed * 0x2545f4914f6cdd1d >> 32);
}

static void node_send(void *ctx, const uint8_t *frame, size_t n)
{
	struct node *node = ctx;
	struct net *net = node->net;
	assert_int_equal(n, ARP_FRAME);
	assert_memory_equal(frame + 6, node->mac, 6);
	assert_true(net->sent_count < SENT);
	struct sent *s = &net->sent[net->sent_count++];
	memcpy(s->frame, frame, n);
	s->at = net->now;
	s->from = node->number;
}

static void node_deliver(void *ctx, void *packet, const uint8_t *mac)
{
	struct node *node = ctx;
	assert_true(node->delivered_count < 64);
	struct delivered *d = &node->delivered[node->delivered_count++];
	*d = (struct delivered){.packet = packet, .given_up = !mac};
	if (mac)
		memcpy(d->mac, mac, 6);
}

static void node_event(void *ctx, enum arp_event event, uint32_t ip, const uint8_t mac[6])
{
	struct node *node = ctx;
	assert_true(node->event_count < 64);
	struct seen_event *seen = &node->events[node->event_count++];
	*seen = (struct seen_event){.event = event, .ip = ip};
	memcpy(seen->mac, mac, 6);
}

struct setup {
	size_t entries, questions;
	uint32_t lifetime_ms;
	bool yields;
	/* Entries that are there before ARP is: a restored table. */
	void (*seed)(struct table *t);
};

static struct arp_limits net_limits(struct net *net, const struct setup *s)
{
	return (struct arp_limits){
		.entries = s->entries ? s->entries : ARP_ENTRIES,
		.questions = s->questions ? s->questions : ARP_QUESTIONS,
		.lifetime_ms = s->lifetime_ms ? s->lifetime_ms : ARP_LIFETIME_MS,
		.secret = net_secret,
		.random = net_random,
		.random_ctx = net,
	};
}

static struct table *net_table(struct node *node, size_t entries)
{
	struct table_limits limits = {.entries = ARP_TABLE_ENTRIES(entries),
		.history_bytes = 2 << 20,
		.history_ns = 600 * SECOND,
		.log_records = 4096,
		.secret = net_secret};
	size_t n = (table_memory(&arp_kind, &limits) + 15) & ~(size_t)15;
	node->table_memory = aligned_alloc(16, n);
	memset(node->table_memory, 0, n);
	return table_open(node->table_memory, &arp_kind, &limits);
}

/* A node with the hardware address 02:50:2a:00:00:NN, NN from 1. */
ANY struct node *node_open(struct net *net, struct setup setup)
{
	struct node *node = &net->nodes[net->count];
	*node = (struct node){.net = net, .number = net->count++};
	struct arp_limits limits = net_limits(net, &setup);
	const uint8_t mac[6] = {0x02, 0x50, 0x2a, 0, 0, (uint8_t)net->count};
	struct arp_ops ops = {node, node_send, node_deliver, node_event, setup.yields};
	size_t n = (arp_memory(&limits) + 15) & ~(size_t)15;
	memcpy(node->mac, mac, 6);
	node->table = net_table(node, limits.entries);
	table_set_time(node->table, net->now);
	if (setup.seed)
		setup.seed(node->table);
	node->memory = aligned_alloc(16, n);
	memset(node->memory, 0, n);
	node->arp = arp_open(node->memory, &limits, node->table, net->now);
	node->i = arp_attach(node->arp, mac, &ops);
	return node;
}

ANY struct net *net_open(void)
{
	struct net *net = calloc(1, sizeof(*net));
	net->now = MORNING;
	net->seed = 0x9e3779b97f4a7c15;
	return net;
}

ANY void net_close(struct net *net)
{
	for (size_t n = 0; n < net->count; n++) {
		free(net->nodes[n].memory);
		free(net->nodes[n].table_memory);
	}
	free(net);
}

/* Gives a node exactly these bytes: a sanitizer sees each byte read beyond. */
ANY void node_hear(struct node *node, const uint8_t *frame, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	memcpy(copy, frame, n);
	arp_input(node->i, copy, n, node->net->now);
	free(copy);
}

static bool reaches(const struct sent *s, const struct node *node)
{
	return s->from != node->number &&
	       ((s->frame[0] & 1) || memcmp(s->frame, node->mac, 6) == 0);
}

/* Lets all frames pass that were sent so far, and those sent because of them. */
ANY void net_pass(struct net *net)
{
	while (net->passed < net->sent_count) {
		struct sent s = net->sent[net->passed++];
		for (size_t n = 0; n < net->count; n++)
			if (reaches(&s, &net->nodes[n]))
				node_hear(&net->nodes[n], s.frame, ARP_FRAME);
	}
}

ANY void node_tick(struct node *node)
{
	for (int n = 0; n < 1000 && arp_tick(node->arp, node->net->now) <= node->net->now; n++)
		table_work(node->table);
	table_work(node->table);
}

ANY void net_run(struct net *net, unsigned ms)
{
	for (uint64_t end = net->now + ms * MS; net->now < end; net->now += 5 * MS) {
		for (size_t n = 0; n < net->count; n++)
			node_tick(&net->nodes[n]);
		net_pass(net);
	}
}

ANY void net_forget(struct net *net)
{
	net_pass(net);
	net->sent_count = net->passed = 0;
}

/* ---- frames made by hand --------------------------------------------------------------------- */

static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t nobody[6] = {0};

struct words {
	uint8_t to[6], from[6];
	unsigned opcode;
	uint8_t sender[6];
	uint32_t sender_ip;
	uint8_t target[6];
	uint32_t target_ip;
};

static void be32(uint8_t *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(n >> (24 - 8 * i));
}

/* RFC 826's packet, written down independently of the code under test. */
ANY void frame_of(const struct words *w, uint8_t f[ARP_FRAME])
{
	static const uint8_t fixed[] = {0x08, 0x06, 0, 1, 0x08, 0, 6, 4};
	memcpy(f, w->to, 6);
	memcpy(f + 6, w->from, 6);
	memcpy(f + 12, fixed, 8);
	f[20] = (uint8_t)(w->opcode >> 8);
	f[21] = (uint8_t)w->opcode;
	memcpy(f + 22, w->sender, 6);
	be32(f + 28, w->sender_ip);
	memcpy(f + 32, w->target, 6);
	be32(f + 38, w->target_ip);
}

ANY void mac_of(uint8_t number, uint8_t mac[6])
{
	memcpy(mac, (const uint8_t[6]){0x02, 0x50, 0x2a, 0x16, 0x6d, number}, 6);
}

/* What station NUMBER (02:50:2a:16:6d:NN, no node) says to the node. */
ANY struct words words_of(uint8_t number, unsigned opcode, uint32_t sender, uint32_t target)
{
	struct words w = {.opcode = opcode, .sender_ip = sender, .target_ip = target};
	memcpy(w.to, broadcast, 6);
	mac_of(number, w.from);
	mac_of(number, w.sender);
	return w;
}

ANY void node_told(struct node *node, struct words w)
{
	uint8_t frame[ARP_FRAME];
	frame_of(&w, frame);
	node_hear(node, frame, sizeof(frame));
}

ANY void node_asked(struct node *node, uint8_t number, uint32_t sender, uint32_t target)
{
	node_told(node, words_of(number, 1, sender, target));
}

ANY void node_answered(struct node *node, uint8_t number, uint32_t sender, uint32_t target)
{
	struct words w = words_of(number, 2, sender, target);
	memcpy(w.to, node->mac, 6);
	memcpy(w.target, node->mac, 6);
	node_told(node, w);
}

/* ---- what can be seen ------------------------------------------------------------------------ */

/* Frames sent with this opcode for this target address; 0: any. */
ANY size_t net_saw(const struct net *net, unsigned opcode, uint32_t target)
{
	size_t count = 0;
	uint8_t ip[4];
	be32(ip, target);
	for (size_t n = 0; n < net->sent_count; n++)
		count += (!opcode || net->sent[n].frame[21] == opcode) &&
			 (!target || memcmp(net->sent[n].frame + 38, ip, 4) == 0);
	return count;
}

ANY bool node_knows(struct node *node, uint32_t ip, uint8_t mac[6])
{
	return arp_look_up(node->i, ip, node->net->now, mac);
}

/* Has the node this very address of station NUMBER? */
ANY bool node_has(struct node *node, uint32_t ip, uint8_t number)
{
	uint8_t mac[6], expected[6];
	mac_of(number, expected);
	return node_knows(node, ip, mac) && memcmp(mac, expected, 6) == 0;
}

ANY uint64_t node_refused(struct node *node, enum arp_refusal r)
{
	return arp_stats(node->i).refused[r];
}

ANY uint64_t node_refused_in_all(struct node *node)
{
	uint64_t sum = 0;
	for (unsigned r = 0; r < ARP_REFUSALS; r++)
		sum += node_refused(node, r);
	return sum;
}

/* Makes the node learn station NUMBER by a question of its own. */
ANY void node_learns(struct node *node, uint8_t number, uint32_t ip)
{
	uint8_t mac[6];
	uint32_t own[ARP_ADDRESSES];
	size_t n = arp_addresses(node->i, own);
	assert_int_equal(arp_resolve(node->i, ip, NULL, node->net->now, mac), ARP_ASKED);
	node_answered(node, number, ip, n ? own[0] : 0);
	assert_true(node_has(node, ip, number));
}

/* ---- history --------------------------------------------------------------------------------- */

struct past {
	struct table_id id;
	char subject[TABLE_MESSAGE_MAX];
	size_t parents;
};
struct history {
	struct past v[2048];
	size_t n;
};

static bool history_has_id(const struct history *h, const struct table_id *id)
{
	for (size_t n = 0; n < h->n; n++)
		if (memcmp(&h->v[n].id, id, sizeof(*id)) == 0)
			return true;
	return false;
}

static void history_add(struct history *h, struct table *t, const struct table_id *id)
{
	static uint8_t text[TABLE_OBJECT_MAX + 1];
	enum table_type type;
	size_t n;
	if (history_has_id(h, id) || !table_read(t, id, &type, text, &n))
		return;
	assert_int_equal(type, TABLE_COMMIT);
	assert_true(h->n < sizeof(h->v) / sizeof(h->v[0]));
	text[n] = '\0';
	struct past *p = &h->v[h->n++];
	struct table_id parents[4];
	const char *at = (const char *)text, *body = strstr(at, "\n\n");
	assert_non_null(body);
	*p = (struct past){.id = *id};
	memcpy(p->subject, body + 2, strcspn(body + 2, "\n"));
	for (at = strstr(at, "\nparent "); at && at < body; at = strstr(at + 1, "\nparent "))
		assert_true(table_id_parse(at + 8, 40, &parents[p->parents++]));
	size_t count = p->parents;
	for (size_t k = 0; k < count; k++)
		history_add(h, t, &parents[k]);
}

/* All commits that the refs reach. Free it. */
ANY struct history *history_of(struct node *node)
{
	struct history *h = calloc(1, sizeof(*h));
	struct table_ref ref;
	table_flush(node->table);
	for (size_t i = 0; table_ref(node->table, i, &ref); i++)
		history_add(h, node->table, &ref.id);
	return h;
}

/* Commits whose subject begins with WORDS. */
ANY size_t history_count(struct node *node, const char *words)
{
	struct history *h = history_of(node);
	size_t count = 0;
	for (size_t n = 0; n < h->n; n++)
		count += strncmp(h->v[n].subject, words, strlen(words)) == 0;
	free(h);
	return count;
}

#endif
