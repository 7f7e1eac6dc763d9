/* clock.c - time from the processor's time stamp counter, measured against the PIT.
 * SPDX-License-Identifier: ISC */
#include "parts.h"
#include "cpu.h"

/* 8254 channel 0 counts down at this rate. */
#define PIT_HZ 1193182ull
#define PIT_COUNTER 0x40
#define PIT_COMMAND 0x43
#define PIT_MODE_2 0x34 /* channel 0, low then high byte, rate generator */
#define PIT_LATCH 0x00
#define WINDOW 840 /* PIT ticks: 0.7 ms */
#define WINDOWS 3
#define SPINS_MAX 1000000

static uint64_t base, mult; /* ns = (ticks - base) * mult / 2^32 */

/* One reading of the PIT, with the time stamps before and after it. */
struct reading {
	uint64_t before, after;
	uint16_t count;
};

static struct reading pit_read(void)
{
	struct reading r;
	r.before = cpu_ticks();
	out8(PIT_COMMAND, PIT_LATCH);
	r.after = cpu_ticks();
	uint8_t low = in8(PIT_COUNTER);
	r.count = (uint16_t)(in8(PIT_COUNTER) << 8 | low);
	return r;
}

/* Time stamp ticks per second over one window; *DOUBT: by how many ticks it may be wrong. */
static uint64_t measure(uint64_t *doubt)
{
	out8(PIT_COMMAND, PIT_MODE_2);
	out8(PIT_COUNTER, 0xff);
	out8(PIT_COUNTER, 0xff);
	struct reading first = pit_read(), last = first;
	for (int spins = 0; (uint16_t)(first.count - last.count) < WINDOW; spins++) {
		if (spins == SPINS_MAX)
			panic("no clock: this machine has no PIT, give tsc_khz= on the command "
			      "line");
		last = pit_read();
	}
	uint64_t pit = (uint16_t)(first.count - last.count);
	*doubt = last.after - last.before + first.after - first.before;
	return ((last.before + last.after) / 2 - (first.before + first.after) / 2) * PIT_HZ / pit;
}

/* A busy host may stop us between two instructions: of three windows the one that knows best. */
static uint64_t calibrate(void)
{
	uint64_t best = 0, least = UINT64_MAX;
	for (int i = 0; i < WINDOWS; i++) {
		uint64_t doubt, hz = measure(&doubt);
		if (doubt < least) {
			least = doubt;
			best = hz;
		}
	}
	return best;
}

void clock_open(void)
{
	uint64_t khz = option_number("tsc_khz", 0);
	if (khz > 100000000)
		refuse("tsc_khz=%llu: expected kHz", (unsigned long long)khz);
	uint64_t hz = khz ? khz * 1000 : calibrate();
	if (!hz)
		panic("no clock: the time stamp counter stands still");
	mult = (uint64_t)(((unsigned __int128)1000000000 << 32) / hz);
	base = cpu_ticks();
}

uint64_t clock_ns(void)
{
	return (uint64_t)((unsigned __int128)(cpu_ticks() - base) * mult >> 32);
}
