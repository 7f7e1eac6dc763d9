/* session.c - the flows of a mapping: the states of TCP's (RFC 6146, 3.5.2), and a wheel of timers
 * that a packet does not have to turn: it only notes the time, and the timer, when it is due, looks
 * when the last packet was. SPDX-License-Identifier: ISC */
#include "parts.h"

#define BATCH 64 /* sessions looked at in one call */

static struct session_key key_of(
	enum nat_protocol protocol, uint16_t outside_port, uint32_t remote, uint16_t remote_port)
{
	return (struct session_key){.remote = remote,
		.remote_port = protocol == NAT_TCP ? remote_port : 0,
		.outside_port = outside_port,
		.protocol = (uint8_t)protocol};
}

struct session *nat_session_find(const struct nat *nat, enum nat_protocol protocol,
	uint16_t outside_port, uint32_t remote, uint16_t remote_port)
{
	struct session_key key = key_of(protocol, outside_port, remote, remote_port);
	return hash_get(nat->sessions, &key);
}

/* ---- timers --------------------------------------------------------------------------------- */

void nat_timers_open(struct nat *nat)
{
	for (size_t i = 0; i < TIMER_SLOTS; i++)
		nat_link_open(&nat->timers[i]);
	nat_link_open(&nat->due);
	nat->timers_done = nat->now / SECOND;
}

uint64_t nat_session_timeout(const struct nat *nat, const struct session *s)
{
	const struct nat_config *c = &nat->config;
	switch (s->state) {
	case STATE_ACTIVE:
		return (s->key.protocol == NAT_UDP ? c->udp : c->icmp) * SECOND;
	case STATE_ESTABLISHED:
	case STATE_FIN_INSIDE:
	case STATE_FIN_OUTSIDE:
		return c->tcp_established * SECOND;
	default:
		return c->tcp_transitory * SECOND;
	}
}

uint64_t nat_session_expires(const struct nat *nat, const struct session *s)
{
	return s->used + nat_session_timeout(nat, s);
}

/* Has its end moved by a quarter of its time since the table was told? */
static bool is_ahead(const struct nat *nat, const struct session *s)
{
	uint64_t timeout = nat_session_timeout(nat, s);
	return s->used + timeout > s->mapping->written_expires * SECOND + timeout / 4;
}

/* The first second in which it may be over; never one that was already looked at. */
static void timer_start(struct nat *nat, struct session *s)
{
	uint64_t second = nat_session_expires(nat, s) / SECOND + 1;
	if (second <= nat->timers_done)
		second = nat->timers_done + 1;
	nat_link_add(&nat->timers[second % TIMER_SLOTS], &s->timer);
}

static void timer_move(struct nat *nat, struct session *s)
{
	nat_link_remove(&s->timer);
	timer_start(nat, s);
}

/* Takes the slots of all seconds that are over; after a long pause, each slot once. */
static void timers_collect(struct nat *nat)
{
	uint64_t now = nat->now / SECOND;
	if (now > nat->timers_done + TIMER_SLOTS)
		nat->timers_done = now - TIMER_SLOTS;
	while (nat->timers_done < now)
		nat_link_move(&nat->due, &nat->timers[++nat->timers_done % TIMER_SLOTS]);
}

/* Where one mapping alone ends in a round, the history tells which; else, how many. */
static void expire(struct nat *nat, struct session *s)
{
	struct mapping *m = s->mapping;
	nat_session_remove(nat, s);
	bool alone = !nat->removed && nat->due.next == &nat->due;
	if (!m->sessions && !m->fixed)
		nat_mapping_remove(nat, m, alone ? NOTE_REMOVED : NOTE_JOINED);
}

bool nat_timers_run(struct nat *nat)
{
	timers_collect(nat);
	for (int i = 0; i < BATCH && nat->due.next != &nat->due; i++) {
		struct session *s = (struct session *)(void *)nat->due.next;
		if (nat_session_expires(nat, s) <= nat->now)
			expire(nat, s);
		else
			timer_move(nat, s);
	}
	return nat->due.next != &nat->due;
}

/* ---- states --------------------------------------------------------------------------------- */

static uint8_t when_fin(uint8_t state, enum nat_side from)
{
	uint8_t own = from == NAT_INSIDE ? STATE_FIN_INSIDE : STATE_FIN_OUTSIDE;
	if (state == STATE_ESTABLISHED)
		return own;
	return state == own ? own : STATE_CLOSING;
}

