/* lwip_port.h - lwIP on the platform: one network interface, timers, the main loop.
 * SPDX-License-Identifier: ISC */
#ifndef LWIP_PORT_H
#define LWIP_PORT_H

/* Starts lwIP and its interface, with the address that the options give: ip=ADDRESS/BITS and
 * gateway=ADDRESS, or by DHCP (ip=dhcp, or no ip=). Panics where they make no sense. */
void lwip_port_open(void);
/* Serves for ever: frames, timers, sleep. Call it when all listeners are set up: it prints
 * "respin: ready ADDRESS" as soon as there is an address. */
_Noreturn void lwip_port_run(void);

#endif
