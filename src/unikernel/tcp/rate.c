/* rate.c - how many commits strangers may cause in a second. SPDX-License-Identifier: ISC */
#include "tcp_value.h"

#define SECOND_MS 1000u

static bool is_half_open(unsigned from, unsigned to)
{
	return to == TCP_SYN_RCVD || (from == TCP_SYN_RCVD && to == TCP_CLOSED);
}

bool tcp_rate_take(struct tcp_rate *r, uint32_t now_ms, unsigned from, unsigned to)
{
	if (now_ms - r->begun_ms >= SECOND_MS)
		*r = (struct tcp_rate){.begun_ms = now_ms, .joined = r->joined};
	bool half_open = is_half_open(from, to);
	if (r->steps == TCP_COMMITS || (half_open && r->half_open == TCP_HALF_OPEN_COMMITS))
		return false;
	r->steps++;
	r->half_open += half_open;
	return true;
}

void tcp_rate_stepped(struct tcp_rate *r, bool own)
{
	r->joined = own ? 0 : r->joined + 1;
}
