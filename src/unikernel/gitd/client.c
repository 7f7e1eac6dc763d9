/* client.c - the git client's connections over lwIP (raw API), one after the other. What lwIP calls
 * only notes what came; all else is done in the main loop's turn. SPDX-License-Identifier: ISC */
#include "gitd.h"

#include <string.h>

#include "lwip/netif.h"
#include "lwip/tcp.h"

#define PART 1024
#define SEND_MAX (16 * 1024) /* bytes in lwIP's send buffer */
#define STEPS 4		     /* pieces of work a turn */
#define TAKE_MAX 4096	     /* bytes a turn: each of them is inflated and hashed */

static struct {
	struct tcp_pcb *pcb; /* NULL: there is none, or lwIP has freed it */
	bool opening, open, ended;
	struct pbuf *in; /* came, not taken yet */
	size_t in_at;	 /* of its first part: taken already */
	uint8_t out[PART];
	size_t out_n; /* what lwIP had no memory for */
	size_t sent_ahead;
} link;

bool gitd_client_knows(const char *host)
{
	ip4_addr_t address;
	return ip4addr_aton(host, &address) && !ip4_addr_isany_val(address);
}

bool gitd_client_is_online(void)
{
	return netif_default && !ip4_addr_isany(netif_ip4_addr(netif_default));
}

static err_t on_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
	(void)arg, (void)pcb, (void)error;
	if (!p)
		link.ended = true;
	else if (link.in)
		pbuf_cat(link.in, p);
	else
		link.in = p;
	return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t n)
{
	(void)arg, (void)pcb;
	link.sent_ahead -= n < link.sent_ahead ? n : link.sent_ahead;
	return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
	(void)pcb, (void)error;
	link.opening = false;
	git_client_connected(arg);
	return ERR_OK;
}

/* lwIP has freed the connection already. What came before is still to be taken. */
static void on_error(void *arg, err_t error)
{
	(void)arg, (void)error;
	link.pcb = NULL;
	link.ended = true;
}

static void close_link(void)
{
	struct tcp_pcb *pcb = link.pcb;
	if (link.in)
		pbuf_free(link.in);
	bool aborts = link.opening;
	memset(&link, 0, sizeof(link));
	if (!pcb)
		return;
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	if (aborts || tcp_close(pcb) != ERR_OK)
		tcp_abort(pcb);
}

/* Where there is no way to the host yet, the next turn tries again. */
static void open_link(struct git_client *c)
{
	const struct git_url *url = git_client_url(c);
	ip_addr_t address;
	struct tcp_pcb *pcb = tcp_new();
	if (!pcb)
		return;
	if (!ip4addr_aton(url->host, ip_2_ip4(&address))) {
		tcp_abort(pcb);
		git_client_disconnected(c);
		return;
	}
	tcp_arg(pcb, c);
	tcp_recv(pcb, on_receive);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	if (tcp_connect(pcb, &address, url->port, on_connected) != ERR_OK) {
		tcp_err(pcb, NULL);
		tcp_abort(pcb);
		return;
	}
	link.pcb = pcb;
	link.open = link.opening = true;
}

/* Up to TAKE_MAX bytes of what came, to the client. */
static bool give_input(struct git_client *c)
{
	size_t given = 0;
	while (link.in && given < TAKE_MAX) {
		struct pbuf *first = link.in;
		size_t left = first->len - link.in_at;
		size_t part = left < TAKE_MAX - given ? left : TAKE_MAX - given;
		git_client_receive(c, (const uint8_t *)first->payload + link.in_at, part);
		if (link.pcb)
			tcp_recved(link.pcb, (u16_t)part);
		given += part;
		link.in_at += part;
		if (link.in_at < first->len)
			break;
		link.in = first->next;
		link.in_at = 0;
		if (link.in)
			pbuf_ref(link.in);
		pbuf_free(first);
	}
	return given > 0;
}

static bool has_room(void)
{
	return link.pcb && link.sent_ahead + PART <= SEND_MAX && tcp_sndbuf(link.pcb) >= PART &&
	       tcp_sndqueuelen(link.pcb) < TCP_SND_QUEUELEN / 2;
}

static bool take_output(struct git_client *c)
{
	bool any = false;
	while (has_room()) {
		if (!link.out_n)
			link.out_n = git_client_output(c, link.out, PART);
		if (!link.out_n || tcp_write(link.pcb, link.out, (u16_t)link.out_n,
					   TCP_WRITE_FLAG_COPY) != ERR_OK)
			break;
		link.sent_ahead += link.out_n;
		link.out_n = 0;
		any = true;
	}
	if (any)
		tcp_output(link.pcb);
	return any;
}

static bool talk(struct git_client *c)
{
	bool moved = give_input(c);
	moved = take_output(c) || moved;
	/* An answer that is whole is no concern of its connection's end. */
	bool concerns = link.opening || git_client_state(c) == GIT_CLIENT_TALKS;
	if (concerns && !link.in && link.ended)
		git_client_disconnected(c);
	return moved;
}

static bool work(struct git_client *c)
{
	bool more = true;
	for (unsigned i = 0; i < STEPS && more; i++)
		more = git_client_work(c);
	return more;
}

bool gitd_client_turn(struct git_client *c)
{
	enum git_client_state state = git_client_state(c);
	bool opens = state == GIT_CLIENT_CONNECTS && link.opening;
	if (link.open && !opens && state != GIT_CLIENT_TALKS)
		close_link();
	if (link.open)
		return talk(c) || git_client_state(c) == GIT_CLIENT_WORKS;
	if (state == GIT_CLIENT_CONNECTS)
		open_link(c);
	return state == GIT_CLIENT_WORKS && work(c);
}
