/* words.c - numbers, addresses and times as text, and back. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define DAY_MS 86400000ull

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

static bool is_leap(uint64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint64_t days_of_month(uint64_t year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* Days from 1970 to the beginning of YEAR. */
static uint64_t days_before(uint64_t year)
{
	uint64_t past = year - 1;
	return (year - 1970) * 365 + (past / 4 - past / 100 + past / 400) - 477;
}

static char *write_date(char *to, uint64_t days)
{
	uint64_t year = 1970 + days / 366;
	unsigned month = 1;
	while (days_before(year + 1) <= days)
		year++;
	days -= days_before(year);
	for (; days >= days_of_month(year, month); month++)
		days -= days_of_month(year, month);
	to = arp_write_digits(to, year, 4);
	to = arp_write_digits(arp_write(to, "-"), month, 2);
	return arp_write_digits(arp_write(to, "-"), days + 1, 2);
}

/* RFC 3339, in UTC: 2026-11-26T05:00:00.123Z. */
char *arp_write_time(char *to, uint64_t ms)
{
	to = arp_write(write_date(to, ms / DAY_MS), "T");
	to = arp_write_digits(to, ms / 3600000 % 24, 2);
	to = arp_write_digits(arp_write(to, ":"), ms / 60000 % 60, 2);
	to = arp_write_digits(arp_write(to, ":"), ms / 1000 % 60, 2);
	to = arp_write_digits(arp_write(to, "."), ms % 1000, 3);
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

static bool days_since_1970(const uint64_t date[3], uint64_t *days)
{
	uint64_t year = date[0], month = date[1], day = date[2];
	if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 ||
		day > days_of_month(year, (unsigned)month))
		return false;
	*days = days_before(year) + day - 1;
	for (unsigned m = 1; m < month; m++)
		*days += days_of_month(year, m);
	return true;
}

bool arp_read_time(const char **p, const char *end, uint64_t *ms)
{
	static const char *const before[] = {"", "-", "-", "T", ":", ":", "."};
	uint64_t n[7], days;
	for (int i = 0; i < 7; i++)
		if (!arp_read(p, end, before[i]) || !arp_read_number(p, end, &n[i]))
			return false;
	if (!arp_read(p, end, "Z") || !days_since_1970(n, &days) || n[3] > 23 || n[4] > 59 ||
		n[5] > 59 || n[6] > 999)
		return false;
	*ms = days * DAY_MS + ((n[3] * 60 + n[4]) * 60 + n[5]) * 1000 + n[6];
	return true;
}
