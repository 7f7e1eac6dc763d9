/* cc.h - lwIP's compiler and machine. SPDX-License-Identifier: ISC */
#ifndef ARCH_CC_H
#define ARCH_CC_H

#include "platform.h"

#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_LIMITS_H 1
#define LWIP_NO_CTYPE_H 1
#define INT_MAX __INT_MAX__
#define X8_F "02x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "zu"

#define LWIP_RAND() random_u32()
#define LWIP_PLATFORM_DIAG(message)                                                                \
	do {                                                                                       \
		console_printf message;                                                            \
	} while (0)
#define LWIP_PLATFORM_ASSERT(message) panic("lwIP: %s (%s:%d)", message, __FILE__, __LINE__)

#endif
