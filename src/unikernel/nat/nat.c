/* nat.c - what becomes of a packet. SPDX-License-Identifier: ISC */
#include "parts.h"

/* A packet on its way. */
struct passage {
	struct nat *nat;
	enum nat_side from;
	struct packet k;
	uint8_t *reply;
};

static struct nat_verdict drop(struct nat *nat, enum nat_reason why)
{
	nat->stats.dropped[why]++;
	return (struct nat_verdict){.action = NAT_DROP, .reason = why};
}

static struct nat_verdict local(struct passage *p)
{
	p->nat->stats.local++;
	return (struct nat_verdict){.action = NAT_LOCAL, .n = p->k.n};
}

/* 0: there is no way. */
static uint32_t next_hop(const struct nat_network *n, uint32_t address)
{
	if (!n->address)
		return 0;
	return (address & n->mask) == (n->address & n->mask) ? address : n->gateway;
}

/* Drops the packet, which is unchanged, with an ICMP error to its source. */
static struct nat_verdict refuse(
	struct passage *p, enum nat_reason why, unsigned type, unsigned code, unsigned mtu)
{
	const struct nat_network *back = &p->nat->config.networks[p->from];
	struct nat_verdict v = {NAT_REPLY, why, p->from, next_hop(back, p->k.source), 0, 0};
	if (v.next_hop)
		v.n = nat_error_make(p->nat, &p->k, back->address, type, code, mtu, p->reply);
	if (!v.n)
		return drop(p->nat, why);
	p->nat->stats.dropped[why]++;
	p->nat->stats.replies++;
	return v;
}

static struct nat_verdict refuse_flow(struct passage *p, enum nat_reason why)
{
	bool no_room = why == NAT_NO_PORT || why == NAT_TABLE_FULL || why == NAT_SESSIONS_FULL;
	if (no_room && p->from == NAT_INSIDE && nat_is_inside_host(p->nat, p->k.source))
		return refuse(p, why, ICMP_UNREACHABLE, CODE_PROHIBITED, 0);
	return drop(p->nat, why);
}

/* The packet leaves by SIDE: its last change. */
static struct nat_verdict forward(struct passage *p, enum nat_side side, uint32_t hop)
{
	nat_packet_age(&p->k);
	p->nat->stats.forwarded++;
	return (struct nat_verdict){
		NAT_FORWARD, NAT_NO_REASON, side, hop, p->k.n, p->nat->config.networks[side].mtu};
}

/* Is it so that the packet can't go out of SIDE? Nothing has been changed yet. */
static bool is_stopped(struct passage *p, enum nat_side side, struct nat_verdict *v)
{
	unsigned mtu = p->nat->config.networks[side].mtu;
	if (nat_packet_ttl(&p->k) <= 1)
		*v = refuse(p, NAT_TTL, ICMP_EXCEEDED, CODE_TTL, 0);
	else if (p->k.n > mtu && nat_packet_is_unfragmentable(&p->k))
		*v = refuse(p, NAT_TOO_BIG, ICMP_UNREACHABLE, CODE_FRAGMENTATION_NEEDED, mtu);
	else
		return false;
	return true;
}

static bool is_mapped(const struct nat *nat, const struct packet *k)
{
	return k->type == PACKET_FLOW && k->protocol != NAT_ICMP &&
	       nat_port_is_mapped(nat, k->protocol, k->destination_port);
}

/* For the gateway's outside address: is it the gateway's own business? */
static bool is_own(const struct nat *nat, const struct packet *k)
{
	struct packet quoted;
	if (k->type == PACKET_ERROR)
		return nat_packet_quoted(k, &quoted) &&
		       nat_port_is_local(nat, quoted.protocol, quoted.source_port);
	if (k->type != PACKET_FLOW)
		return false;
	if (k->protocol == NAT_ICMP && !k->is_answer)
		return true;
	return nat_port_is_local(nat, k->protocol, k->destination_port);
}

/* Inside talks to inside by the outside address (RFC 4787 REQ-9): out and in again. */
static struct nat_verdict hairpin(struct passage *p)
{
	struct nat_verdict v;
	if (p->k.type == PACKET_FLOW && !is_mapped(p->nat, &p->k))
		return is_own(p->nat, &p->k) ? local(p) : drop(p->nat, NAT_NO_MAPPING);
	if (is_stopped(p, NAT_INSIDE, &v))
		return v;
	enum nat_reason why = nat_translate_out(p->nat, &p->k);
	if (why == NAT_NO_REASON)
		why = nat_translate_in(p->nat, &p->k);
	if (why != NAT_NO_REASON)
		return refuse_flow(p, why);
	return forward(p, NAT_INSIDE, p->k.destination);
}

