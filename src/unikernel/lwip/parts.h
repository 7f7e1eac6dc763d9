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
/* Takes the secret of the cookies that floods of SYNs are answered with. */
void listen_open(void);
/* A segment for listener L, its header in the machine's byte order and its options behind it: other
 * than ERR_OK, it is none of lwIP's business. */
struct tcp_pcb_listen;
struct tcp_hdr;
signed char listen_segment(struct tcp_pcb_listen *l, const struct tcp_hdr *header);
/* Is the connection that lwIP makes one whose peer has our initial sequence number already? */
bool listen_replays(uint32_t *number);
/* Tells whoever hooked in that P did not find its next hop. */
void hooks_unreachable(struct pbuf *p, struct netif *to);

#endif
