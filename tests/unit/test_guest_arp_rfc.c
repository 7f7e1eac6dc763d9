/* test_guest_arp_rfc.c - ARP against its RFCs, a row for each thing they ask for.
 * SPDX-License-Identifier: ISC */
#include "arp_net.h"

#define OURS IP(10, 0, 0, 1)
#define PEER IP(10, 0, 0, 9)
#define OTHER IP(10, 0, 0, 77)

static struct net *net;
static struct node *node;
static uint8_t mac[6];

static void start(struct setup setup)
{
	net = net_open();
	node = node_open(net, setup);
	assert_true(arp_add_address(node->i, OURS, net->now));
	net_run(net, 5000); /* the announcements are over */
	net_forget(net);
}

static int set_up(void **state)
{
	(void)state;
	start((struct setup){0});
	return 0;
}

static int set_up_yielding(void **state)
{
	(void)state;
	start((struct setup){.yields = true});
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	net_close(net);
	return 0;
}

#define ROW(name) static void name(void **state __attribute__((unused)))

static void assert_refused(enum arp_refusal r)
{
	assert_int_equal(node_refused(node, r), 1);
	assert_int_equal(node_refused_in_all(node), 1);
	assert_int_equal(net->sent_count, 0);
	assert_false(node_knows(node, PEER, mac));
}

/* A request for us, in which byte AT is B. */
static void hear_with(size_t at, uint8_t b)
{
	uint8_t frame[ARP_FRAME];
	struct words w = words_of(9, 1, PEER, OURS);
	frame_of(&w, frame);
	assert_int_not_equal(frame[at], b);
	frame[at] = b;
	node_hear(node, frame, sizeof(frame));
}

static enum arp_answer ask(uint32_t ip, void *packet)
{
	return arp_resolve(node->i, ip, packet, net->now, mac);
}

static void assert_frame(size_t n, const struct words *w)
{
	uint8_t expected[ARP_FRAME];
	frame_of(w, expected);
	assert_true(net->sent_count > n);
	assert_memory_equal(net->sent[n].frame, expected, sizeof(expected));
}

/* ---- RFC 826 --------------------------------------------------------------------------------- */

ROW(rfc826_other_hardware_type_is_refused)
{
	hear_with(15, 6);
	assert_refused(ARP_HARDWARE);
}

ROW(rfc826_other_protocol_is_refused)
{
	hear_with(17, 6);
	assert_refused(ARP_PROTOCOL);
}

ROW(rfc826_other_hardware_address_length_is_refused)
{
	hear_with(18, 8);
	assert_refused(ARP_LENGTH);
}

ROW(rfc826_other_protocol_address_length_is_refused)
{
	hear_with(19, 16);
	assert_refused(ARP_LENGTH);
}

ROW(rfc826_a_frame_that_ends_early_is_refused)
{
	uint8_t frame[ARP_FRAME];
	struct words w = words_of(9, 1, PEER, OURS);
	frame_of(&w, frame);
	for (size_t n = 0; n < ARP_FRAME; n++)
		node_hear(node, frame, n);
	assert_int_equal(node_refused(node, ARP_LENGTH), ARP_FRAME);
	assert_int_equal(net->sent_count, 0);
}

ROW(rfc826_padding_is_nothing)
{
	uint8_t frame[60];
	struct words w = words_of(9, 1, PEER, OURS);
	memset(frame, 0xa5, sizeof(frame));
	frame_of(&w, frame);
	node_hear(node, frame, sizeof(frame));
	assert_int_equal(net_saw(net, 2, PEER), 1);
	assert_true(node_has(node, PEER, 9));
}

ROW(rfc826_any_packet_of_a_known_sender_renews_it)
{
	node_learns(node, 9, PEER);
	net_run(net, 40000);
	node_asked(node, 9, PEER, OTHER);
	net_run(net, 40000);
	assert_true(node_has(node, PEER, 9));
	assert_int_equal(node_refused_in_all(node), 0);
}

