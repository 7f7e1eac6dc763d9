/* parts.h - what the platform's own files give each other. SPDX-License-Identifier: ISC */
#ifndef PARTS_H
#define PARTS_H

#include "platform.h"

/* From the linker script. */
extern char image_start[], text_start[], text_end[], rodata_start[], rodata_end[], image_end[];
/* From boot.S: the stack, an unmapped page below it, and the stack of exceptions. */
extern char stack_guard[], stack_bottom[], stack_top[], trap_stack_guard[], trap_stack_top[];

/* QEMU's hvm_start_info (Xen's arch-x86/hvm/start_info.h, version 1). */
struct start_info {
	uint32_t magic, version, flags, module_count;
	uint64_t modules, command_line, rsdp, memory_map;
	uint32_t memory_map_count, reserved;
};
#define START_INFO_MAGIC 0x336ec578u

void console_open(void);
void console_vprintf(const char *fmt, va_list ap);
/* Finds the memory behind the image; panics where the machine's ends before the image does. */
void memory_open(const struct start_info *info);
/* Gives each part of the image the rights it needs and no more (W^X). */
void memory_protect(void);
void trap_open(void);
void random_open(void);
void option_open(const char *command_line);
void clock_open(void);
/* Reads the time of the day; needs clock and options. */
void wall_open(void);
/* Starts the local interrupt controller and measures its timer; needs the clock. */
void interrupt_open(void);
/* Lets the interrupt line end a sleep. */
void interrupt_wake_on(unsigned line);
/* Tells the devices to interrupt (or not); false where something waits already. */
bool net_may_sleep(void);
void net_wake(void);
bool disk_may_sleep(void);
void disk_wake(void);

/* Ends the machine as panic() does, with the addresses of the code at RIP and its callers. */
_Noreturn void panic_at(uint64_t rip, const uint64_t *frame, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

#endif
