/* main returns something else: a panic. SPDX-License-Identifier: ISC */
#include "platform.h"

int main(void)
{
	return 3;
}
