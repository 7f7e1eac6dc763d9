/* gateway.c - a NAT gateway between two network cards. SPDX-License-Identifier: ISC */
#include "parts.h"
#include "lwip_port.h"
#include "platform.h"

static struct table *table;

/* Makes the history of what has happened. */
static bool work(void)
{
	return table_work(table);
}

int main(void)
{
	lwip_port_open();
	if (lwip_port_count() != 2)
		panic("a gateway needs two network cards, this machine has %u", lwip_port_count());
	cards_open(settings_open(&table));
	if (table)
		lwip_port_on_turn(work);
	lwip_port_run();
}
