/* isn.c - initial sequence numbers that an outsider can't predict (RFC 6528): a clock of 4 us
 * plus a keyed hash of the connection's addresses and ports. The clock is that of the day, so that
 * an image which has its secret from the one before goes on above its numbers (RFC 9293, 3.4.2).
 * SPDX-License-Identifier: ISC */
#include "lwip_port.h"
#include "parts.h"
#include "hash.h"
#include "platform.h"
#include "hooks.h"
#include <string.h>

#define TICK_NS 4000

static uint64_t secret[2];

void isn_open(void)
{
	random_bytes(secret, sizeof(secret));
}

void lwip_port_secret(uint64_t out[2])
{
	memcpy(out, secret, sizeof(secret));
}

void lwip_port_set_secret(const uint64_t kept[2])
{
	memcpy(secret, kept, sizeof(secret));
}

u32_t lwip_port_isn(
	const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote, u16_t remote_port)
{
	uint8_t connection[12];
	uint32_t told;
	if (listen_replays(&told))
		return told;
	memcpy(connection, &ip_2_ip4(local)->addr, 4);
	memcpy(connection + 4, &ip_2_ip4(remote)->addr, 4);
	memcpy(connection + 8, &local_port, 2);
	memcpy(connection + 10, &remote_port, 2);
	uint64_t hash = siphash(secret, connection, sizeof(connection));
	return (u32_t)(wall_ns() / TICK_NS + hash);
}
