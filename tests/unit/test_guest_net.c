/* test_guest_net.c - the frames that images refuse, and those that they join.
 * SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unikernel/lwip/frame.c"
#define get16 segment_get16
#undef PROTOCOL_TCP
#undef TCP_OFFSET
#include "unikernel/platform/segment.c"

/* Asks with a copy of exactly N bytes: a sanitizer sees each byte read beyond. */
static bool whole(const uint8_t *frame, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	memcpy(copy, frame, n);
	bool answer = frame_is_whole(copy, n);
	free(copy);
	return answer;
}

static void frames_shorter_than_their_headers_stop(void **state)
{
	(void)state;
	const uint8_t arp[42] = {[12] = 0x08, 0x06};
	const uint8_t ip[60] = {[12] = 0x08, 0x00, 0x45, 0, 0, 46};
	const uint8_t other[14] = {[12] = 0x86, 0xdd};
	for (size_t n = 0; n < sizeof(arp); n++)
		assert_false(whole(arp, n));
	assert_true(whole(arp, sizeof(arp)));
	for (size_t n = 0; n < sizeof(ip); n++)
		assert_false(whole(ip, n));
	assert_true(whole(ip, sizeof(ip)));
	assert_false(whole(other, 13));
	assert_true(whole(other, 14));
}

static void headers_that_lie_about_their_length_stop(void **state)
{
	(void)state;
	const uint8_t good[64] = {[12] = 0x08, 0x00, 0x46, 0, 0, 30};
	uint8_t bad[64];
	assert_true(whole(good, sizeof(good)));
	memcpy(bad, good, sizeof(bad));
	bad[14] = 0x44; /* shorter than a header can be */
	assert_false(whole(bad, sizeof(bad)));
	bad[14] = 0x4f; /* header longer than the packet */
	assert_false(whole(bad, sizeof(bad)));
	bad[14] = 0x46;
	bad[17] = 51; /* packet longer than the frame */
	assert_false(whole(bad, sizeof(bad)));
	bad[17] = 23; /* packet shorter than its header */
	assert_false(whole(bad, sizeof(bad)));
}

/* An IPv4 frame of N bytes in all for PROTOCOL, FRAGMENT its flags and offset; the payload is zero.
 */
static void ip_make(uint8_t *f, size_t n, uint8_t protocol, unsigned fragment)
{
	memset(f, 0, n);
	f[12] = 0x08;
	f[14] = 0x45;
	f[17] = (uint8_t)(n - 14);
	f[20] = (uint8_t)(fragment >> 8);
	f[21] = (uint8_t)fragment;
	f[23] = protocol;
}

static void tcp_headers_must_be_whole(void **state)
{
	(void)state;
	uint8_t f[34 + 60];
	for (unsigned words = 0; words < 16; words++) {
		for (size_t n = 0; n <= 60; n++) {
			ip_make(f, 34 + n, 6, 0);
			if (n > 12)
				f[34 + 12] = (uint8_t)(words << 4);
			assert_int_equal(whole(f, 34 + n), words >= 5 && n >= words * 4);
		}
	}
	/* behind the packet there may be padding, which is no header */
	ip_make(f, 34 + 20, 6, 0);
	f[34 + 12] = 0x60;
	assert_false(whole(f, 34 + 60));
	f[34 + 12] = 0x50;
	assert_true(whole(f, 34 + 60));
}

/* Is a header whole whose options are these? */
static bool whole_options(const char *options, size_t n)
{
	uint8_t f[34 + 20 + 40];
	size_t padded = (n + 3) & ~(size_t)3;
	ip_make(f, 34 + 20 + padded, 6, 0);
	f[34 + 12] = (uint8_t)((5 + padded / 4) << 4);
	memcpy(f + 34 + 20, options, n);
	return whole(f, 34 + 20 + padded);
}
#define WHOLE_OPTIONS(z) whole_options(z, sizeof(z) - 1)

