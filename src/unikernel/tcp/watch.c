/* watch.c - are resumed connections what their peers think they are? A journal that is older than
 * what the peer was told (a disk put back, a flush that was none) is found out before any data
 * goes: the peer is asked by a segment that it must answer (RFC 9293, 3.10.7.4: one outside its
 * window), and its answer says where it is. SPDX-License-Identifier: ISC */
#include "parts.h"
#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/tcp.h"
#include "lwip/sys.h"

/* Linux answers such segments at most every 500 ms. The first ones may be lost: a switch learns of
 * the link, the peer's address is asked for. */
#define ASK_MS 600
#define ASK_FIRST_MS 75
/* As long as lwIP's own retransmissions of data, about. */
#define ANSWER_MS 120000
#define HEADS_MAX 3
#define INITIAL_WINDOW(mss) LWIP_MIN(4u * (mss), LWIP_MAX(2u * (mss), 4380u)) /* RFC 5681, 3.1 */

static void report(const char *message)
{
	const struct tcp_journal_config *c = tcp_journal->config;
	if (c->report)
		c->report(c->ctx, message);
}

/* Our address is up, and leads to the peer. */
static bool is_reachable(const struct tcp_pcb *pcb)
{
	struct netif *netif = ip_route(&pcb->local_ip, &pcb->remote_ip);
	return netif && netif_is_up(netif) && netif_is_link_up(netif) &&
	       ip_addr_cmp(netif_ip_addr4(netif), &pcb->local_ip);
}

static void mark_stale(struct shadow *s)
{
	s->event = TCP_STALE;
	s->watch = WATCH_DOOMED;
	tcp_journal->stats.stale++;
	report("a peer knows more than the journal: connection reset");
}

/* With the sequence number that the peer expects: it would ignore another (RFC 5961, 3.2). */
static err_t reset(struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
	tcp_rst(pcb, header->ackno, pcb->rcv_nxt, &pcb->local_ip, &pcb->remote_ip, pcb->local_port,
		pcb->remote_port);
	tcp_abandon(pcb, 0);
	return ERR_ABRT;
}

static void begin_gap(const struct tcp_pcb *pcb, struct shadow *s)
{
	s->watch = WATCH_GAP;
	s->gap_ms = sys_now();
	s->gap_at = pcb->rcv_nxt;
	s->gap_heads = 0;
}

/* A peer sends the first segment again that is not acknowledged. Where that comes again and again
 * and is not what we lack, we have acknowledged what we lack. Not on the second time: there are
 * probes with the last segment (RFC 8985, 7), too. */
static bool is_head_behind_gap(struct shadow *s, uint32_t seq)
{
	if (!s->gap_heads || SEQ_LT(seq, s->gap_head)) {
		s->gap_head = seq;
		s->gap_heads = 0;
	}
	if (seq == s->gap_head)
		s->gap_heads++;
	return s->gap_heads > HEADS_MAX;
}

/* Has the peer sent more than the journal ever let it? Then another image did. Two more may be a
 * probe of a closed window and a FIN. Asked of the first segment: what we say then lets it. */
static bool is_beyond_window(const struct tcp_pcb *pcb, const struct shadow *s, uint32_t seq)
{
	return SEQ_LT(s->offered + 2, seq) && SEQ_LT(pcb->rcv_ann_right_edge + 2, seq);
}

/* The answer to our question, or the peer's own segment. Its acknowledgement tells how much it has
 * of us; its sequence number, how much it has sent. What lies between that and rcv_nxt it may
 * still send again, or have thrown away as acknowledged. */
err_t watch_segment(struct tcp_pcb *pcb, struct shadow *s, const struct tcp_hdr *header, u16_t n)
{
	bool has_data = n || TCPH_FLAGS(header) & TCP_FIN, beyond = false;
	if (TCPH_FLAGS(header) & TCP_RST || !(TCPH_FLAGS(header) & TCP_ACK))
		return ERR_OK;
	if (SEQ_LT(pcb->snd_nxt, header->ackno) && s->watch != WATCH_DOOMED)
		mark_stale(s);
	if (s->watch == WATCH_DOOMED)
		return reset(pcb, header);
	if (SEQ_LT(header->ackno, pcb->lastack))
		return ERR_OK; /* an old one, and no answer */
	if (s->watch == WATCH_ASKING) {
		beyond = is_beyond_window(pcb, s, header->seqno);
		pcb->cwnd = (tcpwnd_size_t)INITIAL_WINDOW(pcb->mss);
		begin_gap(pcb, s);
		tcp_ack_now(pcb); /* our last one may be lost, and the peer ignores a question's */
	}
	if (SEQ_LEQ(header->seqno, pcb->rcv_nxt)) {
		s->watch = WATCH_NONE;
	} else if (beyond || (has_data && is_head_behind_gap(s, header->seqno))) {
		mark_stale(s);
		return reset(pcb, header);
	}
	return ERR_OK;
}

/* An empty segment just before what the peer has acknowledged. */
static void ask(struct tcp_pcb *pcb, struct shadow *s)
{
	uint32_t snd_nxt = pcb->snd_nxt;
	pcb->snd_nxt = pcb->lastack - 1;
	tcp_send_empty_ack(pcb);
	pcb->snd_nxt = snd_nxt;
	s->asked_ms = sys_now();
	s->ask_ms = s->ask_ms ? (uint16_t)LWIP_MIN(2 * s->ask_ms, ASK_MS) : ASK_FIRST_MS;
}

void watch_turn(struct tcp_pcb *pcb, struct shadow *s)
{
	uint32_t now = sys_now();
	if (s->watch == WATCH_GAP && pcb->rcv_nxt != s->gap_at)
		s->watch = WATCH_NONE;
	if (pcb->refused_data)
		s->gap_ms = now; /* lwIP takes nothing before that is taken */
	if (s->watch == WATCH_GAP && now - s->gap_ms > tcp_journal->config->stale_ms)
		mark_stale(s);
	if (s->watch == WATCH_ASKING && now - s->restored_ms > ANSWER_MS) {
		s->event = TCP_LOST;
		s->watch = WATCH_DOOMED;
	}
	bool reachable = is_reachable(pcb);
	if (s->watch == WATCH_DOOMED && (reachable || now - s->restored_ms > ANSWER_MS)) {
		s->abort = true;
		tcp_journal->aborts = true;
	}
	if (s->watch == WATCH_ASKING && reachable && (!s->ask_ms || now - s->asked_ms >= s->ask_ms))
		ask(pcb, s);
}
