/* clock.c - prints the rate of this processor's time stamp counter in kHz. A guest under TCG reads
 * the host's counter, and QEMU's microvm has no timer by which Linux could measure it reliably.
 * SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

int main(void)
{
	const int64_t span = 50 * 1000 * 1000;
	int64_t start = now(), end = start;
	uint64_t first = __rdtsc();
	while (end < start + span)
		end = now();
	uint64_t ticks = __rdtsc() - first;
	printf("%llu\n", (unsigned long long)(ticks * 1000000 / (uint64_t)(end - start)));
	return 0;
}
