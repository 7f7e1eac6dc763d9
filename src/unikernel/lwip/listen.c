/* listen.c - a listener under a flood of SYNs. lwIP keeps each half-open connection for 20 s and
 * takes no more of them than the listener's backlog: strangers' SYNs shut everybody out. Here,
 * those beyond it are answered by a cookie and forgotten. When the cookie comes back, lwIP is shown
 * the SYN, made up again, and the acknowledgement. Such a connection has neither window scaling nor
 * selective acknowledgements. SPDX-License-Identifier: ISC */
#include "cookie.h"
#include "parts.h"
#include "platform.h"
#include "lwip/inet_chksum.h"
#include "lwip/ip4.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/tcp.h"
#include "lwip/tcp.h"
#include <string.h>

/* Half-open ones of one listener that lwIP may have, whatever its backlog. */
#define HALF_OPEN_MAX 64
#define WINDOW_MAX 65535
#define OPTION_END 0
#define OPTION_NOTHING 1
#define OPTION_MSS 2
#define OPTION_MSS_SIZE 4
#define MSS_PRESET 536

struct segment {
	ip_addr_t from, to;
	u16_t from_port, to_port;
	u32_t number, acknowledged;
	u8_t flags;
	u16_t window, mss; /* 0: no option */
};

static uint64_t secret[2];
static uint64_t made_ns; /* when the last cookie was made; 0: never */
static enum { REPLAYS_NOTHING, REPLAYS_SYN, REPLAYS_ACK } replays;
static u32_t replayed; /* our initial sequence number in it */

void listen_open(void)
{
	random_bytes(secret, sizeof(secret));
}

bool listen_replays(uint32_t *number)
{
	*number = replayed;
	return replays == REPLAYS_SYN;
}

/* ---- segments -------------------------------------------------------------------------------- */

/* S as a packet, its payload at the TCP header; NULL without memory. */
static struct pbuf *make_segment(const struct segment *s, bool with_checksum)
{
	u16_t n = s->mss ? TCP_HLEN + OPTION_MSS_SIZE : TCP_HLEN;
	struct pbuf *p = pbuf_alloc(PBUF_IP, n, PBUF_RAM);
	if (!p)
		return NULL;
	struct tcp_hdr *header = p->payload;
	memset(header, 0, n);
	header->src = lwip_htons(s->from_port);
	header->dest = lwip_htons(s->to_port);
	header->seqno = lwip_htonl(s->number);
	header->ackno = lwip_htonl(s->acknowledged);
	header->wnd = lwip_htons(s->window);
	TCPH_HDRLEN_FLAGS_SET(header, n / 4, s->flags);
	if (s->mss) {
		const u8_t option[] = {
			OPTION_MSS, OPTION_MSS_SIZE, (u8_t)(s->mss >> 8), (u8_t)s->mss};
		memcpy(header + 1, option, sizeof(option));
	}
	if (with_checksum)
		header->chksum = ip_chksum_pseudo(p, IP_PROTO_TCP, n, &s->from, &s->to);
	return p;
}

/* As if S had come in, in a frame for us: others look at that, too. */
static void input(const struct segment *s, struct netif *netif)
{
	struct pbuf *p = make_segment(s, true);
	if (!p)
		return;
	if (pbuf_add_header(p, IP_HLEN + SIZEOF_ETH_HDR))
		panic("lwIP leaves no room for headers");
	struct eth_hdr *frame = p->payload;
	memset(frame, 0, SIZEOF_ETH_HDR + IP_HLEN);
	memcpy(&frame->dest, netif->hwaddr, sizeof(frame->dest));
	frame->type = PP_HTONS(ETHTYPE_IP);
	pbuf_remove_header(p, SIZEOF_ETH_HDR);
	struct ip_hdr *ip = p->payload;
	IPH_VHL_SET(ip, 4, IP_HLEN / 4);
	IPH_LEN_SET(ip, lwip_htons(p->tot_len));
	IPH_TTL_SET(ip, TCP_TTL);
	IPH_PROTO_SET(ip, IP_PROTO_TCP);
	ip->src.addr = ip_2_ip4(&s->from)->addr;
	ip->dest.addr = ip_2_ip4(&s->to)->addr;
	IPH_CHKSUM_SET(ip, inet_chksum(ip, IP_HLEN));
	if (ip4_input(p, netif) != ERR_OK)
		pbuf_free(p);
}

static u16_t mss_of(const struct tcp_hdr *header)
{
	const u8_t *p = (const u8_t *)(header + 1);
	size_t n = TCPH_HDRLEN_BYTES(header) - TCP_HLEN;
	while (n && p[0] != OPTION_END) {
		size_t size = p[0] == OPTION_NOTHING ? 1 : n > 1 ? p[1] : 0;
		if (!size || size > n)
			break;
		if (p[0] == OPTION_MSS && size == OPTION_MSS_SIZE)
			return (u16_t)(p[2] << 8 | p[3]);
		p += size;
		n -= size;
	}
	return MSS_PRESET;
}

