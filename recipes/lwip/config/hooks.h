/* hooks.h - functions of the port that lwIP calls. SPDX-License-Identifier: ISC */
#ifndef HOOKS_H
#define HOOKS_H

#include "lwip/err.h"
#include "lwip/ip_addr.h"

struct netif;
struct pbuf;

/* Initial sequence number of a connection (RFC 9293 MUST-9, RFC 6528). */
u32_t lwip_port_isn(
	const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote, u16_t remote_port);
/* Not 0: the packet was taken, nobody else sees it. */
int lwip_port_ip4_input(struct pbuf *p, struct netif *from);

/* A segment of N bytes for PCB, connection or listener, before it is looked at: other than ERR_OK
 * drops it. */
struct tcp_pcb;
struct tcp_hdr;
err_t lwip_port_segment(struct tcp_pcb *pcb, const struct tcp_hdr *header, u16_t n);

#endif
