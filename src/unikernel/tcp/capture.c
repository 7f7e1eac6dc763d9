/* capture.c - the state of lwIP's connections as values. SPDX-License-Identifier: ISC */
#include "parts.h"
#include "lwip/ip.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include <string.h>

_Static_assert((int)TCP_LISTEN == LISTEN && (int)TCP_ESTABLISHED == ESTABLISHED &&
		       (int)TCP_CLOSE_WAIT == CLOSE_WAIT && (int)TCP_TIME_WAIT == TIME_WAIT,
	"states have lwIP's numbers");

void journal_key_of(const struct tcp_pcb *pcb, struct tcp_key *key)
{
	memset(key, 0, sizeof(*key));
	memcpy(key->local_ip, &ip_2_ip4(&pcb->local_ip)->addr, 4);
	key->local_port = pcb->local_port;
	if (pcb->state == LISTEN)
		return; /* a shorter struct: there is no more in it */
	memcpy(key->remote_ip, &ip_2_ip4(&pcb->remote_ip)->addr, 4);
	key->remote_port = pcb->remote_port;
}

static uint32_t refused_bytes(const struct tcp_pcb *pcb)
{
	uint32_t n = 0;
	for (const struct pbuf *p = pcb->refused_data; p; p = p->next)
		n += p->len; /* tot_len has 16 bits */
	return n;
}

const struct journal_flag journal_flags[] = {{TF_RXCLOSED, TCP_FLAG_RX_CLOSED},
	{TF_CLOSEPEND, TCP_FLAG_CLOSE_PEND}, {TF_NODELAY, TCP_FLAG_NO_DELAY},
	{TF_WND_SCALE, TCP_FLAG_WND_SCALE}, {TF_SACK, TCP_FLAG_SACK},
#if LWIP_TCP_TIMESTAMPS
	{TF_TIMESTAMP, TCP_FLAG_TIMESTAMP},
#endif
	{0, 0}};

static uint16_t flags_of(const struct tcp_pcb *pcb)
{
	unsigned flags = ip_get_option(pcb, SOF_KEEPALIVE) ? TCP_FLAG_KEEPALIVE : 0;
	for (const struct journal_flag *f = journal_flags; f->lwip; f++)
		if (pcb->flags & f->lwip)
			flags |= f->ours;
	if (pcb->flags & TF_FIN)
		flags |= TCP_FLAG_FIN;
	if (pcb->refused_data && pcb->refused_data->flags & PBUF_FLAG_TCP_FIN)
		flags |= TCP_FLAG_FIN_HELD;
	return (uint16_t)flags;
}

/* A FIN on a segment with data is not in snd_lbb, one by itself is. */
static uint32_t end_of_bytes(const struct tcp_pcb *pcb)
{
	const struct tcp_seg *seg = pcb->unsent ? pcb->unsent : pcb->unacked;
	if (!(pcb->flags & TF_FIN))
		return pcb->snd_lbb;
	if (!seg)
		return pcb->lastack; /* the peer has them all, and the FIN */
	while (seg->next)
		seg = seg->next;
	return lwip_ntohl(seg->tcphdr->seqno) + seg->len;
}

static void capture_sender(const struct tcp_pcb *pcb, struct tcp_value *v)
{
	v->snd_una = pcb->lastack;
	v->snd_nxt = pcb->snd_nxt;
	v->snd_end = end_of_bytes(pcb);
	v->snd_wnd = pcb->snd_wnd;
	v->snd_wnd_max = pcb->snd_wnd_max;
	v->snd_wl1 = pcb->snd_wl1;
	v->snd_wl2 = pcb->snd_wl2;
	v->snd_scale = pcb->snd_scale;
	v->mss = pcb->mss;
	v->cwnd = pcb->cwnd;
	v->ssthresh = pcb->ssthresh;
	v->srtt = (uint16_t)pcb->sa;
	v->rttvar = (uint16_t)pcb->sv;
	v->rto = (uint16_t)pcb->rto;
	v->nrtx = pcb->nrtx;
}

static void capture_receiver(const struct tcp_pcb *pcb, struct tcp_value *v)
{
	v->rcv_nxt = pcb->rcv_nxt;
	v->rcv_wnd = pcb->rcv_wnd;
	v->rcv_ann_wnd = pcb->rcv_ann_wnd;
	v->rcv_ann_edge = pcb->rcv_ann_right_edge;
	v->rcv_scale = pcb->rcv_scale;
	v->refused = refused_bytes(pcb);
#if LWIP_TCP_TIMESTAMPS
	v->ts_recent = pcb->ts_recent;
#endif
}

void journal_capture(const struct tcp_pcb *pcb, struct tcp_value *v)
{
	v->state = (uint8_t)pcb->state;
	v->prio = pcb->prio;
	v->ttl = pcb->ttl;
	v->tos = pcb->tos;
	if (pcb->state == LISTEN)
		return; /* a shorter struct: there is no more in it */
	v->flags = flags_of(pcb);
	v->keep_idle = pcb->keep_idle;
	capture_sender(pcb, v);
	capture_receiver(pcb, v);
}

const struct tcp_app *journal_app_of(const struct tcp_key *key)
{
	const struct tcp_journal_config *c = tcp_journal->config;
	for (size_t i = 0; i < c->app_count; i++)
		if (c->apps[i].port == key->local_port)
			return &c->apps[i];
	return NULL;
}