ROW(rfc826_who_asks_for_another_is_not_added)
{
	node_asked(node, 9, PEER, OTHER);
	assert_false(node_knows(node, PEER, mac));
	assert_int_equal(node_refused_in_all(node), 0);
}

ROW(rfc826_who_asks_for_us_is_added)
{
	node_asked(node, 9, PEER, OURS);
	assert_true(node_has(node, PEER, 9));
}

ROW(rfc826_a_request_for_us_is_answered_to_the_asker)
{
	node_asked(node, 9, PEER, OURS);
	struct words w = {.opcode = 2, .sender_ip = OURS, .target_ip = PEER};
	mac_of(9, w.to);
	mac_of(9, w.target);
	memcpy(w.from, node->mac, 6);
	memcpy(w.sender, node->mac, 6);
	assert_int_equal(net->sent_count, 1);
	assert_frame(0, &w);
}

ROW(rfc826_a_unicast_request_is_answered)
{
	struct words w = words_of(9, 1, PEER, OURS);
	memcpy(w.to, node->mac, 6);
	node_told(node, w);
	assert_int_equal(net_saw(net, 2, PEER), 1);
}

ROW(rfc826_a_request_for_another_is_not_answered)
{
	node_asked(node, 9, PEER, OTHER);
	assert_int_equal(net->sent_count, 0);
}

ROW(rfc826_a_reply_is_not_answered)
{
	ask(PEER, NULL);
	net_forget(net);
	node_answered(node, 9, PEER, OURS);
	assert_int_equal(net->sent_count, 0);
}

ROW(rfc826_our_request_is_as_it_should_be)
{
	assert_int_equal(ask(PEER, NULL), ARP_ASKED);
	struct words w = {.opcode = 1, .sender_ip = OURS, .target_ip = PEER};
	memcpy(w.to, broadcast, 6);
	memcpy(w.from, node->mac, 6);
	memcpy(w.sender, node->mac, 6);
	assert_int_equal(net->sent_count, 1);
	assert_frame(0, &w);
}

/* ---- RFC 1122 -------------------------------------------------------------------------------- */

ROW(rfc1122_entries_end_after_a_minute)
{
	node_learns(node, 9, PEER);
	net_run(net, 59000);
	assert_true(node_has(node, PEER, 9));
	net_run(net, 6000);
	assert_false(node_knows(node, PEER, mac));
	net_run(net, 4000);
	assert_null(table_get(node->table, &(struct arp_key){.ip = {10, 0, 0, 9}}));
}

ROW(rfc1122_nobody_is_asked_more_than_once_a_second)
{
	for (int n = 0; n < 3000; n++) {
		ask(PEER, NULL);
		net_run(net, 10);
	}
	assert_true(net->sent_count >= 15);
	for (size_t n = 1; n < net->sent_count; n++)
		assert_true(net->sent[n].at - net->sent[n - 1].at >= SECOND);
}

ROW(rfc1122_nor_where_the_answer_was_forgotten)
{
	for (int n = 0; n < 300; n++) {
		ask(PEER, NULL);
		if (net_saw(net, 1, PEER) > (size_t)n / 100)
			node_answered(node, 9, PEER, OURS);
		arp_forget(node->i, PEER, net->now);
		net_run(net, 10);
	}
	assert_int_equal(net_saw(net, 1, PEER), 3);
	for (size_t n = 1; n < net->sent_count; n++)
		assert_true(net->sent[n].at - net->sent[n - 1].at >= SECOND);
}

ROW(rfc1122_asking_ends_after_three_requests)
{
	int packet;
	ask(PEER, &packet);
	net_run(net, 10000);
	assert_int_equal(net->sent_count, 3);
	for (size_t n = 1; n < 3; n++) {
		uint64_t gap = net->sent[n].at - net->sent[n - 1].at;
		assert_true(gap >= 1500 * MS && gap < 1600 * MS);
	}
	assert_int_equal(node->delivered_count, 1);
	assert_true(node->delivered[0].given_up && node->delivered[0].packet == &packet);
}

