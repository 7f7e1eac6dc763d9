/* string.c - bytes and strings. Plain moves: "rep movs" is slow on an emulated processor.
 * SPDX-License-Identifier: ISC */
#include <string.h>
#include <stdint.h>

/* 16 and 8 bytes at any address. */
typedef long long wide __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint64_t word __attribute__((aligned(1), may_alias));

/* Keeps the compiler from making a call of memcpy out of memcpy's own loop. */
#define NO_IDIOM() __asm__ volatile("" : : : "memory")

/* Reads before it writes: right also for overlapping moves where TO is the lower one. */
static void *move_down(char *to, const char *from, size_t n)
{
	char *t = to;
	const char *f = from;
	for (; n >= 32; n -= 32, t += 32, f += 32) {
		wide a = *(const wide *)f, b = *(const wide *)(f + 16);
		*(wide *)t = a;
		*(wide *)(t + 16) = b;
	}
	for (; n >= 8; n -= 8, t += 8, f += 8) {
		*(word *)t = *(const word *)f;
		NO_IDIOM();
	}
	for (; n; n--) {
		*t++ = *f++;
		NO_IDIOM();
	}
	return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	return move_down(to, from, n);
}

static void *move_up(char *to, const char *from, size_t n)
{
	for (; n >= 8; n -= 8) {
		*(word *)(to + n - 8) = *(const word *)(from + n - 8);
		NO_IDIOM();
	}
	while (n--) {
		to[n] = from[n];
		NO_IDIOM();
	}
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	uintptr_t distance = (uintptr_t)to - (uintptr_t)from;
	return distance >= n ? move_down(to, from, n) : move_up(to, from, n);
}

void *memset(void *to, int byte, size_t n)
{
	char *t = to;
	uint64_t pattern = 0x0101010101010101u * (uint8_t)byte;
	for (; n >= 8; n -= 8, t += 8) {
		*(word *)t = pattern;
		NO_IDIOM();
	}
	for (; n; n--) {
		*t++ = (char)byte;
		NO_IDIOM();
	}
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const uint8_t *x = a, *y = b;
	while (n >= 8 && *(const word *)x == *(const word *)y) {
		x += 8;
		y += 8;
		n -= 8;
	}
	for (size_t i = 0; i < n; i++)
		if (x[i] != y[i])
			return x[i] - y[i];
	return 0;
}

void *memchr(const void *p, int byte, size_t n)
{
	const uint8_t *x = p;
	for (size_t i = 0; i < n; i++)
		if (x[i] == (uint8_t)byte)
			return (void *)(uintptr_t)(x + i);
	return NULL;
}

size_t strlen(const char *s)
{
	size_t n = 0;
	while (s[n]) {
		n++;
		NO_IDIOM();
	}
	return n;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++)
		if (*a != *b || !*a)
			return (uint8_t)*a - (uint8_t)*b;
	return 0;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)(uintptr_t)s;
		if (!*s)
			return NULL;
	}
}

char *strstr(const char *s, const char *part)
{
	size_t n = strlen(part);
	for (; *s || !n; s++)
		if (strncmp(s, part, n) == 0)
			return (char *)(uintptr_t)s;
	return NULL;
}
