/* test_guest_random.c - the images' random numbers and keyed hash. SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define main image_main
#include "unikernel/platform/random.c"
#undef main
#include "unikernel/hash/hash.h"

void panic(const char *fmt, ...)
{
	fail_msg("panic: %s", fmt);
	abort();
}

/* The vectors of the paper's reference implementation: key 00 01 .. 0f, message 00 01 .. */
static void siphash_gives_the_published_values(void **state)
{
	(void)state;
	const uint64_t k[2] = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
	uint8_t message[16];
	for (uint8_t i = 0; i < sizeof(message); i++)
		message[i] = i;
	assert_true(siphash(k, message, 0) == 0x726fdb47dd0e0e31);
	assert_true(siphash(k, message, 1) == 0x74f839c593dc67fd);
	assert_true(siphash(k, message, 8) == 0x93f5f5799a932462);
	assert_true(siphash(k, message, 15) == 0xa129ca6149be45e5);
}

/* RFC 8439, A.1, test vectors 1 and 2: key and nonce of zeros. */
static void chacha_gives_the_published_values(void **state)
{
	(void)state;
	const uint32_t zero[KEY_WORDS] = {0};
	uint32_t out[BLOCK_WORDS];
	block(zero, 0, out);
	assert_int_equal(out[0], 0xade0b876);
	assert_int_equal(out[15], 0x8665eeb2);
	block(zero, 1, out);
	assert_int_equal(out[0], 0xbee7079f);
	assert_int_equal(out[15], 0x6f4d794b);
}

static void random_bytes_never_repeat_and_stay_within(void **state)
{
	(void)state;
	uint8_t a[200] = {0}, b[200] = {0};
	random_bytes(a, 150);
	random_bytes(b, 150);
	assert_memory_not_equal(a, b, 150);
	for (size_t i = 150; i < sizeof(a); i++)
		assert_int_equal(a[i] | b[i], 0);
	for (size_t i = 0; i + 8 <= 150; i += 8)
		assert_memory_not_equal(a + i, "\0\0\0\0\0\0\0\0", 8);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash_gives_the_published_values),
		cmocka_unit_test(chacha_gives_the_published_values),
		cmocka_unit_test(random_bytes_never_repeat_and_stay_within),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_random", tests, NULL, NULL);
}
