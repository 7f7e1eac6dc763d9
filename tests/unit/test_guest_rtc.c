/* test_guest_rtc.c - the clock of the day's registers as seconds. SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "unikernel/platform/rtc.c"

static uint8_t decimal(int v)
{
	return (uint8_t)(v / 10 << 4 | v % 10);
}

/* As a clock with STATUS shows it. */
static struct rtc_registers shown(time_t t, uint8_t status)
{
	struct tm d;
	gmtime_r(&t, &d);
	int year = d.tm_year + 1900, hour = d.tm_hour;
	uint8_t afternoon = 0;
	if (!(status & RTC_24_HOURS)) {
		afternoon = hour >= 12 ? RTC_AFTERNOON : 0;
		hour = hour % 12 ? hour % 12 : 12;
	}
	struct rtc_registers r = {(uint8_t)d.tm_sec, (uint8_t)d.tm_min, (uint8_t)hour,
		(uint8_t)d.tm_mday, (uint8_t)(d.tm_mon + 1), (uint8_t)(year % 100),
		(uint8_t)(year / 100), status};
	if (!(status & RTC_BINARY))
		r = (struct rtc_registers){decimal(d.tm_sec), decimal(d.tm_min), decimal(hour),
			decimal(d.tm_mday), decimal(d.tm_mon + 1), decimal(year % 100),
			decimal(year / 100), status};
	r.hour |= afternoon;
	return r;
}

static void all_dates_are_those_of_the_host(void **state)
{
	(void)state;
	/* From 1970 on for 300 years, in steps that meet every hour of the day and leap days. */
	for (int64_t t = 0; t < 300ll * 366 * 86400; t += 86400 / 2 + 3607) {
		for (uint8_t status = 0; status < 8; status += 2) {
			uint64_t seconds = 1;
			assert_true(rtc_seconds(shown(t, status), &seconds));
			assert_int_equal(seconds, t);
		}
	}
}

static void what_is_no_date_is_refused(void **state)
{
	(void)state;
	const struct rtc_registers good = {59, 59, 23, 29, 2, 24, 20, RTC_BINARY | RTC_24_HOURS};
	uint64_t seconds;
	assert_true(rtc_seconds(good, &seconds));
	static const struct {
		size_t field;
		uint8_t value;
	} bad[] = {{0, 60}, {1, 60}, {2, 24}, {3, 0}, {3, 30}, {4, 0}, {4, 13}, {5, 100}, {5, 23},
		{6, 100}, {6, 19}, {0, 255}};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct rtc_registers r = good;
		((uint8_t *)&r)[bad[i].field] = bad[i].value;
		if (bad[i].field == 6 && bad[i].value == 19)
			r.year = 69; /* before 1970 */
		assert_false(rtc_seconds(r, &seconds));
	}
	/* no clock at all */
	assert_false(rtc_seconds(
		(struct rtc_registers){255, 255, 255, 255, 255, 255, 255, 255}, &seconds));
	assert_false(rtc_seconds((struct rtc_registers){0}, &seconds));
	/* digits that are none, and hours that no half has */
	struct rtc_registers digits = shown(1764115200, RTC_24_HOURS);
	digits.minute = 0x1a;
	assert_false(rtc_seconds(digits, &seconds));
	struct rtc_registers half = shown(1764115200, RTC_BINARY);
	half.hour = 13;
	assert_false(rtc_seconds(half, &seconds));
	half.hour = RTC_AFTERNOON;
	assert_false(rtc_seconds(half, &seconds));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_dates_are_those_of_the_host),
		cmocka_unit_test(what_is_no_date_is_refused),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_rtc", tests, NULL, NULL);
}
