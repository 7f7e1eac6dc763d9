/* journal.c - follows lwIP's lists of connections, and puts what changed into the tables.
 * SPDX-License-Identifier: ISC */
#include "parts.h"
#include "lwip/ip_addr.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/sys.h"
#include <string.h>

#define NS_PER_S 1000000000u
/* Timestamps are promised to stay below a limit so far ahead: a new one is written down once an
 * hour, not with each segment. A later image begins at the limit. */
#define TS_AHEAD_MS 3600000u
#define TS_LEFT_MS 60000u
#define ALIGN 16

struct journal *tcp_journal;

size_t tcp_journal_memory(const struct tcp_journal_config *c)
{
	return (sizeof(struct journal) + ALIGN - 1) / ALIGN * ALIGN +
	       hash_memory(c->entries, sizeof(struct tcp_key), sizeof(struct shadow));
}

void tcp_journal_open(void *memory, const struct tcp_journal_config *config)
{
	uint8_t *p = memory;
	tcp_journal = memory;
	tcp_journal->config = config;
	tcp_journal->shadows = hash_open(p + (sizeof(struct journal) + ALIGN - 1) / ALIGN * ALIGN,
		config->entries, sizeof(struct tcp_key), sizeof(struct shadow), config->secret);
}

static enum table_change put(const struct tcp_key *key, const struct tcp_value *v, unsigned note)
{
	enum table_change change = table_put(tcp_journal->config->connections, key, v, note);
	if (change == TABLE_CHANGED)
		tcp_journal->changed = true;
	return change;
}

/* The connection is gone: so are its bytes, and its value, by a commit that says so. */
static void forget(const struct tcp_key *key, struct shadow *s)
{
	struct journal *j = tcp_journal;
	const struct tcp_value *v = table_get(j->config->connections, key);
	enum tcp_event event = s->event ? s->event : TCP_STEP;
	unsigned from = v ? v->state : TCP_CLOSED;
	if (v && table_remove(j->config->connections, key, tcp_note(event, from, TCP_CLOSED)) ==
			 TABLE_CHANGED)
		j->changed = true;
	chunks_forget(key, s);
	hash_remove(j->shadows, key);
}

/* A connection that begins anew has nothing of one with the same ends before it. */
static bool begins_anew(const struct tcp_value *old, const struct tcp_pcb *pcb)
{
	bool opening = pcb->state == SYN_SENT || pcb->state == SYN_RCVD;
	return opening && (old->state != pcb->state || old->snd_una != pcb->lastack);
}

static void count(struct tcp_value *v, const struct tcp_value *old)
{
	if (!old)
		return;
	v->acked = old->acked + (v->snd_una - old->snd_una);
	if (old->state != TCP_SYN_SENT) /* whose rcv_nxt means nothing yet */
		v->received = old->received + (v->rcv_nxt - old->rcv_nxt);
}

static void limit_timestamps(struct tcp_value *v)
{
	uint32_t now = sys_now();
	if (v->flags & TCP_FLAG_TIMESTAMP && SEQ_LT(v->ts_limit, now + TS_LEFT_MS))
		v->ts_limit = now + TS_AHEAD_MS;
}

static void save_app(const struct tcp_app *app, struct tcp_pcb *pcb, struct tcp_value *v)
{
	if (!app->save || v->flags & TCP_FLAG_RX_CLOSED || v->state < TCP_ESTABLISHED ||
		v->state == TCP_TIME_WAIT)
		return;
	memset(v->app, 0, sizeof(v->app));
	size_t n = app->save(app->ctx, pcb, v->app);
	v->app_size = (uint8_t)(n <= TCP_APP_MAX ? n : 0);
}

/* Bytes that found no room once are left alone until there are none. */
static bool is_out_of_room(const struct tcp_value *old, const struct tcp_value *v)
{
	return old && old->resumable == TCP_NO_ROOM && (v->snd_una != v->snd_end || v->refused);
}

static void write_payload(struct tcp_pcb *pcb, const struct tcp_key *key, struct tcp_value *v,
	const struct tcp_value *old, struct shadow *s)
{
	const struct tcp_app *app = journal_app_of(key);
	v->resumable = TCP_NO_APPLICATION;
	if (!app)
		return;
	save_app(app, pcb, v);
	v->resumable = TCP_NO_ROOM;
	if (is_out_of_room(old, v))
		return;
	if (chunks_add(pcb, key, v, s))
		v->resumable = TCP_RESUMABLE;
	else
		tcp_journal->stats.no_room++;
}

/* Each step of the state is a commit; what else changed comes with the next one. */
static enum table_change put_steps(
	const struct tcp_key *key, const struct tcp_value *old, const struct tcp_value *v)
{
	unsigned start = v->state == TCP_SYN_RCVD ? TCP_LISTEN : TCP_CLOSED;
	unsigned from = old ? old->state : start, to;
	struct tcp_value between = *v;
	if (from == v->state)
		return put(key, v, TABLE_LATER);
	for (; (to = tcp_next_state(from, v->state)) != v->state; from = to) {
		between.state = (uint8_t)to;
		put(key, &between, tcp_note(TCP_STEP, from, to));
	}
	return put(key, v, tcp_note(TCP_STEP, from, to));
}