ROW(rfc1122_a_used_entry_is_polled_before_its_end)
{
	node_learns(node, 9, PEER);
	net_forget(net);
	for (int n = 0; n < 120; n++) {
		assert_int_equal(ask(PEER, NULL), ARP_KNOWN);
		net_run(net, 1000);
		for (size_t k = net->passed; k--; net_forget(net)) {
			uint8_t to[6];
			mac_of(9, to);
			assert_memory_equal(net->sent[k].frame, to, 6); /* to it alone */
			node_answered(node, 9, PEER, OURS);
		}
	}
	assert_true(node_has(node, PEER, 9));
}

ROW(rfc1122_an_unused_entry_is_not_polled)
{
	node_learns(node, 9, PEER);
	net_forget(net);
	net_run(net, 70000);
	assert_int_equal(net->sent_count, 0);
}

ROW(rfc1122_who_does_not_answer_a_poll_is_flushed)
{
	node_learns(node, 9, PEER);
	net_run(net, 50000);
	net_forget(net);
	assert_int_equal(ask(PEER, NULL), ARP_KNOWN);
	net_run(net, 5000);
	assert_int_equal(net->sent_count, 3);
	assert_false(node_knows(node, PEER, mac));
	assert_int_equal(history_count(node, "entry removed: 10.0.0.9"), 1);
}

ROW(rfc1122_the_latest_packets_wait)
{
	int packets[ARP_WAITERS + 2];
	for (int n = 0; n < ARP_WAITERS + 2; n++)
		assert_int_equal(ask(PEER, &packets[n]), ARP_ASKED);
	assert_int_equal(node->delivered_count, 2);
	node_answered(node, 9, PEER, OURS);
	assert_int_equal(node->delivered_count, ARP_WAITERS + 2);
	for (int n = 0; n < ARP_WAITERS + 2; n++) {
		assert_ptr_equal(node->delivered[n].packet, &packets[n]);
		assert_int_equal(node->delivered[n].given_up, n < 2);
	}
}

ROW(rfc1122_all_who_wait_are_told_of_failure)
{
	int packets[3];
	for (int n = 0; n < 3; n++)
		ask(PEER, &packets[n]);
	net_run(net, 6000);
	assert_int_equal(node->delivered_count, 3);
	for (int n = 0; n < 3; n++)
		assert_true(node->delivered[n].given_up);
}

/* ---- RFC 5227 -------------------------------------------------------------------------------- */

ROW(rfc5227_three_probes_before_use)
{
	uint64_t begin = net->now;
	assert_true(arp_probe_address(node->i, OTHER, net->now));
	net_run(net, 6500);
	assert_true(net_saw(net, 1, OTHER) >= 3);
	struct words w = {.opcode = 1, .target_ip = OTHER};
	memcpy(w.to, broadcast, 6);
	memcpy(w.from, node->mac, 6);
	memcpy(w.sender, node->mac, 6);
	assert_true(net->sent[0].at - begin <= 1000 * MS);
	for (size_t n = 0; n < 3; n++) {
		assert_frame(n, &w);
		uint64_t gap = n ? net->sent[n].at - net->sent[n - 1].at : SECOND;
		assert_true(gap >= 1000 * MS && gap <= 2010 * MS);
	}
}

ROW(rfc5227_a_probed_address_is_not_used)
{
	uint32_t own[ARP_ADDRESSES];
	arp_probe_address(node->i, OTHER, net->now);
	assert_int_equal(arp_addresses(node->i, own), 1);
	net_run(net, 1500);
	net_forget(net);
	node_asked(node, 9, PEER, OTHER);
	assert_int_equal(net_saw(net, 2, 0), 0);
	arp_remove_address(node->i, OURS);
	ask(PEER, NULL);
	assert_memory_equal(net->sent[0].frame + 28, nobody, 4);
}