/* The state after a segment with FLAGS from one side. What is not a SYN opens a session, too: it
 * may be older than we are (after a reboot), but it counts for established only when both sides
 * have been heard. */
static uint8_t next_state(uint8_t state, enum nat_side from, uint8_t flags)
{
	uint8_t opening = from == NAT_INSIDE ? STATE_SYN_INSIDE : STATE_SYN_OUTSIDE;
	switch (state) {
	case STATE_SYN_INSIDE:
	case STATE_SYN_OUTSIDE:
		if (flags & FLAG_RST)
			return STATE_RESET;
		if (state == opening)
			return state;
		return flags & FLAG_FIN ? when_fin(STATE_ESTABLISHED, from) : STATE_ESTABLISHED;
	case STATE_ESTABLISHED:
	case STATE_FIN_INSIDE:
	case STATE_FIN_OUTSIDE:
		if (flags & FLAG_RST)
			return STATE_RESET;
		return flags & FLAG_FIN ? when_fin(state, from) : state;
	case STATE_CLOSING: /* a new connection with the old ports */
		return flags & FLAG_SYN && !(flags & FLAG_RST) ? opening : state;
	default: /* STATE_RESET: the reset may have been forged, so others go on */
		if (flags & FLAG_RST)
			return state;
		return flags & FLAG_SYN ? opening : STATE_ESTABLISHED;
	}
}

void nat_session_use(struct nat *nat, struct session *s, enum nat_side from, uint8_t flags)
{
	uint8_t was = s->state;
	if (s->key.protocol == NAT_TCP)
		s->state = next_state(was, from, flags);
	/* RFC 6146, 3.5.2.2: the last segments of a connection don't keep it. */
	if (s->state == was && (was == STATE_CLOSING || was == STATE_RESET))
		return;
	s->used = nat->now;
	if (s->state != was)
		timer_move(nat, s);
	if (s->state != was || is_ahead(nat, s))
		nat_mapping_mark(nat, s->mapping);
}

/* ---- sessions ------------------------------------------------------------------------------- */

struct session *nat_session_make(struct nat *nat, struct mapping *m, enum nat_side from,
	uint32_t remote, uint16_t remote_port)
{
	struct session_key key = key_of(m->protocol, m->outside_port, remote, remote_port);
	bool fresh;
	struct session *s = NULL;
	bool outside = from == NAT_OUTSIDE;
	if (hash_count(nat->sessions) < nat->config.sessions &&
		(!outside || nat->from_outside < nat->config.sessions / 2))
		s = hash_put(nat->sessions, &key, &fresh);
	if (!s)
		return NULL;
	s->key = key;
	s->from_outside = outside;
	nat->from_outside += outside;
	s->mapping = m;
	s->used = nat->now;
	s->state = m->protocol != NAT_TCP ? STATE_ACTIVE
		   : from == NAT_INSIDE	  ? STATE_SYN_INSIDE
					  : STATE_SYN_OUTSIDE;
	s->next = m->sessions;
	s->prev = NULL;
	if (s->next)
		s->next->prev = s;
	m->sessions = s;
	timer_start(nat, s);
	return s;
}

void nat_session_remove(struct nat *nat, struct session *s)
{
	struct session_key key = s->key;
	nat->from_outside -= s->from_outside;
	nat_link_remove(&s->timer);
	if (s->next)
		s->next->prev = s->prev;
	if (s->prev)
		s->prev->next = s->next;
	else
		s->mapping->sessions = s->next;
	hash_remove(nat->sessions, &key);
}

void nat_session_restore(struct nat *nat, struct session *s, uint8_t state, uint64_t expires)
{
	s->state = state;
	uint64_t timeout = nat_session_timeout(nat, s), end = expires * SECOND;
	s->used = end > timeout ? end - timeout : 0;
	if (s->used > nat->now)
		s->used = nat->now;
	timer_move(nat, s);
}

#define PERMITS_MAX 64

bool nat_session_permits(const struct mapping *m, uint32_t remote)
{
	const struct session *s = m->sessions;
	for (int i = 0; s && i < PERMITS_MAX; i++, s = s->next)
		if (s->key.remote == remote)
			return true;
	return false;
}