static void write_down(struct tcp_pcb *pcb, const struct tcp_key *key, struct shadow *s)
{
	const struct tcp_value *old = table_get(tcp_journal->config->connections, key);
	struct tcp_value v;
	if (old)
		v = *old;
	else
		memset(&v, 0, sizeof(v));
	if (!old)
		v.opened = tcp_journal->now_s;
	journal_capture(pcb, &v);
	if (pcb->state != LISTEN) {
		count(&v, old);
		limit_timestamps(&v);
		write_payload(pcb, key, &v, old, s);
	}
	if (put_steps(key, old, &v) == TABLE_FULL) {
		tcp_journal->stats.unrecorded++;
		chunks_forget(key, s);
	}
	chunks_drop(key, &v, s);
}

static struct shadow *shadow_of(const struct tcp_pcb *pcb, const struct tcp_key *key)
{
	struct journal *j = tcp_journal;
	bool fresh;
	struct shadow *s = hash_get(j->shadows, key);
	const struct tcp_value *old = table_get(j->config->connections, key);
	if (s && old && pcb->state != LISTEN && begins_anew(old, pcb)) {
		forget(key, s);
		s = NULL;
	}
	return s ? s : hash_put(j->shadows, key, &fresh);
}

static struct shadow *visit(struct tcp_pcb *pcb)
{
	struct tcp_key key;
	journal_key_of(pcb, &key);
	struct shadow *s = shadow_of(pcb, &key);
	if (!s) {
		tcp_journal->stats.unrecorded++;
		return NULL;
	}
	s->turn = tcp_journal->turn;
	if (s->watch != WATCH_DOOMED)
		write_down(pcb, &key, s);
	return s;
}

/* Has the connection made a step since it was last seen? lwIP moves the one that a segment was for
 * to the head of its list. */
static void look_at(struct tcp_pcb *pcb)
{
	struct tcp_key key;
	if (!pcb)
		return;
	journal_key_of(pcb, &key);
	const struct tcp_value *v = table_get(tcp_journal->config->connections, &key);
	if (!v || v->state != pcb->state)
		visit(pcb);
}

err_t tcp_journal_segment(struct tcp_pcb *pcb, const struct tcp_hdr *header, u16_t n)
{
	struct tcp_key key;
	if (!tcp_journal)
		return ERR_OK;
	look_at(tcp_active_pcbs);
	look_at(tcp_active_pcbs ? tcp_active_pcbs->next : NULL); /* PCB itself may come first now */
	look_at(tcp_tw_pcbs);
	if (pcb->state == LISTEN)
		return ERR_OK;
	journal_key_of(pcb, &key);
	struct shadow *s = hash_get(tcp_journal->shadows, &key);
	return s && s->watch != WATCH_NONE ? watch_segment(pcb, s, header, n) : ERR_OK;
}

static void walk(struct tcp_pcb *list)
{
	for (struct tcp_pcb *pcb = list; pcb; pcb = pcb->next) {
		struct shadow *s = visit(pcb);
		if (s && s->watch != WATCH_NONE)
			watch_turn(pcb, s);
	}
}

static void forget_missing(void)
{
	const void *key;
	void *value;
	for (size_t cursor = 0; hash_next(tcp_journal->shadows, &cursor, &key, &value);) {
		struct shadow *s = value;
		if (s->turn != tcp_journal->turn) {
			struct tcp_key copy = *(const struct tcp_key *)key;
			forget(&copy, s);
		}
	}
}

static void abort_marked(void)
{
	struct tcp_pcb *next;
	tcp_journal->aborts = false;
	for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = next) {
		struct tcp_key key;
		next = pcb->next;
		journal_key_of(pcb, &key);
		struct shadow *s = hash_get(tcp_journal->shadows, &key);
		if (!s || !s->abort)
			continue;
		tcp_abort(pcb);
		next = tcp_active_pcbs; /* an application may have closed others */
	}
}

static void commit_counters(void)
{
	struct journal *j = tcp_journal;
	uint32_t now = sys_now();
	if (now - j->committed_ms < j->config->commit_ms)
		return;
	if (table_commit(j->config->connections, tcp_note(TCP_COUNTERS, 0, 0)))
		j->committed_ms = now;
}

static void make_durable(void)
{
	struct journal *j = tcp_journal;
	if (j->changed && j->config->durable && !j->config->durable(j->config->ctx))
		j->stats.not_durable++;
	j->changed = false;
}

static void walk_all(void)
{
	tcp_journal->turn++;
	tcp_journal->stats.unrecorded = 0;
	walk(tcp_active_pcbs);
	walk(tcp_tw_pcbs);
	walk(tcp_listen_pcbs.pcbs);
	forget_missing();
}

void tcp_journal_turn(uint64_t now_ns)
{
	struct journal *j = tcp_journal;
	j->now_s = now_ns / NS_PER_S;
	table_set_time(j->config->connections, now_ns);
	table_set_time(j->config->payload, now_ns);
	walk_all();
	if (j->aborts) {
		abort_marked();
		walk_all();
	}
	commit_counters();
	make_durable();
}

struct tcp_journal_stats tcp_journal_stats(void)
{
	struct tcp_journal_stats stats = tcp_journal->stats;
	stats.connections = (unsigned)hash_count(tcp_journal->shadows);
	return stats;
}
