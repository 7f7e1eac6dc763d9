/* admit.c - who may send what to whom, before anything is translated: spoofed sources, addresses
 * that are never forwarded (RFC 1812, 5.3.7; RFC 3927, 2.7), the gateway's own packets.
 * SPDX-License-Identifier: ISC */
#include "parts.h"

#define BROADCAST 0xffffffffu

static bool is_on_link(const struct nat_network *n, uint32_t address)
{
	return n->address && (address & n->mask) == (n->address & n->mask);
}

/* All hosts of the network; links of two or one address have none (RFC 3021). */
static bool is_broadcast(const struct nat_network *n, uint32_t address)
{
	return is_on_link(n, address) && ~n->mask > 1 && (address | n->mask) == BROADCAST;
}

static bool is_network_itself(const struct nat_network *n, uint32_t address)
{
	return is_on_link(n, address) && ~n->mask > 1 && !(address & ~n->mask);
}

static bool is_multicast(uint32_t address)
{
	return address >> 28 == 14;
}

/* 0/8, 127/8, 169.254/16 and 240/4: neither as source nor as destination. */
static bool is_never_forwarded(uint32_t address)
{
	return address >> 24 == 0 || address >> 24 == 127 || address >> 16 == 0xa9fe ||
	       address >> 28 == 15;
}

bool nat_is_unicast(uint32_t address)
{
	return !is_never_forwarded(address) && !is_multicast(address);
}

bool nat_is_inside_host(const struct nat *nat, uint32_t address)
{
	const struct nat_network *n = &nat->config.networks[NAT_INSIDE];
	return is_on_link(n, address) && address != n->address && !is_broadcast(n, address) &&
	       !is_network_itself(n, address);
}

static bool is_for_all(const struct nat_network *n, uint32_t address)
{
	return address == BROADCAST || is_multicast(address) || is_broadcast(n, address);
}

static enum nat_reason admit_source(
	const struct nat *nat, const struct packet *k, enum nat_side from)
{
	const struct nat_network *in = &nat->config.networks[NAT_INSIDE];
	const struct nat_network *out = &nat->config.networks[NAT_OUTSIDE];
	uint32_t source = k->source;
	if (is_never_forwarded(source) || is_multicast(source))
		return NAT_MARTIAN;
	if (source == in->address || source == out->address)
		return NAT_SPOOFED;
	if (from == NAT_INSIDE)
		return nat_is_inside_host(nat, source) ? NAT_NO_REASON : NAT_SPOOFED;
	if (is_on_link(in, source))
		return NAT_SPOOFED;
	return is_broadcast(out, source) || is_network_itself(out, source) ? NAT_MARTIAN
									   : NAT_NO_REASON;
}

static enum nat_reason admit_destination(
	const struct nat *nat, const struct packet *k, enum nat_side from)
{
	uint32_t to = k->destination;
	if (from == NAT_OUTSIDE)
		return to == nat->config.networks[NAT_OUTSIDE].address ? NAT_NO_REASON
								       : NAT_NOT_OURS;
	if (is_never_forwarded(to) || is_broadcast(&nat->config.networks[NAT_OUTSIDE], to))
		return NAT_MARTIAN;
	/* Hosts of the same link talk without us. */
	return is_on_link(&nat->config.networks[NAT_INSIDE], to) ? NAT_NOT_OURS : NAT_NO_REASON;
}

enum nat_reason nat_admit(
	const struct nat *nat, const struct packet *k, enum nat_side from, bool *local)
{
	const struct nat_network *here = &nat->config.networks[from];
	*local = is_for_all(here, k->destination) || k->destination == here->address ||
		 !here->address;
	/* A host without an address asks for one (RFC 2131), on this link only. */
	if (*local && k->source == 0 && k->destination == BROADCAST)
		return NAT_NO_REASON;
	enum nat_reason why = admit_source(nat, k, from);
	if (why != NAT_NO_REASON)
		return why;
	/* Our outside address may be a mapping's, too: that is seen later. */
	if (from == NAT_OUTSIDE && k->destination == here->address)
		*local = !here->address;
	return *local ? NAT_NO_REASON : admit_destination(nat, k, from);
}
