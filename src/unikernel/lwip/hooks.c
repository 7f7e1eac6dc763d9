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

/* A peer may open a connection with the ports of one that waits here. A SYN beyond what that one
 * received ends the wait (RFC 1122, 4.2.2.13), and is sent again. Any other is acknowledged, and
 * the answer to that is a reset (RFC 9293, 3.10.7.3): lwIP ignores it, as RFC 1337 would have it,
 * and nobody could use these ports for two minutes. One that fits exactly ends the wait, as on
 * Linux. */
static bool ends_wait(const struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
	u8_t flags = TCPH_FLAGS(header) & (TCP_SYN | TCP_ACK | TCP_RST);
	if (pcb->state != TIME_WAIT)
		return false;
	if (flags == TCP_SYN)
		return TCP_SEQ_GEQ(header->seqno, pcb->rcv_nxt);
	return flags & TCP_RST && header->seqno == pcb->rcv_nxt;
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