static void tcp_options_must_be_whole(void **state)
{
	(void)state;
	/* as a Linux host sends them, all of them, none of them */
	assert_true(WHOLE_OPTIONS("\2\4\5\264\4\2\10\12\0\0\0\1\0\0\0\0\1\3\3\7"));
	assert_true(WHOLE_OPTIONS("\1\1\1\1"));
	assert_true(WHOLE_OPTIONS("\0\2\0\3"));
	/* unknown kinds and lengths that fit */
	assert_true(WHOLE_OPTIONS("\375\4\0\0\377\2\1\1"));
	/* no length, a length of nothing, one that counts too little or goes beyond */
	assert_false(WHOLE_OPTIONS("\1\1\1\2"));
	assert_false(WHOLE_OPTIONS("\1\1\1\375"));
	assert_false(WHOLE_OPTIONS("\2\0\0\0"));
	assert_false(WHOLE_OPTIONS("\2\1\0\0"));
	assert_false(WHOLE_OPTIONS("\2\5\0\0"));
	assert_false(WHOLE_OPTIONS("\10\12\1\1"));
	assert_false(WHOLE_OPTIONS("\1\1\3\3"));
	assert_false(WHOLE_OPTIONS("\375\377\0\0"));
}

static void fragments_bring_no_parts_of_headers(void **state)
{
	(void)state;
	uint8_t f[34 + 64];
	/* a first fragment with the header, with half of it */
	ip_make(f, 34 + 24, 6, 0x2000);
	f[34 + 12] = 0x60;
	assert_true(whole(f, 34 + 24));
	ip_make(f, 34 + 8, 6, 0x2000);
	assert_false(whole(f, 34 + 8));
	/* later ones */
	for (unsigned offset = 1; offset < 10; offset++) {
		ip_make(f, 34 + 8, 6, 0x2000 | offset);
		assert_int_equal(whole(f, 34 + 8), offset * 8 >= 60);
	}
	ip_make(f, 34 + 1, 17, 1);
	assert_true(whole(f, 34 + 1));
}

static void udp_headers_must_be_whole(void **state)
{
	(void)state;
	uint8_t f[34 + 8];
	for (size_t n = 0; n <= 8; n++) {
		ip_make(f, 34 + n, 17, 0x4000);
		assert_int_equal(whole(f, 34 + n), n == 8);
		ip_make(f, 34 + n, 1, 0);
		assert_true(whole(f, 34 + n)); /* lwIP itself looks at ICMP's length */
	}
}

/* A segment of N bytes of payload at SEQUENCE. */
static void segment_make(uint8_t *f, uint32_t sequence, size_t n, uint8_t flags)
{
	memset(f, 0, SEGMENT_HEADERS);
	f[12] = 0x08;
	f[14] = 0x45;
	put16(f + IP_LENGTH, (uint32_t)(40 + n));
	f[22] = 64;
	f[IP_PROTOCOL] = PROTOCOL_TCP;
	memcpy(f + IP_ADDRESSES, "\x0a\x4d\x00\x02\x0a\x4d\x00\x01\x00\x50\x12\x34", 12);
	put16(f + TCP_SEQUENCE, sequence >> 16);
	put16(f + TCP_SEQUENCE + 2, sequence & 0xffff);
	f[TCP_OFFSET] = 0x50;
	f[TCP_FLAGS] = flags;
}

