/* An image that needs more than 64 MiB. SPDX-License-Identifier: ISC */
#include "platform.h"

static volatile char room[64 << 20];

int main(void)
{
	room[sizeof(room) - 1] = 1;
	console_printf("guest: there is room\n");
	return 0;
}
