/* test_guest_nat_icmp.c - the images' NAT: ICMP errors that it translates and that it sends, hops,
 * packet sizes, fragments. SPDX-License-Identifier: ISC */
#include "nat_box.h"

#define UNREACHABLE 3
#define EXCEEDED 11

/* ---- errors of others (RFC 5508, section 4)
 * ------------------------------------------------------ */

/* Makes the packet an ICMP error about QUOTE bytes of what it is now. */
static void make_error(struct box *b, uint32_t source, uint32_t destination, unsigned type,
	unsigned code, size_t quote)
{
	uint8_t about[2048];
	memcpy(about, b->p, b->n);
	quote = quote < b->n ? quote : b->n;
	memset(b->p, 0, 28);
	b->p[0] = 0x45;
	b->p[8] = 64;
	b->p[9] = ICMP;
	set_long(b->p + 12, source);
	set_long(b->p + 16, destination);
	b->p[20] = (uint8_t)type;
	b->p[21] = (uint8_t)code;
	if (type == UNREACHABLE && code == 4)
		set_field(b->p + 26, 1400);
	memcpy(b->p + 28, about, quote);
	b->n = 28 + quote;
	seal(b->p, b->n);
}

/* The quoted packet must be ORIGINAL as its sender knows it, but for the hops it has made, and as
 * far as it is quoted; with ALL of it quoted, its checksums must be right. */
static void check_quote(struct box *b, const uint8_t *original, size_t n, bool all)
{
	uint8_t *quoted = b->p + 28;
	assert_true(is_sealed(b->p, b->n));
	assert_int_equal(field(quoted + 10), right_ip_checksum(quoted));
	assert_memory_equal(quoted + 12, original + 12, 8);
	assert_memory_equal(quoted + 20, original + 20, 8);
	if (!all)
		return;
	assert_int_equal(b->n - 28, n);
	assert_true(is_sealed(quoted, n));
	assert_memory_equal(quoted + 20, original + 20, n - 20);
}

static void check_error_from_outside(unsigned protocol, unsigned type, unsigned code, size_t quote)
{
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	uint8_t original[2048];
	/* so that the port is another one outside */
	send_out(b, protocol, OTHER_HOST, 5555, SERVER, protocol == ICMP ? 0 : 80, SYN);
	make(b, protocol, HOST, 5555, SERVER, protocol == ICMP ? 0 : 80, SYN, 33);
	size_t n = b->n;
	memcpy(original, b->p, n);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
	assert_int_not_equal(source_port_of(b), 5555);
	/* a router on the way, which has no mapping of its own */
	make_error(b, IP(192, 0, 2, 99), GATEWAY_OUT, type, code, quote);
	assert_int_equal(pass(b, NAT_OUTSIDE), NAT_FORWARD);
	assert_int_equal(b->v.side, NAT_INSIDE);
	assert_int_equal(b->v.next_hop, HOST);
	assert_int_equal(destination_of(b), HOST);
	assert_int_equal(source_of(b), IP(192, 0, 2, 99));
	check_quote(b, original, n, quote >= n);
	if (code == 4)
		assert_int_equal(field(b->p + 26), 1400);
	assert_int_equal(sessions(b), 2);
	box_close(b);
}

static void errors_from_outside_reach_the_sender(void **state)
{
	(void)state;
	static const unsigned protocols[] = {TCP, UDP, ICMP};
	for (int i = 0; i < 3; i++) {
		check_error_from_outside(protocols[i], UNREACHABLE, 1, 28);
		check_error_from_outside(protocols[i], UNREACHABLE, 4, 28);
		check_error_from_outside(protocols[i], EXCEEDED, 0, 28);
		check_error_from_outside(protocols[i], EXCEEDED, 0, 2000);
		check_error_from_outside(protocols[i], 12, 0, 2000);
	}
}

static void errors_from_inside_reach_the_sender(void **state)
{
	(void)state;
	static const unsigned protocols[] = {TCP, UDP};
	for (int i = 0; i < 2; i++) {
		struct nat_config c = box_config();
		struct box *b = box_open(&c, true);
		uint8_t original[2048];
		nat_forward_set(b->nat, i ? NAT_UDP : NAT_TCP, 8080, HOST, 80);
		make(b, protocols[i], SERVER, 3333, GATEWAY_OUT, 8080, SYN, 33);
		size_t n = b->n;
		memcpy(original, b->p, n);
		assert_int_equal(pass(b, NAT_OUTSIDE), NAT_FORWARD);
		/* a router inside */
		make_error(b, IP(192, 168, 1, 77), SERVER, UNREACHABLE, 3, 2000);
		assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
		assert_int_equal(b->v.side, NAT_OUTSIDE);
		assert_int_equal(source_of(b), GATEWAY_OUT);
		assert_int_equal(destination_of(b), SERVER);
		check_quote(b, original, n, true);
		box_close(b);
	}
}

