/* interface.c - the network interfaces: lwIP's packets to the devices, the devices' frames to lwIP,
 * and their addresses. SPDX-License-Identifier: ISC */
#include "interface.h"
#include "lwip_port.h"
#include "neighbours.h"
#include "parts.h"
#include "platform.h"
#include "lwip/dhcp.h"
#include "lwip/ip4.h"
#include "lwip/netif.h"
#include "lwip/prot/ethernet.h"
#include <string.h>

#define PARTS_MAX 64
/* Frames taken from one device before the others and the rest of the turn have theirs. */
#define BATCH 64

static struct netif interfaces[NETS_MAX];
static unsigned interface_count;
/* What the options give each. */
static struct {
	const char *option; /* NULL: none, or DHCP */
	ip4_addr_t address, mask;
} given[NETS_MAX];
static bool announcing;
static bool ready;
static unsigned holds; /* of the announcement */

unsigned interface_number(const struct netif *netif)
{
	return (unsigned)(netif - interfaces);
}

static err_t output(struct netif *netif, struct pbuf *packet)
{
	struct net_part parts[PARTS_MAX];
	size_t count = 0;
	for (struct pbuf *p = packet; p; p = p->next) {
		if (count == PARTS_MAX)
			return ERR_BUF;
		parts[count++] = (struct net_part){p->payload, p->len};
	}
	return net_send(interface_number(netif), parts, count) ? ERR_OK : ERR_MEM;
}

static err_t init(struct netif *netif)
{
	struct net_info info = net_open(interface_number(netif));
	memcpy(netif->hwaddr, info.mac, sizeof(info.mac));
	netif->hwaddr_len = sizeof(info.mac);
	netif->name[0] = 'e';
	netif->name[1] = 'n';
	netif->mtu = 1500;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_LINK_UP;
	netif->linkoutput = output;
	neighbours_attach(netif);
	if (info.tcp_checksum)
		NETIF_SET_CHECKSUM_CTRL(
			netif, NETIF_CHECKSUM_ENABLE_ALL & ~(unsigned)NETIF_CHECKSUM_GEN_TCP);
	return ERR_OK;
}

/* lwIP's own ethernet_input() takes no IPv4 without its own ARP. */
static err_t ip4_in(struct pbuf *p, struct netif *netif)
{
	const struct eth_hdr *frame = p->payload;
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	if (memcmp(frame->dest.addr, all, sizeof(all)) == 0)
		p->flags |= PBUF_FLAG_LLBCAST;
	else if (frame->dest.addr[0] & 1)
		p->flags |= PBUF_FLAG_LLMCAST;
	pbuf_remove_header(p, SIZEOF_ETH_HDR);
	return ip4_input(p, netif);
}

static ip4_addr_t parse_address(const char *key, const char *text)
{
	ip4_addr_t address;
	if (!ip4addr_aton(text, &address))
		refuse("%s=%s: expected an address like 10.0.0.2", key, text);
	return address;
}

/* "10.77.0.2/24" */
static void parse_network(const char *key, const char *text, ip4_addr_t *address, ip4_addr_t *mask)
{
	char copy[32];
	unsigned bits = 0;
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : 0;
	for (const char *p = slash; p && p[1] >= '0' && p[1] <= '9' && bits <= 32; p++)
		bits = bits * 10 + (unsigned)(p[1] - '0');
	if (!n || n >= sizeof(copy) || bits < 1 || bits > 32)
		refuse("%s=%s: expected dhcp or an address with bits like 10.0.0.2/24", key, text);
	memcpy(copy, text, n);
	copy[n] = '\0';
	*address = parse_address(key, copy);
	mask->addr = lwip_htonl(UINT32_MAX << (32 - bits));
}

static void announce(struct netif *netif)
{
	char text[IP4ADDR_STRLEN_MAX];
	if (!announcing || holds || ip4_addr_isany(netif_ip4_addr(netif)))
		return;
	ip4addr_ntoa_r(netif_ip4_addr(netif), text, sizeof(text));
	ready = ready || netif == &interfaces[0];
	if (netif == &interfaces[0])
		console_printf("respin: ready %s\n", text);
	else
		console_printf("respin: address of en%u: %s\n", interface_number(netif), text);
}

static void changed(struct netif *netif)
{
	neighbours_address(netif);
	announce(netif);
}

