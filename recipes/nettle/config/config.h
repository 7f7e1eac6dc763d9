/* config.h - nettle's sources need nothing of the machine but C. SPDX-License-Identifier: ISC */
#ifndef NETTLE_CONFIG_H
#define NETTLE_CONFIG_H
/* What can't happen ends in an exception, which the platform reports with its place. */
#define abort() __builtin_trap()
#endif
