/* neighbours.c - lwIP's packets to their next hop: by ARP, where they may have to wait for an
 * answer. SPDX-License-Identifier: ISC */
#include "neighbours.h"
#include "arp.h"
#include "interface.h"
#include "lwip_port.h"
#include "parts.h"
#include "platform.h"
#include "store.h"
#include "netif/ethernet.h"
#include <string.h>

/* Changes that wait for their commit: a second of refreshes of all entries. */
#define LOG_RECORDS 2048
#define HISTORY_BYTES (2 << 20)
#define HISTORY_SECONDS 600
#define ENTRIES_MIN 16
#define LIFETIME_MAX_S 86400

static uint64_t secret[2];
static struct table *table;
static struct arp *arp;
/* By number: does it wait for its address; was that found free? */
static bool is_probing[NETS_MAX], is_free[NETS_MAX];

struct table *lwip_port_arp(void)
{
	const struct store defaults = {.kind = &arp_kind,
		.entries = ARP_TABLE_ENTRIES(ARP_ENTRIES),
		.entries_min = ARP_TABLE_ENTRIES(ENTRIES_MIN),
		.entries_max = ARP_TABLE_ENTRIES_MAX,
		.history_bytes = HISTORY_BYTES,
		.history_seconds = HISTORY_SECONDS,
		.log_records = LOG_RECORDS};
	if (!table)
		table = store_open(&defaults);
	return table;
}

static uint32_t lifetime_ms(void)
{
	uint64_t s = option_number("arp.lifetime", ARP_LIFETIME_MS / 1000);
	if (s < 1 || s > LIFETIME_MAX_S)
		refuse("arp.lifetime=%lu: expected 1 to %d seconds", s, LIFETIME_MAX_S);
	return (uint32_t)s * 1000;
}

static uint32_t random_word(void *ctx)
{
	(void)ctx;
	return random_u32();
}

/* Where the last packet went: those of a bulk transfer ask ARP once, not each. Forgotten when ARP
 * has a frame or a turn of its timer, which is every 10 ms at least. */
static struct {
	const struct netif *netif;
	uint32_t hop;
	uint8_t mac[6];
} last;

/* ---- packets without a next hop -------------------------------------------------------------- */

/* Packets that waited in vain. ARP must not be asked anything while it tells of them. */
static struct {
	struct pbuf *p;
	struct netif *to;
} failed[ARP_WAITERS * 4];
static size_t failed_count;
static bool is_asking; /* what is dropped meanwhile gave way to a newer packet */

static void fail(struct pbuf *p, struct netif *to)
{
	if (is_asking || failed_count == sizeof(failed) / sizeof(failed[0])) {
		pbuf_free(p);
		return;
	}
	failed[failed_count].p = p;
	failed[failed_count++].to = to;
}

static bool report_failed(void)
{
	bool any = failed_count;
	for (size_t i = 0; i < failed_count; i++) {
		hooks_unreachable(failed[i].p, failed[i].to);
		pbuf_free(failed[i].p);
	}
	failed_count = 0;
	return any;
}

/* ---- the main loop --------------------------------------------------------------------------- */

static bool use_free(void)
{
	bool any = false;
	for (unsigned i = 0; i < NETS_MAX; i++) {
		if (!is_free[i])
			continue;
		any = true;
		is_free[i] = false;
		interface_is_free(lwip_port_netif(i));
	}
	return any;
}

/* ARP's times are the day's, the main loop's begin at boot. */
static uint64_t timer(uint64_t now)
{
	last.netif = NULL;
	uint64_t day = wall_ns(), next = arp_tick(arp, day);
	bool told = report_failed();
	told = use_free() || told;
	if (told) /* which may have made ARP ask or announce something */
		next = arp_tick(arp, day);
	return next == UINT64_MAX ? next : next > day ? now + (next - day) : now;
}

