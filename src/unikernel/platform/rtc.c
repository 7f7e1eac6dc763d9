/* rtc.c - what the registers of the clock of the day say. SPDX-License-Identifier: ISC */
#include "rtc.h"

#define DAY 86400u
#define EPOCH_DAYS 719468u /* from the 1st of March of year 0 to the 1st of January 1970 */
#define ERA_YEARS 400u
#define ERA_DAYS 146097u

/* 255 where it is no number of two digits. */
static uint8_t from_decimal(uint8_t v)
{
	return (v & 15) > 9 || v >> 4 > 9 ? UINT8_MAX : (uint8_t)((v >> 4) * 10 + (v & 15));
}

/* 0 to 23; more where it is none. */
static uint8_t hour_of(uint8_t hour, uint8_t status)
{
	uint8_t h = hour;
	if (!(status & RTC_24_HOURS))
		h &= (uint8_t)~RTC_AFTERNOON;
	if (!(status & RTC_BINARY))
		h = from_decimal(h);
	if (status & RTC_24_HOURS)
		return h;
	if (h < 1 || h > 12)
		return UINT8_MAX;
	return (uint8_t)(h % 12 + (hour & RTC_AFTERNOON ? 12 : 0));
}

/* Years that begin in March have their leap day at the end: eras of 400 years are all alike. */
static uint64_t days_of(unsigned year, unsigned month, unsigned day)
{
	unsigned y = month < 3 ? year - 1 : year, from_march = (month + 9) % 12;
	unsigned of_era = y % ERA_YEARS;
	unsigned day_of_year = (153 * from_march + 2) / 5 + day - 1;
	unsigned day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;
	return (uint64_t)(y / ERA_YEARS) * ERA_DAYS + day_of_era - EPOCH_DAYS;
}

static unsigned days_in(unsigned year, unsigned month)
{
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	if (month == 2)
		return leap ? 29 : 28;
	return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool rtc_seconds(struct rtc_registers r, uint64_t *seconds)
{
	r.hour = hour_of(r.hour, r.status);
	uint8_t *const fields[] = {&r.second, &r.minute, &r.day, &r.month, &r.year, &r.century};
	for (unsigned i = 0; !(r.status & RTC_BINARY) && i < sizeof(fields) / sizeof(*fields); i++)
		*fields[i] = from_decimal(*fields[i]);
	unsigned year = r.century * 100u + r.year;
	if (r.second > 59 || r.minute > 59 || r.hour > 23 || r.month < 1 || r.month > 12 ||
		r.year > 99 || r.century > 99 || year < 1970 || r.day < 1 ||
		r.day > days_in(year, r.month))
		return false;
	*seconds = days_of(year, r.month, r.day) * DAY + r.hour * 3600u + r.minute * 60u + r.second;
	return true;
}
