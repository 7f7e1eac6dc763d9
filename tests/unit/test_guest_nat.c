/* test_guest_nat.c - translation, ports, timers and filters of the images' NAT.
 * SPDX-License-Identifier: ISC */
#include "nat_box.h"

static uint64_t random_state = 88172645463325252ull;

static uint32_t random_number(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 16) % below;
}

/* ---- there and back again ------------------------------------------------------------------- */

/* Makes the packet an answer to itself. No checksum changes by it. */
static void turn(struct box *b)
{
	uint8_t addresses[8], ports[4], *t = b->p + (b->p[0] & 15u) * 4;
	memcpy(addresses, b->p + 12, 8);
	memcpy(b->p + 12, addresses + 4, 4);
	memcpy(b->p + 16, addresses, 4);
	if (b->p[9] == ICMP) {
		bool request = t[0] == 8;
		t[0] = request ? 0 : 8;
		set_field(t + 2, right_checksum(b->p, b->n));
		return;
	}
	memcpy(ports, t, 4);
	memcpy(t, ports + 2, 2);
	memcpy(t + 2, ports, 2);
}

static void add_option(struct box *b)
{
	memmove(b->p + 24, b->p + 20, b->n - 20);
	memcpy(b->p + 20, "\x94\x04\0\0", 4); /* router alert (RFC 2113) */
	b->p[0] = 0x46;
	b->n += 4;
	seal(b->p, b->n);
}

static void make_random(struct box *b)
{
	static const unsigned protocols[] = {TCP, UDP, ICMP};
	unsigned protocol = protocols[random_number(3)];
	uint32_t host = IP(192, 168, 1, 10) + random_number(64);
	unsigned port = 2000 + random_number(256) * 239;
	uint32_t server = SERVER + (host ^ port) % 50 + random_number(2);
	make(b, protocol, host, port, server, protocol == ICMP ? 0 : 443, SYN, random_number(70));
	b->p[8] = (uint8_t)(3 + random_number(250));
	set_field(b->p + 4, random_number(65536));
	seal(b->p, b->n);
	if (random_number(8) == 0)
		add_option(b);
	if (protocol == UDP && random_number(4) == 0)
		set_field(b->p + (b->p[0] & 15u) * 4 + 6, 0);
}

static void check_round_trip(struct box *b)
{
	uint8_t original[4096];
	make_random(b);
	memcpy(original, b->p, b->n);
	bool sums = b->p[9] != UDP || field(b->p + (b->p[0] & 15u) * 4 + 6);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
	assert_int_equal(b->v.side, NAT_OUTSIDE);
	assert_int_equal(b->v.next_hop, ROUTER);
	assert_int_equal(source_of(b), GATEWAY_OUT);
	assert_int_equal(b->p[8], original[8] - 1);
	assert_true(is_sealed(b->p, b->n));
	assert_true(sums == (b->p[9] != UDP || field(b->p + (b->p[0] & 15u) * 4 + 6)));
	turn(b);
	assert_int_equal(pass(b, NAT_OUTSIDE), NAT_FORWARD);
	assert_int_equal(b->v.side, NAT_INSIDE);
	assert_int_equal(b->v.next_hop, long_field(original + 12));
	assert_true(is_sealed(b->p, b->n));
	turn(b);
	b->p[8] = original[8];
	set_field(b->p + 10, right_ip_checksum(b->p));
	assert_memory_equal(b->p, original, b->n);
}

static void a_million_packets_come_back_as_they_went(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	c.mappings = 65536;
	c.sessions = 131072;
	struct box *b = box_open(&c, false);
	for (int i = 0; i < 500000; i++) {
		check_round_trip(b);
		b->now += 100000;
		nat_work(b->nat, b->now);
	}
	struct nat_stats s = nat_stats(b->nat);
	assert_int_equal(s.forwarded, 1000000);
	assert_int_equal(s.mappings, 64 * 256 * 3);
	box_close(b);
}

static void every_port_is_somebodys_own(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, false);
	static uint8_t seen[65536];
	memset(seen, 0, sizeof(seen));
	for (unsigned i = 0; i < 5000; i++) {
		uint32_t host = IP(192, 168, 1, 10) + i % 100;
		assert_int_equal(
			send_out(b, UDP, host, 5000 + i % 500, SERVER, 53, 0), NAT_FORWARD);
		unsigned port = source_port_of(b);
		if (i < 500) { /* each (host, port) for the first time */
			assert_int_equal(seen[port], 0);
			seen[port] = 1;
		} else {
			assert_int_equal(seen[port], 1);
		}
	}
	box_close(b);
}

/* ---- mapping (RFC 4787, section 4) ------------------------------------------------------------
 */

