/* interface.h - the network interfaces. SPDX-License-Identifier: ISC */
#ifndef INTERFACE_H
#define INTERFACE_H

#include "lwip/netif.h"
#include <stdbool.h>

void interface_open(void);
/* Nobody else has the address that NETIF asked for (arp.probe=yes): it is NETIF's now. */
void interface_is_free(struct netif *netif);
/* Somebody has: the image does not start. */
_Noreturn void interface_is_taken(struct netif *netif, const uint8_t mac[6]);
/* The interface to whose network IP is near; en0 where it waits for DHCP. NULL: none. */
struct netif *interface_near(const ip4_addr_t *ip);
/* Says the addresses now or as soon as there are any, and again when they change. */
void interface_announce(void);
/* Hands waiting frames to lwIP, up to 64 of each device; false where there was none. */
bool interface_poll(void);

#endif
