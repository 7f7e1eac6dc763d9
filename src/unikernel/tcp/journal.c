/* journal.c - follows lwIP's lists of connections, and puts what changed into the tables.
 * SPDX-License-Identifier: ISC */
#include "parts.h"
#include "lwip/ip_addr.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/sys.h"
#include <string.h>

#define NS_PER_S 1000000000u
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
	tcp_journal->now_ms = sys_now();
}

/* Has the connection made a step since it was last seen? lwIP moves the one that a segment was for
 * to the head of its list. */
static void look_at(struct tcp_pcb *pcb)
{
	const struct shadow *s = pcb ? record_find(pcb) : NULL;
	if (pcb && (!s || !s->is_recorded || s->value.state != pcb->state))
		record_visit(pcb);
}

err_t tcp_journal_segment(struct tcp_pcb *pcb, const struct tcp_hdr *header, u16_t n)
{
	if (!tcp_journal)
		return ERR_OK;
	look_at(tcp_active_pcbs);
	look_at(tcp_active_pcbs ? tcp_active_pcbs->next : NULL); /* PCB itself may come first now */
	look_at(tcp_tw_pcbs);
	struct shadow *s = pcb->state == LISTEN ? NULL : record_find(pcb);
	return s && s->watch != WATCH_NONE ? watch_segment(pcb, s, header, n) : ERR_OK;
}

static void walk(struct tcp_pcb *list)
{
	for (struct tcp_pcb *pcb = list; pcb; pcb = pcb->next) {
		struct shadow *s = record_visit(pcb);
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
		if (s->turn != tcp_journal->turn)
			record_forget(s);
	}
}

static void abort_marked(void)
{
	struct tcp_pcb *next;
	tcp_journal->aborts = false;
	for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = next) {
		const struct shadow *s = record_find(pcb);
		next = pcb->next;
		if (!s || !s->abort)
			continue;
		tcp_abort(pcb);
		next = tcp_active_pcbs; /* an application may have closed others */
	}
}

static void commit_counters(void)
{
	struct journal *j = tcp_journal;
	uint32_t now = j->now_ms;
	if (now - j->committed_ms < j->config->commit_ms)
		return;
	if (table_commit(j->config->connections, tcp_note_joined(j->rate.joined))) {
		j->committed_ms = now;
		j->rate.joined = 0;
	}
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
	tcp_journal->visited = 0;
	walk(tcp_active_pcbs);
	walk(tcp_tw_pcbs);
	walk(tcp_listen_pcbs.pcbs);
	if (tcp_journal->visited != hash_count(tcp_journal->shadows))
		forget_missing();
}

void tcp_journal_turn(uint64_t now_ns)
{
	struct journal *j = tcp_journal;
	j->now_s = now_ns / NS_PER_S;
	j->now_ms = sys_now();
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
