/* stamp.c - seconds since 1970 as a date and a time of day, in UTC (RFC 3339), and back.
 * SPDX-License-Identifier: ISC */
#include "table.h"
#include <string.h>

#define DAY 86400u
#define YEAR_MAX 9999
#define SECONDS_MAX 253402300799ull /* 9999-12-31T23:59:59 */

static bool is_leap(uint64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint64_t days_of_month(uint64_t year, uint64_t month)
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

static void write_digits(char *to, uint64_t n, int digits)
{
	for (int i = digits - 1; i >= 0; i--, n /= 10)
		to[i] = (char)('0' + n % 10);
}

static void write_date(char *to, uint64_t days)
{
	uint64_t year = 1970 + days / 366, month = 1;
	while (days_before(year + 1) <= days)
		year++;
	days -= days_before(year);
	for (; days >= days_of_month(year, month); month++)
		days -= days_of_month(year, month);
	write_digits(to, year, 4);
	write_digits(to + 5, month, 2);
	write_digits(to + 8, days + 1, 2);
}

void table_stamp_write(uint64_t seconds, char out[TABLE_STAMP])
{
	if (seconds > SECONDS_MAX)
		seconds = SECONDS_MAX;
	memcpy(out, "....-..-..T..:..:..", TABLE_STAMP);
	write_date(out, seconds / DAY);
	write_digits(out + 11, seconds / 3600 % 24, 2);
	write_digits(out + 14, seconds / 60 % 60, 2);
	write_digits(out + 17, seconds % 60, 2);
}

static bool read_digits(const char *p, int digits, uint64_t *n)
{
	*n = 0;
	for (int i = 0; i < digits; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		*n = *n * 10 + (uint64_t)(p[i] - '0');
	}
	return true;
}

static bool read_date(const char *p, uint64_t *days)
{
	uint64_t year, month, day;
	if (!read_digits(p, 4, &year) || !read_digits(p + 5, 2, &month) ||
		!read_digits(p + 8, 2, &day))
		return false;
	if (year < 1970 || year > YEAR_MAX || month < 1 || month > 12 || day < 1 ||
		day > days_of_month(year, month))
		return false;
	*days = days_before(year) + day - 1;
	for (uint64_t m = 1; m < month; m++)
		*days += days_of_month(year, m);
	return true;
}

bool table_stamp_read(const char *p, size_t n, uint64_t *seconds)
{
	uint64_t days, hour, minute, second;
	if (n < TABLE_STAMP || p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' ||
		p[16] != ':')
		return false;
	if (!read_date(p, &days) || !read_digits(p + 11, 2, &hour) ||
		!read_digits(p + 14, 2, &minute) || !read_digits(p + 17, 2, &second) || hour > 23 ||
		minute > 59 || second > 59)
		return false;
	*seconds = days * DAY + (hour * 60 + minute) * 60 + second;
	return true;
}
