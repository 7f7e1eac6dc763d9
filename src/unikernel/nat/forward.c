/* forward.c - static rules, changes of address, and tables that were changed from elsewhere.
 * SPDX-License-Identifier: ISC */
#include "parts.h"

#define REFUSALS 8 /* told of one by one in a rescan */

/* ---- forwards ------------------------------------------------------------------------------- */

const char *nat_forward_words(enum nat_forward_result result)
{
	static const char *const words[] = {[NAT_FORWARD_SET] = "nothing is wrong",
		[NAT_FORWARD_IS_RESERVED] = "the port is our own",
		[NAT_FORWARD_NOT_INSIDE] = "the target is no host of the inside network",
		[NAT_FORWARD_TAKEN] = "the target has another forward",
		[NAT_FORWARD_FULL] = "there are too many mappings",
		[NAT_FORWARD_NONE] = "expected a forward: one line with inside ADDRESS:PORT"};
	return words[result <= NAT_FORWARD_NONE ? result : NAT_FORWARD_NONE];
}

static void remove_if(struct nat *nat, struct mapping *m)
{
	if (m)
		nat_mapping_remove(nat, m, m->fixed ? NOTE_FORWARD : NOTE_JOINED);
}

/* Whatever else there is. */
static enum nat_forward_result forward_check(const struct nat *nat, enum nat_protocol protocol,
	uint16_t port, uint32_t address, uint16_t to)
{
	if (nat_port_is_local(nat, protocol, port))
		return NAT_FORWARD_IS_RESERVED;
	if (!nat_is_inside_host(nat, address) || !to || !port)
		return NAT_FORWARD_NOT_INSIDE;
	return NAT_FORWARD_SET;
}

/* Makes the mapping of a forward; what dynamic mappings are in its way end. */
static enum nat_forward_result forward_put(
	struct nat *nat, enum nat_protocol protocol, uint16_t port, uint32_t address, uint16_t to)
{
	enum nat_forward_result result = forward_check(nat, protocol, port, address, to);
	if (result != NAT_FORWARD_SET)
		return result;
	struct mapping *same = nat_mapping_inside(nat, protocol, address, to);
	if (same && same->fixed && same->outside_port != port)
		return NAT_FORWARD_TAKEN;
	remove_if(nat, same);
	remove_if(nat, nat_mapping_outside(nat, protocol, port));
	if (hash_count(nat->inside) >= nat->config.mappings ||
		nat->stats.forwards >= NAT_FORWARDS_MAX)
		return NAT_FORWARD_FULL;
	struct mapping *m = nat_mapping_put(nat, protocol, address, to, port);
	if (!m)
		return NAT_FORWARD_FULL;
	m->fixed = true;
	nat->stats.forwards++;
	return NAT_FORWARD_SET;
}

enum nat_forward_result nat_forward_set(
	struct nat *nat, enum nat_protocol protocol, uint16_t port, uint32_t address, uint16_t to)
{
	struct nat_key key = {(uint8_t)protocol, true, port};
	struct nat_value value = {.inside = address, .inside_port = to, .state = STATE_FIXED};
	const struct mapping *m = nat_mapping_inside(nat, protocol, address, to);
	if (m && m->fixed && m->outside_port == port)
		return NAT_FORWARD_SET;
	enum nat_forward_result result = forward_put(nat, protocol, port, address, to);
	if (result != NAT_FORWARD_SET || nat_store_put(nat, &key, &value, NOTE_FORWARD))
		return result;
	nat_mapping_remove(nat, nat_mapping_inside(nat, protocol, address, to), NOTE_NONE);
	return NAT_FORWARD_FULL;
}

/* ---- addresses ------------------------------------------------------------------------------ */

static bool next_mapping(const struct nat *nat, size_t *cursor, struct mapping **m)
{
	const void *key;
	void *value;
	if (!hash_next(nat->inside, cursor, &key, &value))
		return false;
	*m = value;
	return true;
}

void nat_set_network(struct nat *nat, uint64_t now, enum nat_side side, struct nat_network network)
{
	struct nat_network *n = &nat->config.networks[side];
	struct mapping *m;
	bool other = side == NAT_OUTSIDE && n->address != network.address;
	nat->now = now > nat->now ? now : nat->now;
	*n = network;
	if (!other)
		return;
	for (size_t cursor = 0; next_mapping(nat, &cursor, &m);)
		if (!m->fixed)
			nat_mapping_remove(nat, m, NOTE_JOINED);
	if (nat->removed)
		nat_store_commit(nat, NOTE_ADDRESS);
}

/* ---- the table's entries ----------------------------------------------------------------------
 */

/* Is the mapping what the table says? */
static bool is_current(const struct nat *nat, const struct mapping *m)
{
	struct nat_key key = {m->protocol, m->fixed, m->outside_port};
	const struct nat_value *v = nat_store_get(nat, &key);
	return v && v->inside == m->inside && v->inside_port == m->inside_port &&
	       (v->state == STATE_FIXED) == m->fixed;
}

