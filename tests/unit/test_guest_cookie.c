/* test_guest_cookie.c - SYN cookies: good for one handshake, for a minute or two.
 * SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "unikernel/lwip/cookie.c"

#define SECOND 1000000000ull
#define NOW (1000 * SECOND)

static const uint64_t secret[2] = {1, 2};
static const struct handshake handshake = {0x0200000a, 0x0100000a, 80, 40000, 12345};

static uint32_t made(uint16_t mss)
{
	return cookie_make(secret, &handshake, NOW, mss);
}

static void a_cookie_tells_the_segment_size(void **state)
{
	(void)state;
	static const uint16_t given[][2] = {{1460, 1460}, {8960, 1460}, {1459, 1400}, {1400, 1400},
		{1220, 1220}, {1219, 536}, {536, 536}, {1, 536}, {0, 536}};
	for (size_t i = 0; i < sizeof(given) / sizeof(*given); i++)
		assert_int_equal(
			cookie_check(secret, &handshake, NOW, made(given[i][0])), given[i][1]);
}

static void it_is_good_for_one_handshake(void **state)
{
	(void)state;
	const uint64_t other[2] = {1, 3};
	assert_int_equal(cookie_check(other, &handshake, NOW, made(1460)), 0);
	for (size_t i = 0; i < sizeof(handshake); i++) {
		struct handshake h = handshake;
		((uint8_t *)&h)[i] ^= 1;
		assert_int_equal(cookie_check(secret, &h, NOW, made(1460)), 0);
		assert_int_not_equal(cookie_make(secret, &h, NOW, 1460), made(1460));
	}
}

static void it_is_good_for_some_time(void **state)
{
	(void)state;
	for (uint64_t made_at = NOW; made_at < NOW + 1000 * SECOND; made_at += 7 * SECOND) {
		uint32_t cookie = cookie_make(secret, &handshake, made_at, 1460);
		for (uint64_t age = 0; age <= COOKIE_LIFE_NS; age += SECOND)
			assert_int_equal(
				cookie_check(secret, &handshake, made_at + age, cookie), 1460);
		for (uint64_t age = 2 * COOKIE_LIFE_NS; age < 20 * COOKIE_LIFE_NS; age += SECOND)
			assert_int_equal(
				cookie_check(secret, &handshake, made_at + age, cookie), 0);
	}
}

/* A guess is right once in 2^27 or so: not in a million tries of a fixed sequence. */
static void it_is_not_guessed(void **state)
{
	(void)state;
	uint32_t guess = 1;
	unsigned right = 0;
	for (unsigned i = 0; i < 1000000; i++) {
		guess = guess * 1664525 + 1013904223;
		right += cookie_check(secret, &handshake, NOW, guess) != 0;
	}
	assert_int_equal(right, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cookie_tells_the_segment_size),
		cmocka_unit_test(it_is_good_for_one_handshake),
		cmocka_unit_test(it_is_good_for_some_time),
		cmocka_unit_test(it_is_not_guessed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
