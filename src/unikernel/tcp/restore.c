/* restore.c - lwIP's connections made of the tables, in a fresh image. SPDX-License-Identifier: ISC
 */
#include "parts.h"
#include "lwip/ip.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/sys.h"
#include <string.h>

/* ---- fields ---- */

static void set_flags(struct tcp_pcb *pcb, unsigned flags)
{
	for (const struct journal_flag *f = journal_flags; f->lwip; f++)
		if (flags & f->ours)
			tcp_set_flags(pcb, f->lwip);
	if (flags & TCP_FLAG_KEEPALIVE)
		ip_set_option(pcb, SOF_KEEPALIVE);
}

/* No data is sent while cwnd is 0: watch.c opens it when the peer has said where it is. */
static void set_sender(struct tcp_pcb *pcb, const struct tcp_value *v)
{
	pcb->lastack = v->snd_una;
	pcb->snd_lbb = v->snd_una;
	pcb->snd_nxt = v->snd_una;
	pcb->snd_wnd = v->snd_wnd;
	pcb->snd_wnd_max = v->snd_wnd_max;
	pcb->snd_wl1 = v->snd_wl1;
	pcb->snd_wl2 = v->snd_wl2;
	pcb->snd_scale = v->snd_scale;
	pcb->mss = v->mss;
	pcb->cwnd = 0;
	if (!v->srtt)
		return;
	pcb->sa = (s16_t)v->srtt;
	pcb->sv = (s16_t)v->rttvar;
	pcb->rto = (s16_t)((pcb->sa >> 3) + pcb->sv);
}

static void set_receiver(struct tcp_pcb *pcb, const struct tcp_value *v)
{
	pcb->rcv_nxt = v->rcv_nxt;
	pcb->rcv_wnd = v->rcv_wnd;
	pcb->rcv_ann_wnd = v->rcv_ann_wnd;
	pcb->rcv_ann_right_edge = v->rcv_ann_edge;
	pcb->rcv_scale = v->rcv_scale;
#if LWIP_TCP_TIMESTAMPS
	pcb->ts_recent = v->ts_recent;
	pcb->ts_lastacksent = v->rcv_nxt;
#endif
}

static struct tcp_pcb *make(const struct tcp_key *key, const struct tcp_value *v)
{
	struct tcp_pcb *pcb = tcp_new();
	if (!pcb)
		return NULL;
	memcpy(&ip_2_ip4(&pcb->local_ip)->addr, key->local_ip, 4);
	memcpy(&ip_2_ip4(&pcb->remote_ip)->addr, key->remote_ip, 4);
	pcb->local_port = key->local_port;
	pcb->remote_port = key->remote_port;
	pcb->prio = v->prio;
	pcb->ttl = v->ttl;
	pcb->tos = v->tos;
	pcb->keep_idle = v->keep_idle;
	set_flags(pcb, v->flags);
	set_sender(pcb, v);
	set_receiver(pcb, v);
	return pcb;
}

/* ---- queues ---- */

/* The bytes from snd_una to snd_end, to be sent again or for the first time. */
static bool queue_bytes(struct tcp_pcb *pcb, const struct tcp_key *key, const struct tcp_value *v,
	const struct shadow *s)
{
	uint8_t bytes[TCP_CHUNK];
	uint32_t at = v->snd_una, chunk = s->ranges[TCP_OUT].start;
	while (SEQ_LT(at, v->snd_end)) {
		size_t n = chunks_read(key, TCP_OUT, &chunk, at, bytes);
		if (n > v->snd_end - at)
			n = v->snd_end - at; /* queued in a turn that was never finished */
		if (!n || tcp_write(pcb, bytes, (u16_t)n, TCP_WRITE_FLAG_COPY) != ERR_OK)
			return false;
		at += (uint32_t)n;
	}
	return true;
}

static bool queue_fin(struct tcp_pcb *pcb, const struct tcp_value *v)
{
	bool unacked =
		v->state == TCP_FIN_WAIT_1 || v->state == TCP_CLOSING || v->state == TCP_LAST_ACK;
	if (unacked)
		return tcp_send_fin(pcb) == ERR_OK;
	if (v->state == TCP_FIN_WAIT_2)
		tcp_set_flags(pcb, TF_FIN);
	return true;
}

/* The bytes that the application refused: lwIP offers them again with its fast timer. */
static bool hold_refused(struct tcp_pcb *pcb, const struct tcp_key *key, const struct tcp_value *v,
	const struct shadow *s)
{
	uint8_t bytes[TCP_CHUNK];
	uint32_t at = chunks_in_start(v), end = at + v->refused, chunk = s->ranges[TCP_IN].start;
	while (SEQ_LT(at, end)) {
		size_t n = chunks_read(key, TCP_IN, &chunk, at, bytes);
		n = n > end - at ? end - at : n;
		struct pbuf *p = n ? pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_RAM) : NULL;
		if (!p)
			return false;
		pbuf_take(p, bytes, (u16_t)n);
		if (pcb->refused_data)
			pbuf_cat(pcb->refused_data, p);
		else
			pcb->refused_data = p;
		at += (uint32_t)n;
	}
	if (pcb->refused_data && v->flags & TCP_FLAG_FIN_HELD)
		pcb->refused_data->flags |= PBUF_FLAG_TCP_FIN;
	return true;
}

/* ---- the application ---- */

