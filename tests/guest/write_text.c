/* Code can't be written. SPDX-License-Identifier: ISC */
#include "platform.h"

int main(void)
{
	*(volatile char *)(uintptr_t)&main = 0;
	return 0;
}
