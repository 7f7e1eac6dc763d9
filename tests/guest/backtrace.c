/* A panic names all its callers. SPDX-License-Identifier: ISC */
#include "platform.h"

static volatile int depth = 1;

static __attribute__((noinline)) int third(int n)
{
	if (n)
		panic("three deep, code %d", n);
	return depth;
}

static __attribute__((noinline)) int second(int n)
{
	return third(n) + depth;
}

static __attribute__((noinline)) int first(int n)
{
	return second(n) + depth;
}

int main(void)
{
	return first(depth) + depth;
}
