/* config.h - nettle's sources need nothing of the machine but C. SPDX-License-Identifier: ISC */
#ifndef NETTLE_CONFIG_H
#define NETTLE_CONFIG_H
#endif
