/* cache.c - entries: learnt, refreshed, displaced, refused; and commits, one a second at most of
 * what strangers can cause. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define IN_USE (30 * SECOND)
/* A stranger's request displaces an entry at most so often: a flood can't empty a full cache. */
#define DISPLACE_EVERY (125 * MS)
/* An entry is refreshed no more often than every twelfth of its lifetime. */
#define REFRESH_PART 12
#define DITHER_PART 16
/* Answers to our own questions have commits of their own, as long as these are not too many: who
 * makes us ask, by packets from many addresses, is a stranger, too. */
#define OWN_EVERY (125 * MS)
#define OWN_AT_ONCE 64

/* ---- commits ------------------------------------------------------------------------------- */

static void pace_start(struct arp *a)
{
	a->pace = (struct pace){.next = a->now + SECOND};
}

static bool refusals_wait(const struct arp *a)
{
	for (unsigned r = 0; r < ARP_REFUSALS; r++)
		if (a->refusals[r].fresh)
			return true;
	return false;
}

uint64_t arp_commit_due(const struct arp *a)
{
	bool any = a->pace.waiting || refusals_wait(a);
	/* A merge has the next turn, and takes with it what waits. */
	return any && a->aging.step != AGING_MERGE ? a->pace.next : UINT64_MAX;
}

/* A change that strangers can cause: a commit of its own where there was none for a second. */
static enum table_change paced(
	struct arp *a, const struct arp_key *key, const struct arp_value *v, enum arp_note note)
{
	bool now = a->now >= a->pace.next && !a->pace.waiting && !refusals_wait(a);
	unsigned how = now ? note : TABLE_LATER;
	enum table_change change =
		v ? table_put(a->table, key, v, how) : table_remove(a->table, key, how);
	if (change != TABLE_CHANGED)
		return change;
	if (now) {
		pace_start(a);
		return change;
	}
	a->pace.waiting = true;
	if (note == NOTE_REFRESHED)
		a->pace.refreshed++;
	else
		a->pace.changed++;
	return change;
}

/* May there be one more commit of its own? */
static bool own_commit(struct arp *a)
{
	if (a->allowance > a->now + OWN_AT_ONCE * OWN_EVERY)
		return false;
	a->allowance = (a->allowance > a->now ? a->allowance : a->now) + OWN_EVERY;
	return true;
}

/* Puts the refusals since the last commit; returns how many reasons there were. */
static size_t put_refusals(struct arp *a, bool alone)
{
	size_t count = 0;
	for (unsigned r = 0; r < ARP_REFUSALS; r++) {
		struct refusal *fresh = &a->refusals[r];
		struct arp_key key = {.refusal = (uint8_t)(r + 1)};
		if (!fresh->fresh)
			continue;
		const struct arp_value *old = table_get(a->table, &key);
		struct arp_value v = {.state = ARP_REFUSED, .count = fresh->fresh};
		if (old && old->state == ARP_REFUSED)
			v.count = old->count > UINT64_MAX - v.count ? UINT64_MAX
								    : v.count + old->count;
		memcpy(v.mac, fresh->mac, sizeof(v.mac));
		arp_put_ip(v.ip, fresh->ip);
		table_put(a->table, &key, &v, alone ? NOTE_REFUSED : TABLE_LATER);
		fresh->fresh = 0;
		count++;
	}
	return count;
}

static bool one_refusal_waits(const struct arp *a)
{
	unsigned count = 0;
	for (unsigned r = 0; r < ARP_REFUSALS; r++)
		count += a->refusals[r].fresh > 0;
	return count == 1 && !a->pace.waiting;
}

void arp_join(struct arp *a)
{
	bool alone = one_refusal_waits(a);
	size_t refused = put_refusals(a, alone);
	if (!alone)
		table_commit(
			a->table, arp_note_joined(a->pace.changed, a->pace.refreshed, refused));
	pace_start(a);
}

void arp_commit_joined(struct arp *a)
{
	if (a->now >= arp_commit_due(a))
		arp_join(a);
}

/* ---- entries ------------------------------------------------------------------------------- */

static bool is_good(const struct arp *a, const struct arp_value *v)
{
	return v->state == ARP_STATIC || (v->state == ARP_DYNAMIC && v->expires > a->now / MS);
}

