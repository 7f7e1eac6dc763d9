/* Constants can't be written. SPDX-License-Identifier: ISC */
#include "platform.h"

static const char constant[] = "constant";

int main(void)
{
	*(volatile char *)(uintptr_t)constant = 'C';
	console_printf("guest: %s\n", constant);
	return 0;
}
