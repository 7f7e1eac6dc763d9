/* words.c - numbers, addresses and times as text, and back. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

/* ---- writing ------------------------------------------------------------------------------ */

char *arp_write(char *to, const char *words)
{
	size_t n = strlen(words);
	memcpy(to, words, n);
	return to + n;
}

/* At least DIGITS digits. */
char *arp_write_digits(char *to, uint64_t n, unsigned digits)
{
	char back[20];
	unsigned count = 0;
	do
		back[count++] = (char)('0' + n % 10);
	while (n /= 10);
	while (count < digits)
		back[count++] = '0';
	while (count)
		*to++ = back[--count];
	return to;
}

char *arp_write_number(char *to, uint64_t n)
{
	return arp_write_digits(to, n, 1);
}

char *arp_write_ip(char *to, const uint8_t ip[4])
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*to++ = '.';
		to = arp_write_number(to, ip[i]);
	}
	return to;
}

char *arp_write_mac(char *to, const uint8_t mac[6])
{
	for (int i = 0; i < 6; i++) {
		if (i)
			*to++ = ':';
		*to++ = "0123456789abcdef"[mac[i] >> 4];
		*to++ = "0123456789abcdef"[mac[i] & 15];
	}
	return to;
}

/* RFC 3339, in UTC: 2026-11-26T05:00:00.123Z. */
char *arp_write_time(char *to, uint64_t ms)
{
	table_stamp_write(ms / 1000, to);
	to = arp_write_digits(arp_write(to + TABLE_STAMP, "."), ms % 1000, 3);
	return arp_write(to, "Z");
}

/* ---- reading: lenient, as the caller compares with what it would have written -------------- */

bool arp_read(const char **p, const char *end, const char *words)
{
	size_t n = strlen(words);
	if ((size_t)(end - *p) < n || memcmp(*p, words, n) != 0)
		return false;
	*p += n;
	return true;
}

bool arp_read_number(const char **p, const char *end, uint64_t *n)
{
	const char *from = *p;
	*n = 0;
	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
		uint64_t digit = (uint64_t)(**p - '0');
		if (*n > (UINT64_MAX - digit) / 10)
			return false;
		*n = *n * 10 + digit;
	}
	return *p > from;
}

bool arp_read_ip(const char **p, const char *end, uint8_t ip[4])
{
	for (int i = 0; i < 4; i++) {
		uint64_t n;
		if ((i && !arp_read(p, end, ".")) || !arp_read_number(p, end, &n) || n > 255)
			return false;
		ip[i] = (uint8_t)n;
	}
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool arp_read_mac(const char **p, const char *end, uint8_t mac[6])
{
	for (int i = 0; i < 6; i++) {
		if ((i && !arp_read(p, end, ":")) || end - *p < 2)
			return false;
		int high = hex_digit((*p)[0]), low = hex_digit((*p)[1]);
		if (high < 0 || low < 0)
			return false;
		mac[i] = (uint8_t)(high * 16 + low);
		*p += 2;
	}
	return true;
}

bool arp_read_time(const char **p, const char *end, uint64_t *ms)
{
	uint64_t seconds, rest;
	if (!table_stamp_read(*p, (size_t)(end - *p), &seconds))
		return false;
	*p += TABLE_STAMP;
	if (!arp_read(p, end, ".") || !arp_read_number(p, end, &rest) || rest > 999 ||
		!arp_read(p, end, "Z"))
		return false;
	*ms = seconds * 1000 + rest;
	return true;
}
