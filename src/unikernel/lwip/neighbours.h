/* neighbours.h - who is at which hardware address: ARP for lwIP's interfaces.
 * SPDX-License-Identifier: ISC */
#ifndef NEIGHBOURS_H
#define NEIGHBOURS_H

#include "lwip/netif.h"

/* Before any interface is attached. */
void neighbours_open(void);
/* NETIF's packets find their way from now on; its hwaddr is set. Interfaces are numbered in the
 * order of these calls. */
void neighbours_attach(struct netif *netif);
/* NETIF's address is another one now, or none. */
void neighbours_address(struct netif *netif);
/* An ARP frame of N bytes came in, beginning with its Ethernet header. */
void neighbours_input(struct netif *netif, const uint8_t *frame, size_t n);

#endif
