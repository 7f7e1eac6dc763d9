/* settings.c - the gateway's options. SPDX-License-Identifier: ISC */
#include "parts.h"
#include "lwip_port.h"
#include "platform.h"
#include "store.h"
#include "lwip/netif.h"
#include <string.h>

#define OWN_PORTS 49152 /* and above: the gateway's own connections (RFC 6335, 6) */
#define DHCP_CLIENT 68
#define HISTORY_BYTES (2 << 20)
#define HISTORY_SECONDS 600
#define MAPPINGS_MAX (3 * 65536) /* all ports of all protocols */
#define LOG_RECORDS 16384	 /* a second of new flows at 16,000 a second */

static uint64_t secret[2];

static uint16_t outside_mtu(const struct netif *card)
{
	uint64_t mtu = option_number("nat.mtu", card->mtu);
	if (mtu < 68 || mtu > card->mtu)
		refuse("nat.mtu=%u: expected 68 to %u", (unsigned)mtu, (unsigned)card->mtu);
	return (uint16_t)mtu;
}

struct nat_network settings_network(enum nat_side side)
{
	const struct netif *card =
		lwip_port_netif(side == NAT_OUTSIDE ? CARD_OUTSIDE : CARD_INSIDE);
	return (struct nat_network){lwip_ntohl(netif_ip4_addr(card)->addr),
		lwip_ntohl(netif_ip4_netmask(card)->addr), lwip_ntohl(netif_ip4_gw(card)->addr),
		side == NAT_OUTSIDE ? outside_mtu(card) : card->mtu};
}

/* A timer of at least LEAST seconds, by the RFCs; shorter ones break connections. */
static uint32_t timer(const char *key, uint32_t preset, uint32_t least)
{
	uint64_t seconds = option_number(key, preset);
	if (!seconds || seconds > UINT32_MAX)
		refuse("%s=%llu: expected 1 to 4294967295 seconds", key,
			(unsigned long long)seconds);
	if (seconds < least)
		console_printf("respin: %s=%u is shorter than the %u seconds that it should be\n",
			key, (unsigned)seconds, (unsigned)least);
	return (uint32_t)seconds;
}

static bool parse_port(const char **p, uint16_t *port)
{
	uint32_t number = 0;
	const char *from = *p;
	for (; **p >= '0' && **p <= '9' && number <= UINT16_MAX; ++*p)
		number = number * 10 + (uint32_t)(**p - '0');
	*port = (uint16_t)number;
	return *p > from && number && number <= UINT16_MAX;
}

/* "1024-49151" */
static void parse_ports(struct nat_config *c)
{
	const char *text = option_get("nat.ports"), *p = text;
	if (!text)
		return;
	if (!parse_port(&p, &c->port_first) || *p++ != '-' || !parse_port(&p, &c->port_last) ||
		*p || c->port_first < 1024 || c->port_last < c->port_first)
		refuse("nat.ports=%s: expected ports like 1024-49151", text);
}

/* Calls USE with each part of the option's list. */
static void each_part(
	const char *key, struct nat *nat, void (*use)(struct nat *nat, const char *part, size_t n))
{
	const char *p = option_get(key);
	while (p) {
		const char *comma = strchr(p, ',');
		use(nat, p, comma ? (size_t)(comma - p) : strlen(p));
		p = comma ? comma + 1 : NULL;
	}
}

static void add_forward(struct nat *nat, const char *text, size_t n)
{
	enum nat_protocol protocol;
	uint16_t port, to;
	uint32_t address;
	if (!nat_forward_parse(text, n, &protocol, &port, &address, &to))
		refuse("nat.forward=%s: expected one like tcp:8080:192.168.1.10:80", text);
	enum nat_forward_result result = nat_forward_set(nat, protocol, port, address, to);
	if (result == NAT_FORWARD_IS_RESERVED || result == NAT_FORWARD_NOT_INSIDE)
		refuse("nat.forward=%s: %s", text, nat_forward_words(result));
	/* A kept state may be in its way, and can be edited only while we run. */
	if (result != NAT_FORWARD_SET)
		console_printf("respin: nat.forward=%s has no effect: %s\n", text,
			nat_forward_words(result));
}

/* "tcp:80" */
static void open_port(struct nat *nat, const char *text, size_t n)
{
	uint16_t port;
	const char *p = text + 4;
	bool tcp = n > 4 && memcmp(text, "tcp:", 4) == 0;
	if ((!tcp && (n <= 4 || memcmp(text, "udp:", 4) != 0)) || !parse_port(&p, &port) ||
		p != text + n)
		refuse("nat.open=%s: expected one like tcp:80", text);
	nat_reserve(nat, tcp ? NAT_TCP : NAT_UDP, port);
}

static void report(void *ctx, const char *line)
{
	(void)ctx;
	console_printf("respin: %s\n", line);
}

static void refuse_inside(void)
{
	const char *address = option_get("ip1"), *probe = option_get("arp.probe");
	if (!address)
		refuse("the inside network has no address: give ip1=ADDRESS/BITS");
	if (probe && strcmp(probe, "yes") == 0 && strcmp(address, "dhcp") != 0)
		refuse("arp.probe=yes: a gateway has its inside address from the start");
	refuse("ip1=%s: expected ADDRESS/BITS of a host, as a gateway has its inside address from "
	       "the start",
		address);
}

static struct nat_config read_config(size_t mappings)
{
	struct nat_config c = nat_config_default();
	c.networks[NAT_OUTSIDE] = settings_network(NAT_OUTSIDE);
	c.networks[NAT_INSIDE] = settings_network(NAT_INSIDE);
	if (!c.networks[NAT_INSIDE].address)
		refuse_inside();
	c.tcp_established = timer("nat.tcp", c.tcp_established, 7440);
	c.tcp_transitory = timer("nat.tcp.transitory", c.tcp_transitory, 240);
	c.udp = timer("nat.udp", c.udp, 120);
	c.icmp = timer("nat.icmp", c.icmp, 60);
	c.mappings = mappings;
	c.sessions = 2 * mappings;
	parse_ports(&c);
	random_bytes(secret, sizeof(secret));
	c.secret = secret;
	c.report = report;
	return c;
}

struct table *settings_store(void (*merged)(void *ctx),
	const char *(*check)(void *ctx, const void *key, const void *value))
{
	const struct store defaults = {.kind = &nat_kind,
		.entries = nat_config_default().mappings,
		.entries_min = 1,
		.entries_max = MAPPINGS_MAX,
		.history_bytes = HISTORY_BYTES,
		.history_seconds = HISTORY_SECONDS,
		.log_records = LOG_RECORDS,
		.values = true,
		.prompt = true,
		.merged = merged,
		.check = check};
	return store_open(&defaults);
}

struct nat *settings_open(struct table *table)
{
	struct nat_config c = read_config(store_of(table)->entries);
	struct nat *nat = nat_open(memory_take(nat_memory(&c)), &c, table, wall_ns());
	if (!nat)
		refuse("inside and outside have the same address");
	nat_reserve(nat, NAT_UDP, DHCP_CLIENT);
	for (uint32_t port = OWN_PORTS; port <= UINT16_MAX; port++) {
		nat_reserve(nat, NAT_TCP, (uint16_t)port);
		nat_reserve(nat, NAT_UDP, (uint16_t)port);
	}
	each_part("nat.open", nat, open_port);
	each_part("nat.forward", nat, add_forward);
	return nat;
}
