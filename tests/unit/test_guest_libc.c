/* test_guest_libc.c - the images' C library, against the host's. SPDX-License-Identifier: ISC */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int guest_vsnprintf(char *to, size_t size, const char *fmt, va_list ap);
int guest_snprintf(char *to, size_t size, const char *fmt, ...);
void *guest_memcpy(void *restrict to, const void *restrict from, size_t n);
void *guest_memmove(void *to, const void *from, size_t n);
void *guest_memset(void *to, int byte, size_t n);
int guest_memcmp(const void *a, const void *b, size_t n);
void *guest_memchr(const void *p, int byte, size_t n);
size_t guest_strlen(const char *s);
int guest_strcmp(const char *a, const char *b);
int guest_strncmp(const char *a, const char *b, size_t n);
char *guest_strchr(const char *s, int c);
char *guest_strstr(const char *s, const char *part);
int guest_atoi(const char *s);

#define vsnprintf guest_vsnprintf
#define snprintf guest_snprintf
#define memcpy guest_memcpy
#define memmove guest_memmove
#define memset guest_memset
#define memcmp guest_memcmp
#define memchr guest_memchr
#define strlen guest_strlen
#define strcmp guest_strcmp
#define strncmp guest_strncmp
#define strchr guest_strchr
#define strstr guest_strstr
#define atoi guest_atoi
#include "unikernel/platform/libc/printf.c"
#include "unikernel/platform/libc/stdlib.c"
#include "unikernel/platform/libc/string.c"
#undef vsnprintf
#undef snprintf
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strstr
#undef atoi

/* Prints with both and compares texts and results, whole and cut off. */
#define SAME(...)                                                                                  \
	do {                                                                                       \
		char ours[128], theirs[128];                                                       \
		for (size_t size = 0; size < sizeof(ours); size += size < 8 ? 1 : 40) {            \
			memset(ours, '!', sizeof(ours));                                           \
			memset(theirs, '!', sizeof(theirs));                                       \
			int n = guest_snprintf(ours, size, __VA_ARGS__);                           \
			assert_int_equal(n, snprintf(theirs, size, __VA_ARGS__));                  \
			assert_memory_equal(ours, theirs, sizeof(ours));                           \
		}                                                                                  \
	} while (0)

/* Odd formats and short buffers are what is tested. */
#pragma GCC diagnostic ignored "-Wformat"
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wformat-truncation"
#endif

static void printf_prints_numbers(void **state)
{
	(void)state;
	static const long values[] = {0, 1, -1, 7, 42, -300, INT_MAX, INT_MIN, LONG_MAX, LONG_MIN};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		long v = values[i];
		int w = (int)v;
		SAME("%d|%i|%u|%x|%X|%o", w, w, w, w, w, w);
		SAME("%ld|%lu|%lx|%llX|%zu|%jd|%td", v, v, v, v, v, v, v);
		SAME("%hhd|%hhu|%hd|%hu|%hx", w, w, w, w, w);
		SAME("%5d|%-5d|%05d|%+d|% d|%#x|%#o", w, w, w, w, w, w, w);
		SAME("%.3d|%8.3d|%-8.3d|%08.3d|%.0d|%+08d", w, w, w, w, w, w);
		SAME("%20lx|%-20lx|%020lx|%#20lx|%#020lx", v, v, v, v, v);
		SAME("%*d|%-*d|%.*d", 9, w, 9, w, 4, w);
		SAME("%*d|%.*d", -9, w, -1, w);
	}
}

static void printf_prints_text(void **state)
{
	(void)state;
	SAME("plain");
	SAME("%s|%10s|%-10s|%.2s|%10.2s", "text", "text", "text", "text", "text");
	SAME("%.*s|%c|%3c|%-3c|%%", 3, "unterminated", 'x', 'y', 'z');
	SAME("%p|%20p", (void *)0x1234, (void *)0xabcdef);
	SAME("%s", "");
	SAME("%.0s", "nothing of this");
	char ours[16];
	assert_int_equal(guest_snprintf(ours, sizeof(ours), "%s", (char *)NULL), 6);
	assert_string_equal(ours, "(null)");
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

/* All lengths and offsets around the steps of 8 and 32 bytes. */
static void moves_reach_each_byte_and_no_other(void **state)
{
	(void)state;
	unsigned char from[120], ours[120], theirs[120];
	for (size_t i = 0; i < sizeof(from); i++)
		from[i] = (unsigned char)(i * 7 + 1);
	for (size_t n = 0; n < 80; n++) {
		for (size_t to = 0; to < 20; to++) {
			memcpy(ours, from, sizeof(ours));
			memcpy(theirs, from, sizeof(theirs));
			guest_memcpy(ours + to, from + 3, n);
			memcpy(theirs + to, from + 3, n);
			assert_memory_equal(ours, theirs, sizeof(ours));
			guest_memmove(ours + 9, ours + to, n);
			memmove(theirs + 9, theirs + to, n);
			assert_memory_equal(ours, theirs, sizeof(ours));
			guest_memset(ours + to, 0xa5, n);
			memset(theirs + to, 0xa5, n);
			assert_memory_equal(ours, theirs, sizeof(ours));
		}
	}
}

static void comparisons_have_the_right_sign(void **state)
{
	(void)state;
	static const char *const words[] = {"", "a", "ab", "abc", "abcdefgh", "abcdefghi",
		"abcdefgi", "b", "\xff", "abcdefgh\xff"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const char *a = words[i];
		assert_int_equal(guest_strlen(a), strlen(a));
		assert_ptr_equal(guest_strchr(a, 'b'), strchr(a, 'b'));
		assert_ptr_equal(guest_strchr(a, 0), strchr(a, 0));
		assert_ptr_equal(guest_memchr(a, 'c', strlen(a)), memchr(a, 'c', strlen(a)));
		for (size_t j = 0; j < sizeof(words) / sizeof(words[0]); j++) {
			const char *b = words[j];
			size_t n = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
			assert_int_equal(sign(guest_strcmp(a, b)), sign(strcmp(a, b)));
			assert_int_equal(sign(guest_strncmp(a, b, 2)), sign(strncmp(a, b, 2)));
			assert_int_equal(sign(guest_memcmp(a, b, n)), sign(memcmp(a, b, n)));
			assert_ptr_equal(guest_strstr(a, b), strstr(a, b));
		}
	}
}

static void atoi_reads_numbers(void **state)
{
	(void)state;
	static const char *const words[] = {"0", "42", "-17", "+3", " \t8", "9x", "", "-", "x"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_int_equal(guest_atoi(words[i]), atoi(words[i]));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printf_prints_numbers),
		cmocka_unit_test(printf_prints_text),
		cmocka_unit_test(moves_reach_each_byte_and_no_other),
		cmocka_unit_test(comparisons_have_the_right_sign),
		cmocka_unit_test(atoi_reads_numbers),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_libc", tests, NULL, NULL);
}
