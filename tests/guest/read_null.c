/* There is nothing at address 0. SPDX-License-Identifier: ISC */
#include "platform.h"

static volatile int *volatile pointer;

int main(void)
{
	return *pointer;
}
