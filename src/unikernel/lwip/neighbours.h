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
/* Asks whether anybody has ADDRESS, for 4 to 7 s (RFC 5227, 2.1): interface_is_free() tells, or
 * interface_is_taken(). */
void neighbours_probe(struct netif *netif, const ip4_addr_t *address);
/* Makes the entries of the option arp.static; once all interfaces and the kept state are there. */
void neighbours_static(void);
/* An ARP frame of N bytes came in, beginning with its Ethernet header. */
void neighbours_input(struct netif *netif, const uint8_t *frame, size_t n);

#endif