static void a_mapping_is_the_same_for_all_remotes(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, false);
	static const unsigned protocols[] = {TCP, UDP, ICMP};
	for (int i = 0; i < 3; i++) {
		unsigned dport = protocols[i] == ICMP ? 0 : 80;
		send_out(b, protocols[i], HOST, 5555, SERVER, dport, SYN);
		unsigned port = source_port_of(b);
		send_out(b, protocols[i], HOST, 5555, OTHER_SERVER, dport, SYN);
		assert_int_equal(source_port_of(b), port);
		assert_int_equal(port, 5555); /* kept, as it was free */
	}
	assert_int_equal(mappings(b), 3);
	assert_int_equal(sessions(b), 6);
	box_close(b);
}

static void a_taken_port_is_replaced_by_its_like(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, false);
	bool differ = false;
	unsigned last = 0;
	for (unsigned i = 0; i < 100; i++) {
		send_out(b, UDP, IP(192, 168, 1, 10) + i, 5001, SERVER, 53, 0);
		unsigned port = source_port_of(b);
		assert_int_equal(port % 2, 1);
		assert_in_range(port, 1024, 49151);
		differ = differ || (i > 1 && port != last + 2);
		last = port;
	}
	assert_true(differ); /* no counter */
	send_out(b, UDP, HOST, 123, SERVER, 123, 0);
	assert_int_equal(source_port_of(b), 123);
	send_out(b, UDP, OTHER_HOST, 123, SERVER, 123, 0);
	assert_in_range(source_port_of(b), 1, 1023);
	assert_int_equal(source_port_of(b) % 2, 1);
	/* above the pool: never kept */
	send_out(b, UDP, HOST, 60000, SERVER, 53, 0);
	assert_in_range(source_port_of(b), 1024, 49151);
	box_close(b);
}

static void ports_run_out_and_come_back(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	c.port_first = 2000;
	c.port_last = 2099;
	struct box *b = box_open(&c, true);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(send_out(b, UDP, HOST, 10000 + i, SERVER, 53, 0), NAT_FORWARD);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(send_out(b, UDP, HOST, 20000 + i, SERVER, 53, 0), NAT_REPLY);
		assert_int_equal(b->v.reason, NAT_NO_PORT);
		assert_int_equal(b->v.side, NAT_INSIDE);
		assert_int_equal(b->v.next_hop, HOST);
		assert_true(b->reply[20] == 3 && b->reply[21] == 13);
	}
	assert_int_equal(dropped(b, NAT_NO_PORT), 10);
	/* ports of another protocol are others */
	assert_int_equal(send_out(b, TCP, HOST, 20000, SERVER, 53, SYN), NAT_FORWARD);
	/* those that have one keep it */
	assert_int_equal(send_out(b, UDP, HOST, 10050, SERVER, 53, 0), NAT_FORWARD);
	wait_seconds(b, 301);
	assert_int_equal(send_out(b, UDP, HOST, 20001, SERVER, 53, 0), NAT_FORWARD);
	box_close(b);
}

static void a_full_table_refuses_new_flows_only(void **state)
{
	(void)state;
	for (int versioned = 0; versioned < 2; versioned++) {
		struct nat_config c = box_config();
		c.mappings = 50;
		c.sessions = 60;
		struct box *b = box_open(&c, versioned);
		for (unsigned i = 0; i < 50; i++)
			send_out(b, UDP, HOST, 3000 + i, SERVER, 53, 0);
		assert_int_equal(send_out(b, UDP, HOST, 4000, SERVER, 53, 0), NAT_REPLY);
		assert_int_equal(b->v.reason, NAT_TABLE_FULL);
		assert_int_equal(dropped(b, NAT_TABLE_FULL), 1);
		for (unsigned i = 0; i < 10; i++)
			assert_int_equal(
				send_out(b, UDP, HOST, 3000 + i, OTHER_SERVER, 53, 0), NAT_FORWARD);
		assert_int_equal(send_out(b, UDP, HOST, 3010, OTHER_SERVER, 53, 0), NAT_REPLY);
		assert_int_equal(b->v.reason, NAT_SESSIONS_FULL);
		assert_int_equal(send_out(b, UDP, HOST, 3000, SERVER, 53, 0), NAT_FORWARD);
		assert_int_equal(send_in(b, UDP, SERVER, 53, 3049, 0), NAT_FORWARD);
		assert_int_equal(mappings(b), 50);
		assert_int_equal(sessions(b), 60);
		box_close(b);
	}
}

static void a_full_session_table_leaves_no_mapping_behind(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	c.sessions = 1;
	struct box *b = box_open(&c, true);
	send_out(b, UDP, HOST, 3000, SERVER, 53, 0);
	assert_int_equal(send_out(b, UDP, HOST, 3001, SERVER, 53, 0), NAT_REPLY);
	assert_int_equal(b->v.reason, NAT_SESSIONS_FULL);
	assert_int_equal(mappings(b), 1);
	assert_int_equal(table_count(b->table), 1);
	box_close(b);
}

