/* translate.c - packets out of the inside network and into it: mapping, filter, session, rewriting.
 * SPDX-License-Identifier: ISC */
#include "parts.h"

/* ---- ICMP errors (RFC 5508, section 4): they neither make sessions nor keep them alive ----------
 */

/* What an outside host or router says about a packet that we sent for someone inside. */
static enum nat_reason error_in(struct nat *nat, struct packet *k)
{
	struct packet quoted;
	if (!nat_icmp_is_sound(k) || !nat_packet_quoted(k, &quoted))
		return NAT_MALFORMED;
	const struct session *s = NULL;
	if (quoted.source == nat->config.networks[NAT_OUTSIDE].address)
		s = nat_session_find(nat, quoted.protocol, quoted.source_port, quoted.destination,
			quoted.destination_port);
	if (!s)
		return NAT_NO_SESSION;
	nat_packet_set_source(&quoted, s->mapping->inside, s->mapping->inside_port);
	nat_packet_set_destination(k, s->mapping->inside, 0);
	nat_icmp_seal(k);
	return NAT_NO_REASON;
}

/* What an inside host says about a packet that came from outside. */
static enum nat_reason error_out(struct nat *nat, struct packet *k)
{
	struct packet quoted;
	uint32_t outside = nat->config.networks[NAT_OUTSIDE].address;
	if (!nat_icmp_is_sound(k) || !nat_packet_quoted(k, &quoted))
		return NAT_MALFORMED;
	const struct mapping *m = nat_mapping_inside(
		nat, quoted.protocol, quoted.destination, quoted.destination_port);
	if (!m || quoted.source != k->destination ||
		!nat_session_find(
			nat, quoted.protocol, m->outside_port, quoted.source, quoted.source_port))
		return NAT_NO_SESSION;
	nat_packet_set_destination(&quoted, outside, m->outside_port);
	nat_packet_set_source(k, outside, 0);
	nat_icmp_seal(k);
	return NAT_NO_REASON;
}

/* ---- flows ---------------------------------------------------------------------------------- */

/* A mapping and its first session, or neither. */
static struct session *open_mapping(struct nat *nat, const struct packet *k, enum nat_reason *why)
{
	struct mapping *m = nat_mapping_make(nat, k->protocol, k->source, k->source_port, why);
	if (!m)
		return NULL;
	struct session *s =
		nat_session_make(nat, m, NAT_INSIDE, k->destination, k->destination_port);
	if (s && nat_mapping_publish(nat, m))
		return s;
	*why = s ? NAT_TABLE_FULL : NAT_SESSIONS_FULL;
	nat_mapping_remove(nat, m, NOTE_NONE);
	return NULL;
}

static struct session *session_out(struct nat *nat, const struct packet *k, enum nat_reason *why)
{
	struct mapping *m = nat_mapping_inside(nat, k->protocol, k->source, k->source_port);
	struct session *s = NULL;
	if (m)
		s = nat_session_find(
			nat, k->protocol, m->outside_port, k->destination, k->destination_port);
	if (s)
		return s;
	*why = NAT_NO_SESSION;
	if (k->tcp_flags & FLAG_RST)
		return NULL;
	if (!m)
		return open_mapping(nat, k, why);
	*why = NAT_SESSIONS_FULL;
	return nat_session_make(nat, m, NAT_INSIDE, k->destination, k->destination_port);
}

static struct session *session_in(struct nat *nat, const struct packet *k, enum nat_reason *why)
{
	struct session *s =
		nat_session_find(nat, k->protocol, k->destination_port, k->source, k->source_port);
	if (s)
		return s;
	struct mapping *m = nat_mapping_outside(nat, k->protocol, k->destination_port);
	*why = m ? NAT_FILTERED : NAT_NO_MAPPING;
	if (!m || (!m->fixed && !nat_session_permits(m, k->source)))
		return NULL;
	*why = NAT_NO_SESSION;
	if (k->tcp_flags & FLAG_RST)
		return NULL;
	*why = NAT_SESSIONS_FULL;
	return nat_session_make(nat, m, NAT_OUTSIDE, k->source, k->source_port);
}

enum nat_reason nat_translate_out(struct nat *nat, struct packet *k)
{
	enum nat_reason why = NAT_PROTOCOL;
	if (k->type == PACKET_ERROR)
		return error_out(nat, k);
	/* Only requests go out: nobody outside can ask an inside host for an echo. */
	if (k->type != PACKET_FLOW || k->is_answer)
		return why;
	struct session *s = session_out(nat, k, &why);
	if (!s)
		return why;
	nat_session_use(nat, s, NAT_INSIDE, k->tcp_flags);
	nat_packet_set_source(
		k, nat->config.networks[NAT_OUTSIDE].address, s->mapping->outside_port);
	return NAT_NO_REASON;
}

enum nat_reason nat_translate_in(struct nat *nat, struct packet *k)
{
	enum nat_reason why = NAT_PROTOCOL;
	if (k->type == PACKET_ERROR)
		return error_in(nat, k);
	if (k->type != PACKET_FLOW || (k->protocol == NAT_ICMP && !k->is_answer))
		return why;
	struct session *s = session_in(nat, k, &why);
	if (!s)
		return why;
	nat_session_use(nat, s, NAT_OUTSIDE, k->tcp_flags);
	nat_packet_set_destination(k, s->mapping->inside, s->mapping->inside_port);
	return NAT_NO_REASON;
}
