/* Writing beyond an array on the stack is found before the function returns.
 * SPDX-License-Identifier: ISC */
#include "platform.h"

static __attribute__((noinline)) void fill(volatile char *p, int n)
{
	while (n--)
		p[n] = 'x';
}

static __attribute__((noinline)) void victim(int n)
{
	char name[16];
	fill(name, n);
}

int main(void)
{
	victim(16);
	console_printf("guest: a full array is no overflow\n");
	victim(32);
	return 0;
}
