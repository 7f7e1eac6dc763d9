/* fuzz_arp.c - ARP frames: what the parser takes is well-formed, and made again it is the same.
 * SPDX-License-Identifier: ISC */
#include "unikernel/arp/parts.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arp_packet p;
	uint8_t again[ARP_FRAME];
	if (arp_parse(data, size, &p) != ARP_REFUSALS)
		return 0;
	arp_unparse(&p, again);
	if (size < ARP_FRAME || memcmp(data, again, ARP_FRAME) != 0 || !arp_is_station(p.sender) ||
		(!arp_is_host(p.sender_ip) && p.sender_ip != 0))
		__builtin_trap();
	return 0;
}
