/* rate.c - how many commits strangers may cause in a second. SPDX-License-Identifier: ISC */
#include "tcp_value.h"

#define SECOND_MS 1000u

bool tcp_rate_take(struct tcp_rate *r, uint32_t now_ms)
{
	if (now_ms - r->begun_ms >= SECOND_MS) {
		r->begun_ms = now_ms;
		r->taken = 0;
	}
	if (r->taken == TCP_HALF_OPEN_COMMITS)
		return false;
	r->taken++;
	return true;
}
