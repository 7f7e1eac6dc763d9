/* state.c - state's share of the main loop. SPDX-License-Identifier: ISC */
#include "state.h"
#include "parts.h"
#include "lwip_port.h"
#include "store.h"

static void (*journal)(void);

/* The port makes the stores' objects itself, before this. */
static bool turn(void)
{
	machine_note();
	return keep_on_disk();
}

void state_merged(void)
{
	for (size_t i = 0; i < store_count(); i++)
		if (store_at(i)->merged)
			store_at(i)->merged(store_at(i)->ctx);
}

static void before_send(void)
{
	if (journal)
		journal();
	keep_before_send();
}

void state_before_send(void (*function)(void))
{
	journal = function;
}

void state_open(void)
{
	lwip_port_on_turn(turn);
	if (state_has_disk())
		machine_open();
	if (journal || state_has_disk())
		lwip_port_before_send(before_send);
	serve_open();
	seed_open();
}
