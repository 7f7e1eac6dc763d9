/* gitd.c - connections of lwIP (raw API) for the git server. What comes stays in lwIP's buffers
 * until the server takes it: the window closes before a slow reader's memory would grow.
 * SPDX-License-Identifier: ISC */
#include "gitd.h"

#include <string.h>

#include "lwip/tcp.h"

#define LINKS_MAX 32
#define BACKLOG 16 /* half-open ones */
#define PART 1024
/* How much may be in lwIP's send buffer, of one connection. */
#define SEND_MAX (16 * 1024)
/* How much may wait to be taken, of one connection: all of them together must leave the interface
 * half of its buffers. */
#define WINDOW (8 * TCP_MSS)
#define STEPS 4 /* pieces of work a turn */
#define POLL_HALF_SECONDS 2

struct link {
	struct tcp_pcb *pcb; /* NULL: free */
	struct git_conn *conn;
	struct pbuf *in;   /* came, not taken yet */
	size_t sent_ahead; /* bytes in lwIP's send buffer */
	uint8_t out[PART]; /* what lwIP had no memory for */
	size_t out_n;
	bool in_ended, out_ended;
};

static struct {
	struct git_server *server;
	uint64_t (*now)(void);
	struct link links[LINKS_MAX];
} gitd;

/* Lets go of the connection without a word to lwIP. */
static void forget(struct link *l)
{
	git_conn_close(l->conn);
	if (l->in)
		pbuf_free(l->in);
	l->in = NULL;
	l->pcb = NULL;
}

/* What lwIP's callbacks return after it: whether the connection was aborted. */
static err_t close_link(struct link *l)
{
	struct tcp_pcb *pcb = l->pcb;
	bool dead = git_conn_is_dead(l->conn);
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	forget(l);
	if (!dead && tcp_close(pcb) == ERR_OK)
		return ERR_OK;
	tcp_abort(pcb);
	return ERR_ABRT;
}

static bool give_input(struct link *l)
{
	bool any = false;
	while (l->in) {
		struct pbuf *first = l->in;
		size_t taken = git_conn_receive(l->conn, first->payload, first->len);
		tcp_recved(l->pcb, (u16_t)taken);
		any = any || taken;
		if (taken < first->len) {
			pbuf_remove_header(first, taken);
			break;
		}
		l->in = first->next;
		if (l->in)
			pbuf_ref(l->in);
		pbuf_free(first);
	}
	if (l->in)
		git_conn_waiting(l->conn, l->in->tot_len);
	else if (l->in_ended)
		git_conn_finish(l->conn);
	return any;
}

static bool has_room(const struct link *l)
{
	return l->sent_ahead + PART <= SEND_MAX && tcp_sndbuf(l->pcb) >= PART &&
	       tcp_sndqueuelen(l->pcb) < TCP_SND_QUEUELEN / 2;
}

static bool take_output(struct link *l)
{
	bool any = false;
	while (!l->out_ended && has_room(l)) {
		if (!l->out_n)
			l->out_n = git_conn_output(l->conn, l->out, PART);
		if (!l->out_n ||
			tcp_write(l->pcb, l->out, (u16_t)l->out_n, TCP_WRITE_FLAG_COPY) != ERR_OK)
			break;
		l->sent_ahead += l->out_n;
		l->out_n = 0;
		any = true;
	}
	if (any)
		tcp_output(l->pcb);
	return any;
}

/* Moves what can move. ERR_ABRT where the connection was aborted. */
static err_t serve(struct link *l, bool *moved)
{
	*moved = give_input(l);
	*moved = take_output(l) || *moved;
	bool done = git_conn_is_done(l->conn) && !l->out_n;
	if (git_conn_is_dead(l->conn) || (l->in_ended && done))
		return close_link(l);
	if (!l->out_ended && done)
		l->out_ended = tcp_shutdown(l->pcb, 0, 1) == ERR_OK;
	return ERR_OK;
}

static err_t on_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
	struct link *l = arg;
	bool moved;
	(void)pcb;
	(void)error;
	if (!p)
		l->in_ended = true;
	else if (l->in)
		pbuf_cat(l->in, p);
	else
		l->in = p;
	return serve(l, &moved);
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t n)
{
	struct link *l = arg;
	bool moved;
	(void)pcb;
	l->sent_ahead -= n < l->sent_ahead ? n : l->sent_ahead;
	return serve(l, &moved);
}

static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
	bool moved;
	(void)pcb;
	return serve(arg, &moved);
}

/* lwIP has freed the connection already. */
static void on_error(void *arg, err_t error)
{
	(void)error;
	forget(arg);
}

/* A stranger who asks for nothing makes room for one who may. */
static void displace(const char *peer)
{
	struct git_conn *idle = git_displace(gitd.server, peer);
	for (struct link *l = gitd.links; idle && l < gitd.links + LINKS_MAX; l++) {
		if (l->pcb && l->conn == idle) {
			close_link(l);
			return;
		}
	}
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t error)
{
	struct link *l = gitd.links;
	(void)arg;
	if (error != ERR_OK || !pcb)
		return ERR_VAL;
	const char *peer = ipaddr_ntoa(&pcb->remote_ip);
	displace(peer);
	while (l < gitd.links + LINKS_MAX && l->pcb)
		l++;
	struct git_conn *conn = l < gitd.links + LINKS_MAX ? git_accept(gitd.server, peer) : NULL;
	if (!conn) {
		tcp_abort(pcb);
		return ERR_ABRT;
	}
	*l = (struct link){.pcb = pcb, .conn = conn};
	pcb->rcv_wnd = pcb->rcv_ann_wnd = WINDOW;
	tcp_arg(pcb, l);
	tcp_recv(pcb, on_receive);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	tcp_poll(pcb, on_poll, POLL_HALF_SECONDS);
	return ERR_OK;
}

bool gitd_open(struct git_server *s, uint16_t port, uint64_t (*now)(void))
{
	gitd.server = s;
	gitd.now = now;
	git_tick(s, now());
	struct tcp_pcb *pcb = tcp_new();
	if (!pcb)
		return false;
	if (tcp_bind(pcb, IP_ADDR_ANY, port) != ERR_OK) {
		tcp_abort(pcb);
		return false;
	}
	struct tcp_pcb *listener = tcp_listen_with_backlog(pcb, BACKLOG); /* frees PCB */
	if (!listener) {
		tcp_abort(pcb);
		return false;
	}
	tcp_accept(listener, on_accept);
	return true;
}

bool gitd_turn(void)
{
	git_tick(gitd.server, gitd.now());
	bool more = false;
	for (unsigned i = 0; i < STEPS && git_work(gitd.server); i++)
		more = true;
	for (struct link *l = gitd.links; l < gitd.links + LINKS_MAX; l++) {
		bool moved = false;
		if (l->pcb)
			serve(l, &moved);
		more = more || moved;
	}
	return more;
}
