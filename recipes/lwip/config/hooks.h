/* hooks.h - functions of the port that lwIP calls. SPDX-License-Identifier: ISC */
#ifndef HOOKS_H
#define HOOKS_H

#include "lwip/ip_addr.h"

struct netif;
struct pbuf;

/* Initial sequence number of a connection (RFC 9293 MUST-9, RFC 6528). */
u32_t lwip_port_isn(
	const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote, u16_t remote_port);
/* Not 0: the packet was taken, nobody else sees it. */
int lwip_port_ip4_input(struct pbuf *p, struct netif *from);

#endif
