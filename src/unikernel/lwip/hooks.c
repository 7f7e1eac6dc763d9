/* hooks.c - what others want to see of lwIP's packets. SPDX-License-Identifier: ISC */
#include "lwip_port.h"
#include "parts.h"
#include "platform.h"
#include "hooks.h"
#include "lwip/pbuf.h"
#include "lwip/tcp.h"

static bool (*input)(struct pbuf *p, struct netif *from);
static void (*unreachable)(struct pbuf *p, struct netif *to);
static signed char (*segment)(struct tcp_pcb *pcb, const struct tcp_hdr *header, uint16_t n);

void lwip_port_on_ip4(bool (*function)(struct pbuf *p, struct netif *from))
{
	if (input)
		panic("a second function wants to see the packets first");
	input = function;
}

void lwip_port_on_unreachable(void (*function)(struct pbuf *p, struct netif *to))
{
	if (unreachable)
		panic("a second function wants to see the packets that fail");
	unreachable = function;
}

void hooks_unreachable(struct pbuf *p, struct netif *to)
{
	if (unreachable)
		unreachable(p, to);
}

int lwip_port_ip4_input(struct pbuf *p, struct netif *from)
{
	return input && input(p, from);
}

void lwip_port_on_segment(
	signed char (*function)(struct tcp_pcb *pcb, const struct tcp_hdr *header, uint16_t n))
{
	if (segment)
		panic("a second function wants to see the segments first");
	segment = function;
}

err_t lwip_port_segment(struct tcp_pcb *pcb, const struct tcp_hdr *header, u16_t n)
{
	err_t error = ERR_OK;
	if (pcb->state == LISTEN)
		error = listen_segment((struct tcp_pcb_listen *)pcb, header);
	return error == ERR_OK && segment ? segment(pcb, header, n) : error;
}
