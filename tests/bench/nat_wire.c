/* nat_wire.c - a NAT gateway without a stack: a frame that comes in at one card leaves by the
 * other, in turns as the images' main loop has them. SPDX-License-Identifier: ISC */
#include "nat_guest.h"
#include "platform.h"
#include <string.h>

#define ETHERNET_HEADER 14u
/* As lwIP's port. */
#define AWAKE_NS 200000u
#define QUIET_NS 500000u
#define STARVE_NS 10000000u

static const enum nat_side sides[2] = {NAT_OUTSIDE, NAT_INSIDE};

static void forward(struct nat *nat, uint64_t now, unsigned net, const uint8_t *frame, size_t n)
{
	uint8_t copy[NET_FRAME_MAX], reply[NAT_REPLY_MAX];
	if (n <= ETHERNET_HEADER || n > sizeof(copy))
		return;
	memcpy(copy, frame, n);
	uint8_t *packet = copy + ETHERNET_HEADER;
	struct nat_verdict v = nat_packet(nat, now, sides[net], packet, n - ETHERNET_HEADER, reply);
	if (v.action != NAT_FORWARD)
		panic("a packet was dropped: %s", nat_reason_name(v.reason));
	const struct net_part part = {copy, ETHERNET_HEADER + v.n};
	if (!net_send(1 - net, &part, 1))
		panic("the queue of frames is full");
}

void wire_run(struct nat *nat, struct table *table, uint64_t epoch)
{
	uint64_t busy = clock_ns(), worked = busy;
	net_open(0);
	net_open(1);
	console_printf("bench: ready\n");
	for (;;) {
		const uint8_t *frame;
		size_t n;
		bool any = false, more = false;
		uint64_t now = clock_ns();
		for (unsigned net = 0; net < 2; net++)
			while (net_receive(net, &frame, &n)) {
				forward(nat, epoch + now, net, frame, n);
				any = true;
			}
		if (any)
			busy = now;
		else
			more = nat_work(nat, epoch + now);
		if (!any && table && (now - busy >= QUIET_NS || now - worked >= STARVE_NS)) {
			more = table_work(table) || more;
			worked = now;
		}
		net_flush();
		if (!any && !more && now - busy > AWAKE_NS)
			idle_until(now - busy < QUIET_NS ? busy + QUIET_NS : now + STARVE_NS);
	}
}
