/* A stack that grows too far meets its guard. SPDX-License-Identifier: ISC */
#include "platform.h"

static int deeper(volatile int *from, int n)
{
	volatile int here[64];
	here[0] = *from + n;
	return n ? deeper(here, n - 1) + here[0] : here[0];
}

int main(void)
{
	volatile int start = 1;
	return deeper(&start, 1000000);
}
