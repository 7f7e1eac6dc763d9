/* echo.c - the echo service: TCP port 7 sends back what it gets (RFC 862).
 * SPDX-License-Identifier: ISC */
#include "talker.h"
#include "platform.h"
#include "lwip/tcp.h"

#define PORT 7
#define BACKLOG 8

/* What could not be sent back yet is refused: lwIP offers it again, and the window closes. */
static err_t received(void *ctx, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
	(void)ctx, (void)error;
	if (!p)
		return tcp_close(pcb);
	if (p->tot_len > tcp_sndbuf(pcb))
		return ERR_MEM;
	for (struct pbuf *part = p; part; part = part->next)
		if (tcp_write(pcb, part->payload, part->len, TCP_WRITE_FLAG_COPY) != ERR_OK)
			panic("echo: %u bytes fit, and can't be written", (unsigned)part->len);
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	return tcp_output(pcb);
}

static err_t accepted(void *ctx, struct tcp_pcb *pcb, err_t error)
{
	(void)ctx;
	if (error != ERR_OK || !pcb)
		return ERR_VAL;
	tcp_recv(pcb, received);
	return ERR_OK;
}

void echo_open(void)
{
	struct tcp_pcb *pcb = tcp_new();
	if (!pcb || tcp_bind(pcb, IP_ANY_TYPE, PORT) != ERR_OK)
		panic("echo: port %d can't be had", PORT);
	pcb = tcp_listen_with_backlog(pcb, BACKLOG);
	if (!pcb)
		panic("echo: no room to listen");
	tcp_accept(pcb, accepted);
}
