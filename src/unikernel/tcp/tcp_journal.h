/* tcp_journal.h - keeps lwIP's TCP connections in version-controlled tables (tcp_value.h), so that
 * git shows their lives and a later image goes on with them, without a change of lwIP.
 *
 * Output commit (Alvisi et al., FT-TCP, 2001): what the peer has been told must never be forgotten.
 * So each turn of the main loop ends in tcp_journal_turn(), which writes down all that changed and
 * makes it durable; only then may the turn's frames leave.
 *
 * Without a lasting store behind the tables it is the history alone. Singleton, as lwIP is.
 * SPDX-License-Identifier: ISC */
#ifndef TCP_JOURNAL_H
#define TCP_JOURNAL_H

#include "tcp_value.h"
#include "lwip/tcp.h"

/* An application whose connections can be resumed. What it takes from recv() it must either have
 * in what save() gives, or have passed to tcp_write(), or refuse. */
struct tcp_app {
	uint16_t port; /* local */
	void *ctx;
	/* What it needs beyond lwIP's state, at most TCP_APP_MAX bytes; returns how many. Readers
	 * of the history see them. Called each turn; NULL: it needs nothing. */
	size_t (*save)(void *ctx, struct tcp_pcb *pcb, uint8_t out[TCP_APP_MAX]);
	/* Takes a connection over from an earlier image: callbacks and argument. Data that it
	 * queues waits for the peer. False: it can't, the peer gets a reset. NULL: the
	 * listener's accept callback is called, as for a new connection. */
	bool (*restore)(void *ctx, struct tcp_pcb *pcb, const uint8_t *blob, size_t n);
};

struct tcp_journal_config {
	struct table *connections; /* of tcp_kind */
	struct table *payload; /* of tcp_payload_kind; no other changes may be made in the two */
	const struct tcp_app *apps;
	size_t app_count;
	size_t entries; /* connections and listeners at most; as many as the table of them takes */
	const uint64_t *secret; /* two random words */
	void *ctx;
	/* Returns when all changes of the two tables so far outlive the machine; false where they
	 * don't. NULL: nothing is to outlive it, and nothing waits. */
	bool (*durable)(void *ctx);
	/* Moves sys_now() forward, without running timers. Needed where lwIP has timestamps. */
	void (*shift_clock)(void *ctx, uint32_t ms);
	/* A word for the console on what was reset; NULL: none. */
	void (*report)(void *ctx, const char *message);
	uint32_t commit_ms; /* at least between commits of counters alone: 1000 */
	/* So long may a resumed connection lack bytes before those that the peer has sent last, and
	 * the peer not send them again: longer than any retransmission timer (Linux: 120 s),
	 * 130000. Then it has thrown them away, because an image after the journal acknowledged
	 * them. Found out at once where the peer goes on sending, or has sent more than the journal
	 * had ever offered it room for. */
	uint32_t stale_ms;
};

struct tcp_journal_stats {
	unsigned connections;	/* and listeners, in the journal now */
	unsigned resumed, lost; /* at restore: goes on; reset because it can't be resumed */
	unsigned stale;		/* reset because the peer knew more than the journal */
	unsigned unrecorded;	/* connections for which the table has no room, in the last turn */
	uint64_t no_room;	/* times that a connection's bytes found no room */
	uint64_t not_durable;	/* turns whose changes could not be made durable */
};

size_t tcp_journal_memory(const struct tcp_journal_config *config);
/* In MEMORY (zeroed, 16-byte aligned), after lwip_init(). CONFIG must stay. */
void tcp_journal_open(void *memory, const struct tcp_journal_config *config);
/* Makes lwIP's connections of what the tables hold, after the application has opened its listeners
 * and before the first frame: one that came earlier would be answered by a reset. The peers are
 * asked where they are, by tcp_journal_turn(), before any data is sent. */
void tcp_journal_restore(void);
/* At the end of each turn of the main loop in which anything ran, before its frames leave, and once
 * before the first. NOW_NS: since 1970. */
void tcp_journal_turn(uint64_t now_ns);
struct tcp_journal_stats tcp_journal_stats(void);

/* For lwIP's LWIP_HOOK_TCP_INPACKET_PCB, N bytes of data: looks at what the segment before this one
 * has done, so that each step of a connection is seen, and finds stale connections. */
struct tcp_hdr;
err_t tcp_journal_segment(struct tcp_pcb *pcb, const struct tcp_hdr *header, u16_t n);

#endif