void neighbours_open(void)
{
	lwip_port_arp();
	random_bytes(secret, sizeof(secret));
	const struct arp_limits limits = {.entries = store_of(table)->entries - ARP_REFUSALS,
		.questions = ARP_QUESTIONS,
		.lifetime_ms = lifetime_ms(),
		.secret = secret,
		.random = random_word};
	arp = arp_open(memory_take(arp_memory(&limits)), &limits, table, wall_ns());
	lwip_port_on_timer(timer);
	lwip_port_on_idle(store_work);
}

/* ---- packets out ----------------------------------------------------------------------------- */

static err_t frame_out(struct netif *netif, struct pbuf *p, const uint8_t mac[6])
{
	struct eth_addr from, to;
	memcpy(&from, netif->hwaddr, sizeof(from));
	memcpy(&to, mac, sizeof(to));
	return ethernet_output(netif, p, &from, &to, ETHTYPE_IP);
}

/* RFC 1112, 6.4: the group's lowest 23 bits. */
static err_t group_out(struct netif *netif, struct pbuf *p, const ip4_addr_t *group)
{
	uint32_t ip = lwip_ntohl(group->addr);
	const uint8_t mac[6] = {
		0x01, 0x00, 0x5e, (uint8_t)(ip >> 16 & 0x7f), (uint8_t)(ip >> 8), (uint8_t)ip};
	return frame_out(netif, p, mac);
}

/* A packet that may wait: lwIP can change what it only lent. */
static struct pbuf *keep(struct pbuf *p)
{
	for (struct pbuf *part = p; part; part = part->next)
		if (PBUF_NEEDS_COPY(part))
			return pbuf_clone(PBUF_LINK, PBUF_RAM, p);
	pbuf_ref(p);
	return p;
}

/* The address of the next hop, 0 without one. */
static uint32_t next_hop(const struct netif *netif, const ip4_addr_t *to)
{
	bool near = ip4_addr_netcmp(to, netif_ip4_addr(netif), netif_ip4_netmask(netif)) ||
		    ip4_addr_islinklocal(to);
	return lwip_ntohl(near ? to->addr : netif_ip4_gw(netif)->addr);
}

/* KEPT waits for the answer. */
static bool ask(struct netif *netif, struct pbuf *kept, uint32_t hop, uint64_t now)
{
	uint8_t mac[6];
	is_asking = true;
	enum arp_answer answer = arp_resolve(netif->state, hop, kept, now, mac);
	is_asking = false;
	return answer == ARP_ASKED;
}

static err_t resolve(struct netif *netif, struct pbuf *p, uint32_t hop)
{
	uint8_t mac[6];
	if (last.netif == netif && last.hop == hop)
		return frame_out(netif, p, last.mac);
	uint64_t now = wall_ns();
	enum arp_answer answer = arp_resolve(netif->state, hop, NULL, now, mac);
	if (answer == ARP_KNOWN) {
		last.netif = netif;
		last.hop = hop;
		memcpy(last.mac, mac, sizeof(last.mac));
		return frame_out(netif, p, mac);
	}
	struct pbuf *kept = answer == ARP_ASKED ? keep(p) : NULL;
	if (!kept)
		return answer == ARP_ASKED ? ERR_MEM : ERR_RTE;
	if (ask(netif, kept, hop, now))
		return ERR_OK;
	pbuf_free(kept);
	return ERR_RTE;
}

static err_t output(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	if (ip4_addr_isbroadcast(to, netif))
		return frame_out(netif, p, all);
	if (ip4_addr_ismulticast(to))
		return group_out(netif, p, to);
	uint32_t hop = next_hop(netif, to);
	return hop ? resolve(netif, p, hop) : ERR_RTE;
}

static void deliver(void *ctx, void *packet, const uint8_t *mac)
{
	if (!mac) {
		fail(packet, ctx);
		return;
	}
	frame_out(ctx, packet, mac);
	pbuf_free(packet);
}

/* ---- ARP's own frames ------------------------------------------------------------------------ */

static void send(void *ctx, const uint8_t *frame, size_t n)
{
	const struct net_part part = {frame, n};
	net_send(interface_number(ctx), &part, 1); /* a lost frame is asked for again */
}

