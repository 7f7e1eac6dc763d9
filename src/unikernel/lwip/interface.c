/* interface.c - the network interface: lwIP's packets to the device, the device's frames to lwIP,
 * and its address. SPDX-License-Identifier: ISC */
#include "interface.h"
#include "parts.h"
#include "platform.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/netif.h"
#include "netif/ethernet.h"
#include <string.h>

#define PARTS_MAX 64

static struct netif interface;

static err_t output(struct netif *netif, struct pbuf *packet)
{
	struct net_part parts[PARTS_MAX];
	size_t count = 0;
	(void)netif;
	for (struct pbuf *p = packet; p; p = p->next) {
		if (count == PARTS_MAX)
			return ERR_BUF;
		parts[count++] = (struct net_part){p->payload, p->len};
	}
	return net_send(parts, count) ? ERR_OK : ERR_MEM;
}

static err_t init(struct netif *netif)
{
	struct net_info info = net_open();
	memcpy(netif->hwaddr, info.mac, sizeof(info.mac));
	netif->hwaddr_len = sizeof(info.mac);
	netif->name[0] = 'e';
	netif->name[1] = 'n';
	netif->mtu = 1500;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
	netif->output = etharp_output;
	netif->linkoutput = output;
	if (info.tcp_checksum)
		NETIF_SET_CHECKSUM_CTRL(
			netif, NETIF_CHECKSUM_ENABLE_ALL & ~(unsigned)NETIF_CHECKSUM_GEN_TCP);
	return ERR_OK;
}

static ip4_addr_t parse_address(const char *key, const char *text)
{
	ip4_addr_t address;
	if (!ip4addr_aton(text, &address))
		panic("option %s=%s: expected an address like 10.0.0.2", key, text);
	return address;
}

/* "10.77.0.2/24" */
static void parse_network(const char *text, ip4_addr_t *address, ip4_addr_t *mask)
{
	char copy[32];
	unsigned bits = 0;
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : 0;
	for (const char *p = slash; p && p[1] >= '0' && p[1] <= '9' && bits <= 32; p++)
		bits = bits * 10 + (unsigned)(p[1] - '0');
	if (!n || n >= sizeof(copy) || bits < 1 || bits > 32)
		panic("option ip=%s: expected dhcp or an address with bits like 10.0.0.2/24", text);
	memcpy(copy, text, n);
	copy[n] = '\0';
	*address = parse_address("ip", copy);
	mask->addr = lwip_htonl(UINT32_MAX << (32 - bits));
}

void interface_open(void)
{
	ip4_addr_t address = {0}, mask = {0}, gateway = {0};
	const char *ip = option_get("ip"), *via = option_get("gateway");
	bool dhcp = !ip || strcmp(ip, "dhcp") == 0;
	if (!dhcp)
		parse_network(ip, &address, &mask);
	if (via)
		gateway = parse_address("gateway", via);
	netif_add(&interface, &address, &mask, &gateway, NULL, init, ethernet_input);
	netif_set_default(&interface);
	netif_set_up(&interface);
	if (dhcp && dhcp_start(&interface) != ERR_OK)
		panic("DHCP does not start");
}

static void announce(struct netif *netif)
{
	char text[IP4ADDR_STRLEN_MAX];
	if (!ip4_addr_isany(netif_ip4_addr(netif)))
		console_printf("respin: ready %s\n",
			ip4addr_ntoa_r(netif_ip4_addr(netif), text, sizeof(text)));
}

void interface_announce(void)
{
	announce(&interface);
	netif_set_status_callback(&interface, announce);
}

bool interface_poll(void)
{
	const uint8_t *frame;
	size_t n;
	bool any = false;
	while (net_receive(&frame, &n)) {
		any = true;
		if (!frame_is_whole(frame, n))
			continue;
		struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)n, PBUF_POOL);
		if (!p)
			continue; /* as a full queue would: the sender tries again */
		pbuf_take(p, frame, (u16_t)n);
		if (interface.input(p, &interface) != ERR_OK)
			pbuf_free(p);
	}
	return any;
}