/* ---- filter (RFC 4787 REQ-8) ------------------------------------------------------------------
 */

static void only_those_that_were_asked_may_answer(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, false);
	assert_int_equal(send_in(b, UDP, SERVER, 53, 5555, 0), NAT_DROP);
	assert_int_equal(b->v.reason, NAT_NO_MAPPING);
	send_out(b, UDP, HOST, 5555, SERVER, 53, 0);
	assert_int_equal(send_in(b, UDP, SERVER, 53, 5555, 0), NAT_FORWARD);
	/* another port of the same host may, another host may not */
	assert_int_equal(send_in(b, UDP, SERVER, 99, 5555, 0), NAT_FORWARD);
	assert_int_equal(destination_of(b), HOST);
	assert_int_equal(send_in(b, UDP, OTHER_SERVER, 53, 5555, 0), NAT_DROP);
	assert_int_equal(b->v.reason, NAT_FILTERED);
	send_out(b, TCP, HOST, 6666, SERVER, 80, SYN);
	assert_int_equal(send_in(b, TCP, SERVER, 80, 6666, SYN | ACK), NAT_FORWARD);
	assert_int_equal(send_in(b, TCP, SERVER, 81, 6666, SYN), NAT_FORWARD);
	assert_int_equal(send_in(b, TCP, OTHER_SERVER, 80, 6666, SYN), NAT_DROP);
	assert_int_equal(send_in(b, TCP, SERVER, 82, 6666, RST), NAT_DROP);
	assert_int_equal(b->v.reason, NAT_NO_SESSION);
	/* a SYN to nobody is not answered (RFC 5382 REQ-4) */
	assert_int_equal(send_in(b, TCP, SERVER, 80, 7777, SYN), NAT_DROP);
	box_close(b);
}

/* ---- timers -----------------------------------------------------------------------------------
 */

/* Is the mapping of HOST:5555 there after SECONDS, and gone one second later? */
static void check_ends_after(struct box *b, uint64_t seconds)
{
	assert_int_equal(mappings(b), 1);
	wait_seconds(b, seconds - 1);
	assert_int_equal(mappings(b), 1);
	wait_seconds(b, 2);
	assert_int_equal(mappings(b), 0);
	assert_int_equal(sessions(b), 0);
}

static void mappings_end_when_their_time_is_over(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	assert_true(c.udp >= 120 && c.icmp >= 60 && c.tcp_transitory >= 240 &&
		    c.tcp_established >= 7440);
	send_out(b, UDP, HOST, 5555, SERVER, 53, 0);
	check_ends_after(b, c.udp);
	send_out(b, ICMP, HOST, 5555, SERVER, 0, 0);
	check_ends_after(b, c.icmp);
	send_out(b, TCP, HOST, 5555, SERVER, 80, SYN);
	check_ends_after(b, c.tcp_transitory);
	send_out(b, TCP, HOST, 5555, SERVER, 80, SYN);
	send_in(b, TCP, SERVER, 80, 5555, SYN | ACK);
	check_ends_after(b, c.tcp_established);
	box_close(b);
}

static void packets_of_both_sides_keep_a_mapping(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	send_out(b, UDP, HOST, 5555, SERVER, 53, 0);
	for (int i = 0; i < 10; i++) {
		wait_seconds(b, c.udp - 1);
		assert_int_equal(send_in(b, UDP, SERVER, 53, 5555, 0), NAT_FORWARD);
		wait_seconds(b, c.udp - 1);
		assert_int_equal(send_out(b, UDP, HOST, 5555, SERVER, 53, 0), NAT_FORWARD);
	}
	check_ends_after(b, c.udp);
	/* what was dropped keeps nothing */
	send_out(b, UDP, HOST, 5555, SERVER, 53, 0);
	wait_seconds(b, c.udp - 10);
	assert_int_equal(send_in(b, UDP, OTHER_SERVER, 53, 5555, 0), NAT_DROP);
	check_ends_after(b, 10);
	box_close(b);
}

static void a_mapping_lives_as_long_as_its_last_session(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	send_out(b, UDP, HOST, 5555, SERVER, 53, 0);
	wait_seconds(b, 200);
	send_out(b, UDP, HOST, 5555, OTHER_SERVER, 53, 0);
	wait_seconds(b, 150);
	assert_int_equal(mappings(b), 1);
	assert_int_equal(sessions(b), 1);
	/* whose filter is closed again for the first */
	assert_int_equal(send_in(b, UDP, SERVER, 53, 5555, 0), NAT_DROP);
	assert_int_equal(b->v.reason, NAT_FILTERED);
	check_ends_after(b, 150);
	box_close(b);
}

