/* A panic names all its callers. SPDX-License-Identifier: ISC */
#include "platform.h"

static volatile int depth = 1;

static __attribute__((noinline)) int third(int n)
{
	if (n)
		panic("three deep, code %d", n);
	return 1;
}

static __attribute__((noinline)) int second(int n)
{
	return third(n) + 1;
}

static __attribute__((noinline)) int first(int n)
{
	return second(n) + 1;
}

int main(void)
{
	return first(depth) + 1;
}
