/* parts.h - what the port's own files give each other. SPDX-License-Identifier: ISC */
#ifndef LWIP_PORT_PARTS_H
#define LWIP_PORT_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netif;
struct pbuf;

/* Is the frame as long as its own headers say, down to TCP's options? */
bool frame_is_whole(const uint8_t *frame, size_t n);
/* The number of a network interface: its device's. */
unsigned interface_number(const struct netif *netif);
/* Takes the secret of the sequence numbers; before any connection. */
void isn_open(void);
/* Tells whoever hooked in that P did not find its next hop. */
void hooks_unreachable(struct pbuf *p, struct netif *to);

#endif