static void errors_about_hairpins_turn_twice(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	uint8_t original[2048];
	nat_forward_set(b->nat, NAT_UDP, 8080, HOST, 80);
	make(b, UDP, OTHER_HOST, 4444, GATEWAY_OUT, 8080, 0, 20);
	size_t n = b->n;
	memcpy(original, b->p, n);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
	make_error(b, HOST, GATEWAY_OUT, UNREACHABLE, 3, 2000);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
	assert_int_equal(b->v.side, NAT_INSIDE);
	assert_int_equal(destination_of(b), OTHER_HOST);
	assert_int_equal(source_of(b), GATEWAY_OUT);
	check_quote(b, original, n, true);
	box_close(b);
}

static void errors_about_nothing_of_ours_are_dropped(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	send_out(b, UDP, HOST, 5555, SERVER, 80, 0);
	/* another port, another server, another quoted source, a broken checksum */
	make(b, UDP, GATEWAY_OUT, 5556, SERVER, 80, 0, 20);
	make_error(b, SERVER, GATEWAY_OUT, UNREACHABLE, 1, 28);
	assert_int_equal(pass(b, NAT_OUTSIDE), NAT_DROP);
	assert_int_equal(b->v.reason, NAT_NO_SESSION);
	make(b, UDP, GATEWAY_OUT, 5555, OTHER_SERVER, 80, 0, 20);
	make_error(b, SERVER, GATEWAY_OUT, UNREACHABLE, 1, 28);
	assert_int_equal(pass(b, NAT_OUTSIDE), NAT_DROP);
	make(b, UDP, HOST, 5555, SERVER, 80, 0, 20);
	make_error(b, SERVER, GATEWAY_OUT, UNREACHABLE, 1, 28);
	assert_int_equal(pass(b, NAT_OUTSIDE), NAT_DROP);
	make(b, UDP, GATEWAY_OUT, 5555, SERVER, 80, 0, 20);
	make_error(b, SERVER, GATEWAY_OUT, UNREACHABLE, 1, 28);
	b->p[30] ^= 1;
	assert_int_equal(pass(b, NAT_OUTSIDE), NAT_DROP);
	assert_int_equal(b->v.reason, NAT_MALFORMED);
	/* quotes that end too soon */
	for (size_t n = 0; n < 28; n++) {
		make(b, UDP, GATEWAY_OUT, 5555, SERVER, 80, 0, 20);
		make_error(b, SERVER, GATEWAY_OUT, UNREACHABLE, 1, n);
		assert_int_equal(pass(b, NAT_OUTSIDE), NAT_DROP);
	}
	/* about the gateway's own connections */
	nat_reserve(b->nat, NAT_TCP, 80);
	make(b, TCP, GATEWAY_OUT, 80, SERVER, 3333, 0, 20);
	make_error(b, SERVER, GATEWAY_OUT, UNREACHABLE, 1, 28);
	assert_int_equal(pass(b, NAT_OUTSIDE), NAT_LOCAL);
	/* an error keeps nothing alive */
	wait_seconds(b, c.udp - 1);
	make(b, UDP, GATEWAY_OUT, 5555, SERVER, 80, 0, 20);
	make_error(b, SERVER, GATEWAY_OUT, UNREACHABLE, 1, 28);
	assert_int_equal(pass(b, NAT_OUTSIDE), NAT_FORWARD);
	wait_seconds(b, 2);
	assert_int_equal(mappings(b), 0);
	box_close(b);
}

/* ---- errors of ours
 * ------------------------------------------------------------------------------ */

/* The reply must be a whole ICMP error about what the packet is now. */
static void check_reply(struct box *b, uint32_t from, uint32_t to, unsigned type, unsigned code)
{
	size_t n = b->v.n, quote = n - 28;
	assert_int_equal(b->v.action, NAT_REPLY);
	assert_in_range(n, 56, NAT_REPLY_MAX);
	assert_int_equal(field(b->reply + 2), n);
	assert_true(is_sealed(b->reply, n));
	assert_int_equal(long_field(b->reply + 12), from);
	assert_int_equal(long_field(b->reply + 16), to);
	assert_int_equal(b->reply[20], type);
	assert_int_equal(b->reply[21], code);
	assert_int_equal(quote, b->n < NAT_REPLY_MAX - 28 ? b->n : NAT_REPLY_MAX - 28);
	assert_memory_equal(b->reply + 28, b->p, quote);
}

