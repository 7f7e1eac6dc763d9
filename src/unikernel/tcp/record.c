/* record.c - one connection of lwIP into its tables. SPDX-License-Identifier: ISC */
#include "parts.h"
#include "lwip/priv/tcp_priv.h"
#include <string.h>

/* Timestamps are promised to stay below a limit so far ahead: a new one is written down once an
 * hour, not with each segment. A later image begins at the limit. */
#define TS_AHEAD_MS 3600000u
#define TS_LEFT_MS 60000u

static unsigned note_of(enum tcp_event event, unsigned from, unsigned to)
{
	struct journal *j = tcp_journal;
	if (event == TCP_STEP && !tcp_rate_take(&j->rate, j->now_ms, from, to))
		return TABLE_LATER;
	return tcp_note(event, from, to);
}

static void stepped(enum table_change change, unsigned note)
{
	if (change != TABLE_CHANGED)
		return;
	tcp_journal->changed = true;
	tcp_rate_stepped(&tcp_journal->rate, note != TABLE_LATER);
}

static enum table_change put_step(
	const struct tcp_key *key, const struct tcp_value *v, unsigned from, unsigned to)
{
	unsigned note = note_of(TCP_STEP, from, to);
	enum table_change change = table_put(tcp_journal->config->connections, key, v, note);
	stepped(change, note);
	return change;
}

/* What is no step waits for the next commit. */
static enum table_change put_counters(const struct tcp_key *key, const struct tcp_value *v)
{
	enum table_change change = table_put(tcp_journal->config->connections, key, v, TABLE_LATER);
	if (change == TABLE_CHANGED)
		tcp_journal->changed = true;
	return change;
}

/* The connection is gone: so are its bytes, and its value, by a commit that says so. */
void record_forget(struct shadow *s)
{
	struct journal *j = tcp_journal;
	struct tcp_key key = s->key;
	enum tcp_event event = s->event ? s->event : TCP_STEP;
	unsigned note = note_of(event, s->value.state, TCP_CLOSED);
	stepped(table_remove(j->config->connections, &key, note), note);
	chunks_forget(&key, s);
	memset(&s->key, 0, sizeof(s->key)); /* for those who find it in by_pcb */
	hash_remove(j->shadows, &key);
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

static void limit_timestamps(struct tcp_value *v, const struct tcp_value *old)
{
	uint32_t now = tcp_journal->now_ms;
	bool first = !old || !(old->flags & TCP_FLAG_TIMESTAMP);
	if (v->flags & TCP_FLAG_TIMESTAMP && (first || SEQ_LT(v->ts_limit, now + TS_LEFT_MS)))
		v->ts_limit = now + TS_AHEAD_MS;
}

static void save_app(struct tcp_pcb *pcb, const struct shadow *s, struct tcp_value *v)
{
	const struct tcp_app *app = s->app;
	if (!app || !app->save || v->flags & TCP_FLAG_RX_CLOSED || v->state < TCP_ESTABLISHED ||
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

static enum tcp_resumable write_payload(const struct tcp_pcb *pcb, const struct tcp_value *v,
	const struct tcp_value *old, struct shadow *s)
{
	if (!s->app)
		return TCP_NO_APPLICATION;
	if (is_out_of_room(old, v))
		return TCP_NO_ROOM;
	if (chunks_add(pcb, &s->key, v, s))
		return TCP_RESUMABLE;
	tcp_journal->stats.no_room++;
	return TCP_NO_ROOM;
}

/* Each step of the state is a commit, unless strangers make too many; what else changed comes with
 * the next one. */
static enum table_change put_steps(
	const struct tcp_key *key, const struct tcp_value *old, const struct tcp_value *v)
{
	unsigned start = v->state == TCP_SYN_RCVD ? TCP_LISTEN : TCP_CLOSED;
	unsigned from = old ? old->state : start, to;
	struct tcp_value between = *v;
	if (from == v->state)
		return put_counters(key, v);
	for (; (to = tcp_next_state(from, v->state)) != v->state; from = to) {
		between.state = (uint8_t)to;
		put_step(key, &between, from, to);
	}
	return put_step(key, v, from, to);
}

static void write_down(const struct tcp_pcb *pcb, struct shadow *s, const struct tcp_value *old,
	struct tcp_value *v)
{
	if (pcb->state != LISTEN)
		v->resumable = (uint8_t)write_payload(pcb, v, old, s);
	if (put_steps(&s->key, old, v) == TABLE_FULL) {
		chunks_forget(&s->key, s);
		return;
	}
	chunks_drop(&s->key, v, s);
	s->value = *v;
	s->is_recorded = true;
}

static void record(struct tcp_pcb *pcb, struct shadow *s)
{
	const struct tcp_value *old = s->is_recorded ? &s->value : NULL;
	struct tcp_value v = s->value; /* zeros where nothing is recorded */
	if (!old)
		v.opened = tcp_journal->now_s;
	journal_capture(pcb, &v);
	if (pcb->state != LISTEN) {
		count(&v, old);
		limit_timestamps(&v, old);
		save_app(pcb, s, &v);
	}
	if (!old || memcmp(old, &v, sizeof(v)) != 0)
		write_down(pcb, s, old, &v);
}

struct shadow *record_add(const struct tcp_key *key)
{
	bool fresh;
	struct shadow *s = hash_put(tcp_journal->shadows, key, &fresh);
	if (!s)
		return NULL;
	s->key = *key;
	s->app = journal_app_of(key);
	return s;
}

/* lwIP's pcbs lie side by side and never move. */
static struct shadow **slot_of(const struct tcp_pcb *pcb)
{
	return &tcp_journal->by_pcb[(uintptr_t)pcb / sizeof(*pcb) % BY_PCB];
}

struct shadow *record_find(const struct tcp_pcb *pcb)
{
	struct shadow **slot = slot_of(pcb);
	struct tcp_key key;
	journal_key_of(pcb, &key);
	if (!*slot || memcmp(&(*slot)->key, &key, sizeof(key)) != 0)
		*slot = hash_get(tcp_journal->shadows, &key);
	return *slot;
}

struct shadow *record_visit(struct tcp_pcb *pcb)
{
	struct journal *j = tcp_journal;
	struct shadow *s = record_find(pcb);
	if (s && s->is_recorded && pcb->state != LISTEN && begins_anew(&s->value, pcb)) {
		record_forget(s);
		s = NULL;
	}
	if (!s) {
		struct tcp_key key;
		journal_key_of(pcb, &key);
		s = record_add(&key);
	}
	if (s && s->turn != j->turn)
		j->visited++;
	if (s) {
		s->turn = j->turn;
		if (s->watch != WATCH_DOOMED)
			record(pcb, s);
	}
	if (!s || !s->is_recorded)
		j->stats.unrecorded++;
	return s;
}
