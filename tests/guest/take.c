/* memory_take() gives all there is, zero and aligned, and then says what it lacks.
 * SPDX-License-Identifier: ISC */
#include "platform.h"
#include "cpu.h"
#include <string.h>

#define FULL 0xa5
/* A byte of the clock's battery-backed memory: stays over a reset. */
#define CMOS_INDEX 0x70
#define CMOS_DATA 0x71
#define CMOS_FREE 0x70

static bool is_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static uint8_t *take(size_t n)
{
	uint8_t *p = memory_take(n);
	if ((uintptr_t)p % 64)
		panic("memory at %p is not aligned", (void *)p);
	if (!is_zero(p, n))
		panic("memory at %p is not zero", (void *)p);
	memset(p, FULL, n);
	return p;
}

/* Ends as a machine without the exit device does: by a reset. */
static _Noreturn void reset(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) no_table = {0};
	__asm__ volatile("lidt %0; ud2" : : "m"(no_table));
	__builtin_unreachable();
}

int main(void)
{
	static const size_t sizes[] = {1, 64, 65, 0, 4096, 100000};
	uint8_t *last = NULL;
	size_t last_n = 0;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *p = take(sizes[i]);
		if (last && p < last + last_n)
			panic("memory was given out twice");
		last = p;
		last_n = sizes[i];
	}
	take(memory_left());
	if (memory_left())
		panic("%zu bytes are left", memory_left());
	console_printf("guest: took what there was\n");
	out8(CMOS_INDEX, CMOS_FREE);
	if (option_get("reset") && in8(CMOS_DATA) != FULL) {
		out8(CMOS_DATA, FULL);
		console_printf("guest: reset\n");
		reset();
	}
	uint64_t more = option_number("more", 0);
	if (more)
		memory_take(more);
	return 0;
}
