/* Prints random numbers, and the stack protector's: the test compares those of two boots.
 * SPDX-License-Identifier: ISC */
#include "platform.h"

extern uintptr_t __stack_chk_guard;

int main(void)
{
	for (int i = 0; i < 2; i++) {
		uint64_t n[2];
		random_bytes(n, sizeof(n));
		console_printf("guest: %016lx%016lx\n", n[0], n[1]);
	}
	console_printf("guest: canary %lx\n", __stack_chk_guard);
	return 0;
}