static void the_last_hop_is_told(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	for (unsigned ttl = 0; ttl < 2; ttl++) {
		make(b, UDP, HOST, 5555, SERVER, 33434, 0, 12);
		b->p[8] = (uint8_t)ttl;
		seal(b->p, b->n);
		pass(b, NAT_INSIDE);
		check_reply(b, GATEWAY_IN, HOST, EXCEEDED, 0);
		assert_int_equal(b->v.side, NAT_INSIDE);
		assert_int_equal(b->v.next_hop, HOST);
	}
	assert_int_equal(mappings(b), 0);
	/* from outside, too, by the gateway */
	nat_forward_set(b->nat, NAT_UDP, 8080, HOST, 80);
	make(b, UDP, SERVER, 5555, GATEWAY_OUT, 8080, 0, 1200);
	b->p[8] = 1;
	seal(b->p, b->n);
	pass(b, NAT_OUTSIDE);
	check_reply(b, GATEWAY_OUT, SERVER, EXCEEDED, 0);
	assert_int_equal(b->v.side, NAT_OUTSIDE);
	assert_int_equal(b->v.next_hop, ROUTER);
	assert_int_equal(dropped(b, NAT_TTL), 3);
	/* none about an error */
	make_error(b, SERVER, GATEWAY_OUT, UNREACHABLE, 1, 28);
	b->p[8] = 1;
	seal(b->p, b->n);
	assert_int_equal(pass(b, NAT_OUTSIDE), NAT_DROP);
	box_close(b);
}

static void errors_are_few(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	unsigned sent = 0;
	for (int i = 0; i < 10000; i++) {
		make(b, UDP, HOST, 5555, SERVER, 33434, 0, 12);
		b->p[8] = 1;
		seal(b->p, b->n);
		sent += pass(b, NAT_INSIDE) == NAT_REPLY;
		b->now += 100000; /* one second in all */
	}
	assert_in_range(sent, 100, 151);
	assert_int_equal(nat_stats(b->nat).replies_withheld, 10000 - sent);
	box_close(b);
}

static void packets_too_big_for_the_next_link_are_told(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	c.networks[NAT_OUTSIDE].mtu = 1400;
	struct box *b = box_open(&c, true);
	make(b, UDP, HOST, 5555, SERVER, 80, 0, 1373);
	b->p[6] = 0x40;
	seal(b->p, b->n);
	pass(b, NAT_INSIDE);
	check_reply(b, GATEWAY_IN, HOST, UNREACHABLE, 4);
	assert_int_equal(field(b->reply + 26), 1400);
	assert_int_equal(mappings(b), 0);
	make(b, UDP, HOST, 5555, SERVER, 80, 0, 1372);
	b->p[6] = 0x40;
	seal(b->p, b->n);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
	box_close(b);
}

/* Puts the pieces of a packet together again. */
static size_t join(const uint8_t *packet, size_t n, size_t mtu, uint8_t *out)
{
	uint8_t piece[2048];
	size_t at = 0, total = 20, size;
	bool last = false;
	memcpy(out, packet, 20);
	while ((size = nat_fragment(packet, n, mtu, &at, piece))) {
		size_t header = (piece[0] & 15u) * 4;
		assert_false(last);
		assert_true(size <= mtu);
		assert_int_equal(field(piece + 2), size);
		assert_int_equal(field(piece + 10), right_ip_checksum(piece));
		size_t offset = (field(piece + 6) & 0x1fff) * 8;
		assert_int_equal(20 + offset, total);
		memcpy(out + total, piece + header, size - header);
		total += size - header;
		last = !(field(piece + 6) & 0x2000);
		assert_true(last || (size - header) % 8 == 0);
	}
	assert_true(last);
	return total;
}

