/* trap.c - the processor's tables for exceptions and interrupts; every exception is a panic.
 * SPDX-License-Identifier: ISC */
#include "parts.h"
#include "cpu.h"
#include "trap.h"

/* Intel SDM volume 3, 6.14.1: a 64-bit gate; 7.7: the 64-bit task state. */
struct gate {
	uint16_t low, selector;
	uint8_t stack, type;
	uint16_t middle;
	uint32_t high, reserved;
} __attribute__((packed));
struct task {
	uint32_t reserved;
	uint64_t stacks[3], reserved2, trap_stacks[7], reserved3;
	uint16_t reserved4, io_map;
} __attribute__((packed));
struct table {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));
/* What the processor and traps.S push. */
struct trap_frame {
	uint64_t vector, error, rip, cs, flags, rsp, ss;
};

#define GATE_INTERRUPT 0x8e
#define CODE_SELECTOR 0x08
#define TASK_SELECTOR 0x18
#define TASK_AVAILABLE 0x89ull
#define PAGE_FAULT 14
#define FAULT_PRESENT 1
#define FAULT_WRITE 2
#define FAULT_FETCH 16

extern uint64_t boot_gdt[];
extern char trap_stubs[], interrupt_stub[], spurious_stub[];
_Noreturn void trap_report(const struct trap_frame *f, const uint64_t *frame);

static struct gate gates[256];
static struct task task;

static void gate_set(unsigned vector, uintptr_t target, uint8_t stack)
{
	gates[vector] = (struct gate){
		.low = (uint16_t)target,
		.selector = CODE_SELECTOR,
		.stack = stack,
		.type = GATE_INTERRUPT,
		.middle = (uint16_t)(target >> 16),
		.high = (uint32_t)(target >> 32),
	};
}

static void task_open(void)
{
	uint64_t base = (uintptr_t)&task;
	task.trap_stacks[0] = (uintptr_t)trap_stack_top;
	task.io_map = sizeof(task);
	boot_gdt[3] = (sizeof(task) - 1) | (base & 0xffffff) << 16 | TASK_AVAILABLE << 40 |
		      (base >> 24 & 0xff) << 56;
	boot_gdt[4] = base >> 32;
	__asm__ volatile("ltr %w0" : : "r"(TASK_SELECTOR));
}

void trap_open(void)
{
	task_open();
	for (unsigned i = 0; i < 32; i++)
		gate_set(i, (uintptr_t)trap_stubs + 16 * i, 1);
	gate_set(VECTOR_TIMER, (uintptr_t)interrupt_stub, 0);
	gate_set(VECTOR_DEVICE, (uintptr_t)interrupt_stub, 0);
	gate_set(VECTOR_SPURIOUS, (uintptr_t)spurious_stub, 0);
	struct table t = {sizeof(gates) - 1, (uintptr_t)gates};
	__asm__ volatile("lidt %0" : : "m"(t));
}

static const char *const names[32] = {
	[0] = "divide error",
	[1] = "debug exception",
	[2] = "non-maskable interrupt",
	[3] = "breakpoint",
	[4] = "overflow",
	[5] = "bound range exceeded",
	[6] = "invalid instruction",
	[7] = "no floating point unit",
	[8] = "double fault",
	[10] = "invalid task state",
	[11] = "segment not present",
	[12] = "stack segment fault",
	[13] = "general protection fault",
	[16] = "floating point error",
	[17] = "misaligned access",
	[18] = "machine check",
	[19] = "vector floating point error",
};

static bool within(uint64_t address, const char *from, const char *to)
{
	return address >= (uintptr_t)from && address < (uintptr_t)to;
}

/* What lies at a faulting address, in words. */
static const char *place_of(uint64_t address)
{
	if (address < 4096)
		return "null pointer";
	if (within(address, stack_guard, stack_bottom))
		return "stack overflow";
	if (within(address, text_start, text_end))
		return "code";
	if (within(address, rodata_start, rodata_end))
		return "constant data";
	if (within(address, stack_bottom, stack_top))
		return "stack";
	if (within(address, rodata_end, image_end))
		return "data";
	return address < 1ull << 32 ? "memory outside the image" : "unmapped memory";
}

static const char *deed_of(uint64_t error)
{
	if (error & FAULT_FETCH)
		return "execution of";
	return error & FAULT_WRITE ? "write to" : "read of";
}

/* Where the backtrace begins: a jump to what is no code has no line, but its caller has. */
static uint64_t first_of(const struct trap_frame *f)
{
	if (within(f->rip, text_start, text_end))
		return f->rip;
	return within(f->rsp, stack_bottom, stack_top) ? *(const uint64_t *)f->rsp - 1 : 0;
}

void trap_report(const struct trap_frame *f, const uint64_t *frame)
{
	unsigned long long rip = f->rip, error = f->error, address = cpu_fault_address();
	uint64_t first = first_of(f);
	if (f->vector == PAGE_FAULT)
		panic_at(first, frame, "page fault: %s 0x%llx (%s) at rip 0x%llx", deed_of(error),
			address, place_of(address), rip);
	const char *name = f->vector < 32 && names[f->vector] ? names[f->vector] : "exception";
	panic_at(first, frame, "%s (vector %llu, error code 0x%llx) at rip 0x%llx", name,
		(unsigned long long)f->vector, error, rip);
}