static bool is_whole(const struct nat *nat, const struct nat_key *key, const struct nat_value *v)
{
	bool tcp_state = v->state != STATE_ACTIVE;
	return v->state < STATE_FIXED && tcp_state == (key->protocol == NAT_TCP) &&
	       v->outside == nat->config.networks[NAT_OUTSIDE].address &&
	       v->outside_port == key->port && nat_is_inside_host(nat, v->inside) &&
	       !nat_port_is_local(nat, key->protocol, key->port) && v->expires > nat->now / SECOND;
}

/* Makes the dynamic mapping of a table's entry, with the session that it tells of. */
static bool adopt(struct nat *nat, const struct nat_key *key, const struct nat_value *v)
{
	if (!is_whole(nat, key, v) || nat_port_is_mapped(nat, key->protocol, key->port) ||
		nat_mapping_inside(nat, key->protocol, v->inside, v->inside_port) ||
		hash_count(nat->inside) >= nat->config.mappings)
		return false;
	struct mapping *m =
		nat_mapping_put(nat, key->protocol, v->inside, v->inside_port, key->port);
	struct session *s = NULL;
	if (m)
		s = nat_session_make(nat, m, NAT_INSIDE, v->remote, v->remote_port);
	if (!s) {
		if (m)
			nat_mapping_remove(nat, m, NOTE_NONE);
		return false;
	}
	m->written_expires = v->expires;
	nat_session_restore(nat, s, v->state, v->expires);
	return true;
}

const char *nat_check(const struct nat *nat, const void *key, const void *value)
{
	const struct nat_key *k = key;
	const struct nat_value *v = value;
	if (k->forward != (v->state == STATE_FIXED))
		return k->forward ? nat_forward_words(NAT_FORWARD_NONE)
				  : "a mapping has more lines than inside";
	enum nat_forward_result result =
		forward_check(nat, k->protocol, k->port, v->inside, v->inside_port);
	if (k->forward)
		return result == NAT_FORWARD_SET ? NULL : nat_forward_words(result);
	if (nat_port_is_local(nat, k->protocol, k->port))
		return "the port is our own";
	return nat_is_inside_host(nat, v->inside) ? NULL : "it is of no host of the inside network";
}

/* A bounded number of commits and lines in each rescan. */
static void tell_refused(struct nat *nat, const struct nat_key *key, const struct nat_value *v,
	enum nat_forward_result why)
{
	char line[TABLE_MESSAGE_MAX];
	if (nat->config.report) {
		line[nat_write_refused(line, key, v, why)] = '\0';
		nat->config.report(nat->config.report_ctx, line);
	}
	nat_store_refuse(nat, key, why);
}

static enum nat_forward_result take_forward(
	struct nat *nat, const struct nat_key *key, const struct nat_value *v)
{
	if (v->state != STATE_FIXED)
		return NAT_FORWARD_NONE;
	return forward_put(nat, key->protocol, key->port, v->inside, v->inside_port);
}

/* Takes one of the table's entries as it is, or out. */
static void rescan_entry(struct nat *nat, const struct nat_key *key, const struct nat_value *v)
{
	const struct mapping *m = nat_mapping_inside(nat, key->protocol, v->inside, v->inside_port);
	if (m && m->outside_port == key->port && m->fixed == key->forward)
		return;
	enum nat_forward_result why = NAT_FORWARD_NONE;
	if (key->forward)
		why = take_forward(nat, key, v);
	if (key->forward ? why == NAT_FORWARD_SET : adopt(nat, key, v))
		return;
	const struct nat_key gone = *key;
	const struct nat_value value = *v;
	nat->stats.refused++;
	if (key->forward && nat->refusals_left && nat->refusals_left--)
		tell_refused(nat, &gone, &value, why);
	else
		nat_store_remove(nat, &gone, NOTE_JOINED);
}

static void rescan_entries(struct nat *nat, bool forwards)
{
	const struct nat_key *key;
	const struct nat_value *value;
	for (size_t cursor = 0; nat_store_next(nat, &cursor, &key, &value);)
		if (key->forward == forwards)
			rescan_entry(nat, key, value);
}

void nat_rescan(struct nat *nat, uint64_t now)
{
	struct mapping *m;
	nat->now = now > nat->now ? now : nat->now;
	for (size_t cursor = 0; next_mapping(nat, &cursor, &m);)
		if (!is_current(nat, m))
			nat_mapping_remove(nat, m, NOTE_NONE);
	/* Forwards first: they win against mappings. */
	nat->refusals_left = REFUSALS;
	uint64_t refused = nat->stats.refused;
	rescan_entries(nat, true);
	rescan_entries(nat, false);
	if (nat->removed && nat->stats.refused > refused)
		nat_store_commit(nat, NOTE_RESCAN);
}
