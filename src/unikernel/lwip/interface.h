/* interface.h - the network interface. SPDX-License-Identifier: ISC */
#ifndef INTERFACE_H
#define INTERFACE_H

#include <stdbool.h>

void interface_open(void);
/* Says "ready" now or as soon as there is an address, and again when it changes. */
void interface_announce(void);
/* Hands all waiting frames to lwIP; false where there was none. */
bool interface_poll(void);

#endif