ROW(rfc5227_who_has_the_probed_address_keeps_it)
{
	uint32_t own[ARP_ADDRESSES];
	arp_probe_address(node->i, OTHER, net->now);
	net_run(net, 1500);
	node_answered(node, 9, OTHER, 0);
	assert_int_equal(node->event_count, 1);
	assert_int_equal(node->events[0].event, ARP_LOST);
	assert_int_equal(node->events[0].ip, OTHER);
	net_forget(net);
	net_run(net, 10000);
	assert_int_equal(net->sent_count, 0);
	assert_int_equal(arp_addresses(node->i, own), 1);
}

ROW(rfc5227_two_who_probe_both_lose)
{
	arp_probe_address(node->i, OTHER, net->now);
	net_run(net, 100);
	node_asked(node, 9, 0, OTHER);
	assert_int_equal(node->event_count, 1);
	assert_int_equal(node->events[0].event, ARP_LOST);
}

ROW(rfc5227_our_own_probe_is_no_conflict)
{
	arp_probe_address(node->i, OTHER, net->now);
	net_run(net, 1500);
	assert_true(net->sent_count > 0);
	node_hear(node, net->sent[0].frame, ARP_FRAME);
	assert_int_equal(node->event_count, 0);
}

ROW(rfc5227_after_ten_conflicts_a_minute_passes)
{
	for (int n = 0; n < 10; n++) {
		arp_probe_address(node->i, OTHER, net->now);
		node_asked(node, 9, 0, OTHER);
	}
	assert_int_equal(node->event_count, 10);
	net_forget(net);
	arp_probe_address(node->i, OTHER, net->now);
	net_run(net, 59900);
	assert_int_equal(net->sent_count, 0);
	net_run(net, 10000);
	assert_int_equal(net_saw(net, 1, OTHER), 5);
	/* one that was free ends that: the next conflict is a first one */
	arp_probe_address(node->i, PEER, net->now);
	node_asked(node, 9, 0, PEER);
	arp_probe_address(node->i, PEER, net->now);
	net_run(net, 1100);
	assert_true(net_saw(net, 1, PEER) > 0);
}

ROW(rfc5227_a_free_address_is_announced_twice)
{
	uint32_t own[ARP_ADDRESSES];
	arp_probe_address(node->i, OTHER, net->now);
	net_run(net, 12000);
	assert_int_equal(net->sent_count, 5);
	struct words w = {.opcode = 1, .sender_ip = OTHER, .target_ip = OTHER};
	memcpy(w.to, broadcast, 6);
	memcpy(w.from, node->mac, 6);
	memcpy(w.sender, node->mac, 6);
	assert_frame(3, &w);
	assert_frame(4, &w);
	for (size_t n = 3; n < 5; n++) {
		uint64_t gap = net->sent[n].at - net->sent[n - 1].at;
		assert_true(gap >= 2000 * MS && gap <= 2010 * MS);
	}
	assert_int_equal(node->events[0].event, ARP_READY);
	assert_int_equal(arp_addresses(node->i, own), 2);
}

ROW(rfc5227_a_claim_of_ours_is_defended_once)
{
	node_answered(node, 9, OURS, OTHER);
	assert_int_equal(node_refused(node, ARP_OWN), 1);
	assert_int_equal(net->sent_count, 1);
	struct words w = {.opcode = 1, .sender_ip = OURS, .target_ip = OURS};
	memcpy(w.to, broadcast, 6);
	memcpy(w.from, node->mac, 6);
	memcpy(w.sender, node->mac, 6);
	assert_frame(0, &w);
	assert_int_equal(node->event_count, 1);
	assert_int_equal(node->events[0].event, ARP_CONFLICT);
}

ROW(rfc5227_nobody_is_defended_against_more_than_every_ten_seconds)
{
	uint32_t own[ARP_ADDRESSES];
	for (int n = 0; n < 300; n++) {
		node_asked(node, 9, OURS, OURS);
		net_run(net, 100);
	}
	assert_int_equal(net->sent_count, 3);
	assert_int_equal(node->event_count, 3);
	assert_int_equal(arp_addresses(node->i, own), 1);
}

