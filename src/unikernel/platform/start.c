/* start.c - the order in which an image comes to life. SPDX-License-Identifier: ISC */
#include "parts.h"

/* What the compiler puts between a function's locals and its return address, and its check. */
uintptr_t __stack_chk_guard;
_Noreturn void __stack_chk_fail(void);
_Noreturn void start(const struct start_info *info);

void __stack_chk_fail(void)
{
	panic("a function wrote beyond its locals (stack protector)");
}

static const char *command_line_of(const struct start_info *info)
{
	if (info->magic != START_INFO_MAGIC)
		panic("no start info: the image was not started by the PVH entry");
	return info->command_line ? (const char *)info->command_line : "";
}

/* Sets the canary, so it must not have one itself; never returns to where one is checked. */
__attribute__((no_stack_protector)) void start(const struct start_info *info)
{
	console_open();
	trap_open();
	memory_open(info);
	option_open(command_line_of(info));
	memory_protect();
	random_open();
	uintptr_t canary;
	random_bytes(&canary, sizeof(canary));
	__stack_chk_guard = canary;
	clock_open();
	wall_open();
	interrupt_open();
	int status = main();
	if (status)
		panic("main returned %d", status);
	machine_end();
}
