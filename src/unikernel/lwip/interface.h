/* interface.h - the network interfaces. SPDX-License-Identifier: ISC */
#ifndef INTERFACE_H
#define INTERFACE_H

#include <stdbool.h>

void interface_open(void);
/* Says the addresses now or as soon as there are any, and again when they change. */
void interface_announce(void);
/* Hands waiting frames to lwIP, up to 64 of each device; false where there was none. */
bool interface_poll(void);

#endif
