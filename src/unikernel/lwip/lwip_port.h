/* lwip_port.h - lwIP on the platform: network interfaces, timers, the main loop and what hooks into
 * it. SPDX-License-Identifier: ISC */
#ifndef LWIP_PORT_H
#define LWIP_PORT_H

#include <stdbool.h>
#include <stdint.h>

struct netif;
struct pbuf;
struct table;

/* Starts lwIP and an interface for each network device, "en0" and so on, with the addresses that
 * the options give: ip=ADDRESS/BITS and gateway=ADDRESS for en0, or by DHCP (ip=dhcp, or no ip=);
 * ip1=, ip2= and ip3= for the others, which have no address without. Panics where they make no
 * sense.
 *
 * No frame comes in or goes out before lwip_port_run(): connections that an earlier image had are
 * put back between the two, and no stray segment can find them missing. */
void lwip_port_open(void);
/* The secret of the initial sequence numbers, made anew by lwip_port_open(). An image that keeps it
 * for the next one, which sets it before its first connection and moves wall_ns() beyond the last,
 * never uses a connection's sequence numbers twice. */
void lwip_port_secret(uint64_t out[2]);
void lwip_port_set_secret(const uint64_t kept[2]);
/* The store of the neighbours' addresses (arp.h). The first call makes it, with the limits that the
 * options give: arp.entries= (1024) neighbours, arp.history.bytes= (2 MiB). A state that was kept
 * is put into it before lwip_port_open(), which begins its history where it has none. Entries live
 * for arp.lifetime= (60) seconds. */
struct table *lwip_port_arp(void);
unsigned lwip_port_count(void);
/* Interface number I; panics where there is none. */
struct netif *lwip_port_netif(unsigned i);

/* The main loop's turn is: hand waiting frames to lwIP, run its timers; where no frame waited, and
 * at least every 10 ms, call the functions below; send. Up to 8 functions of each kind, called in
 * the order in which they were given. */

/* WORK does a little of what can wait, some 100 us of it, and tells whether there is more to do:
 * then the image does not sleep. */
void lwip_port_on_turn(bool (*work)(void));
/* The same for what can wait longer, as the making of history can: only when no frame came for
 * 500 us - the answer to what was just sent would have to wait for its end - or, while they keep
 * coming, every 10 ms. */
void lwip_port_on_idle(bool (*work)(void));
/* TIMER does what is due by NOW_NS (of clock_ns()) and returns when it is to be called again at the
 * latest, UINT64_MAX for never. It is called more often than that. */
void lwip_port_on_timer(uint64_t (*timer)(uint64_t now_ns));
/* COMMIT is called once in each turn that has frames to send, before any of them leaves: what they
 * promise to others must be kept by the time it returns (output commit). Frames for which a
 * device's queue has no room until then are lost, as a wire may lose them. One function. */
void lwip_port_before_send(void (*commit)(void));
/* INPUT sees each IPv4 packet first, P->payload at its header, whose checksum and lengths were not
 * looked at beyond "it is as long as it says": P may have padding at its end. True: it has taken
 * the packet, and frees it. One function. */
void lwip_port_on_ip4(bool (*input)(struct pbuf *p, struct netif *from));

/* UNREACHABLE sees each IPv4 packet that waited in vain for the hardware address of its next hop,
 * P->payload at its header; it does not keep it. One function. */
void lwip_port_on_unreachable(void (*unreachable)(struct pbuf *p, struct netif *to));
/* SEGMENT sees each TCP segment first that is for PCB, a connection or a listener: its header in
 * the machine's byte order, and how many bytes of data it has. Its result is lwIP's err_t: other
 * than ERR_OK drops the segment. One function. */
struct tcp_pcb;
struct tcp_hdr;
void lwip_port_on_segment(
	signed char (*segment)(struct tcp_pcb *pcb, const struct tcp_hdr *header, uint16_t n));
/* Moves lwIP's clock, sys_now(), forward by MS: an image that goes on with connections must not
 * begin its timestamps anew (RFC 7323, 5.4). */
void lwip_port_shift_clock(uint32_t ms);

/* Serves for ever: frames, timers, sleep. Call it when all listeners are set up: it reports unknown
 * options and prints "respin: ready ADDRESS" as soon as en0 has an address and nobody holds it. */
_Noreturn void lwip_port_run(void);
/* Who has something to do from the main loop before the image is ready holds that word until it is
 * done: each hold, before lwip_port_run(), has one release. */
void lwip_port_hold_ready(void);
void lwip_port_release_ready(void);
/* Was it said? */
bool lwip_port_is_ready(void);

#endif
