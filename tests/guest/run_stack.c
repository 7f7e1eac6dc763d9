/* The stack can't be executed. SPDX-License-Identifier: ISC */
#include "platform.h"

int main(void)
{
	volatile unsigned char ret = 0xc3;
	((void (*)(void))(uintptr_t)&ret)();
	return 0;
}
