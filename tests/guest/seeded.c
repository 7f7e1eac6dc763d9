/* seeded.c - an image with an ARP cache and a git server. With send=ADDRESS, it sends a datagram
 * there as soon as it has been told that it may. SPDX-License-Identifier: ISC */
#include "lwip_port.h"
#include "platform.h"
#include "state.h"
#include "lwip/netif.h"
#include "lwip/udp.h"

#define DISCARD 9
#define PERIOD_NS 50000000ull

static struct udp_pcb *pcb;
static ip_addr_t to;

/* The cache has the address when the image is ready: until then nothing is sent. */
static uint64_t timer(uint64_t now)
{
	static bool sent;
	if (sent || !lwip_port_is_ready())
		return now + PERIOD_NS;
	struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, 1, PBUF_RAM);
	if (!p)
		panic("no memory for a datagram");
	*(uint8_t *)p->payload = 'x';
	sent = udp_sendto(pcb, p, &to, DISCARD) == ERR_OK;
	pbuf_free(p);
	if (sent)
		console_printf("guest: sent to %s\n", ipaddr_ntoa(&to));
	return sent ? UINT64_MAX : now + PERIOD_NS;
}

int main(void)
{
	lwip_port_arp();
	state_restore();
	lwip_port_open();
	state_open();
	const char *text = option_get("send");
	if (text) {
		pcb = udp_new();
		if (!pcb || !ipaddr_aton(text, &to))
			panic("option send=%s: expected an address", text);
		lwip_port_on_timer(timer);
	}
	lwip_port_run();
}
