/* hooks.c - what others want to see of lwIP's packets. SPDX-License-Identifier: ISC */
#include "lwip_port.h"
#include "parts.h"
#include "platform.h"
#include "hooks.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/tcp.h"
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

/* A peer that opens a connection with the ports of one that waits here gets an acknowledgement, and
 * answers with a reset (RFC 9293, 3.10.7.3). lwIP ignores resets then, as RFC 1337 would have it:
 * nobody could use these ports for two minutes. One that is exactly the next byte's ends the wait,
 * as on Linux. */
static bool ends_wait(const struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
	return pcb->state == TIME_WAIT && TCPH_FLAGS(header) & TCP_RST &&
	       header->seqno == pcb->rcv_nxt;
}

err_t lwip_port_segment(struct tcp_pcb *pcb, const struct tcp_hdr *header, u16_t n)
{
	err_t error = ERR_OK;
	if (pcb->state == LISTEN)
		error = listen_segment((struct tcp_pcb_listen *)pcb, header);
	if (error == ERR_OK && segment)
		error = segment(pcb, header, n);
	if (error != ERR_OK || !ends_wait(pcb, header))
		return error;
	tcp_pcb_remove(&tcp_tw_pcbs, pcb);
	tcp_free(pcb);
	return ERR_RST;
}
