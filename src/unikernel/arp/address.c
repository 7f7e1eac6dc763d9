/* address.c - own addresses: probed, announced and defended (RFC 5227).
 * SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

/* RFC 5227, 1.1 */
#define PROBE_WAIT_MS 1000
#define PROBE_NUM 3
#define PROBE_MIN_MS 1000
#define PROBE_MAX_MS 2000
#define ANNOUNCE_WAIT (2 * SECOND)
#define ANNOUNCE_NUM 2
#define ANNOUNCE_INTERVAL (2 * SECOND)
#define MAX_CONFLICTS 10
#define RATE_LIMIT_INTERVAL (60 * SECOND)
#define DEFEND_INTERVAL (10 * SECOND)

struct own_address *arp_own(struct arp_interface *i, uint32_t ip)
{
	for (size_t n = 0; n < i->own_count; n++)
		if (i->own[n].ip == ip)
			return &i->own[n];
	return NULL;
}

uint32_t arp_source(const struct arp_interface *i)
{
	for (size_t n = 0; n < i->own_count; n++)
		if (!i->own[n].probing)
			return i->own[n].ip;
	return 0;
}

static void tell(struct arp_interface *i, enum arp_event event, uint32_t ip, const uint8_t mac[6])
{
	if (i->ops.event)
		i->ops.event(i->ops.ctx, event, ip, mac);
}

/* An entry for an address of ours is somebody who was there before: worth a warning. */
static void leave_cache(struct arp_interface *i, uint32_t ip)
{
	struct arp_key key = arp_key_of(i, ip);
	const struct arp_value *v = arp_known(i->arp, &key);
	if (!v || arp_same(v->mac, i->mac))
		return;
	uint8_t mac[6];
	memcpy(mac, v->mac, sizeof(mac));
	if (v->state != ARP_STATIC)
		arp_drop(i->arp, &key);
	tell(i, ARP_IN_CACHE, ip, mac);
}

static struct own_address *add(struct arp_interface *i, uint32_t ip)
{
	if (i->own_count == ARP_ADDRESSES || !arp_is_host(ip))
		return NULL;
	struct own_address *own = &i->own[i->own_count++];
	*own = (struct own_address){.ip = ip};
	return own;
}

static void announce(struct arp_interface *i, struct own_address *own)
{
	arp_send_request(i, arp_everybody, own->ip, own->ip);
	i->stats.announcements++;
}

static void take(struct arp_interface *i, struct own_address *own)
{
	own->probing = false;
	leave_cache(i, own->ip);
	announce(i, own);
	own->left = ANNOUNCE_NUM - 1;
	own->next = i->arp->now + ANNOUNCE_INTERVAL;
}

bool arp_add_address(struct arp_interface *i, uint32_t ip, uint64_t now)
{
	arp_set_now(i->arp, now);
	struct own_address *own = arp_own(i, ip);
	if (own && !own->probing)
		return true;
	own = own ? own : add(i, ip);
	if (own)
		take(i, own);
	return own != NULL;
}

bool arp_probe_address(struct arp_interface *i, uint32_t ip, uint64_t now)
{
	arp_set_now(i->arp, now);
	if (arp_own(i, ip))
		return true;
	struct own_address *own = add(i, ip);
	if (!own)
		return false;
	own->probing = true;
	own->left = PROBE_NUM;
	own->next = now + arp_random_below(i->arp, PROBE_WAIT_MS) * MS;
	if (i->conflicts >= MAX_CONFLICTS && i->last_conflict + RATE_LIMIT_INTERVAL > own->next)
		own->next = i->last_conflict + RATE_LIMIT_INTERVAL;
	return true;
}

void arp_remove_address(struct arp_interface *i, uint32_t ip)
{
	struct own_address *own = arp_own(i, ip);
	if (!own)
		return;
	size_t behind = (size_t)(i->own + i->own_count - own) - 1;
	memmove(own, own + 1, behind * sizeof(*own));
	i->own_count--;
}

static bool is_among(uint32_t ip, const uint32_t *list, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (list[k] == ip)
			return true;
	return false;
}

bool arp_set_addresses(struct arp_interface *i, const uint32_t *ip, size_t n, uint64_t now)
{
	bool all = true;
	for (size_t k = i->own_count; k-- > 0;)
		if (!is_among(i->own[k].ip, ip, n))
			arp_remove_address(i, i->own[k].ip);
	for (size_t k = 0; k < n; k++)
		all &= arp_add_address(i, ip[k], now);
	size_t to = 0;
	for (size_t k = 0; k < n; k++) {
		struct own_address *own = arp_own(i, ip[k]);
		if (!own || is_among(ip[k], ip, k))
			continue;
		struct own_address moved = *own;
		*own = i->own[to];
		i->own[to++] = moved;
	}
	return all;
}

size_t arp_addresses(const struct arp_interface *i, uint32_t out[ARP_ADDRESSES])
{
	size_t count = 0;
	for (size_t n = 0; n < i->own_count; n++)
		if (!i->own[n].probing)
			out[count++] = i->own[n].ip;
	return count;
}

static void lose(struct arp_interface *i, uint32_t ip, const uint8_t mac[6])
{
	arp_remove_address(i, ip);
	tell(i, ARP_LOST, ip, mac);
}

void arp_conflict(struct arp_interface *i, struct own_address *own, const uint8_t mac[6])
{
	uint64_t now = i->arp->now;
	if (own->probing) {
		i->conflicts++;
		i->last_conflict = now;
		lose(i, own->ip, mac);
	} else if (!own->defended || own->defended + DEFEND_INTERVAL <= now) {
		own->defended = now;
		announce(i, own);
		tell(i, ARP_CONFLICT, own->ip, mac);
	} else if (i->ops.yields) {
		lose(i, own->ip, mac);
	}
}

static void probe(struct arp_interface *i, struct own_address *own)
{
	uint64_t now = i->arp->now;
	uint32_t gap = PROBE_MIN_MS + arp_random_below(i->arp, PROBE_MAX_MS - PROBE_MIN_MS);
	if (!own->left) {
		i->conflicts = 0;
		take(i, own);
		tell(i, ARP_READY, own->ip, i->mac);
		return;
	}
	arp_send_request(i, arp_everybody, 0, own->ip);
	i->stats.requests++;
	own->next = --own->left ? now + gap * MS : now + ANNOUNCE_WAIT;
}

static void announce_again(struct arp_interface *i, struct own_address *own)
{
	announce(i, own);
	own->next = --own->left ? i->arp->now + ANNOUNCE_INTERVAL : 0;
}

uint64_t arp_addresses_tick(struct arp_interface *i)
{
	uint64_t next = UINT64_MAX;
	for (size_t n = 0; n < i->own_count; n++) {
		struct own_address *own = &i->own[n];
		if (own->next && i->arp->now >= own->next) {
			if (own->probing)
				probe(i, own);
			else
				announce_again(i, own);
		}
		if (own->next && own->next < next)
			next = own->next;
	}
	return next;
}
