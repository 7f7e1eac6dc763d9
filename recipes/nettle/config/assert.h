/* assert.h - a broken assumption of nettle's ends the image. SPDX-License-Identifier: ISC */
#ifndef NETTLE_ASSERT_H
#define NETTLE_ASSERT_H

#include "platform.h"

#define assert(claim) ((claim) ? (void)0 : panic("nettle: %s (%s:%d)", #claim, __FILE__, __LINE__))

#endif
