/* main.c - a node of the example: an address of its own, the neighbours' addresses, and its ARP
 * cache's history for whoever asks. SPDX-License-Identifier: ISC */
#include "talker.h"
#include "connections.h"
#include "lwip_port.h"
#include "platform.h"
#include "state.h"
#include "lwip/netif.h"

#define NODES_MAX 200
#define TALK_MAX_S 86400

static struct neighbourhood neighbours(void)
{
	struct neighbourhood n = {.self = (unsigned)option_number("node", 1),
		.count = (unsigned)option_number("nodes", 1)};
	if (n.self < 1 || n.self > n.count || n.count > NODES_MAX)
		refuse("node=%u nodes=%u: expected a node from 1 to nodes, and at most %d "
		       "nodes",
			n.self, n.count, NODES_MAX);
	n.first = lwip_ntohl(netif_ip4_addr(lwip_port_netif(0))->addr) - (n.self - 1);
	return n;
}

/* talk.min=, talk.max=: seconds that a conversation takes; talk.once=: see talker.h. */
static struct talk talk_options(unsigned nodes)
{
	struct talk t = {.min_s = (unsigned)option_number("talk.min", 10),
		.max_s = (unsigned)option_number("talk.max", 30),
		.once = (unsigned)option_number("talk.once", 0)};
	if (t.min_s > t.max_s || t.max_s > TALK_MAX_S)
		refuse("talk.min=%u talk.max=%u: expected seconds, the smaller first, at "
		       "most %d",
			t.min_s, t.max_s, TALK_MAX_S);
	if (t.once == 1 || t.once > nodes || (t.once && nodes < 3))
		refuse("talk.once=%u: expected a node from 2 to nodes, of at least three", t.once);
	return t;
}

int main(void)
{
	lwip_port_arp();
	connections_store();
	state_restore();
	lwip_port_open();
	struct neighbourhood n = neighbours();
	struct talk t = talk_options(n.count);
	echo_open();
	connections_open(NULL, 0);
	state_open();
	talk_open(&n, &t);
	lwip_port_run();
}
