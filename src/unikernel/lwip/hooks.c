/* hooks.c - what others want to see of lwIP's packets. SPDX-License-Identifier: ISC */
#include "lwip_port.h"
#include "platform.h"
#include "hooks.h"
#include "lwip/pbuf.h"

static bool (*input)(struct pbuf *p, struct netif *from);

void lwip_port_on_ip4(bool (*function)(struct pbuf *p, struct netif *from))
{
	if (input)
		panic("a second function wants to see the packets first");
	input = function;
}

int lwip_port_ip4_input(struct pbuf *p, struct netif *from)
{
	return input && input(p, from);
}