static bool probes(void)
{
	const char *text = option_get("arp.probe");
	if (text && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		refuse("arp.probe=%s: expected yes or no", text);
	return text && strcmp(text, "yes") == 0;
}

void interface_is_free(struct netif *netif)
{
	unsigned i = interface_number(netif);
	netif_set_addr(netif, &given[i].address, &given[i].mask, netif_ip4_gw(netif));
}

void interface_is_taken(struct netif *netif, const uint8_t mac[6])
{
	unsigned i = interface_number(netif);
	const char number[] = {i ? (char)('0' + i) : '\0', '\0'};
	refuse("ip%s=%s: expected an address that is free, it is used by "
	       "%02x:%02x:%02x:%02x:%02x:%02x",
		number, given[i].option, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

struct netif *interface_near(const ip4_addr_t *ip)
{
	for (unsigned i = 0; i < interface_count; i++)
		if (given[i].option && ip4_addr_netcmp(ip, &given[i].address, &given[i].mask))
			return &interfaces[i];
	return given[0].option ? NULL : &interfaces[0];
}

/* KEY is the option that gives the address: "ip", "ip1", ... */
static void open_one(struct netif *netif, const char *key, const char *preset)
{
	ip4_addr_t address = {0}, mask = {0}, gateway = {0};
	const char *ip = option_get(key), *via = preset ? option_get("gateway") : NULL;
	if (!ip)
		ip = preset;
	bool dhcp = ip && strcmp(ip, "dhcp") == 0;
	if (ip && !dhcp)
		parse_network(key, ip, &address, &mask);
	if (via)
		gateway = parse_address("gateway", via);
	unsigned i = interface_number(netif);
	given[i].option = dhcp ? NULL : ip;
	given[i].address = address;
	given[i].mask = mask;
	bool probe = given[i].option && probes();
	if (probe)
		ip4_addr_set_any(&address);
	if (!netif_add(netif, &address, &mask, &gateway, NULL, init, ip4_in))
		panic("lwIP has no room for another interface");
	netif_set_status_callback(netif, changed);
	netif_set_up(netif);
	if (probe)
		neighbours_probe(netif, &given[i].address);
	if (dhcp && dhcp_start(netif) != ERR_OK)
		panic("DHCP does not start");
}

void interface_open(void)
{
	unsigned count = net_count();
	neighbours_open();
	open_one(&interfaces[0], "ip", "dhcp");
	netif_set_default(&interfaces[0]);
	for (interface_count = 1; interface_count < count; interface_count++) {
		const char key[] = {'i', 'p', (char)('0' + interface_count), '\0'};
		open_one(&interfaces[interface_count], key, NULL);
	}
}

unsigned lwip_port_count(void)
{
	return interface_count;
}

struct netif *lwip_port_netif(unsigned i)
{
	if (i >= interface_count)
		panic("there is no interface en%u", i);
	return &interfaces[i];
}

/* The first is the last to be announced: then all are ready that need no DHCP. */
void interface_announce(void)
{
	announcing = true;
	for (unsigned i = interface_count; i-- > 0;)
		announce(&interfaces[i]);
}

bool lwip_port_is_ready(void)
{
	return ready;
}

void lwip_port_hold_ready(void)
{
	holds++;
}

void lwip_port_release_ready(void)
{
	if (--holds == 0 && announcing)
		interface_announce();
}

static void input(struct netif *netif, const uint8_t *frame, size_t n)
{
	if (!frame_is_whole(frame, n))
		return;
	unsigned type = (unsigned)frame[12] << 8 | frame[13];
	if (type == ETHTYPE_ARP)
		neighbours_input(netif, frame, n);
	if (type != ETHTYPE_IP)
		return;
	struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_POOL);
	if (!p)
		return; /* as a full queue would: the sender tries again */
	pbuf_take(p, frame, (u16_t)n);
	if (netif->input(p, netif) != ERR_OK)
		pbuf_free(p);
}

bool interface_poll(void)
{
	const uint8_t *frame;
	size_t n;
	bool any = false;
	for (unsigned i = 0; i < interface_count; i++) {
		for (unsigned frames = 0; frames < BATCH && net_receive(i, &frame, &n); frames++) {
			any = true;
			input(&interfaces[i], frame, n);
		}
	}
	return any;
}