static void connect(struct box *b)
{
	assert_int_equal(send_out(b, TCP, HOST, 5555, SERVER, 80, SYN), NAT_FORWARD);
	assert_int_equal(send_in(b, TCP, SERVER, 80, 5555, SYN | ACK), NAT_FORWARD);
	assert_int_equal(send_out(b, TCP, HOST, 5555, SERVER, 80, ACK), NAT_FORWARD);
}

static void connections_that_close_have_little_time(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	/* a half-closed one is still a connection */
	connect(b);
	send_out(b, TCP, HOST, 5555, SERVER, 80, FIN | ACK);
	wait_seconds(b, c.tcp_transitory + 10);
	assert_int_equal(send_in(b, TCP, SERVER, 80, 5555, ACK), NAT_FORWARD);
	/* closed by both */
	send_in(b, TCP, SERVER, 80, 5555, FIN | ACK);
	send_out(b, TCP, HOST, 5555, SERVER, 80, ACK);
	check_ends_after(b, c.tcp_transitory);
	/* the last segments don't keep it */
	connect(b);
	send_in(b, TCP, SERVER, 80, 5555, FIN | ACK);
	send_out(b, TCP, HOST, 5555, SERVER, 80, FIN | ACK);
	wait_seconds(b, 100);
	send_in(b, TCP, SERVER, 80, 5555, ACK);
	check_ends_after(b, c.tcp_transitory - 100);
	box_close(b);
}

static void a_reset_may_be_forged(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	connect(b);
	send_in(b, TCP, SERVER, 80, 5555, RST);
	check_ends_after(b, c.tcp_transitory);
	connect(b);
	send_in(b, TCP, SERVER, 80, 5555, RST);
	send_out(b, TCP, HOST, 5555, SERVER, 80, ACK); /* goes on all the same */
	check_ends_after(b, c.tcp_established);
	/* a new connection with the ports of one that closed */
	connect(b);
	send_in(b, TCP, SERVER, 80, 5555, FIN | ACK);
	send_out(b, TCP, HOST, 5555, SERVER, 80, FIN | ACK);
	wait_seconds(b, 100);
	connect(b);
	check_ends_after(b, c.tcp_established);
	/* a reset for nobody makes no mapping */
	assert_int_equal(send_out(b, TCP, HOST, 5555, SERVER, 80, RST), NAT_DROP);
	assert_int_equal(mappings(b), 0);
	box_close(b);
}

static void a_connection_older_than_the_nat_goes_on(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	assert_int_equal(send_out(b, TCP, HOST, 5555, SERVER, 80, ACK), NAT_FORWARD);
	assert_int_equal(source_port_of(b), 5555);
	assert_int_equal(send_in(b, TCP, SERVER, 80, 5555, ACK), NAT_FORWARD);
	check_ends_after(b, c.tcp_established);
	box_close(b);
}

static void a_long_pause_ends_everything_once(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	for (unsigned i = 0; i < 1000; i++)
		send_out(b, i % 2 ? UDP : TCP, HOST, 3000 + i, SERVER, 53, SYN);
	wait_seconds(b, 1000000);
	assert_int_equal(mappings(b), 0);
	assert_int_equal(table_count(b->table), 0);
	assert_int_equal(nat_stats(b->nat).removed, 1000);
	send_out(b, UDP, HOST, 5555, SERVER, 53, 0);
	check_ends_after(b, c.udp);
	box_close(b);
}

/* ---- forwards and hairpin -----------------------------------------------------------------------
 */

static void forwards_let_everyone_in(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	assert_int_equal(nat_forward_set(b->nat, NAT_TCP, 8080, HOST, 80), NAT_FORWARD_SET);
	assert_int_equal(send_in(b, TCP, SERVER, 3333, 8080, SYN), NAT_FORWARD);
	assert_int_equal(b->v.next_hop, HOST);
	assert_int_equal(destination_of(b), HOST);
	assert_int_equal(destination_port_of(b), 80);
	assert_true(is_sealed(b->p, b->n));
	assert_int_equal(send_out(b, TCP, HOST, 80, SERVER, 3333, SYN | ACK), NAT_FORWARD);
	assert_int_equal(source_port_of(b), 8080);
	/* the session ends, the forward stays */
	wait_seconds(b, 8000);
	assert_int_equal(sessions(b), 0);
	assert_int_equal(nat_stats(b->nat).forwards, 1);
	assert_int_equal(send_in(b, TCP, OTHER_SERVER, 3333, 8080, SYN), NAT_FORWARD);
	/* UDP is another matter */
	assert_int_equal(send_in(b, UDP, SERVER, 3333, 8080, 0), NAT_DROP);
	box_close(b);
}

