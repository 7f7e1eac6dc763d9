/* interrupt.c - the interrupts that end a sleep: the timer's and the devices'.
 * SPDX-License-Identifier: ISC */
#include "parts.h"
#include "cpu.h"
#include "trap.h"

/* Local APIC (Intel SDM volume 3, 11.4). */
#define APIC 0xfee00000u
#define APIC_SPURIOUS (APIC + 0xf0)
#define APIC_LINT0 (APIC + 0x350)
#define APIC_TIMER (APIC + 0x320)
#define APIC_TIMER_START (APIC + 0x380)
#define APIC_TIMER_NOW (APIC + 0x390)
#define APIC_TIMER_DIVIDE (APIC + 0x3e0)
#define APIC_ENABLE 0x100u
#define APIC_MASKED 0x10000u
#define DIVIDE_BY_1 0xbu

/* I/O APIC (82093AA): a pair of registers for each line, behind an index and a window. */
#define IO_APIC 0xfec00000u
#define IO_APIC_WINDOW (IO_APIC + 0x10)
#define IO_APIC_LINE(n) (0x10u + 2 * (n))

#define PIC_MASK_1 0x21
#define PIC_MASK_2 0xa1

#define MEASURE_NS 100000u
#define SLEEP_MAX_NS 1000000000ull

static uint64_t timer_ticks_per_ms;

static void timer_measure(void)
{
	mmio_write(APIC_TIMER_START, UINT32_MAX);
	uint64_t from = clock_ns(), now = from;
	while (now - from < MEASURE_NS)
		now = clock_ns();
	uint64_t ticks = UINT32_MAX - mmio_read(APIC_TIMER_NOW);
	timer_ticks_per_ms = ticks * 1000000 / (now - from);
	mmio_write(APIC_TIMER_START, 0);
	if (!timer_ticks_per_ms)
		panic("the timer of the local APIC stands still");
}

void interrupt_open(void)
{
	/* The old interrupt controller stays silent, whatever the firmware left it at. */
	out8(PIC_MASK_1, 0xff);
	out8(PIC_MASK_2, 0xff);
	mmio_write(APIC_LINT0, APIC_MASKED);
	mmio_write(APIC_SPURIOUS, APIC_ENABLE | VECTOR_SPURIOUS);
	mmio_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
	mmio_write(APIC_TIMER, VECTOR_TIMER);
	timer_measure();
}

void interrupt_wake_on(unsigned line)
{
	/* Edge-triggered: nobody has to quiet the device before the interrupt ends. */
	mmio_write(IO_APIC, IO_APIC_LINE(line) + 1);
	mmio_write(IO_APIC_WINDOW, 0);
	mmio_write(IO_APIC, IO_APIC_LINE(line));
	mmio_write(IO_APIC_WINDOW, VECTOR_DEVICE);
}

void idle_until(uint64_t until)
{
	uint64_t now = clock_ns();
	if (until <= now)
		return;
	uint64_t ns = until - now < SLEEP_MAX_NS ? until - now : SLEEP_MAX_NS;
	uint64_t ticks = ns * timer_ticks_per_ms / 1000000 + 1;
	mmio_write(APIC_TIMER_START, ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX);
	if (net_may_sleep() && disk_may_sleep())
		cpu_sleep();
	net_wake();
	disk_wake();
	mmio_write(APIC_TIMER_START, 0);
}