static void packets_that_may_be_are_cut(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	c.networks[NAT_OUTSIDE].mtu = 576;
	struct box *b = box_open(&c, true);
	uint8_t whole[4096];
	for (size_t payload = 500; payload < 1472; payload += 7) {
		make(b, UDP, HOST, 5555, SERVER, 80, 0, payload);
		assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
		size_t n = join(b->p, b->v.n, 576, whole);
		assert_int_equal(n, b->n);
		assert_memory_equal(whole + 20, b->p + 20, n - 20);
	}
	/* options: those of the first fragment alone, those of all */
	make(b, UDP, HOST, 5555, SERVER, 80, 0, 1000);
	memmove(b->p + 32, b->p + 20, b->n - 20);
	memcpy(b->p + 20, "\x07\x07\x04\0\0\0\0\x94\x04\0\0\0",
		12); /* record route, router alert */
	b->p[0] = 0x48;
	b->n += 12;
	seal(b->p, b->n);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
	uint8_t piece[576];
	size_t at = 0;
	assert_true(nat_fragment(b->p, b->n, 576, &at, piece) > 0);
	assert_int_equal(piece[0], 0x48);
	size_t n = nat_fragment(b->p, b->n, 576, &at, piece);
	assert_int_equal(piece[0], 0x46);
	assert_memory_equal(piece + 20, "\x94\x04\0\0", 4);
	assert_int_equal(field(piece + 10), right_ip_checksum(piece));
	assert_int_equal(n, b->n - 544 - 32 + 24);
	assert_int_equal(nat_fragment(b->p, b->n, 576, &at, piece), 0);
	box_close(b);
}

static void a_next_hop_that_is_not_there_is_told(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	uint8_t original[2048];
	/* to outside: the sender is inside */
	send_out(b, UDP, OTHER_HOST, 5555, SERVER, 80, 0);
	make(b, UDP, HOST, 5555, SERVER, 80, 0, 30);
	size_t n = b->n;
	memcpy(original, b->p, n);
	pass(b, NAT_INSIDE);
	b->v = nat_unreachable(b->nat, b->now, NAT_OUTSIDE, b->p, b->n, b->reply);
	assert_int_equal(b->v.action, NAT_REPLY);
	assert_int_equal(b->v.side, NAT_INSIDE);
	assert_int_equal(b->v.next_hop, HOST);
	memcpy(b->p, b->reply, b->v.n);
	b->n = b->v.n;
	assert_int_equal(source_of(b), GATEWAY_IN);
	assert_int_equal(destination_of(b), HOST);
	assert_true(b->p[20] == UNREACHABLE && b->p[21] == 1);
	check_quote(b, original, n, true);
	/* to inside: the sender is outside, and must not see an inside address */
	nat_forward_set(b->nat, NAT_TCP, 8080, HOST, 80);
	make(b, TCP, SERVER, 3333, GATEWAY_OUT, 8080, SYN, 30);
	memcpy(original, b->p, b->n);
	n = b->n;
	pass(b, NAT_OUTSIDE);
	b->v = nat_unreachable(b->nat, b->now, NAT_INSIDE, b->p, b->n, b->reply);
	assert_int_equal(b->v.action, NAT_REPLY);
	assert_int_equal(b->v.side, NAT_OUTSIDE);
	assert_int_equal(b->v.next_hop, ROUTER);
	memcpy(b->p, b->reply, b->v.n);
	b->n = b->v.n;
	assert_int_equal(source_of(b), GATEWAY_OUT);
	assert_int_equal(destination_of(b), SERVER);
	check_quote(b, original, n, true);
	/* inside to inside */
	send_out(b, TCP, OTHER_HOST, 4444, GATEWAY_OUT, 8080, SYN);
	b->v = nat_unreachable(b->nat, b->now, NAT_INSIDE, b->p, b->n, b->reply);
	assert_int_equal(b->v.action, NAT_REPLY);
	assert_int_equal(b->v.next_hop, OTHER_HOST);
	assert_int_equal(dropped(b, NAT_UNREACHABLE), 3);
	box_close(b);
}

/* ---- fragments
 * ----------------------------------------------------------------------------------- */

/* Makes the packet the piece of itself that begins with byte FROM of the payload. */
static void make_piece(struct box *b, size_t from, size_t size, bool more)
{
	memmove(b->p + 20, b->p + 20 + from, size);
	set_field(b->p + 6, (unsigned)(from / 8) | (more ? 0x2000 : 0));
	b->n = 20 + size;
	set_field(b->p + 2, (unsigned)b->n);
	set_field(b->p + 10, right_ip_checksum(b->p));
}