static void a_flood_at_a_forward_leaves_room_for_inside(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	c.sessions = 100;
	struct box *b = box_open(&c, true);
	nat_forward_set(b->nat, NAT_TCP, 8080, HOST, 80);
	for (unsigned i = 0; i < 1000; i++)
		send_in(b, TCP, SERVER, 1024 + i, 8080, SYN);
	assert_int_equal(sessions(b), 50);
	assert_int_equal(dropped(b, NAT_SESSIONS_FULL), 950);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(
			send_out(b, TCP, OTHER_HOST, 3000 + i, SERVER, 443, SYN), NAT_FORWARD);
	/* those that got in go on, and make room when they end */
	assert_int_equal(send_out(b, TCP, HOST, 80, SERVER, 1024, SYN | ACK), NAT_FORWARD);
	wait_seconds(b, c.tcp_transitory + 2);
	assert_int_equal(sessions(b), 1);
	assert_int_equal(send_in(b, TCP, OTHER_SERVER, 9, 8080, SYN), NAT_FORWARD);
	box_close(b);
}

static void forwards_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	c.mappings = 2;
	struct box *b = box_open(&c, true);
	nat_reserve(b->nat, NAT_TCP, 80);
	assert_int_equal(nat_forward_set(b->nat, NAT_TCP, 80, HOST, 80), NAT_FORWARD_IS_RESERVED);
	assert_int_equal(
		nat_forward_set(b->nat, NAT_TCP, 8080, SERVER, 80), NAT_FORWARD_NOT_INSIDE);
	assert_int_equal(
		nat_forward_set(b->nat, NAT_TCP, 8080, GATEWAY_IN, 80), NAT_FORWARD_NOT_INSIDE);
	assert_int_equal(nat_forward_set(b->nat, NAT_TCP, 8080, IP(192, 168, 1, 255), 80),
		NAT_FORWARD_NOT_INSIDE);
	assert_int_equal(nat_forward_set(b->nat, NAT_TCP, 8080, HOST, 0), NAT_FORWARD_NOT_INSIDE);
	assert_int_equal(nat_forward_set(b->nat, NAT_TCP, 8080, HOST, 80), NAT_FORWARD_SET);
	assert_int_equal(nat_forward_set(b->nat, NAT_TCP, 8080, HOST, 80), NAT_FORWARD_SET);
	assert_int_equal(nat_forward_set(b->nat, NAT_TCP, 8081, HOST, 80), NAT_FORWARD_TAKEN);
	assert_int_equal(nat_forward_set(b->nat, NAT_UDP, 8080, HOST, 80), NAT_FORWARD_SET);
	assert_int_equal(nat_forward_set(b->nat, NAT_UDP, 8081, HOST, 81), NAT_FORWARD_FULL);
	/* another target for the same port takes its place */
	assert_int_equal(nat_forward_set(b->nat, NAT_TCP, 8080, OTHER_HOST, 81), NAT_FORWARD_SET);
	assert_int_equal(nat_stats(b->nat).forwards, 2);
	send_in(b, TCP, SERVER, 3333, 8080, SYN);
	assert_int_equal(destination_of(b), OTHER_HOST);
	box_close(b);
}

static void a_forward_takes_the_place_of_mappings(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	send_out(b, TCP, OTHER_HOST, 8080, SERVER, 443, SYN); /* has the port */
	send_out(b, TCP, HOST, 80, SERVER, 443, SYN);	      /* is the target */
	assert_int_equal(mappings(b), 2);
	assert_int_equal(nat_forward_set(b->nat, NAT_TCP, 8080, HOST, 80), NAT_FORWARD_SET);
	assert_int_equal(mappings(b), 0);
	assert_int_equal(table_count(b->table), 1);
	/* and is never given away */
	send_out(b, TCP, OTHER_HOST, 8080, SERVER, 443, SYN);
	assert_int_not_equal(source_port_of(b), 8080);
	box_close(b);
}

static void forwards_are_parsed_strictly(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "tcp", "tcp:8080", "tcp:8080:192.168.1.10",
		"tcp:8080:192.168.1.10:", "tcp:8080:192.168.1.10:80 ", " tcp:8080:192.168.1.10:80",
		"icmp:8080:192.168.1.10:80", "TCP:8080:192.168.1.10:80", "tcp:0:192.168.1.10:80",
		"tcp:8080:192.168.1.10:0", "tcp:65536:192.168.1.10:80", "tcp:08:192.168.1.10:80",
		"tcp:8080:192.168.1.256:80", "tcp:8080:192.168.10:80", "tcp:8080:192.168.1.1.1:80",
		"tcp:-1:192.168.1.10:80", "tcp:99999999999999999999:192.168.1.10:80"};
	enum nat_protocol protocol;
	uint16_t port, to;
	uint32_t address;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(
			nat_forward_parse(bad[i], strlen(bad[i]), &protocol, &port, &address, &to));
	const char *good = "udp:65535:192.168.1.10:1";
	assert_true(nat_forward_parse(good, strlen(good), &protocol, &port, &address, &to));
	assert_true(protocol == NAT_UDP && port == 65535 && address == HOST && to == 1);
}

