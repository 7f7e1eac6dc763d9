/* run.c - start and main loop. SPDX-License-Identifier: ISC */
#include "lwip_port.h"
#include "interface.h"
#include "neighbours.h"
#include "parts.h"
#include "platform.h"
#include "lwip/init.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"

#define MS 1000000ull
/* How long to look for the next frame before sleeping: a sleep costs a reply some 50 us. */
#define AWAKE_NS 200000
/* How long frames that keep coming may hold up everything else. */
#define STARVE_NS (10 * MS)
#define QUIET_NS (MS / 2)
#define FUNCTIONS_MAX 8
#define HEAP_ENDS 64 /* lwIP's own headers at both ends of its heap */

void *lwip_port_heap;

static bool (*works[FUNCTIONS_MAX])(void);
static bool (*idles[FUNCTIONS_MAX])(void);
static uint64_t (*timers[FUNCTIONS_MAX])(uint64_t now);
static unsigned work_count, idle_count, timer_count;
static void (*before_send)(void);
static uint32_t clock_shift;

u32_t sys_now(void)
{
	return (u32_t)(clock_ns() / MS) + clock_shift;
}

void lwip_port_shift_clock(uint32_t ms)
{
	clock_shift += ms;
	sys_restart_timeouts(); /* they are still as far away as they were */
}

void lwip_port_on_turn(bool (*work)(void))
{
	if (work_count == FUNCTIONS_MAX)
		panic("more than %d functions for the main loop", FUNCTIONS_MAX);
	works[work_count++] = work;
}

void lwip_port_on_idle(bool (*work)(void))
{
	if (idle_count == FUNCTIONS_MAX)
		panic("more than %d functions for the idle main loop", FUNCTIONS_MAX);
	idles[idle_count++] = work;
}

void lwip_port_on_timer(uint64_t (*timer)(uint64_t now_ns))
{
	if (timer_count == FUNCTIONS_MAX)
		panic("more than %d timers for the main loop", FUNCTIONS_MAX);
	timers[timer_count++] = timer;
}

void lwip_port_before_send(void (*commit)(void))
{
	if (before_send)
		panic("a second function wants to be called before frames are sent");
	before_send = commit;
	net_hold();
}

void lwip_port_open(void)
{
	isn_open();
	listen_open();
	lwip_port_heap = memory_take(MEM_SIZE + HEAP_ENDS);
	lwip_init();
	interface_open();
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When lwIP's next timer is due. */
static uint64_t lwip_timer(uint64_t now)
{
	u32_t ms = sys_timeouts_sleeptime();
	return ms == SYS_TIMEOUTS_SLEEPTIME_INFINITE ? UINT64_MAX : now + ms * MS;
}

/* The same of what waits for quiet; BUSY is when the last frame came. */
static uint64_t idle_work(uint64_t now, uint64_t busy)
{
	static uint64_t idled;
	uint64_t due = UINT64_MAX;
	if (now - busy < QUIET_NS && now - idled < STARVE_NS)
		return busy + QUIET_NS;
	idled = now;
	for (unsigned i = 0; i < idle_count; i++)
		if (idles[i]())
			due = 0;
	return due;
}

/* Calls everything that hooked into the turn; returns when it wants to be called again. */
static uint64_t work(uint64_t now, uint64_t busy)
{
	uint64_t due = idle_work(now, busy);
	for (unsigned i = 0; i < timer_count; i++)
		due = earlier(due, timers[i](now));
	for (unsigned i = 0; i < work_count; i++)
		if (works[i]())
			due = 0;
	return due;
}

static void send(void)
{
	if (before_send && net_has_queued())
		before_send();
	net_flush();
}

void lwip_port_run(void)
{
	uint64_t busy = clock_ns(), worked = busy, due = 0;
	neighbours_static();
	option_report_unknown();
	interface_announce();
	for (;;) {
		bool any = interface_poll();
		sys_check_timeouts();
		uint64_t now = clock_ns();
		if (!any || now - worked > STARVE_NS) {
			due = work(now, busy);
			worked = now;
		}
		send();
		if (any)
			busy = now;
		else if (now - busy > AWAKE_NS)
			idle_until(earlier(due, lwip_timer(now)));
	}
}
