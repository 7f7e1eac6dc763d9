/* gateway.c - a NAT gateway between two network cards. SPDX-License-Identifier: ISC */
#include "parts.h"
#include "connections.h"
#include "lwip_port.h"
#include "platform.h"
#include "state.h"

static struct nat *nat;

static void merged(void *ctx)
{
	(void)ctx;
	nat_rescan(nat, wall_ns());
}

static const char *check(void *ctx, const void *key, const void *value)
{
	(void)ctx;
	return nat_check(nat, key, value);
}

int main(void)
{
	struct table *table = settings_store(merged, check);
	lwip_port_arp();
	connections_store();
	state_restore();
	lwip_port_open();
	if (lwip_port_count() != 2)
		panic("a gateway needs two network cards, this machine has %u", lwip_port_count());
	nat = settings_open(table);
	cards_open(nat);
	connections_open(NULL, 0);
	state_open();
	lwip_port_run();
}