static void inside_talks_to_inside_by_the_outside_address(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	nat_forward_set(b->nat, NAT_TCP, 8080, HOST, 80);
	assert_int_equal(send_out(b, TCP, OTHER_HOST, 4444, GATEWAY_OUT, 8080, SYN), NAT_FORWARD);
	assert_int_equal(b->v.side, NAT_INSIDE);
	assert_int_equal(b->v.next_hop, HOST);
	assert_int_equal(destination_of(b), HOST);
	assert_int_equal(destination_port_of(b), 80);
	assert_int_equal(source_of(b), GATEWAY_OUT); /* RFC 4787 REQ-9a */
	assert_int_equal(source_port_of(b), 4444);
	assert_int_equal(b->p[8], 63);
	assert_true(is_sealed(b->p, b->n));
	assert_int_equal(send_out(b, TCP, HOST, 80, GATEWAY_OUT, 4444, SYN | ACK), NAT_FORWARD);
	assert_int_equal(destination_of(b), OTHER_HOST);
	assert_int_equal(source_of(b), GATEWAY_OUT);
	assert_int_equal(source_port_of(b), 8080);
	/* even with itself */
	assert_int_equal(send_out(b, TCP, HOST, 4444, GATEWAY_OUT, 8080, SYN), NAT_FORWARD);
	assert_int_equal(destination_of(b), HOST);
	/* two hosts that both send */
	send_out(b, UDP, HOST, 5000, SERVER, 53, 0);
	send_out(b, UDP, OTHER_HOST, 6000, SERVER, 53, 0);
	assert_int_equal(send_out(b, UDP, HOST, 5000, GATEWAY_OUT, 6000, 0), NAT_DROP);
	assert_int_equal(b->v.reason, NAT_FILTERED);
	assert_int_equal(send_out(b, UDP, OTHER_HOST, 6000, GATEWAY_OUT, 5000, 0), NAT_FORWARD);
	assert_int_equal(send_out(b, UDP, HOST, 5000, GATEWAY_OUT, 6000, 0), NAT_FORWARD);
	assert_int_equal(destination_of(b), OTHER_HOST);
	/* and to nobody */
	assert_int_equal(send_out(b, UDP, HOST, 5000, GATEWAY_OUT, 7000, 0), NAT_DROP);
	assert_int_equal(b->v.reason, NAT_NO_MAPPING);
	box_close(b);
}

/* ---- who may send what --------------------------------------------------------------------------
 */

static enum nat_reason why_not(
	struct box *b, enum nat_side from, uint32_t source, uint32_t destination)
{
	make(b, UDP, source, 5555, destination, 53, 0, 4);
	return pass(b, from) == NAT_DROP ? b->v.reason : NAT_NO_REASON;
}

