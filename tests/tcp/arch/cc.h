/* cc.h - lwIP on the machine that runs the tests. SPDX-License-Identifier: ISC */
#ifndef ARCH_CC_H
#define ARCH_CC_H

#include <stdio.h>
#include <stdlib.h>

#define LWIP_RAND() ((u32_t)random())
#define LWIP_PLATFORM_DIAG(message)                                                                \
	do {                                                                                       \
		printf message;                                                                    \
	} while (0)
#define LWIP_PLATFORM_ASSERT(message)                                                              \
	do {                                                                                       \
		fprintf(stderr, "lwIP: %s (%s:%d)\n", message, __FILE__, __LINE__);                \
		abort();                                                                           \
	} while (0)

#endif