ROW(rfc5227_a_yielding_host_gives_up_at_the_second_conflict)
{
	uint32_t own[ARP_ADDRESSES];
	node_asked(node, 9, OURS, OURS);
	net_run(net, 9000);
	assert_int_equal(arp_addresses(node->i, own), 1);
	node_asked(node, 9, OURS, OURS);
	assert_int_equal(arp_addresses(node->i, own), 0);
	assert_int_equal(node->events[1].event, ARP_LOST);
	net_forget(net);
	node_asked(node, 9, PEER, OURS);
	assert_int_equal(net->sent_count, 0);
}

ROW(rfc5227_a_yielding_host_defends_a_second_time_later)
{
	uint32_t own[ARP_ADDRESSES];
	for (int n = 0; n < 5; n++) {
		node_asked(node, 9, OURS, OURS);
		net_run(net, 10100);
	}
	assert_int_equal(arp_addresses(node->i, own), 1);
	assert_int_equal(net->sent_count, 5);
}

ROW(rfc5227_a_probe_for_ours_is_answered)
{
	node_asked(node, 9, 0, OURS);
	struct words w = {.opcode = 2, .sender_ip = OURS};
	mac_of(9, w.to);
	mac_of(9, w.target);
	memcpy(w.from, node->mac, 6);
	memcpy(w.sender, node->mac, 6);
	assert_frame(0, &w);
	assert_int_equal(table_count(node->table), 0);
}

ROW(rfc5227_a_claim_of_ours_is_never_cached)
{
	node_asked(node, 9, OURS, OURS);
	node_answered(node, 9, OURS, OURS);
	assert_false(node_knows(node, OURS, mac));
	assert_int_equal(ask(OURS, NULL), ARP_FAILED);
}

ROW(rfc5227_an_announcement_renews_but_does_not_add)
{
	node_asked(node, 9, PEER, PEER);
	assert_false(node_knows(node, PEER, mac));
	node_learns(node, 9, PEER);
	net_run(net, 50000);
	node_asked(node, 9, PEER, PEER);
	net_run(net, 50000);
	assert_true(node_has(node, PEER, 9));
}

ROW(rfc5227_an_answer_to_all_is_taken)
{
	struct words w = words_of(9, 2, PEER, OURS);
	ask(PEER, NULL);
	node_told(node, w);
	assert_true(node_has(node, PEER, 9));
}

/* ---- RFC 5494 -------------------------------------------------------------------------------- */

ROW(rfc5494_reserved_and_other_opcodes_are_refused)
{
	static const unsigned opcodes[] = {0, 3, 4, 8, 9, 24, 25, 256, 512, 65535};
	for (size_t n = 0; n < sizeof(opcodes) / sizeof(opcodes[0]); n++)
		node_told(node, words_of(9, opcodes[n], PEER, OURS));
	assert_int_equal(node_refused(node, ARP_OPCODE), 10);
	assert_int_equal(net->sent_count, 0);
	assert_false(node_knows(node, PEER, mac));
}

ROW(rfc5494_reserved_hardware_types_are_refused)
{
	static const unsigned types[] = {0, 36, 256, 65535};
	uint8_t frame[ARP_FRAME];
	struct words w = words_of(9, 1, PEER, OURS);
	frame_of(&w, frame);
	for (size_t n = 0; n < 4; n++) {
		frame[14] = (uint8_t)(types[n] >> 8);
		frame[15] = (uint8_t)types[n];
		node_hear(node, frame, sizeof(frame));
	}
	assert_int_equal(node_refused(node, ARP_HARDWARE), 4);
	assert_int_equal(net->sent_count, 0);
}

/* ---- what they leave open, and attackers use --------------------------------------------------
 */

ROW(no_station_is_everybody_nobody_or_a_group)
{
	static const uint8_t bad[][6] = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0},
		{0x01, 0x00, 0x5e, 0, 0, 1}, {0x33, 0x33, 0, 0, 0, 1}};
	for (size_t n = 0; n < 4; n++) {
		struct words w = words_of(9, 1, PEER, OURS);
		memcpy(w.from, bad[n], 6);
		memcpy(w.sender, bad[n], 6);
		node_told(node, w);
	}
	assert_int_equal(node_refused(node, ARP_SENDER), 4);
	assert_int_equal(net->sent_count, 0);
}

