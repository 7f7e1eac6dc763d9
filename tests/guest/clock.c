/* The clock never goes back, sleeping takes as long as asked, and a second is a second: the test
 * compares with its own. SPDX-License-Identifier: ISC */
#include "platform.h"

#define MS 1000000ull
#define SECOND (1000 * MS)

int main(void)
{
	uint64_t from = clock_ns(), last = from;
	for (int i = 0; i < 100000; i++) {
		uint64_t now = clock_ns();
		if (now < last)
			panic("the clock went back");
		last = now;
	}
	from = clock_ns();
	idle_until(from + 20 * MS);
	uint64_t slept = clock_ns() - from;
	if (slept < 15 * MS)
		panic("slept for %llu us only", (unsigned long long)slept / 1000);
	console_printf("guest: tick\n");
	for (last = clock_ns(); clock_ns() - last < SECOND;)
		idle_until(last + SECOND);
	console_printf("guest: tock\n");
	return 0;
}
