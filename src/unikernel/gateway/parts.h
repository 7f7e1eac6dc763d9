/* parts.h - what the gateway's own files give each other. SPDX-License-Identifier: ISC */
#ifndef GATEWAY_PARTS_H
#define GATEWAY_PARTS_H

#include "nat.h"

#define CARD_OUTSIDE 0 /* en0: ip=, gateway= */
#define CARD_INSIDE 1  /* en1: ip1= */

/* The store of mappings; MERGED is called when entries came in from elsewhere, CHECK before a push
 * changes one (store.h). Before state_restore(). */
struct table *settings_store(void (*merged)(void *ctx),
	const char *(*check)(void *ctx, const void *key, const void *value));
/* The translator, as the options say: nat.tcp=, nat.tcp.transitory=, nat.udp=, nat.icmp= (seconds),
 * nat.ports=FIRST-LAST, nat.mtu= (of the outside link),
 * nat.open=tcp:80,... (the gateway's own ports that outside may reach),
 * nat.forward=tcp:8080:192.168.1.10:80,...
 * Panics where they make no sense. */
struct nat *settings_open(struct table *table);
/* The card's address now; of the outside one, with nat.mtu=. */
struct nat_network settings_network(enum nat_side side);

/* From now on IPv4 packets that are not the gateway's own go through NAT. */
void cards_open(struct nat *nat);

#endif
