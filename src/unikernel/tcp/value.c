/* value.c - a connection as text, and the rules of its table. SPDX-License-Identifier: ISC */
#include "key.h"
#include <string.h>

#define SCALE_MAX 14 /* RFC 7323, 2.3 */
/* lwIP makes segments of half the largest window it has seen. Of none it makes large ones, which it
 * does not expect any more when a small window comes. */
#define WND_MAX_MIN 2
#define JOINED_MAX 4095u /* more are not counted */

_Static_assert(sizeof(struct tcp_key) == 12, "keys are compared as bytes: no padding");
_Static_assert(sizeof(struct tcp_value) == 3 * 8 + 17 * 4 + 6 * 2 + 2 + 6 + 1 + TCP_APP_MAX + 7,
	"values are compared as bytes: no padding");

static const char *const states[TCP_STATES] = {"CLOSED", "LISTEN", "SYN_SENT", "SYN_RCVD",
	"ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK",
	"TIME_WAIT"};
static const char *const flags[] = {"fin", "rx_closed", "close_pend", "no_delay", "wnd_scale",
	"timestamp", "sack", "keepalive", "fin_held"};
static const char *const resumables[TCP_RESUMABLES] = {
	"yes", "no: no application", "no: no room for its bytes"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* All that is a number, in the text's order, behind `opened`, which is a time. */
static const struct field {
	const char *name;
	size_t offset, size;
} fields[] = {
#define FIELD(name)                                                                                \
	{                                                                                          \
#name " ", offsetof(struct tcp_value, name), sizeof(((struct tcp_value *)0)->name) \
	}
	FIELD(acked), FIELD(received), FIELD(snd_una), FIELD(snd_nxt), FIELD(snd_end),
	FIELD(snd_wnd), FIELD(snd_wnd_max), FIELD(snd_wl1), FIELD(snd_wl2), FIELD(snd_scale),
	FIELD(rcv_nxt), FIELD(rcv_wnd), FIELD(rcv_ann_wnd), FIELD(rcv_ann_edge), FIELD(rcv_scale),
	FIELD(refused), FIELD(mss), FIELD(ts_recent), FIELD(ts_limit), FIELD(cwnd), FIELD(ssthresh),
	FIELD(srtt), FIELD(rttvar), FIELD(rto), FIELD(nrtx), FIELD(keep_idle), FIELD(ttl),
	FIELD(tos), FIELD(prio), FIELD(resumed)
#undef FIELD
};

const char *tcp_state_name(unsigned state)
{
	return state < TCP_STATES ? states[state] : "?";
}

static uint64_t get(const struct field *f, const struct tcp_value *v)
{
	uint64_t x = 0;
	memcpy(&x, (const uint8_t *)v + f->offset,
		f->size); /* little-endian, as all our machines */
	return x;
}

static void write_opened(struct tcp_text *w, uint64_t opened)
{
	char stamp[TABLE_STAMP + 1] = "";
	table_stamp_write(opened, stamp);
	tcp_text_add(w, "opened ");
	tcp_text_add(w, stamp);
	tcp_text_add(w, "Z\n");
}

static void write_flags(struct tcp_text *w, unsigned set)
{
	tcp_text_add(w, "flags");
	for (size_t i = 0; i < COUNT(flags); i++)
		if (set & 1u << i) {
			tcp_text_add(w, " ");
			tcp_text_add(w, flags[i]);
		}
	tcp_text_add(w, set ? "\n" : " none\n");
}

static size_t text(const void *value, char out[TABLE_TEXT_MAX])
{
	const struct tcp_value *v = value;
	struct tcp_text w = {out, 0, TABLE_TEXT_MAX};
	tcp_text_add(&w, "state ");
	tcp_text_add(&w, tcp_state_name(v->state));
	tcp_text_add(&w, "\n");
	write_flags(&w, v->flags);
	tcp_text_add(&w, "resumable ");
	tcp_text_add(&w, v->resumable < TCP_RESUMABLES ? resumables[v->resumable] : "?");
	tcp_text_add(&w, "\n");
	write_opened(&w, v->opened);
	for (size_t i = 0; i < COUNT(fields); i++) {
		tcp_text_add(&w, fields[i].name);
		tcp_text_number(&w, get(&fields[i], v));
		tcp_text_add(&w, "\n");
	}
	tcp_text_add(&w, "app ");
	if (v->app_size && v->app_size <= TCP_APP_MAX)
		tcp_text_hex(&w, v->app, v->app_size);
	else
		tcp_text_add(&w, "none");
	tcp_text_add(&w, "\n");
	return w.n;
}

/* The rest of the line as one of NAMES. */
static bool read_name(struct tcp_reading *r, const char *const *names, size_t count, uint8_t *out)
{
	for (size_t i = 0; i < count; i++) {
		struct tcp_reading rest = *r;
		if (tcp_read_word(&rest, names[i]) && tcp_read_word(&rest, "\n")) {
			*out = (uint8_t)i;
			*r = rest;
			return true;
		}
	}
	return false;
}

static bool read_flags(struct tcp_reading *r, uint16_t *out)
{
	unsigned set = 0;
	for (size_t i = 0; i < COUNT(flags); i++) {
		struct tcp_reading rest = *r;
		if (tcp_read_word(&rest, " ") && tcp_read_word(&rest, flags[i]) && rest.n &&
			(*rest.p == ' ' || *rest.p == '\n')) {
			set |= 1u << i;
			*r = rest;
		}
	}
	*out = (uint16_t)set;
	return tcp_read_word(r, set ? "\n" : " none\n");
}

static bool read_opened(struct tcp_reading *r, uint64_t *opened)
{
	if (!tcp_read_word(r, "opened ") || !table_stamp_read(r->p, r->n, opened))
		return false;
	r->p += TABLE_STAMP;
	r->n -= TABLE_STAMP;
	return tcp_read_word(r, "Z\n");
}

static bool read_fields(struct tcp_reading *r, struct tcp_value *v)
{
	for (size_t i = 0; i < COUNT(fields); i++) {
		const struct field *f = &fields[i];
		uint64_t x;
		if (!tcp_read_word(r, f->name) ||
			!tcp_read_number(r, UINT64_MAX >> (64 - 8 * f->size), &x) ||
			!tcp_read_word(r, "\n"))
			return false;
		memcpy((uint8_t *)v + f->offset, &x, f->size);
	}
	return true;
}

static bool read_app(struct tcp_reading *r, struct tcp_value *v)
{
	if (!tcp_read_word(r, "app "))
		return false;
	if (tcp_read_word(r, "none\n"))
		return r->n == 0;
	if (r->n < 3 || r->n % 2 != 1 || r->n / 2 > TCP_APP_MAX)
		return false;
	v->app_size = (uint8_t)(r->n / 2);
	return tcp_read_hex(r, v->app, v->app_size) && tcp_read_word(r, "\n") && r->n == 0;
}

static bool parse_text(const char *p, size_t n, void *value)
{
	struct tcp_reading r = {p, n};
	struct tcp_value v;
	memset(&v, 0, sizeof(v));
	if (!tcp_read_word(&r, "state ") || !read_name(&r, states, COUNT(states), &v.state) ||
		!tcp_read_word(&r, "flags") || !read_flags(&r, &v.flags) ||
		!tcp_read_word(&r, "resumable ") ||
		!read_name(&r, resumables, COUNT(resumables), &v.resumable) ||
		!read_opened(&r, &v.opened) || !read_fields(&r, &v) || !read_app(&r, &v))
		return false;
	memcpy(value, &v, sizeof(v));
	return true;
}

static size_t path(const void *key, char out[TABLE_PATH_MAX])
{
	struct tcp_text w = {out, 0, TABLE_PATH_MAX};
	tcp_key_write(&w, key);
	return w.n;
}

static bool parse_path(const char *p, size_t n, void *key)
{
	struct tcp_reading r = {p, n};
	struct tcp_key k;
	if (!tcp_key_read(&r, &k) || r.n)
		return false;
	memcpy(key, &k, sizeof(k));
	return true;
}

/* How far a connection has come. LISTEN is none yet, TIME_WAIT is its end. */
static unsigned rank(uint8_t state)
{
	static const uint8_t order[TCP_STATES] = {0, 1, 2, 3, 4, 6, 7, 5, 8, 9, 10};
	return state < TCP_STATES ? order[state] : 0;
}

/* Above zero where A is the more advanced one. A total order, so that merging is commutative and
 * associative: the sequence numbers themselves wrap and are none. */
static int compare(const struct tcp_value *a, const struct tcp_value *b)
{
	uint64_t a_bytes = a->acked + a->received, b_bytes = b->acked + b->received;
	if (a->opened != b->opened)
		return a->opened > b->opened ? 1 : -1;
	if (a_bytes != b_bytes)
		return a_bytes > b_bytes ? 1 : -1;
	if (rank(a->state) != rank(b->state))
		return rank(a->state) > rank(b->state) ? 1 : -1;
	return memcmp(a, b, sizeof(*a));
}

static void merge(const void *key, const void *base, const void *a, const void *b, void *out)
{
	(void)key;
	(void)base;
	const void *winner = compare(a, b) >= 0 ? a : b;
	memmove(out, winner, sizeof(struct tcp_value));
}

static bool is_sender_sane(const struct tcp_value *v)
{
	uint32_t queued = v->snd_end - v->snd_una, sent = v->snd_nxt - v->snd_una;
	return v->mss && v->snd_wnd_max >= WND_MAX_MIN && queued <= INT32_MAX && sent <= queued + 1;
}

/* The peer was told no larger window than there is. */
static bool is_receiver_sane(const struct tcp_value *v)
{
	uint32_t max = (uint32_t)UINT16_MAX << (v->flags & TCP_FLAG_WND_SCALE ? SCALE_MAX : 0);
	int32_t told = (int32_t)(v->rcv_ann_edge - v->rcv_nxt);
	return v->rcv_wnd <= max && v->rcv_ann_wnd <= max && v->refused <= max &&
	       told <= (int32_t)v->rcv_wnd;
}

bool tcp_value_is_sane(const struct tcp_value *v)
{
	bool scaled = v->flags & TCP_FLAG_WND_SCALE;
	return v->state < TCP_STATES && v->flags <= TCP_FLAG_ALL && v->resumable < TCP_RESUMABLES &&
	       v->app_size <= TCP_APP_MAX && v->snd_scale <= (scaled ? SCALE_MAX : 0) &&
	       v->rcv_scale <= (scaled ? SCALE_MAX : 0) && is_sender_sane(v) && is_receiver_sane(v);
}

unsigned tcp_note(enum tcp_event event, unsigned from, unsigned to)
{
	return (unsigned)event << 8 | from << 4 | to;
}

unsigned tcp_note_joined(uint32_t steps)
{
	return (unsigned)TCP_COUNTERS << 8 | (steps < JOINED_MAX ? steps : JOINED_MAX) << 16;
}

unsigned tcp_next_state(unsigned from, unsigned to)
{
	bool opening = from == TCP_SYN_SENT || from == TCP_SYN_RCVD;
	if (opening && (to == TCP_CLOSE_WAIT || to == TCP_LAST_ACK))
		return TCP_ESTABLISHED;
	if (from == TCP_ESTABLISHED && to == TCP_LAST_ACK)
		return TCP_CLOSE_WAIT;
	if (from == TCP_ESTABLISHED && (to == TCP_CLOSING || to == TCP_TIME_WAIT))
		return TCP_FIN_WAIT_1;
	return to;
}

static size_t write_joined(struct tcp_text *w, unsigned steps)
{
	tcp_text_add(w, "counters");
	if (!steps)
		return w->n;
	tcp_text_add(w, ", ");
	tcp_text_number(w, steps);
	tcp_text_add(w, steps == JOINED_MAX ? " or more" : "");
	tcp_text_add(w, steps == 1 ? " step" : " steps");
	return w->n;
}

static size_t message(
	unsigned note, const void *key, const void *value, char out[TABLE_MESSAGE_MAX])
{
	struct tcp_text w = {out, 0, TABLE_MESSAGE_MAX};
	unsigned event = note >> 8 & 255, from = note >> 4 & 15, to = note & 15;
	(void)value;
	if (event == TCP_COUNTERS || !key)
		return write_joined(&w, note >> 16);
	tcp_key_write(&w, key);
	tcp_text_add(&w, ": ");
	if (event == TCP_RESUMED) {
		tcp_text_add(&w, "resumed in ");
		tcp_text_add(&w, tcp_state_name(to));
		return w.n;
	}
	tcp_text_add(&w, tcp_state_name(from));
	tcp_text_add(&w, " -> ");
	tcp_text_add(&w, tcp_state_name(to));
	if (event == TCP_STALE)
		tcp_text_add(&w, " (reset: the peer knows more than the journal)");
	if (event == TCP_LOST)
		tcp_text_add(&w, " (reset: it can't be resumed)");
	return w.n;
}

const struct table_kind tcp_kind = {
	.name = "tcp",
	.author = "tcp",
	.key_size = sizeof(struct tcp_key),
	.value_size = sizeof(struct tcp_value),
	.path = path,
	.parse_path = parse_path,
	.text = text,
	.parse_text = parse_text,
	.merge = merge,
	.message = message,
};