static void event(void *ctx, enum arp_event what, uint32_t ip, const uint8_t mac[6])
{
	static const char *const words[] = {[ARP_CONFLICT] = "is claimed by",
		[ARP_LOST] = "is ours no more; it is used by",
		[ARP_READY] = "is free; it is now at",
		[ARP_IN_CACHE] = "was known to be at"};
	unsigned number = interface_number(ctx);
	if (what == ARP_LOST && is_probing[number])
		interface_is_taken(ctx, mac);
	/* ARP must not be told of an address while it tells of one. */
	if (what == ARP_READY && is_probing[number]) {
		is_free[number] = true;
		is_probing[number] = false;
	}
	console_printf("respin: address %u.%u.%u.%u of en%u %s "
		       "%02x:%02x:%02x:%02x:%02x:%02x\n",
		ip >> 24, ip >> 16 & 255, ip >> 8 & 255, ip & 255, number, words[what], mac[0],
		mac[1], mac[2], mac[3], mac[4], mac[5]);
}

void neighbours_attach(struct netif *netif)
{
	const struct arp_ops ops = {netif, send, deliver, event, false};
	netif->state = arp_attach(arp, netif->hwaddr, &ops);
	if (!netif->state)
		panic("ARP has no room for another interface");
	netif->output = output;
}

void neighbours_address(struct netif *netif)
{
	uint32_t ip = lwip_ntohl(netif_ip4_addr(netif)->addr);
	last.netif = NULL;
	arp_set_addresses(netif->state, &ip, ip ? 1 : 0, wall_ns());
}

void neighbours_input(struct netif *netif, const uint8_t *frame, size_t n)
{
	last.netif = NULL;
	arp_input(netif->state, frame, n, wall_ns());
}

void neighbours_probe(struct netif *netif, const ip4_addr_t *address)
{
	is_probing[interface_number(netif)] = true;
	if (!arp_probe_address(netif->state, lwip_ntohl(address->addr), wall_ns()))
		panic("ARP can't ask for the address of en%u", interface_number(netif));
}

/* ---- entries that the options give ----------------------------------------------------------- */

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "52:54:00:12:34:56" */
static bool parse_mac(const char *text, size_t n, uint8_t mac[6])
{
	if (n != 17)
		return false;
	for (size_t i = 0; i < 6; i++, text += 3) {
		int high = digit(text[0]), low = digit(text[1]);
		if (high < 0 || low < 0 || (i < 5 && text[2] != ':'))
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* "10.77.0.9:52:54:00:12:34:56", of N bytes. */
static bool parse_entry(const char *text, size_t n, ip4_addr_t *ip, uint8_t mac[6])
{
	char copy[IP4ADDR_STRLEN_MAX];
	const char *colon = memchr(text, ':', n);
	size_t address_n = colon ? (size_t)(colon - text) : 0;
	if (!address_n || address_n >= sizeof(copy))
		return false;
	memcpy(copy, text, address_n);
	copy[address_n] = '\0';
	return ip4addr_aton(copy, ip) && parse_mac(colon + 1, n - address_n - 1, mac);
}

void neighbours_static(void)
{
	const char *all = option_get("arp.static"), *p = all;
	while (p) {
		ip4_addr_t ip;
		uint8_t mac[6];
		const char *comma = strchr(p, ',');
		size_t n = comma ? (size_t)(comma - p) : strlen(p);
		if (!parse_entry(p, n, &ip, mac))
			refuse("arp.static=%s: expected entries like 10.0.0.9:52:54:00:12:34:56",
				all);
		struct netif *netif = interface_near(&ip);
		if (!netif)
			refuse("arp.static=%s: expected addresses of the image's networks", all);
		if (!arp_set_static(netif->state, lwip_ntohl(ip.addr), mac, wall_ns()))
			refuse("arp.static=%s: expected addresses of hosts, and no more than "
			       "arp.entries=",
				all);
		p = comma ? comma + 1 : NULL;
	}
}