ROW(who_uses_our_hardware_address_is_refused)
{
	struct words w = words_of(9, 1, PEER, OURS);
	memcpy(w.from, node->mac, 6);
	memcpy(w.sender, node->mac, 6);
	node_told(node, w);
	assert_refused(ARP_SENDER);
}

ROW(the_sender_is_who_sent_the_frame)
{
	struct words w = words_of(9, 1, PEER, OURS);
	mac_of(8, w.from);
	node_told(node, w);
	assert_refused(ARP_SOURCE);
}

ROW(a_frame_to_another_is_refused)
{
	struct words w = words_of(9, 2, PEER, OURS);
	mac_of(8, w.to);
	ask(PEER, NULL);
	net_forget(net);
	node_told(node, w);
	assert_refused(ARP_DESTINATION);
}

ROW(no_host_has_these_addresses)
{
	static const uint32_t bad[] = {IP(0, 1, 2, 3), IP(127, 0, 0, 1), IP(224, 0, 0, 1),
		IP(239, 255, 255, 255), IP(255, 255, 255, 255)};
	for (size_t n = 0; n < 5; n++)
		node_asked(node, 9, bad[n], OURS);
	node_answered(node, 9, 0, OURS);
	assert_int_equal(node_refused(node, ARP_ADDRESS), 6);
	assert_int_equal(net->sent_count, 0);
	assert_int_equal(table_count(node->table), 0);
}

ROW(an_answer_that_nobody_asked_for_adds_nothing)
{
	node_answered(node, 9, PEER, OURS);
	assert_refused(ARP_UNASKED);
}

ROW(an_answer_to_somebody_else_answers_nothing)
{
	ask(PEER, NULL);
	net_forget(net);
	node_answered(node, 9, PEER, OTHER);
	assert_refused(ARP_UNASKED);
}

ROW(another_hardware_address_is_asked_for_and_a_silent_host_loses)
{
	node_learns(node, 9, PEER);
	net_run(net, 2000);
	net_forget(net);
	node_answered(node, 8, PEER, OURS);
	assert_true(node_has(node, PEER, 9));
	assert_int_equal(node_refused(node, ARP_CHANGED), 1);
	assert_int_equal(net_saw(net, 1, PEER), 1);
	assert_memory_equal(net->sent[0].frame, broadcast, 6);
	node_answered(node, 8, PEER, OURS);
	assert_true(node_has(node, PEER, 9));
	net_run(net, 1700);
	assert_true(node_has(node, PEER, 8));
}

ROW(another_hardware_address_loses_against_a_host_that_answers)
{
	node_learns(node, 9, PEER);
	for (int n = 0; n < 150; n++) {
		net_forget(net);
		if (n < 100)
			node_answered(node, 8, PEER, OURS);
		net_run(net, 100);
		if (net_saw(net, 1, PEER)) {
			node_answered(node, 8, PEER, OURS); /* the quicker one */
			node_answered(node, 9, PEER, OURS);
		}
		assert_true(node_has(node, PEER, 9));
	}
	assert_int_equal(node_refused_in_all(node), node_refused(node, ARP_CHANGED));
}

ROW(a_claim_that_nobody_confirms_ends_the_entry)
{
	node_learns(node, 9, PEER);
	node_asked(node, 8, PEER, PEER);
	net_run(net, 6000);
	assert_false(node_knows(node, PEER, mac));
}

ROW(a_static_entry_is_never_overwritten)
{
	uint8_t fixed[6];
	mac_of(9, fixed);
	assert_true(arp_set_static(node->i, PEER, fixed, net->now));
	net_forget(net);
	node_answered(node, 8, PEER, OURS);
	node_asked(node, 8, PEER, OTHER);
	net_run(net, 5000);
	assert_true(node_has(node, PEER, 9));
	assert_int_equal(node_refused(node, ARP_FIXED), 2);
	assert_int_equal(net->sent_count, 0);
}

