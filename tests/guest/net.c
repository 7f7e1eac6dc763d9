/* The network device sends and receives: asks for a neighbour's address by ARP (RFC 826) until it
 * answers, asleep in between. SPDX-License-Identifier: ISC */
#include "platform.h"
#include <string.h>

#define MS 1000000ull
#define TRIES 50
#define OPCODE 21
#define SENDER 28

static const uint8_t asked[4] = {10, 0, 2, 2};

static void ask(const struct net_info *info)
{
	uint8_t frame[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, [12] = 8, 6, 0, 1, 8, 0, 6, 4, 0,
		1, [28] = 10, 0, 2, 15};
	memcpy(frame + 6, info->mac, 6);
	memcpy(frame + 22, info->mac, 6);
	memcpy(frame + 38, asked, 4);
	/* In parts, as lwIP sends them. */
	const struct net_part parts[] = {{frame, 14}, {frame + 14, 0}, {frame + 14, 28}};
	for (int tries = 0; !net_send(0, parts, 3); tries++) {
		if (tries == TRIES)
			panic("the queue stays full");
		idle_until(clock_ns() + 10 * MS);
	}
	net_flush();
}

static bool answered(void)
{
	const uint8_t *frame;
	size_t n;
	while (net_receive(0, &frame, &n))
		if (n >= 42 && frame[12] == 8 && frame[13] == 6 && frame[OPCODE] == 2 &&
			memcmp(frame + SENDER, asked, 4) == 0)
			return true;
	return false;
}

int main(void)
{
	struct net_info info = net_open(0);
	console_printf("guest: address %02x:%02x\n", info.mac[0], info.mac[5]);
	/* More frames than the queue has room for: all slots come back. */
	for (int i = 0; i < 1000; i++)
		ask(&info);
	for (int tries = 0; tries < TRIES && !answered(); tries++)
		if (tries == TRIES - 1)
			panic("no answer");
		else
			idle_until(clock_ns() + 10 * MS);
	console_printf("guest: answered\n");
	return 0;
}