const struct arp_value *arp_known(const struct arp *a, const struct arp_key *key)
{
	const struct arp_value *v = table_get(a->table, key);
	return v && is_good(a, v) ? v : NULL;
}

static uint64_t expiry(struct arp *a)
{
	uint64_t lifetime = a->limits.lifetime_ms;
	return a->now / MS + lifetime + arp_random_below(a, (uint32_t)(lifetime / DITHER_PART));
}

void arp_refresh(struct arp *a, const struct arp_key *key, const struct arp_value *v)
{
	uint64_t oldest = a->now / MS + a->limits.lifetime_ms;
	if (v->state != ARP_DYNAMIC || v->expires + a->limits.lifetime_ms / REFRESH_PART > oldest)
		return;
	struct arp_value next = *v;
	next.expires = expiry(a);
	paced(a, key, &next, NOTE_REFRESHED);
}

void arp_drop(struct arp *a, const struct arp_key *key)
{
	hash_remove(a->uses, key);
	paced(a, key, NULL, NOTE_REMOVED);
}

/* ---- the bound ----------------------------------------------------------------------------- */

void arp_used(struct arp *a, const struct arp_key *key)
{
	bool fresh;
	uint64_t *last = hash_put(a->uses, key, &fresh);
	if (last)
		*last = a->now;
}

static bool is_in_use(const struct arp *a, const struct arp_key *key)
{
	const uint64_t *last = hash_get(a->uses, key);
	return last && *last + IN_USE > a->now;
}

static size_t neighbours(const struct arp *a)
{
	size_t n = table_count(a->table);
	for (unsigned r = 0; r < ARP_REFUSALS; r++)
		n -= table_get(a->table, &(struct arp_key){.refusal = (uint8_t)(r + 1)}) != NULL;
	return n;
}

/* The entry that is dispensable first: expired, or next to expire, and not in use. */
static const struct arp_key *victim(const struct arp *a)
{
	const struct arp_key *found = NULL;
	uint64_t earliest = UINT64_MAX;
	const void *k, *value;
	for (size_t cursor = 0; table_next(a->table, &cursor, &k, &value);) {
		const struct arp_key *key = k;
		const struct arp_value *v = value;
		uint64_t expires = v->state == ARP_DYNAMIC ? v->expires : 0;
		if (key->refusal || v->state == ARP_STATIC || expires >= earliest ||
			(is_good(a, v) && is_in_use(a, key)))
			continue;
		found = key;
		earliest = expires;
	}
	return found;
}

bool arp_make_room(struct arp *a, bool asked)
{
	if (neighbours(a) < a->limits.entries)
		return true;
	if (!asked && a->displaced + DISPLACE_EVERY > a->now)
		return false;
	const struct arp_key *found = victim(a);
	if (!found)
		return false;
	struct arp_key key = *found;
	if (!asked)
		a->displaced = a->now;
	hash_remove(a->uses, &key);
	if (table_remove(a->table, &key, TABLE_LATER) == TABLE_CHANGED) {
		a->pace.waiting = true;
		a->pace.changed++;
	}
	return true;
}

enum arp_learnt arp_learn(
	struct arp *a, const struct arp_key *key, const uint8_t mac[6], bool asked)
{
	struct arp_value v = {.state = ARP_DYNAMIC, .expires = expiry(a)};
	bool there = table_get(a->table, key) != NULL;
	memcpy(v.mac, mac, sizeof(v.mac));
	if (!there && !arp_make_room(a, asked))
		return ARP_NO_ROOM;
	if (!asked || !own_commit(a))
		return paced(a, key, &v, there ? NOTE_CHANGED : NOTE_ADDED) == TABLE_FULL
			       ? ARP_NO_ROOM
			       : ARP_LEARNT;
	if (table_put(a->table, key, &v, NOTE_ADDED) == TABLE_FULL)
		return ARP_NO_ROOM;
	/* What waited went into the same commit. */
	a->pace = (struct pace){.next = a->pace.next};
	return ARP_LEARNT;
}

void arp_refuse(struct arp_interface *i, enum arp_refusal r, const struct arp_packet *p)
{
	struct refusal *fresh = &i->arp->refusals[r];
	i->stats.refused[r]++;
	fresh->fresh++;
	memcpy(fresh->mac, p->sender, sizeof(fresh->mac));
	fresh->ip = p->sender_ip;
}
