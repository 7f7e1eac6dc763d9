/* parts.h - what the journal's files give each other. SPDX-License-Identifier: ISC */
#ifndef TCP_PARTS_H
#define TCP_PARTS_H

#include "tcp_journal.h"
#include "hash.h"

#define SEQ_LT(a, b) ((int32_t)((uint32_t)(a) - (uint32_t)(b)) < 0)
#define SEQ_LEQ(a, b) ((int32_t)((uint32_t)(a) - (uint32_t)(b)) <= 0)

/* Chunks of one direction: [start, end), the last one beginning at LAST. */
struct range {
	uint32_t start, last, end;
};

/* Where a resumed connection stands. */
enum watch {
	WATCH_NONE,
	WATCH_ASKING, /* the peer has not said yet where it is: nothing is sent */
	WATCH_GAP,    /* it has, and is ahead of us: is it to send again what is missing? */
	WATCH_DOOMED  /* can't be resumed: reset as soon as there is a route */
};

/* What the journal knows of a connection. */
struct shadow {
	struct tcp_key key;
	bool is_recorded;
	struct tcp_value value; /* as the table has it, where it is recorded */
	const struct tcp_app *app;
	uint32_t turn; /* when it was last seen in lwIP's lists */
	struct range ranges[2];
	bool has_range[2];
	uint8_t watch, event; /* enum watch, and why it is removed: enum tcp_event, or 0 */
	bool abort;
	uint32_t offered; /* the right edge of the window, as the journal has told the peer */
	uint16_t ask_ms;  /* from the last question to the next; 0: none yet */
	/* sys_now() of the restore, the last question and the first gap. */
	uint32_t restored_ms, asked_ms, gap_ms;
	uint32_t gap_at;   /* rcv_nxt then */
	uint32_t gap_head; /* the lowest sequence number of data behind it, and how often it came */
	uint8_t gap_heads;
};

#define BY_PCB 1024
struct journal {
	const struct tcp_journal_config *config;
	struct hash *shadows;
	struct tcp_journal_stats stats;
	struct shadow *by_pcb[BY_PCB]; /* to find shadows sooner: where the key is the pcb's */
	uint64_t now_s;
	uint32_t now_ms, committed_ms;
	struct tcp_rate rate;
	uint32_t turn;
	size_t visited; /* shadows seen in this turn */
	bool changed, aborts;
};
extern struct journal *tcp_journal;

/* ---- capture.c: lwIP's state as values ---- */
/* Flags that lwIP's and ours have alike, up to one of zeros. A FIN is none: it is queued anew. */
struct journal_flag {
	tcpflags_t lwip;
	uint16_t ours;
};
extern const struct journal_flag journal_flags[];
void journal_key_of(const struct tcp_pcb *pcb, struct tcp_key *key);
/* Fills in what the pcb has; the rest of V is as it was. */
void journal_capture(const struct tcp_pcb *pcb, struct tcp_value *v);
const struct tcp_app *journal_app_of(const struct tcp_key *key);

/* ---- record.c: connections into the table ---- */
/* NULL where there is none (or, to add, no room). */
struct shadow *record_find(const struct tcp_pcb *pcb);
struct shadow *record_add(const struct tcp_key *key);
/* Writes down what has changed, with its bytes. NULL where there is no room. */
struct shadow *record_visit(struct tcp_pcb *pcb);
/* Removes value and bytes, with a commit that says why; S is gone then. */
void record_forget(struct shadow *s);

/* ---- chunks.c: payload ---- */
/* Adds what has come to the pcb's queues; false where there is no room: then no chunk is left. A
 * crash may come between any two changes, so: first this, then the value is put, then
 * chunks_drop() removes what is not in the queues any more. */
bool chunks_add(const struct tcp_pcb *pcb, const struct tcp_key *key, const struct tcp_value *v,
	struct shadow *s);
void chunks_drop(const struct tcp_key *key, const struct tcp_value *v, struct shadow *s);
/* The sequence number of the first byte that the application has refused. */
uint32_t chunks_in_start(const struct tcp_value *v);
void chunks_forget(const struct tcp_key *key, struct shadow *s);
/* Copies up to TCP_CHUNK bytes from SEQ on, as far as the chunk that begins at START goes; 0 where
 * there is none that holds SEQ. *START becomes the next chunk's. */
size_t chunks_read(const struct tcp_key *key, enum tcp_direction direction, uint32_t *start,
	uint32_t seq, uint8_t out[TCP_CHUNK]);
/* Takes over the chunks that are in the table, before anything is restored; those of no
 * connection are removed. */
void chunks_adopt(void);

/* ---- watch.c: are resumed connections what their peers think they are? ---- */
err_t watch_segment(struct tcp_pcb *pcb, struct shadow *s, const struct tcp_hdr *header, u16_t n);
void watch_turn(struct tcp_pcb *pcb, struct shadow *s);

#endif