static void pieces_follow_the_first_one(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	uint8_t whole[2048];
	send_out(b, UDP, OTHER_HOST, 5555, SERVER, 80, 0);
	make(b, UDP, HOST, 5555, SERVER, 80, 0, 1000);
	make_piece(b, 0, 512, true);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
	memcpy(whole, b->p, b->n);
	make(b, UDP, HOST, 5555, SERVER, 80, 0, 1000);
	make_piece(b, 512, 496, false);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
	assert_int_equal(b->v.next_hop, ROUTER);
	assert_int_equal(source_of(b), GATEWAY_OUT);
	assert_int_equal(field(b->p + 10), right_ip_checksum(b->p));
	/* put together, the checksum is right */
	memcpy(whole + 532, b->p + 20, 496);
	assert_int_equal(field(whole + 26), right_checksum(whole, 1028));
	/* a piece of something else, and one that comes much too late */
	make(b, UDP, HOST, 5555, SERVER, 80, 0, 1000);
	set_field(b->p + 4, 0x4321);
	make_piece(b, 512, 496, false);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_DROP);
	assert_int_equal(b->v.reason, NAT_FRAGMENT);
	b->now += 16 * SECONDS;
	make(b, UDP, HOST, 5555, SERVER, 80, 0, 1000);
	make_piece(b, 512, 496, false);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_DROP);
	box_close(b);
}

static void pieces_go_both_ways_and_home(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	send_out(b, UDP, HOST, 5555, SERVER, 80, 0);
	make(b, UDP, SERVER, 80, GATEWAY_OUT, 5555, 0, 1000);
	make_piece(b, 0, 512, true);
	assert_int_equal(pass(b, NAT_OUTSIDE), NAT_FORWARD);
	make(b, UDP, SERVER, 80, GATEWAY_OUT, 5555, 0, 1000);
	make_piece(b, 512, 496, false);
	assert_int_equal(pass(b, NAT_OUTSIDE), NAT_FORWARD);
	assert_int_equal(destination_of(b), HOST);
	/* a hairpin changes both addresses */
	nat_forward_set(b->nat, NAT_UDP, 8080, HOST, 80);
	make(b, UDP, OTHER_HOST, 4444, GATEWAY_OUT, 8080, 0, 1000);
	make_piece(b, 0, 512, true);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
	make(b, UDP, OTHER_HOST, 4444, GATEWAY_OUT, 8080, 0, 1000);
	make_piece(b, 512, 496, false);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
	assert_int_equal(b->v.side, NAT_INSIDE);
	assert_int_equal(source_of(b), GATEWAY_OUT);
	assert_int_equal(destination_of(b), HOST);
	/* a large ping is for the gateway, to the last piece */
	make(b, ICMP, SERVER, 7, GATEWAY_OUT, 0, 0, 1000);
	make_piece(b, 0, 512, true);
	assert_int_equal(pass(b, NAT_OUTSIDE), NAT_LOCAL);
	make(b, ICMP, SERVER, 7, GATEWAY_OUT, 0, 0, 1000);
	make_piece(b, 512, 496, false);
	assert_int_equal(pass(b, NAT_OUTSIDE), NAT_LOCAL);
	box_close(b);
}

static void pieces_that_hide_a_header_are_dropped(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	/* RFC 1858: too short a first one, and one that would overwrite the flags */
	make(b, TCP, HOST, 5555, SERVER, 80, SYN, 100);
	make_piece(b, 0, 8, true);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_DROP);
	make(b, TCP, HOST, 5555, SERVER, 80, SYN, 100);
	make_piece(b, 0, 40, true);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
	make(b, TCP, HOST, 5555, SERVER, 80, SYN, 100);
	make_piece(b, 8, 112, false);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_DROP);
	/* beyond the largest packet there is */
	make(b, ICMP, HOST, 5, SERVER, 0, 0, 1000);
	make_piece(b, 0, 512, true);
	assert_int_equal(pass(b, NAT_INSIDE), NAT_FORWARD);
	make(b, ICMP, HOST, 5, SERVER, 0, 0, 1000);
	make_piece(b, 0, 512, false);
	set_field(b->p + 6, 0x1fff);
	set_field(b->p + 10, right_ip_checksum(b->p));
	assert_int_equal(pass(b, NAT_INSIDE), NAT_DROP);
	assert_int_equal(b->v.reason, NAT_MALFORMED);
	box_close(b);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(errors_from_outside_reach_the_sender),
	cmocka_unit_test(errors_from_inside_reach_the_sender),
	cmocka_unit_test(errors_about_hairpins_turn_twice),
	cmocka_unit_test(errors_about_nothing_of_ours_are_dropped),
	cmocka_unit_test(the_last_hop_is_told),
	cmocka_unit_test(errors_are_few),
	cmocka_unit_test(packets_too_big_for_the_next_link_are_told),
	cmocka_unit_test(packets_that_may_be_are_cut),
	cmocka_unit_test(a_next_hop_that_is_not_there_is_told),
	cmocka_unit_test(pieces_follow_the_first_one),
	cmocka_unit_test(pieces_go_both_ways_and_home),
	cmocka_unit_test(pieces_that_hide_a_header_are_dropped),
};

RUN_TESTS("guest_nat_icmp")
