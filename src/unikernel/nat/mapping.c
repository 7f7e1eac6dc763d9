/* mapping.c - which inside endpoint has which outside port (RFC 4787, section 4).
 * SPDX-License-Identifier: ISC */
#include "parts.h"

#define EVEN 0x5555555555555555ull /* bits of the even ports */
#define WELL_KNOWN 1024
#define BATCH 64 /* mappings written in one call */

struct inside_key {
	uint32_t address;
	uint16_t port;
	uint8_t protocol, zero;
};

struct mapping *nat_mapping_inside(
	const struct nat *nat, enum nat_protocol protocol, uint32_t address, uint16_t port)
{
	struct inside_key key = {address, port, (uint8_t)protocol, 0};
	return hash_get(nat->inside, &key);
}

static bool has_bit(const uint64_t *bits, uint16_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static void set_bit(uint64_t *bits, uint16_t i, bool on)
{
	uint64_t bit = 1ull << (i % 64);
	bits[i / 64] = on ? bits[i / 64] | bit : bits[i / 64] & ~bit;
}

bool nat_port_is_mapped(const struct nat *nat, enum nat_protocol protocol, uint16_t port)
{
	return has_bit(nat->mapped[protocol], port);
}

bool nat_port_is_local(const struct nat *nat, enum nat_protocol protocol, uint16_t port)
{
	return has_bit(nat->local[protocol], port);
}

/* The mapping that one of the table's entries tells of, unless it is not in force. */
static struct mapping *mapping_of(const struct nat *nat, const struct nat_key *key)
{
	const struct nat_value *v = nat_store_get(nat, key);
	struct mapping *m = NULL;
	if (v)
		m = nat_mapping_inside(nat, key->protocol, v->inside, v->inside_port);
	return m && m->outside_port == key->port && m->fixed == key->forward ? m : NULL;
}

struct mapping *nat_mapping_outside(
	const struct nat *nat, enum nat_protocol protocol, uint16_t port)
{
	const struct nat_key forward = {(uint8_t)protocol, true, port};
	const struct nat_key dynamic = {(uint8_t)protocol, false, port};
	if (!nat_port_is_mapped(nat, protocol, port))
		return NULL;
	struct mapping *m = mapping_of(nat, &forward);
	return m ? m : mapping_of(nat, &dynamic);
}

void nat_reserve(struct nat *nat, enum nat_protocol protocol, uint16_t port)
{
	set_bit(nat->local[protocol], port, true);
	struct mapping *m = nat_mapping_outside(nat, protocol, port);
	if (m)
		nat_mapping_remove(nat, m, m->fixed ? NOTE_FORWARD : NOTE_REMOVED);
}

/* ---- ports ---------------------------------------------------------------------------------- */

struct range {
	uint32_t first, last;
};

static struct range range_of(const struct nat *nat, enum nat_protocol protocol, uint16_t port)
{
	if (protocol == NAT_ICMP)
		return (struct range){0, UINT16_MAX};
	if (port < WELL_KNOWN)
		return (struct range){1, WELL_KNOWN - 1};
	return (struct range){nat->config.port_first, nat->config.port_last};
}

/* The ports of word W that are within the range. */
static uint64_t within(struct range r, uint32_t w)
{
	uint64_t mask = ~0ull;
	if (r.first > w * 64)
		mask &= ~0ull << (r.first - w * 64);
	if (r.last < w * 64 + 63)
		mask &= ~0ull >> (w * 64 + 63 - r.last);
	return mask;
}

/* The first free port at or behind START, or from the range's beginning, among those of WANTED.
 * Looks at each word of the range once, at the first one twice: it always ends. */
static bool find_port(const struct nat *nat, enum nat_protocol protocol, struct range r,
	uint32_t start, uint64_t wanted, uint16_t *port)
{
	uint32_t low = r.first / 64, high = r.last / 64, w = start / 64;
	uint64_t ahead = ~0ull << (start % 64);
	for (uint32_t steps = 0; steps <= high - low + 1; steps++) {
		uint64_t taken = nat->mapped[protocol][w] | nat->local[protocol][w];
		uint64_t open = ~taken & within(r, w) & wanted & ahead;
		if (open) {
			*port = (uint16_t)(w * 64 + (uint32_t)__builtin_ctzll(open));
			return true;
		}
		w = w == high ? low : w + 1;
		ahead = ~0ull;
	}
	return false;
}

/* The same port, else a random one of the same parity, else any. */
static bool choose_port(struct nat *nat, enum nat_protocol protocol, uint16_t wish, uint16_t *port)
{
	struct range r = range_of(nat, protocol, wish);
	uint32_t start = r.first + (uint32_t)(nat_random(nat) % (r.last - r.first + 1));
	uint64_t parity = wish % 2 ? ~EVEN : EVEN;
	*port = wish;
	if (wish >= r.first && wish <= r.last && !nat_port_is_mapped(nat, protocol, wish) &&
		!nat_port_is_local(nat, protocol, wish))
		return true;
	return find_port(nat, protocol, r, start, parity, port) ||
	       find_port(nat, protocol, r, start, ~parity, port);
}

/* ---- mappings ------------------------------------------------------------------------------- */

struct mapping *nat_mapping_put(struct nat *nat, enum nat_protocol protocol, uint32_t address,
	uint16_t port, uint16_t outside_port)
{
	struct inside_key key = {address, port, (uint8_t)protocol, 0};
	bool fresh;
	struct mapping *m = hash_put(nat->inside, &key, &fresh);
	if (!m)
		return NULL;
	*m = (struct mapping){.inside = address,
		.inside_port = port,
		.outside_port = outside_port,
		.protocol = (uint8_t)protocol};
	set_bit(nat->mapped[protocol], outside_port, true);
	return m;
}

struct mapping *nat_mapping_make(struct nat *nat, enum nat_protocol protocol, uint32_t address,
	uint16_t port, enum nat_reason *why)
{
	uint16_t outside_port;
	struct mapping *m = NULL;
	*why = NAT_TABLE_FULL;
	if (hash_count(nat->inside) >= nat->config.mappings)
		return NULL;
	if (choose_port(nat, protocol, port, &outside_port))
		m = nat_mapping_put(nat, protocol, address, port, outside_port);
	else
		*why = NAT_NO_PORT;
	return m;
}

/* ---- the table's entries ----------------------------------------------------------------------
 */

#define SESSIONS_MAX 64

/* The one that lives longest speaks for all (of many, for the newest ones). */
static const struct session *speaker_of(const struct nat *nat, const struct mapping *m)
{
	const struct session *best = m->sessions;
	int i = 0;
	for (const struct session *s = m->sessions; s && i < SESSIONS_MAX; s = s->next, i++)
		if (nat_session_expires(nat, s) > nat_session_expires(nat, best))
			best = s;
	return best;
}

static bool write(struct nat *nat, struct mapping *m, enum nat_note note)
{
	const struct session *s = speaker_of(nat, m);
	struct nat_key key = {m->protocol, false, m->outside_port};
	struct nat_value value = {.expires = nat_session_expires(nat, s) / SECOND,
		.inside = m->inside,
		.outside = nat->config.networks[NAT_OUTSIDE].address,
		.remote = s->key.remote,
		.inside_port = m->inside_port,
		.outside_port = m->outside_port,
		.remote_port = s->key.remote_port,
		.state = s->state};
	if (!nat_store_put(nat, &key, &value, note))
		return false;
	m->written_expires = value.expires;
	return true;
}

bool nat_mapping_publish(struct nat *nat, struct mapping *m)
{
	if (!write(nat, m, NOTE_ADDED))
		return false;
	nat->stats.added++;
	return true;
}

void nat_mapping_mark(struct nat *nat, struct mapping *m)
{
	if (m->fixed || m->is_marked)
		return;
	m->is_marked = true;
	nat_link_add(&nat->marked, &m->mark);
}

static void unmark(struct mapping *m)
{
	if (m->is_marked)
		nat_link_remove(&m->mark);
	m->is_marked = false;
}

bool nat_mappings_write(struct nat *nat)
{
	for (int i = 0; i < BATCH && nat->writing.next != &nat->writing; i++) {
		struct mapping *m = (struct mapping *)(void *)nat->writing.next;
		unmark(m);
		if (m->sessions)
			write(nat, m, NOTE_NONE);
	}
	return nat->writing.next != &nat->writing;
}

void nat_mapping_remove(struct nat *nat, struct mapping *m, enum nat_note note)
{
	struct inside_key key = {m->inside, m->inside_port, m->protocol, 0};
	struct nat_key outside = {m->protocol, m->fixed, m->outside_port};
	while (m->sessions)
		nat_session_remove(nat, m->sessions);
	unmark(m);
	set_bit(nat->mapped[m->protocol], m->outside_port, false);
	if (m->fixed)
		nat->stats.forwards--;
	else
		nat->stats.removed++;
	hash_remove(nat->inside, &key);
	if (note != NOTE_NONE)
		nat_store_remove(nat, &outside, note);
}