static bool accept_again(const struct tcp_key *key, struct tcp_pcb *pcb)
{
	for (struct tcp_pcb_listen *l = tcp_listen_pcbs.listen_pcbs; l; l = l->next)
		if (l->local_port == key->local_port && l->accept) {
			pcb->callback_arg = l->callback_arg;
			return l->accept(l->callback_arg, pcb, ERR_OK) == ERR_OK;
		}
	return false;
}

static bool attach(struct tcp_pcb *pcb, const struct tcp_key *key, const struct tcp_value *v)
{
	const struct tcp_app *app = journal_app_of(key);
	if (v->flags & TCP_FLAG_RX_CLOSED)
		return true; /* it was closed: nobody waits for it */
	if (!app)
		return false;
	return app->restore ? app->restore(app->ctx, pcb, v->app, v->app_size)
			    : accept_again(key, pcb);
}

/* ---- connections ---- */

static void lose(struct shadow *s)
{
	const struct tcp_journal_config *c = tcp_journal->config;
	s->event = TCP_LOST;
	tcp_journal->stats.lost++;
	if (c->report)
		c->report(c->ctx, "a connection can't be resumed: reset");
}

static void doom(struct tcp_pcb *pcb, struct shadow *s)
{
	tcp_pcb_purge(pcb);
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	s->watch = WATCH_DOOMED;
	lose(s);
}

static void resume(const struct tcp_key *key, const struct tcp_value *v, struct shadow *s)
{
	struct tcp_pcb *pcb = tcp_value_is_sane(v) ? make(key, v) : NULL;
	if (!pcb) { /* what the peer sends finds no connection, and is answered by a reset */
		lose(s);
		return;
	}
	/* tcp_write() and tcp_send_fin() expect an open connection. */
	pcb->state = ESTABLISHED;
	TCP_REG_ACTIVE(pcb);
	bool whole = v->resumable == TCP_RESUMABLE && queue_bytes(pcb, key, v, s) &&
		     queue_fin(pcb, v) && hold_refused(pcb, key, v, s);
	pcb->state = (enum tcp_state)v->state;
	pcb->snd_nxt = v->snd_nxt;
	if (!whole || !attach(pcb, key, v)) {
		doom(pcb, s);
		return;
	}
	struct tcp_value now = *v;
	now.resumed++;
	s->watch = WATCH_ASKING;
	s->offered = v->rcv_ann_edge;
	tcp_journal->stats.resumed++;
	s->value = now;
	table_put(tcp_journal->config->connections, key, &now,
		tcp_note(TCP_RESUMED, v->state, v->state));
}

/* It keeps old segments from a new connection of the same ends, for its full time again: how long
 * the image was away is not known. */
static void resume_time_wait(const struct tcp_key *key, const struct tcp_value *v)
{
	struct tcp_pcb *pcb = make(key, v);
	if (!pcb)
		return;
	pcb->snd_nxt = v->snd_nxt;
	pcb->state = TIME_WAIT;
	TCP_REG(&tcp_tw_pcbs, pcb);
	tcp_journal->stats.resumed++;
}

static bool is_open(const struct tcp_value *v)
{
	return v->state >= TCP_ESTABLISHED && v->state < TCP_TIME_WAIT;
}

/* Calls F for each value; it may be changed. */
static void for_each(void (*f)(const struct tcp_key *, const struct tcp_value *, struct shadow *))
{
	struct table *t = tcp_journal->config->connections;
	const void *k, *v;
	for (size_t cursor = 0; table_next(t, &cursor, &k, &v);) {
		struct tcp_key key = *(const struct tcp_key *)k;
		struct tcp_value value = *(const struct tcp_value *)v;
		struct shadow *s = hash_get(tcp_journal->shadows, &key);
		if (s)
			f(&key, &value, s);
	}
}

static void add_shadow(const struct tcp_key *key, const struct tcp_value *v)
{
	struct shadow *s = record_add(key);
	if (!s)
		return;
	s->value = *v;
	s->is_recorded = true;
	s->restored_ms = sys_now();
}

static void restore_open(const struct tcp_key *key, const struct tcp_value *v, struct shadow *s)
{
	if (is_open(v))
		resume(key, v, s);
}

/* Last, for lwIP gives up such where it has too few pcbs. */
static void restore_time_wait(
	const struct tcp_key *key, const struct tcp_value *v, struct shadow *s)
{
	(void)s;
	if (v->state == TCP_TIME_WAIT)
		resume_time_wait(key, v);
}

/* ---- the clock ---- */

/* A peer drops what is older than the last timestamp it saw (RFC 7323, 5): ours must go on from the
 * latest limit. The clock wraps after 50 days: limits compare with each other, not with a clock
 * that has just begun. */
static void restore_clock(void)
{
	const struct tcp_journal_config *c = tcp_journal->config;
	const void *key, *value;
	uint32_t limit = 0;
	bool any = false;
	for (size_t cursor = 0; table_next(c->connections, &cursor, &key, &value);) {
		const struct tcp_value *v = value;
		if (!(v->flags & TCP_FLAG_TIMESTAMP))
			continue;
		if (!any || SEQ_LT(limit, v->ts_limit))
			limit = v->ts_limit;
		any = true;
	}
	if (any && c->shift_clock)
		c->shift_clock(c->ctx, limit - sys_now());
}

void tcp_journal_restore(void)
{
	struct table *t = tcp_journal->config->connections;
	const void *key, *value;
	restore_clock();
	for (size_t cursor = 0; table_next(t, &cursor, &key, &value);)
		add_shadow(key, value);
	chunks_adopt();
	for_each(restore_open);
	for_each(restore_time_wait);
	tcp_journal->changed = true;
}
