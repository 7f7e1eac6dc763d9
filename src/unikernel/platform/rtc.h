/* rtc.h - what the registers of the clock of the day say. SPDX-License-Identifier: ISC */
#ifndef RTC_H
#define RTC_H

#include <stdbool.h>
#include <stdint.h>

/* As read from the registers (MC146818, table 3): in two decimal digits or binary, hours of a day
 * or of a half, as STATUS tells. */
struct rtc_registers {
	uint8_t second, minute, hour, day, month, year, century, status;
};
#define RTC_BINARY 0x04
#define RTC_24_HOURS 0x02
#define RTC_AFTERNOON 0x80 /* in the hour of a half */

/* Seconds since 1970; false where they are no date since then. */
bool rtc_seconds(struct rtc_registers r, uint64_t *seconds);

#endif