static struct nat_verdict from_inside(struct passage *p)
{
	const struct nat_network *out = &p->nat->config.networks[NAT_OUTSIDE];
	uint32_t hop = next_hop(out, p->k.destination);
	struct nat_verdict v;
	if (out->address && p->k.destination == out->address)
		return hairpin(p);
	if (!hop)
		return refuse(p, NAT_NO_ROUTE, ICMP_UNREACHABLE, CODE_NET, 0);
	if (is_stopped(p, NAT_OUTSIDE, &v))
		return v;
	enum nat_reason why = nat_translate_out(p->nat, &p->k);
	return why == NAT_NO_REASON ? forward(p, NAT_OUTSIDE, hop) : refuse_flow(p, why);
}

static struct nat_verdict from_outside(struct passage *p)
{
	struct nat_verdict v;
	if (is_own(p->nat, &p->k))
		return local(p);
	if (p->k.type == PACKET_FLOW &&
		!nat_port_is_mapped(p->nat, p->k.protocol, p->k.destination_port))
		return drop(p->nat, NAT_NO_MAPPING);
	if (is_stopped(p, NAT_INSIDE, &v))
		return v;
	enum nat_reason why = nat_translate_in(p->nat, &p->k);
	if (why != NAT_NO_REASON)
		return refuse_flow(p, why);
	return forward(p, NAT_INSIDE, p->k.destination);
}

/* A fragment behind the first one. */
static struct nat_verdict follow(struct passage *p, const struct fragment_key *key)
{
	const struct fragment *first = nat_fragment_find(p->nat, key);
	struct nat_verdict v;
	if (!first)
		return drop(p->nat, NAT_FRAGMENT);
	if (first->verdict.action == NAT_LOCAL)
		return local(p);
	if (is_stopped(p, first->verdict.side, &v))
		return v;
	nat_fragment_follow(first, &p->k);
	return forward(p, first->verdict.side, first->verdict.next_hop);
}

static struct nat_verdict pass(struct passage *p)
{
	struct fragment_key key = nat_fragment_key(&p->k, p->from);
	if (p->k.type == PACKET_PIECE)
		return follow(p, &key);
	struct nat_verdict v = p->from == NAT_INSIDE ? from_inside(p) : from_outside(p);
	if (p->k.fragment && (v.action == NAT_FORWARD || v.action == NAT_LOCAL))
		nat_fragment_keep(p->nat, &key, &p->k, v);
	return v;
}

struct nat_verdict nat_packet(struct nat *nat, uint64_t now, enum nat_side from, uint8_t *packet,
	size_t n, uint8_t reply[NAT_REPLY_MAX])
{
	struct passage p = {.nat = nat, .from = from, .reply = reply};
	bool is_local;
	nat->now = now > nat->now ? now : nat->now;
	if (!nat_packet_read(&p.k, packet, n))
		return drop(nat, NAT_MALFORMED);
	enum nat_reason why = nat_admit(nat, &p.k, from, &is_local);
	if (why != NAT_NO_REASON)
		return drop(nat, why);
	return is_local ? local(&p) : pass(&p);
}

/* The error is about the packet as it is outside of SIDE, so it comes from there, and is translated
 * like one that a router there had sent. */
struct nat_verdict nat_unreachable(struct nat *nat, uint64_t now, enum nat_side side,
	const uint8_t *packet, size_t n, uint8_t reply[NAT_REPLY_MAX])
{
	const struct nat_network *here = &nat->config.networks[side];
	uint8_t *unchanged = (uint8_t *)(uintptr_t)packet; /* it is only read */
	struct packet k, error;
	nat->now = now > nat->now ? now : nat->now;
	nat->stats.dropped[NAT_UNREACHABLE]++;
	struct nat_verdict v = {.action = NAT_DROP, .reason = NAT_UNREACHABLE};
	if (!nat_packet_read(&k, unchanged, n))
		return v;
	size_t size = nat_error_make(nat, &k, here->address, ICMP_UNREACHABLE, CODE_HOST, 0, reply);
	if (!size || !nat_packet_read(&error, reply, size))
		return v;
	const struct nat_network *out = &nat->config.networks[NAT_OUTSIDE];
	enum nat_reason why = NAT_NO_REASON;
	if (side == NAT_INSIDE)
		why = nat_translate_out(nat, &error);
	if (why == NAT_NO_REASON && error.destination == out->address)
		why = nat_translate_in(nat, &error);
	if (why != NAT_NO_REASON)
		return v;
	v.side = nat_is_inside_host(nat, error.destination) ? NAT_INSIDE : NAT_OUTSIDE;
	/* RFC 1812, 4.3.2.4: from the address of the interface that it leaves by. */
	nat_packet_set_source(&error, nat->config.networks[v.side].address, 0);
	v.next_hop = next_hop(&nat->config.networks[v.side], error.destination);
	if (!v.next_hop)
		return v;
	nat->stats.replies++;
	v.action = NAT_REPLY;
	v.n = size;
	return v;
}
