/* wall.c - the time of the day: the clock since boot, set once. SPDX-License-Identifier: ISC */
#include "parts.h"
#include "cpu.h"
#include "rtc.h"
#include <string.h>

#define SECOND 1000000000ull
#define SECONDS_MAX (UINT64_MAX / SECOND / 2)
#define PATIENCE_NS 10000000 /* the clock updates itself for 2 ms at most */

/* MC146818: an index and a window. */
#define INDEX 0x70
#define DATA 0x71
#define REGISTER_A 0x0a
#define REGISTER_B 0x0b
#define UPDATING 0x80
#define CENTURY 0x32 /* where QEMU and many a PC keep it */

static uint64_t boot_ns; /* since 1970 */

static uint8_t read(uint8_t index)
{
	out8(INDEX, index);
	return in8(DATA);
}

static void read_once(struct rtc_registers *r)
{
	for (uint64_t from = clock_ns(); read(REGISTER_A) & UPDATING;)
		if (clock_ns() - from > PATIENCE_NS)
			break;
	*r = (struct rtc_registers){.second = read(0),
		.minute = read(2),
		.hour = read(4),
		.day = read(7),
		.month = read(8),
		.year = read(9),
		.century = read(CENTURY),
		.status = read(REGISTER_B)};
}

/* Two readings that agree: none of them has met an update. */
static bool read_clock(uint64_t *seconds)
{
	struct rtc_registers first, second;
	read_once(&second);
	for (int tries = 0; tries < 3; tries++) {
		first = second;
		read_once(&second);
		if (memcmp(&first, &second, sizeof(first)) == 0)
			return rtc_seconds(first, seconds);
	}
	return false;
}

/* "1764115200" or "1764115200.25", in ns. */
static uint64_t parse(const char *text)
{
	uint64_t whole = 0, part = 0, unit = SECOND;
	const char *p = text;
	for (; *p >= '0' && *p <= '9' && whole <= SECONDS_MAX; p++)
		whole = whole * 10 + (uint64_t)(*p - '0');
	bool good = p > text && whole <= SECONDS_MAX;
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9'; p++) {
			unit /= 10;
			part += unit * (uint64_t)(*p - '0');
		}
	if (*p || !good)
		refuse("time=%s: expected seconds since 1970", text);
	return whole * SECOND + part;
}

void wall_open(void)
{
	const char *given = option_get("time");
	uint64_t seconds;
	if (given)
		boot_ns = parse(given);
	else if (read_clock(&seconds))
		boot_ns = seconds * SECOND - clock_ns();
	else
		console_printf("respin: no clock of the day: it is 1970, or give time=SECONDS\n");
}

uint64_t wall_ns(void)
{
	return boot_ns + clock_ns();
}

void wall_at_least(uint64_t ns)
{
	uint64_t now = wall_ns();
	if (ns > now)
		boot_ns += ns - now;
}
