/* nat_guest.h - what the files of the NAT's benchmark image give each other.
 * SPDX-License-Identifier: ISC */
#ifndef NAT_GUEST_H
#define NAT_GUEST_H

#include "nat.h"

#define INSIDE 0xc0a80001u  /* the inside network; the gateway is the next address */
#define OUTSIDE 0xcb007102u /* the gateway */

/* Forwards between network card 0, outside, and 1, inside, for ever. Makes the history of TABLE
 * (NULL: there is none) when no frame waits. Time begins at EPOCH. */
_Noreturn void wire_run(struct nat *nat, struct table *table, uint64_t epoch);

#endif
