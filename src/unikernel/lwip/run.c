/* run.c - start and main loop. SPDX-License-Identifier: ISC */
#include "lwip_port.h"
#include "interface.h"
#include "parts.h"
#include "platform.h"
#include "lwip/init.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"

#define MS 1000000ull
/* How long to look for the next frame before sleeping: a sleep costs a reply some 50 us. */
#define AWAKE_NS 200000

u32_t sys_now(void)
{
	return (u32_t)(clock_ns() / MS);
}

void lwip_port_open(void)
{
	isn_open();
	lwip_init();
	interface_open();
	option_report_unknown();
}

static uint64_t next_timer(uint64_t now)
{
	u32_t ms = sys_timeouts_sleeptime();
	return ms == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? UINT64_MAX : now + ms * MS;
}

void lwip_port_run(void)
{
	uint64_t busy = clock_ns();
	interface_announce();
	for (;;) {
		bool any = interface_poll();
		sys_check_timeouts();
		net_flush();
		uint64_t now = clock_ns();
		if (any)
			busy = now;
		else if (now - busy > AWAKE_NS)
			idle_until(next_timer(now));
	}
}
