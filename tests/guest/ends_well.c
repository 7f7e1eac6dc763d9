/* main returns 0: the machine ends well. SPDX-License-Identifier: ISC */
#include "platform.h"

int main(void)
{
	console_printf("guest: alive\n");
	return 0;
}
