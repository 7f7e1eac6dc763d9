/* test_guest_arp_flood.c - a million hostile ARP frames. SPDX-License-Identifier: ISC */
#include "arp_net.h"

#define OURS IP(10, 0, 0, 1)
#define FRAMES 1000000u
#define GAP (100 * 1000ull) /* ns: ten frames a millisecond, a hundred seconds in all */
#define STATICS 8
#define BOUND 256

static uint32_t below(struct net *net, uint32_t n)
{
	return net_random(net) % n;
}

static void random_bytes(struct net *net, uint8_t *p, size_t n)
{
	for (size_t k = 0; k < n; k++)
		p[k] = (uint8_t)net_random(net);
}

/* Ours, a static neighbour's, one of a small network's, one of a large network's. */
static uint32_t some_ip(struct net *net)
{
	switch (below(net, 5)) {
	case 0:
		return OURS;
	case 1:
		return IP(10, 0, 1, 0) + below(net, STATICS);
	case 2:
		return IP(10, 0, 2, 0) + below(net, 64);
	case 3:
		return IP(10, 1, 0, 0) + below(net, 1 << 16);
	default:
		return net_random(net);
	}
}

static void some_mac(struct net *net, const struct node *node, uint8_t mac[6])
{
	switch (below(net, 12)) {
	case 0:
		memcpy(mac, node->mac, 6);
		break;
	case 1:
		memcpy(mac, broadcast, 6);
		break;
	case 2:
		random_bytes(net, mac, 6);
		break;
	default:
		mac_of((uint8_t)below(net, 250), mac);
	}
}

static size_t hostile_frame(struct net *net, const struct node *node, uint8_t frame[128])
{
	struct words w = {.opcode = 1 + below(net, 2)};
	some_mac(net, node, w.from);
	memcpy(w.sender, w.from, 6);
	memcpy(w.to, below(net, 2) ? broadcast : node->mac, 6);
	some_mac(net, node, w.target);
	w.sender_ip = some_ip(net);
	w.target_ip = below(net, 2) ? OURS : some_ip(net);
	random_bytes(net, frame, 128);
	frame_of(&w, frame);
	switch (below(net, 8)) {
	case 0:
		return below(net, ARP_FRAME);
	case 1: /* a byte or two are wrong */
		frame[below(net, ARP_FRAME)] = (uint8_t)net_random(net);
		frame[below(net, ARP_FRAME)] ^= 1;
		break;
	case 2:
		some_mac(net, node, frame + 22);
		break;
	case 3:
		return below(net, 128);
	default:
		break;
	}
	return ARP_FRAME + below(net, 60);
}

static void add_statics(struct node *node)
{
	for (uint32_t n = 0; n < STATICS; n++) {
		uint8_t mac[6];
		mac_of((uint8_t)(251 + n % 4), mac);
		assert_true(arp_set_static(node->i, IP(10, 0, 1, 0) + n, mac, node->net->now));
	}
}

static void assert_statics(struct node *node)
{
	for (uint32_t n = 0; n < STATICS; n++)
		assert_true(node_has(node, IP(10, 0, 1, 0) + n, (uint8_t)(251 + n % 4)));
}

static void turn(struct node *node)
{
	struct net *net = node->net;
	arp_tick(node->arp, net->now);
	table_work(node->table);
	assert_true(table_count(node->table) <= ARP_TABLE_ENTRIES(BOUND));
	net->sent_count = net->passed = 0;
}

/* Hears FRAMES frames, and has no more commits than there are seconds. */
static struct arp_stats hear(struct net *net, struct setup setup, uint32_t frames)
{
	struct node *node = node_open(net, setup);
	uint8_t frame[128];
	arp_add_address(node->i, OURS, net->now);
	add_statics(node);
	table_flush(node->table);
	uint64_t begin = net->now, before = table_stats(node->table).commits, seconds = 0;
	for (uint32_t n = 0; n < frames; n++) {
		size_t length = hostile_frame(net, node, frame);
		arp_input(node->i, frame, length, net->now);
		net->now += GAP;
		node->event_count = 0;
		if (n % 64 == 0)
			turn(node);
		if (n % 8192 && n != frames - 1)
			continue;
		table_flush(node->table);
		seconds = (net->now - begin) / SECOND;
		assert_statics(node);
		assert_true(table_stats(node->table).commits - before <= seconds + 1);
		assert_true(table_stats(node->table).history_bytes <= 2 << 20);
	}
	assert_true(table_stats(node->table).commits - before >= seconds / 2);
	return arp_stats(node->i);
}

static void a_million_hostile_frames(void **state)
{
	(void)state;
	struct net *net = net_open();
	struct arp_stats stats = hear(net, (struct setup){.entries = BOUND}, FRAMES);
	const uint64_t seconds = FRAMES / (SECOND / GAP);
	assert_int_equal(stats.received, FRAMES);
	/* each reason was met, and questions because of claims stay within their bound */
	for (unsigned r = 0; r < ARP_REFUSALS; r++)
		assert_true(stats.refused[r] > 0);
	assert_true(stats.requests <= 8 * (seconds + 1));
	assert_in_range(stats.announcements, seconds / 10, seconds / 10 + 3);
	net_close(net);
}

/* Entries come and expire all the time. */
static void frames_of_strangers_who_go_again(void **state)
{
	(void)state;
	struct net *net = net_open();
	hear(net, (struct setup){.entries = BOUND, .lifetime_ms = 3000}, FRAMES / 4);
	assert_true(history_count(&net->nodes[0], "Arp.tick: updating to age out") > 1);
	assert_true(history_count(&net->nodes[0], "Arp.tick: merge expiry branch") > 1);
	struct history *h = history_of(&net->nodes[0]);
	for (size_t n = 0; n < h->n; n++)
		assert_string_not_equal(h->v[n].subject, "Arp"); /* each says what it is */
	free(h);
	net_close(net);
}

/* Who was there before stays reachable in all that noise. */
static void a_good_neighbour_stays_known(void **state)
{
	(void)state;
	struct net *net = net_open();
	struct node *node = node_open(net, (struct setup){.entries = BOUND});
	uint32_t friend = IP(10, 0, 3, 1);
	uint8_t frame[128], mac[6];
	arp_add_address(node->i, OURS, net->now);
	node_learns(node, 200, friend);
	for (uint32_t n = 0; n < FRAMES / 4; n++) {
		size_t length = hostile_frame(net, node, frame);
		arp_input(node->i, frame, length, net->now);
		net->now += 4 * GAP;
		node->event_count = 0;
		if (n % 48 == 0) /* somebody wants to be that neighbour */
			node_answered(node, (uint8_t)below(net, 100), friend, OURS);
		if (n % 16)
			continue;
		assert_int_equal(arp_resolve(node->i, friend, NULL, net->now, mac), ARP_KNOWN);
		if (net_saw(net, 1, friend))
			node_answered(node, 200, friend, OURS);
		turn(node);
	}
	assert_true(node_has(node, friend, 200));
	net_close(net);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_million_hostile_frames),
	cmocka_unit_test(frames_of_strangers_who_go_again),
	cmocka_unit_test(a_good_neighbour_stays_known),
};
RUN_TESTS("guest_arp_flood")
