/* cable.h - network devices of the kernel, whose Ethernet frames a wire carries: those of hosts,
 * and of machines that are programs. SPDX-License-Identifier: ISC */
#ifndef RESPIN_LAB_CABLE_H
#define RESPIN_LAB_CABLE_H

#include "lab/network.h"
#include "sys/sys.h"

/* A host at the end of a cable. */
struct host {
	int packets; /* sends and receives the Ethernet frames of the cable's far end; -1: none */
	int space;   /* its network namespace: network 0's is ours */
};
/* Makes the host of a network, and its cable. */
MUST_CHECK bool host_make(
	struct arena *a, const struct network *net, struct host *out, struct err *e);

/* What a machine's network cards are. */
enum card_kind {
	CARD_SOCKET, /* a datagram socket that the machine inherits, a frame each: QEMU's */
	CARD_KERNEL, /* eth0, eth1 ...: the kernel's, with the machine's addresses on them, and a
		      * default route to network 0's host */
	CARD_TAP     /* tap0, tap1 ...: the machine sends and receives frames; the kernel is silent
		      */
};
/* A machine's ends of its wires, by network. */
struct cards {
	enum card_kind kind;
	int wires[RECIPE_NETWORKS_MAX];	  /* what the wire sends to and receives from; -1: none */
	int sockets[RECIPE_NETWORKS_MAX]; /* what the machine inherits; -1: none */
	int space; /* the network namespace that is the machine's own; -1: it needs none */
};
#define NO_CARDS                                                                                   \
	(struct cards)                                                                             \
	{                                                                                          \
		.wires = {-1, -1, -1, -1}, .sockets = {-1, -1, -1, -1}, .space = -1                \
	}
/* Those of machine NUMBER (1 is the first). After a failure, cards_close() what there is. */
MUST_CHECK bool cards_make(struct arena *a, enum card_kind kind, const networks *nets,
	int64_t number, struct cards *out, struct err *e);
/* Once the machine has been started: what it inherits is its own. */
void cards_hand_over(struct cards *c);
void cards_close(struct cards *c);
/* Has the machine opened the tap of network AT? */
bool cards_tap_is_open(const struct cards *c, size_t at);
/* "eth0", "tap0": the machine's name for its card on network AT. */
const char *card_name(struct arena *a, enum card_kind kind, size_t at);

#endif