static void spoofed_and_martian_packets_are_dropped(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	static const struct {
		enum nat_side from;
		uint32_t source, destination;
		enum nat_reason why;
	} cases[] = {
		{NAT_INSIDE, IP(192, 168, 2, 10), SERVER, NAT_SPOOFED},
		{NAT_INSIDE, SERVER, OTHER_SERVER, NAT_SPOOFED},
		{NAT_INSIDE, GATEWAY_IN, SERVER, NAT_SPOOFED},
		{NAT_INSIDE, GATEWAY_OUT, SERVER, NAT_SPOOFED},
		{NAT_INSIDE, IP(192, 168, 1, 255), SERVER, NAT_SPOOFED},
		{NAT_INSIDE, IP(192, 168, 1, 0), SERVER, NAT_SPOOFED},
		{NAT_INSIDE, IP(127, 0, 0, 1), SERVER, NAT_MARTIAN},
		{NAT_INSIDE, IP(224, 0, 0, 1), SERVER, NAT_MARTIAN},
		{NAT_INSIDE, IP(255, 255, 255, 255), SERVER, NAT_MARTIAN},
		{NAT_INSIDE, IP(0, 0, 0, 0), SERVER, NAT_MARTIAN},
		{NAT_INSIDE, IP(169, 254, 1, 1), SERVER, NAT_MARTIAN},
		{NAT_INSIDE, IP(240, 0, 0, 1), SERVER, NAT_MARTIAN},
		{NAT_INSIDE, HOST, IP(127, 0, 0, 1), NAT_MARTIAN},
		{NAT_INSIDE, HOST, IP(0, 1, 2, 3), NAT_MARTIAN},
		{NAT_INSIDE, HOST, IP(169, 254, 1, 1), NAT_MARTIAN},
		{NAT_INSIDE, HOST, IP(250, 1, 2, 3), NAT_MARTIAN},
		{NAT_INSIDE, HOST, IP(203, 0, 113, 255), NAT_MARTIAN},
		{NAT_INSIDE, HOST, OTHER_HOST, NAT_NOT_OURS},
		{NAT_OUTSIDE, HOST, GATEWAY_OUT, NAT_SPOOFED},
		{NAT_OUTSIDE, GATEWAY_IN, GATEWAY_OUT, NAT_SPOOFED},
		{NAT_OUTSIDE, GATEWAY_OUT, GATEWAY_OUT, NAT_SPOOFED},
		{NAT_OUTSIDE, IP(127, 0, 0, 1), GATEWAY_OUT, NAT_MARTIAN},
		{NAT_OUTSIDE, IP(203, 0, 113, 255), GATEWAY_OUT, NAT_MARTIAN},
		{NAT_OUTSIDE, SERVER, HOST, NAT_NOT_OURS},
		{NAT_OUTSIDE, SERVER, GATEWAY_IN, NAT_NOT_OURS},
		{NAT_OUTSIDE, SERVER, IP(203, 0, 113, 3), NAT_NOT_OURS},
		{NAT_OUTSIDE, SERVER, OTHER_SERVER, NAT_NOT_OURS},
		{NAT_INSIDE, HOST, SERVER, NAT_NO_REASON},
		{NAT_INSIDE, HOST, ROUTER, NAT_NO_REASON},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(why_not(b, cases[i].from, cases[i].source, cases[i].destination),
			cases[i].why);
	assert_int_equal(mappings(b), 1);
	assert_int_equal(dropped(b, NAT_NOT_OURS), 5);
	box_close(b);
}

static void the_gateways_own_packets_are_its_own(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	uint8_t before[64];
	nat_reserve(b->nat, NAT_TCP, 80);
	make(b, TCP, SERVER, 3333, GATEWAY_OUT, 80, SYN, 4);
	memcpy(before, b->p, b->n);
	assert_int_equal(pass(b, NAT_OUTSIDE), NAT_LOCAL);
	assert_memory_equal(before, b->p, b->n);
	assert_int_equal(send_out(b, TCP, HOST, 3333, GATEWAY_IN, 22, SYN), NAT_LOCAL);
	assert_int_equal(send_out(b, TCP, HOST, 3333, GATEWAY_OUT, 80, SYN), NAT_LOCAL);
	assert_int_equal(send_in(b, ICMP, SERVER, 9, 0, 0), NAT_LOCAL); /* a ping */
	assert_int_equal(send_in(b, ICMP, SERVER, 0, 9, 0), NAT_DROP);
	assert_int_equal(send_out(b, ICMP, HOST, 9, GATEWAY_OUT, 0, 0), NAT_LOCAL);
	make(b, UDP, 0, 68, 0xffffffff, 67, 0, 4);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_LOCAL);
	assert_int_equal(why_not(b, NAT_INSIDE, HOST, IP(224, 0, 0, 251)), NAT_NO_REASON);
	assert_int_equal(b->v.action, NAT_LOCAL);
	assert_int_equal(why_not(b, NAT_INSIDE, HOST, IP(192, 168, 1, 255)), NAT_NO_REASON);
	assert_int_equal(b->v.action, NAT_LOCAL);
	/* the port is nobody else's */
	send_out(b, TCP, HOST, 80, SERVER, 80, SYN);
	assert_int_not_equal(source_port_of(b), 80);
	box_close(b);
}

static void without_an_outside_address_nothing_leaves(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	c.networks[NAT_OUTSIDE].address = 0;
	struct box *b = box_open(&c, true);
	assert_int_equal(send_out(b, UDP, HOST, 5555, SERVER, 53, 0), NAT_REPLY);
	assert_int_equal(b->v.reason, NAT_NO_ROUTE);
	assert_int_equal(send_in(b, UDP, SERVER, 67, 68, 0), NAT_LOCAL);
	nat_set_network(b->nat, b->now, NAT_OUTSIDE, box_config().networks[NAT_OUTSIDE]);
	assert_int_equal(send_out(b, UDP, HOST, 5555, SERVER, 53, 0), NAT_FORWARD);
	/* no gateway: only the link */
	struct nat_network alone = box_config().networks[NAT_OUTSIDE];
	alone.gateway = 0;
	nat_set_network(b->nat, b->now, NAT_OUTSIDE, alone);
	assert_int_equal(mappings(b), 1);
	assert_int_equal(send_out(b, UDP, HOST, 5555, SERVER, 53, 0), NAT_REPLY);
	assert_int_equal(send_out(b, UDP, HOST, 5555, ROUTER, 53, 0), NAT_FORWARD);
	/* another address: the mappings of the old one end */
	alone.address = IP(203, 0, 113, 9);
	nat_set_network(b->nat, b->now, NAT_OUTSIDE, alone);
	assert_int_equal(mappings(b), 0);
	assert_int_equal(table_count(b->table), 0);
	box_close(b);
}

