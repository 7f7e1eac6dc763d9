/* chunks.c - the bytes on their way, in the table of payload: put when they are queued, removed
 * when the other side has taken them. Chunks need not agree with lwIP's segments, which grow and
 * are split. SPDX-License-Identifier: ISC */
#include "parts.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include <string.h>

static struct tcp_chunk_key chunk_key(const struct tcp_key *key, unsigned direction, uint32_t seq)
{
	struct tcp_chunk_key k;
	memset(&k, 0, sizeof(k));
	k.connection = *key;
	k.direction = (uint8_t)direction;
	k.seq = seq;
	return k;
}

static const struct tcp_chunk *chunk_at(const struct tcp_key *key, unsigned direction, uint32_t seq)
{
	struct tcp_chunk_key k = chunk_key(key, direction, seq);
	return table_get(tcp_journal->config->payload, &k);
}

static void remove_chunk(const struct tcp_key *key, unsigned direction, uint32_t seq)
{
	struct tcp_chunk_key k = chunk_key(key, direction, seq);
	if (table_remove(tcp_journal->config->payload, &k, TABLE_LATER) == TABLE_CHANGED)
		tcp_journal->changed = true;
}

static bool put_chunk(
	const struct tcp_key *key, unsigned direction, uint32_t seq, const struct tcp_chunk *c)
{
	struct tcp_chunk_key k = chunk_key(key, direction, seq);
	enum table_change change = table_put(tcp_journal->config->payload, &k, c, TABLE_LATER);
	if (change == TABLE_CHANGED)
		tcp_journal->changed = true;
	return change != TABLE_FULL;
}

/* Removes the chunks that end at or before UP_TO. */
static void drop(const struct tcp_key *key, unsigned direction, struct shadow *s, uint32_t up_to)
{
	struct range *r = &s->ranges[direction];
	while (s->has_range[direction]) {
		const struct tcp_chunk *c = chunk_at(key, direction, r->start);
		if (c && SEQ_LT(up_to, r->start + c->n))
			return;
		uint32_t n = c ? c->n : r->end - r->start;
		remove_chunk(key, direction, r->start);
		r->start += n;
		s->has_range[direction] = SEQ_LT(r->start, r->end);
	}
}

void chunks_forget(const struct tcp_key *key, struct shadow *s)
{
	for (unsigned d = TCP_OUT; d <= TCP_IN; d++)
		drop(key, d, s, s->ranges[d].end);
}

/* Bytes that are to be put, in order; a chunk of them is collected in PART. */
struct filling {
	const struct tcp_key *key;
	struct shadow *s;
	unsigned direction;
	uint32_t seq; /* of PART's first byte */
	struct tcp_chunk part;
};

static bool put_part(struct filling *f)
{
	struct range *r = &f->s->ranges[f->direction];
	if (!f->part.n)
		return true;
	if (!put_chunk(f->key, f->direction, f->seq, &f->part))
		return false;
	if (!f->s->has_range[f->direction])
		r->start = f->seq;
	f->s->has_range[f->direction] = true;
	r->last = f->seq;
	r->end = f->seq + f->part.n;
	f->seq = r->end;
	memset(&f->part, 0, sizeof(f->part));
	return true;
}

static bool fill(struct filling *f, const uint8_t *p, size_t n)
{
	while (n) {
		size_t room = (size_t)(TCP_CHUNK - f->part.n), part = room < n ? room : n;
		memcpy(f->part.bytes + f->part.n, p, part);
		f->part.n = (uint16_t)(f->part.n + part);
		p += part;
		n -= part;
		if (f->part.n == TCP_CHUNK && !put_part(f))
			return false;
	}
	return true;
}

/* N bytes of the chain, without the first SKIP. */
static bool fill_from(struct filling *f, const struct pbuf *p, size_t skip, size_t n)
{
	for (; p && n; p = p->next) {
		if (skip >= p->len) {
			skip -= p->len;
			continue;
		}
		size_t part = p->len - skip < n ? p->len - skip : n;
		if (!fill(f, (const uint8_t *)p->payload + skip, part))
			return false;
		skip = 0;
		n -= part;
	}
	return true;
}

static size_t chain_length(const struct pbuf *p)
{
	size_t n = 0;
	for (; p; p = p->next)
		n += p->len;
	return n;
}

/* What the queue holds from *AT on. The segments are in order, and all together without gaps. */
static bool fill_from_queue(struct filling *f, const struct tcp_seg *queue, uint32_t *at)
{
	for (const struct tcp_seg *seg = queue; seg; seg = seg->next) {
		uint32_t seq = lwip_ntohl(seg->tcphdr->seqno), end = seq + seg->len;
		if (!seg->len || SEQ_LEQ(end, *at) || SEQ_LT(*at, seq))
			continue;
		size_t headers = chain_length(seg->p) - seg->len;
		if (!fill_from(f, seg->p, headers + (*at - seq), end - *at))
			return false;
		*at = end;
	}
	return true;
}

