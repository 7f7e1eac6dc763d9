/* tcp_value.h - a TCP connection as a value in a version-controlled table (table.h): what a later
 * image needs to go on with it, and its text. The bytes that are on their way are values of a table
 * of their own: they are secret. Plain computation: the same code in images and on the host.
 * SPDX-License-Identifier: ISC */
#ifndef TCP_VALUE_H
#define TCP_VALUE_H

#include "table.h"

#define TCP_APP_MAX 64
/* Of each of the two kinds of tables: so many connections fit one folder (TABLE_OBJECT_MAX). */
#define TCP_ENTRIES_MAX 900
#define TCP_CHUNK 1460

struct tcp_key {
	uint8_t local_ip[4], remote_ip[4];
	uint16_t local_port, remote_port;
};

/* RFC 9293, 3.3.2, with lwIP's numbers. */
enum tcp_value_state {
	TCP_CLOSED,
	TCP_LISTEN,
	TCP_SYN_SENT,
	TCP_SYN_RCVD,
	TCP_ESTABLISHED,
	TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2,
	TCP_CLOSE_WAIT,
	TCP_CLOSING,
	TCP_LAST_ACK,
	TCP_TIME_WAIT,
	TCP_STATES
};

enum tcp_value_flag {
	TCP_FLAG_FIN = 1,	   /* our FIN is queued or sent */
	TCP_FLAG_RX_CLOSED = 2,	   /* the application has let go of the connection */
	TCP_FLAG_CLOSE_PEND = 4,   /* closed, but the FIN is not queued yet */
	TCP_FLAG_NO_DELAY = 8,	   /* no Nagle algorithm */
	TCP_FLAG_WND_SCALE = 0x10, /* RFC 7323, 2 */
	TCP_FLAG_TIMESTAMP = 0x20, /* RFC 7323, 3 */
	TCP_FLAG_SACK = 0x40,	   /* RFC 2018 */
	TCP_FLAG_KEEPALIVE = 0x80,
	TCP_FLAG_FIN_HELD =
		0x100, /* the peer's FIN stands behind bytes that the application refused */
	TCP_FLAG_ALL = 0x1ff
};

/* Can a later image go on with the connection, and if not, why? */
enum tcp_resumable {
	TCP_RESUMABLE,
	TCP_NO_APPLICATION, /* nobody has said how (tcp_journal.h: struct tcp_app) */
	TCP_NO_ROOM,	    /* more bytes on their way than the table of payload takes */
	TCP_RESUMABLES
};

/* Sequence numbers and windows have the names of RFC 9293, 3.3.1. What the peer tells anew, or a
 * new connection would have to find out, too, is here for the reader alone: cwnd, ssthresh,
 * rto and nrtx are not restored. */
struct tcp_value {
	uint64_t opened;   /* seconds since 1970 */
	uint64_t acked;	   /* sequence numbers that the peer has acknowledged since then */
	uint64_t received; /* and those that came in order */
	uint32_t snd_una;  /* lwIP: lastack */
	uint32_t snd_nxt;
	uint32_t snd_end; /* behind the last byte queued, before our FIN */
	uint32_t snd_wnd, snd_wnd_max, snd_wl1, snd_wl2;
	uint32_t rcv_nxt, rcv_wnd;
	uint32_t rcv_ann_wnd,
		rcv_ann_edge; /* the window that the peer was told, and its right edge */
	uint32_t refused;     /* bytes before rcv_nxt that the application has not taken yet */
	uint32_t ts_recent;
	uint32_t ts_limit;	 /* our timestamps stay below it (milliseconds) */
	uint32_t cwnd, ssthresh; /* bytes */
	uint32_t keep_idle;	 /* milliseconds */
	uint16_t flags;		 /* enum tcp_value_flag */
	uint16_t mss;
	uint16_t srtt, rttvar, rto; /* ticks of 500 ms, scaled as lwIP does: 8, 4 and 1 times */
	uint16_t resumed;	    /* by so many images */
	uint8_t state;		    /* enum tcp_value_state */
	uint8_t resumable;	    /* enum tcp_resumable */
	uint8_t snd_scale, rcv_scale, nrtx, ttl, tos, prio;
	uint8_t app_size,
		app[TCP_APP_MAX]; /* what the application needs to go on; zeros behind it */
	uint8_t zero[7];
};

/* Bytes of a connection in one direction, from sequence number SEQ on. */
enum tcp_direction { TCP_OUT, TCP_IN };
struct tcp_chunk_key {
	struct tcp_key connection;
	uint32_t seq;
	uint8_t direction, zero[3];
};
struct tcp_chunk {
	uint16_t n;
	uint8_t bytes[TCP_CHUNK]; /* zeros behind the N */
};

/* The notes of commits of "tcp": a step from one state to the next, or what else happened. */
enum tcp_event {
	TCP_STEP = 1,
	TCP_COUNTERS,
	TCP_RESUMED, /* a new image goes on with it */
	TCP_STALE,   /* the peer knows more than the journal did: reset */
	TCP_LOST     /* a new image can't go on with it: reset */
};
unsigned tcp_note(enum tcp_event event, unsigned from, unsigned to);

/* One segment can do more than one step. The next state on the way, where there is only one way; TO
 * where it is that or unknown (RFC 9293, 3.3.2, figure 5). */
unsigned tcp_next_state(unsigned from, unsigned to);

/* Paths are "10.0.0.1:5555-10.0.0.2:80", our side first. Merging: the later opened wins, then the
 * one that has acknowledged and received more, then the later state. */
extern const struct table_kind tcp_kind;
/* Paths are those of tcp_kind with "/out/1234567" or "/in/1234567". */
extern const struct table_kind tcp_payload_kind;

/* Do the numbers agree with each other, so that lwIP can take them over? A value that was parsed
 * is well-formed, but may come from anywhere. */
bool tcp_value_is_sane(const struct tcp_value *v);
const char *tcp_state_name(unsigned state);

/* So many steps of connections' states in a second are commits; others are joined to the next
 * commit, so that strangers who open and close connections do not drive the history out. Whoever
 * sends a SYN makes one that steps from LISTEN to SYN_RCVD, and to CLOSED when nothing follows:
 * of these steps fewer are. */
#define TCP_COMMITS 250
#define TCP_HALF_OPEN_COMMITS 8
struct tcp_rate {
	uint32_t begun_ms; /* of the second that is counted */
	unsigned steps, half_open;
	uint32_t joined; /* steps that wait for the next commit */
};
/* May the step FROM one state TO another be a commit of its own? */
bool tcp_rate_take(struct tcp_rate *r, uint32_t now_ms, unsigned from, unsigned to);
/* A step is in the table: by a commit of its OWN, which has all that waited, or waiting itself. */
void tcp_rate_stepped(struct tcp_rate *r, bool own);
/* Of a commit of counters that has so many steps, too. */
unsigned tcp_note_joined(uint32_t steps);

#endif