static void damaged_packets_are_dropped(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	for (size_t n = 0; n < 40; n++) { /* every length shorter than it says */
		make(b, TCP, HOST, 5555, SERVER, 80, SYN, 0);
		b->n = n;
		assert_int_equal(pass(b, NAT_INSIDE), NAT_DROP);
	}
	for (size_t n = 20; n < 40; n++) { /* and every header cut off, honestly */
		make(b, TCP, HOST, 5555, SERVER, 80, SYN, 0);
		b->n = n;
		set_field(b->p + 2, (unsigned)n);
		set_field(b->p + 10, right_ip_checksum(b->p));
		assert_int_equal(pass(b, NAT_INSIDE), NAT_DROP);
	}
	make(b, TCP, HOST, 5555, SERVER, 80, SYN, 0);
	b->p[10] ^= 1;
	assert_int_equal(pass(b, NAT_INSIDE), NAT_DROP);
	assert_int_equal(b->v.reason, NAT_MALFORMED);
	make(b, TCP, HOST, 5555, SERVER, 80, SYN, 0);
	add_option(b);
	b->p[20] = 131; /* a source route */
	seal(b->p, b->n);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_DROP);
	make(b, UDP, HOST, 5555, SERVER, 80, SYN, 8);
	set_field(b->p + 24, 17); /* longer than the packet */
	assert_int_equal(pass(b, NAT_INSIDE), NAT_DROP);
	assert_int_equal(b->v.reason, NAT_MALFORMED);
	make(b, UDP, HOST, 5555, SERVER, 80, SYN, 8);
	b->p[9] = 47;
	set_field(b->p + 10, right_ip_checksum(b->p));
	assert_int_equal(pass(b, NAT_INSIDE), NAT_DROP);
	assert_int_equal(b->v.reason, NAT_PROTOCOL);
	assert_int_equal(mappings(b), 0);
	/* padding is cut off */
	make(b, TCP, HOST, 5555, SERVER, 80, SYN, 0);
	b->n = 46;
	assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
	assert_int_equal(b->v.n, 40);
	/* a wrong checksum of TCP stays wrong: the receiver is to see it */
	make(b, TCP, HOST, 5555, SERVER, 80, SYN, 0);
	b->p[36] ^= 0x40;
	assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
	assert_false(is_sealed(b->p, b->n));
	b->p[36] ^= 0x40;
	box_close(b);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_million_packets_come_back_as_they_went),
	cmocka_unit_test(every_port_is_somebodys_own),
	cmocka_unit_test(a_mapping_is_the_same_for_all_remotes),
	cmocka_unit_test(a_taken_port_is_replaced_by_its_like),
	cmocka_unit_test(ports_run_out_and_come_back),
	cmocka_unit_test(a_full_table_refuses_new_flows_only),
	cmocka_unit_test(a_full_session_table_leaves_no_mapping_behind),
	cmocka_unit_test(only_those_that_were_asked_may_answer),
	cmocka_unit_test(mappings_end_when_their_time_is_over),
	cmocka_unit_test(packets_of_both_sides_keep_a_mapping),
	cmocka_unit_test(a_mapping_lives_as_long_as_its_last_session),
	cmocka_unit_test(connections_that_close_have_little_time),
	cmocka_unit_test(a_reset_may_be_forged),
	cmocka_unit_test(a_connection_older_than_the_nat_goes_on),
	cmocka_unit_test(a_long_pause_ends_everything_once),
	cmocka_unit_test(forwards_let_everyone_in),
	cmocka_unit_test(a_flood_at_a_forward_leaves_room_for_inside),
	cmocka_unit_test(forwards_that_make_no_sense_are_refused),
	cmocka_unit_test(a_forward_takes_the_place_of_mappings),
	cmocka_unit_test(forwards_are_parsed_strictly),
	cmocka_unit_test(inside_talks_to_inside_by_the_outside_address),
	cmocka_unit_test(spoofed_and_martian_packets_are_dropped),
	cmocka_unit_test(the_gateways_own_packets_are_its_own),
	cmocka_unit_test(without_an_outside_address_nothing_leaves),
	cmocka_unit_test(damaged_packets_are_dropped),
};

RUN_TESTS("guest_nat")