/* ---- cookies --------------------------------------------------------------------------------- */

/* Of the segment that lwIP looks at; NUMBER is the peer's initial one. */
static struct handshake handshake_of(const struct tcp_hdr *header, u32_t number)
{
	return (struct handshake){.local = ip4_current_dest_addr()->addr,
		.remote = ip4_current_src_addr()->addr,
		.local_port = header->dest,
		.remote_port = header->src,
		.number = number};
}

static void answer(const struct tcp_hdr *header)
{
	struct handshake h = handshake_of(header, header->seqno);
	struct netif *netif = ip4_route(ip4_current_src_addr());
	if (!netif)
		return;
	struct segment s = {.from_port = header->dest,
		.to_port = header->src,
		.number = cookie_make(secret, &h, clock_ns(), mss_of(header)),
		.acknowledged = header->seqno + 1,
		.flags = TCP_SYN | TCP_ACK,
		.window = LWIP_MIN(TCP_WND, WINDOW_MAX),
		.mss = TCP_MSS};
	ip_addr_copy(s.from, *ip_current_dest_addr());
	ip_addr_copy(s.to, *ip_current_src_addr());
	bool with_checksum = netif->chksum_flags & NETIF_CHECKSUM_GEN_TCP;
	struct pbuf *p = make_segment(&s, with_checksum);
	if (!p)
		return;
	made_ns = clock_ns();
	ip4_output_if(p, ip_2_ip4(&s.from), ip_2_ip4(&s.to), TCP_TTL, 0, IP_PROTO_TCP, netif);
	pbuf_free(p);
}

/* What lwIP sends meanwhile: its answer to the SYN of that segment, and to others what it ends for
 * want of memory. */
static const struct segment *answered;
static netif_output_fn output_of_others;

static bool is_answer(const struct pbuf *p)
{
	const struct ip_hdr *ip = p->payload;
	const struct tcp_hdr *header = (const void *)((const u8_t *)p->payload + IP_HLEN);
	return p->len >= IP_HLEN + TCP_HLEN && IPH_HL_BYTES(ip) == IP_HLEN &&
	       IPH_PROTO(ip) == IP_PROTO_TCP && ip->dest.addr == ip_2_ip4(&answered->from)->addr &&
	       ip->src.addr == ip_2_ip4(&answered->to)->addr &&
	       header->dest == lwip_htons(answered->from_port) &&
	       header->src == lwip_htons(answered->to_port);
}

/* The peer has lwIP's answer already: it was the cookie. */
static err_t discard(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
	return is_answer(p) ? ERR_OK : output_of_others(netif, p, to);
}

static void replay(struct tcp_pcb_listen *l, const struct tcp_hdr *header, u16_t mss)
{
	struct netif *from = ip_current_input_netif(), *to = ip4_route(ip4_current_src_addr());
	struct segment s = {.from_port = header->src,
		.to_port = header->dest,
		.number = header->seqno - 1,
		.flags = TCP_SYN,
		.window = header->wnd,
		.mss = mss};
	u32_t ackno = header->ackno;
	u8_t backlog = l->backlog;
	if (!to)
		return;
	ip_addr_copy(s.from, *ip_current_src_addr());
	ip_addr_copy(s.to, *ip_current_dest_addr());
	answered = &s;
	output_of_others = to->output;
	to->output = discard;
	l->backlog = UINT8_MAX;
	replayed = ackno - 1;
	replays = REPLAYS_SYN;
	input(&s, from);
	l->backlog = backlog;
	to->output = output_of_others;
	answered = NULL;
	s.number++;
	s.acknowledged = ackno;
	s.flags = TCP_ACK;
	s.mss = 0;
	replays = REPLAYS_ACK;
	input(&s, from);
	replays = REPLAYS_NOTHING;
}

err_t listen_segment(struct tcp_pcb_listen *l, const struct tcp_hdr *header)
{
	u8_t flags = TCPH_FLAGS(header) & (TCP_SYN | TCP_ACK | TCP_RST);
	if (replays == REPLAYS_ACK)
		return ERR_MEM; /* there was none for the connection */
	if (replays)
		return ERR_OK;
	if (flags == TCP_SYN && l->accepts_pending >= LWIP_MIN(l->backlog, HALF_OPEN_MAX)) {
		answer(header);
		return ERR_USE;
	}
	uint64_t now = clock_ns();
	if (flags != TCP_ACK || !made_ns || now - made_ns > 2 * COOKIE_LIFE_NS)
		return ERR_OK;
	struct handshake h = handshake_of(header, header->seqno - 1);
	u16_t mss = cookie_check(secret, &h, now, header->ackno - 1);
	if (!mss)
		return ERR_OK;
	/* Data in it is sent again. */
	replay(l, header, mss);
	return ERR_USE;
}
