/* panic.c - the two ways in which an image ends. SPDX-License-Identifier: ISC */
#include "parts.h"
#include "cpu.h"

#define DEBUG_EXIT_PORT 0xf4
#define ENDED_WELL 16 /* QEMU makes exit status 2 * value + 1 of it: 33 */
#define PANICKED 64   /* 129 */
#define REFUSED 32    /* 65 */
#define DEPTH_MAX 32

static _Noreturn void leave(uint32_t value)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) no_table = {0};
	out32(DEBUG_EXIT_PORT, value);
	/* Still here: no such device. An exception without a table resets the machine. */
	__asm__ volatile("lidt %0; ud2" : : "m"(no_table));
	__builtin_unreachable();
}

void machine_end(void)
{
	leave(ENDED_WELL);
}

static bool on_stack(const uint64_t *frame)
{
	uintptr_t p = (uintptr_t)frame;
	return p % 8 == 0 && p >= (uintptr_t)stack_bottom && p + 16 <= (uintptr_t)stack_top;
}

/* FRAME points at the caller's frame pointer, its return address follows. */
static void backtrace(uint64_t rip, const uint64_t *frame)
{
	console_printf("respin: backtrace:");
	if (rip)
		console_printf(" 0x%llx", (unsigned long long)rip);
	for (int depth = 0; depth < DEPTH_MAX && on_stack(frame) && frame[1]; depth++) {
		console_printf(" 0x%llx", (unsigned long long)frame[1] - 1);
		const uint64_t *next = (const uint64_t *)frame[0];
		frame = next > frame ? next : NULL;
	}
	console_printf("\n");
}

static _Noreturn void report(uint64_t rip, const uint64_t *frame, const char *fmt, va_list ap)
{
	static bool again;
	if (again)
		leave(PANICKED);
	again = true;
	console_printf("\nrespin: panic: ");
	console_vprintf(fmt, ap);
	console_printf("\n");
	backtrace(rip, frame);
	leave(PANICKED);
}

void refuse(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	console_printf("respin: refused: ");
	console_vprintf(fmt, ap);
	console_printf("\n");
	leave(REFUSED);
}

void panic(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	report(0, __builtin_frame_address(0), fmt, ap);
}

void panic_at(uint64_t rip, const uint64_t *frame, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	report(rip, frame, fmt, ap);
}
