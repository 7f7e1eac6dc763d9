/* Memory outside the image can't be executed. SPDX-License-Identifier: ISC */
#include "platform.h"

int main(void)
{
	volatile unsigned char *outside = (unsigned char *)0x80000;
	*outside = 0xc3;
	((void (*)(void))(uintptr_t)outside)();
	return 0;
}
