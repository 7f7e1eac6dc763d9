/* Data can't be executed. SPDX-License-Identifier: ISC */
#include "platform.h"

static volatile unsigned char ret = 0xc3;

int main(void)
{
	((void (*)(void))(uintptr_t)&ret)();
	return 0;
}