static void segments_join_only_where_a_device_can_part_them(void **state)
{
	(void)state;
	uint8_t first[1600], next[1600];
	segment_make(first, 0xffffff00, 1000, FLAG_ACK);
	segment_make(next, 0xffffff00u + 1000, 1000, FLAG_ACK | FLAG_PUSH);
	assert_true(segment_is_plain(first, 1054) && segment_is_plain(next, 1054));
	assert_true(segment_continues(first, 1054, 1000, next, 1054));
	assert_true(segment_continues(first, 1054, 1000, next, 55));
	/* a gap, a repetition, a longer one, one behind a shorter one, too much in all */
	assert_false(segment_continues(first, 2054, 1000, next, 1054));
	assert_false(segment_continues(first, 1054, 1000, first, 1054));
	assert_false(segment_continues(first, 1054, 1000, next, 1055));
	segment_make(next, 0xffffff00u + 1500, 1000, FLAG_ACK);
	assert_false(segment_continues(first, 1554, 1000, next, 1054));
	segment_make(next, 0xffffff00u + 65000, 1000, FLAG_ACK);
	assert_false(segment_continues(first, 65054, 1000, next, 1054));
	/* any other difference in the headers */
	static const size_t places[] = {0, 6, 15, 20, 22, 26, 30, 34, 36, 42, 48};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		segment_make(next, 0xffffff00u + 1000, 1000, FLAG_ACK);
		next[places[i]] ^= 1;
		assert_false(segment_continues(first, 1054, 1000, next, 1054));
	}
}

static void only_plain_segments_are_joined(void **state)
{
	(void)state;
	uint8_t f[1600];
	static const uint8_t flags[] = {0x12, 0x11, 0x14, 0x30, 0x00, 0x50};
	for (size_t i = 0; i < sizeof(flags); i++) {
		segment_make(f, 1, 1000, flags[i]);
		assert_false(segment_is_plain(f, 1054));
	}
	segment_make(f, 1, 0, FLAG_ACK);
	assert_false(segment_is_plain(f, 54));
	segment_make(f, 1, 1000, FLAG_ACK);
	assert_false(segment_is_plain(f, 1060)); /* padding behind the packet */
	f[TCP_OFFSET] = 0x60;
	assert_false(segment_is_plain(f, 1054));
	segment_make(f, 1, 1000, FLAG_ACK);
	f[IP_FRAGMENT] = 0x20;
	assert_false(segment_is_plain(f, 1054));
	segment_make(f, 1, 1000, FLAG_ACK);
	f[IP_FRAGMENT] = 0x40; /* "don't fragment" is fine */
	assert_true(segment_is_plain(f, 1054));
	f[TCP + TCP_CHECKSUM_AT + 1] = 1; /* forwarded: the checksum is its sender's */
	assert_false(segment_is_plain(f, 1054));
	assert_false(segment_lacks_checksum(f));
}

static void joined_headers_are_right(void **state)
{
	(void)state;
	uint8_t first[1600], next[1600];
	segment_make(first, 1, 1000, FLAG_ACK);
	segment_make(next, 1001, 500, FLAG_ACK | FLAG_PUSH);
	segment_join(first, next);
	segment_set_length(first, 1554);
	assert_int_equal(first[TCP_FLAGS], FLAG_ACK | FLAG_PUSH);
	assert_int_equal(segment_get16(first + IP_LENGTH), 1540);
	assert_int_equal(fold(sum(first + IP, 20)), 0xffff);
	/* 0a4d+0002+0a4d+0001 + 6 + 1520 */
	segment_start_checksum(first, 1554);
	assert_int_equal(segment_get16(first + TCP + TCP_CHECKSUM_AT),
		0x0a4d + 0x0002 + 0x0a4d + 0x0001 + 6 + 1520);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_shorter_than_their_headers_stop),
		cmocka_unit_test(headers_that_lie_about_their_length_stop),
		cmocka_unit_test(tcp_headers_must_be_whole),
		cmocka_unit_test(tcp_options_must_be_whole),
		cmocka_unit_test(fragments_bring_no_parts_of_headers),
		cmocka_unit_test(udp_headers_must_be_whole),
		cmocka_unit_test(segments_join_only_where_a_device_can_part_them),
		cmocka_unit_test(only_plain_segments_are_joined),
		cmocka_unit_test(joined_headers_are_right),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_net", tests, NULL, NULL);
}
