/* A division by zero has a name. SPDX-License-Identifier: ISC */
#include "platform.h"

static volatile int hundred = 100, zero;

int main(void)
{
	return hundred / zero;
}