/* Small writes share a chunk: the last one is begun anew where the new bytes fit behind it. */
static void start_filling(struct filling *f, uint32_t from, uint32_t to)
{
	struct range *r = &f->s->ranges[f->direction];
	f->seq = from;
	memset(&f->part, 0, sizeof(f->part));
	if (!f->s->has_range[f->direction])
		return;
	const struct tcp_chunk *last = chunk_at(f->key, f->direction, r->last);
	if (last && last->n + (to - from) <= TCP_CHUNK) {
		f->part = *last;
		f->seq = r->last;
	}
}

/* Up to where the bytes from FROM on are chunks already. Without output commit, bytes may come and
 * go within a turn: then the chunks end before FROM, and a new line of them begins. */
static uint32_t known_up_to(const struct filling *f, uint32_t from)
{
	struct shadow *s = f->s;
	if (!s->has_range[f->direction])
		return from;
	uint32_t end = s->ranges[f->direction].end;
	if (!SEQ_LT(end, from))
		return end;
	drop(f->key, f->direction, s, end);
	return from;
}

uint32_t chunks_in_start(const struct tcp_value *v)
{
	return v->rcv_nxt - (v->flags & TCP_FLAG_FIN_HELD ? 1 : 0) - v->refused;
}

static bool follow_out(const struct tcp_pcb *pcb, struct filling *f, const struct tcp_value *v)
{
	uint32_t to = v->snd_end;
	f->direction = TCP_OUT;
	uint32_t at = known_up_to(f, v->snd_una);
	if (!SEQ_LT(at, to))
		return true;
	start_filling(f, at, to);
	return fill_from_queue(f, pcb->unacked, &at) && fill_from_queue(f, pcb->unsent, &at) &&
	       put_part(f) && at == to;
}

static bool follow_in(const struct tcp_pcb *pcb, struct filling *f, const struct tcp_value *v)
{
	uint32_t from = chunks_in_start(v), to = from + v->refused;
	f->direction = TCP_IN;
	uint32_t at = known_up_to(f, from);
	if (!SEQ_LT(at, to))
		return true;
	start_filling(f, at, to);
	return fill_from(f, pcb->refused_data, at - from, to - at) && put_part(f);
}

bool chunks_add(const struct tcp_pcb *pcb, const struct tcp_key *key, const struct tcp_value *v,
	struct shadow *s)
{
	struct filling f = {.key = key, .s = s};
	if (v->state < TCP_ESTABLISHED)
		return true; /* such connections are not resumed */
	if (follow_out(pcb, &f, v) && follow_in(pcb, &f, v))
		return true;
	chunks_forget(key, s);
	return false;
}

void chunks_drop(const struct tcp_key *key, const struct tcp_value *v, struct shadow *s)
{
	drop(key, TCP_OUT, s, v->snd_una);
	drop(key, TCP_IN, s, chunks_in_start(v));
}

size_t chunks_read(const struct tcp_key *key, enum tcp_direction direction, uint32_t *start,
	uint32_t seq, uint8_t out[TCP_CHUNK])
{
	const struct tcp_chunk *c = chunk_at(key, direction, *start);
	if (!c || c->n > TCP_CHUNK || seq - *start >= c->n)
		return 0;
	size_t skip = seq - *start;
	memcpy(out, c->bytes + skip, c->n - skip);
	*start += c->n;
	return c->n - skip;
}

/* Chunks of a direction are a line without gaps: they are found in any order. */
static void adopt(struct shadow *s, const struct tcp_chunk_key *k, const struct tcp_chunk *c)
{
	struct range *r = &s->ranges[k->direction];
	bool *has = &s->has_range[k->direction];
	if (!*has || SEQ_LT(k->seq, r->start))
		r->start = k->seq;
	if (!*has || SEQ_LT(r->last, k->seq)) {
		r->last = k->seq;
		r->end = k->seq + c->n;
	}
	*has = true;
}

static bool adopt_one(const struct tcp_chunk_key *k, const struct tcp_chunk *c)
{
	struct shadow *s = hash_get(tcp_journal->shadows, &k->connection);
	if (!s || k->direction > TCP_IN || !c->n || c->n > TCP_CHUNK)
		return false;
	adopt(s, k, c);
	return true;
}

void chunks_adopt(void)
{
	struct table *t = tcp_journal->config->payload;
	const void *key, *value;
	for (size_t cursor = 0; table_next(t, &cursor, &key, &value);)
		if (!adopt_one(key, value))
			table_remove(t, key, TABLE_LATER);
}
