/* clock.c - time. SPDX-License-Identifier: ISC */
#include "sys/sys.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

const char *clock_text(struct arena *a, int64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / 1000000000);
	struct tm t;
	gmtime_r(&seconds, &t);
	char *z = arena_alloc(a, 32);
	strftime(z, 32, "%Y-%m-%dT%H:%M:%SZ", &t);
	return z;
}
