/* cards.c - packets from one network card to the other, around lwIP's own TCP, UDP and ICMP.
 * SPDX-License-Identifier: ISC */
#include "parts.h"
#include "lwip_port.h"
#include "platform.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include <string.h>

#define ETHERNET_HEADER 14
#define ETHERNET_ADDRESS 6

static struct nat *nat;

static struct netif *card_of(enum nat_side side)
{
	return lwip_port_netif(side == NAT_OUTSIDE ? CARD_OUTSIDE : CARD_INSIDE);
}

static enum nat_side side_of(const struct netif *card)
{
	return card == lwip_port_netif(CARD_OUTSIDE) ? NAT_OUTSIDE : NAT_INSIDE;
}

static err_t send(struct netif *card, struct pbuf *p, uint32_t next_hop)
{
	const ip4_addr_t to = {lwip_htonl(next_hop)};
	return card->output(card, p, &to);
}

/* A packet of ours, copied from P. */
static void send_copy(enum nat_side side, uint32_t next_hop, const uint8_t *p, size_t n)
{
	struct pbuf *copy = pbuf_alloc(PBUF_LINK, (u16_t)n, PBUF_RAM);
	if (!copy)
		return;
	pbuf_take(copy, p, (u16_t)n);
	send(card_of(side), copy, next_hop);
	pbuf_free(copy);
}

static void reply(struct nat_verdict v, const uint8_t *packet)
{
	if (v.action == NAT_REPLY)
		send_copy(v.side, v.next_hop, packet, v.n);
}

static void unreachable(struct pbuf *p, struct netif *card)
{
	uint8_t error[NAT_REPLY_MAX];
	reply(nat_unreachable(nat, wall_ns(), side_of(card), p->payload, p->len, error), error);
}

static void send_pieces(const struct pbuf *p, struct nat_verdict v)
{
	uint8_t piece[1500];
	size_t at = 0, n;
	while ((n = nat_fragment(p->payload, v.n, v.mtu, &at, piece)))
		send_copy(v.side, v.next_hop, piece, n);
}

static void forward(struct pbuf *p, struct nat_verdict v)
{
	pbuf_realloc(p, (u16_t)v.n); /* without padding */
	if (v.n > v.mtu)
		send_pieces(p, v);
	else if (send(card_of(v.side), p, v.next_hop) == ERR_RTE)
		unreachable(p, card_of(v.side));
}

/* Was the frame, whose header lies in front of the packet, sent to the card? Network cards of
 * virtual machines hand over everything that comes by. */
static bool is_sent_to(const struct pbuf *p, const struct netif *card)
{
	const uint8_t *frame = (const uint8_t *)p->payload - ETHERNET_HEADER;
	return memcmp(frame, card->hwaddr, ETHERNET_ADDRESS) == 0;
}

static void route(struct pbuf *p, struct nat_verdict v, const uint8_t *error)
{
	if (v.action == NAT_FORWARD)
		forward(p, v);
	else
		reply(v, error);
	pbuf_free(p);
}

static bool input(struct pbuf *p, struct netif *from)
{
	uint8_t error[NAT_REPLY_MAX];
	/* What was sent to all is never forwarded (RFC 1812, 5.3.4). */
	if (p->flags & (PBUF_FLAG_LLBCAST | PBUF_FLAG_LLMCAST))
		return false;
	/* Frames of more than a buffer are no Ethernet's. */
	if (p->next || !is_sent_to(p, from)) {
		pbuf_free(p);
		return true;
	}
	struct nat_verdict v = nat_packet(nat, wall_ns(), side_of(from), p->payload, p->len, error);
	if (v.action == NAT_LOCAL)
		return false;
	route(p, v, error);
	return true;
}

static bool work(void)
{
	return nat_work(nat, wall_ns());
}

/* Sees the addresses that DHCP gives, and keeps the clock of the timers going. */
static uint64_t timer(uint64_t now)
{
	static ip4_addr_t known[3];
	const struct netif *card = card_of(NAT_OUTSIDE);
	const ip4_addr_t is[3] = {
		*netif_ip4_addr(card), *netif_ip4_netmask(card), *netif_ip4_gw(card)};
	if (memcmp(is, known, sizeof(is)) != 0)
		nat_set_network(nat, wall_ns(), NAT_OUTSIDE, settings_network(NAT_OUTSIDE));
	memcpy(known, is, sizeof(is));
	return now + 1000000000ull;
}

void cards_open(struct nat *translator)
{
	nat = translator;
	lwip_port_on_ip4(input);
	lwip_port_on_unreachable(unreachable);
	lwip_port_on_turn(work);
	lwip_port_on_timer(timer);
}