ROW(a_static_entry_never_expires)
{
	uint8_t fixed[6];
	mac_of(9, fixed);
	arp_set_static(node->i, PEER, fixed, net->now);
	net_run(net, 200000);
	assert_true(node_has(node, PEER, 9));
	assert_true(arp_forget(node->i, PEER, net->now));
	assert_false(node_knows(node, PEER, mac));
	assert_false(arp_forget(node->i, PEER, net->now));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define T_YIELDING(name) cmocka_unit_test_setup_teardown(name, set_up_yielding, tear_down)

static const struct CMUnitTest tests[] = {
	T(rfc826_other_hardware_type_is_refused),
	T(rfc826_other_protocol_is_refused),
	T(rfc826_other_hardware_address_length_is_refused),
	T(rfc826_other_protocol_address_length_is_refused),
	T(rfc826_a_frame_that_ends_early_is_refused),
	T(rfc826_padding_is_nothing),
	T(rfc826_any_packet_of_a_known_sender_renews_it),
	T(rfc826_who_asks_for_another_is_not_added),
	T(rfc826_who_asks_for_us_is_added),
	T(rfc826_a_request_for_us_is_answered_to_the_asker),
	T(rfc826_a_unicast_request_is_answered),
	T(rfc826_a_request_for_another_is_not_answered),
	T(rfc826_a_reply_is_not_answered),
	T(rfc826_our_request_is_as_it_should_be),
	T(rfc1122_entries_end_after_a_minute),
	T(rfc1122_nobody_is_asked_more_than_once_a_second),
	T(rfc1122_nor_where_the_answer_was_forgotten),
	T(rfc1122_asking_ends_after_three_requests),
	T(rfc1122_a_used_entry_is_polled_before_its_end),
	T(rfc1122_an_unused_entry_is_not_polled),
	T(rfc1122_who_does_not_answer_a_poll_is_flushed),
	T(rfc1122_the_latest_packets_wait),
	T(rfc1122_all_who_wait_are_told_of_failure),
	T(rfc5227_three_probes_before_use),
	T(rfc5227_a_probed_address_is_not_used),
	T(rfc5227_who_has_the_probed_address_keeps_it),
	T(rfc5227_two_who_probe_both_lose),
	T(rfc5227_our_own_probe_is_no_conflict),
	T(rfc5227_after_ten_conflicts_a_minute_passes),
	T(rfc5227_a_free_address_is_announced_twice),
	T(rfc5227_a_claim_of_ours_is_defended_once),
	T(rfc5227_nobody_is_defended_against_more_than_every_ten_seconds),
	T_YIELDING(rfc5227_a_yielding_host_gives_up_at_the_second_conflict),
	T_YIELDING(rfc5227_a_yielding_host_defends_a_second_time_later),
	T(rfc5227_a_probe_for_ours_is_answered),
	T(rfc5227_a_claim_of_ours_is_never_cached),
	T(rfc5227_an_announcement_renews_but_does_not_add),
	T(rfc5227_an_answer_to_all_is_taken),
	T(rfc5494_reserved_and_other_opcodes_are_refused),
	T(rfc5494_reserved_hardware_types_are_refused),
	T(no_station_is_everybody_nobody_or_a_group),
	T(who_uses_our_hardware_address_is_refused),
	T(the_sender_is_who_sent_the_frame),
	T(a_frame_to_another_is_refused),
	T(no_host_has_these_addresses),
	T(an_answer_that_nobody_asked_for_adds_nothing),
	T(an_answer_to_somebody_else_answers_nothing),
	T(another_hardware_address_is_asked_for_and_a_silent_host_loses),
	T(another_hardware_address_loses_against_a_host_that_answers),
	T(a_claim_that_nobody_confirms_ends_the_entry),
	T(a_static_entry_is_never_overwritten),
	T(a_static_entry_never_expires),
};
RUN_TESTS("guest_arp_rfc")
