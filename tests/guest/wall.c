/* The time of the day, for the test to compare. SPDX-License-Identifier: ISC */
#include "platform.h"

#define SECOND 1000000000ull

int main(void)
{
	uint64_t now = wall_ns();
	console_printf("guest: %llu.%09llu\n", (unsigned long long)(now / SECOND),
		(unsigned long long)(now % SECOND));
	wall_at_least(now);
	if (wall_ns() - now > SECOND)
		panic("the clock jumps without need");
	wall_at_least(now + 100 * SECOND);
	if (wall_ns() - now < 100 * SECOND || wall_ns() - now > 101 * SECOND)
		panic("the clock does not move forward");
	return 0;
}
