/* aging.c - entries that nobody renewed leave: found on a branch, a few a call, so that packets
 * come in between; the branch is merged then. SPDX-License-Identifier: ISC */
#include "parts.h"

#define SLICE 64 /* entries looked at in one call */

enum seen {
	SEEN,
	SEEN_LATER, /* look at it again when a commit may be made */
	SEEN_NEVER  /* there can't be one more branch now */
};

static uint64_t lifetime(const struct arp *a)
{
	return a->limits.lifetime_ms * MS;
}

/* "expire_1429688434.645130" */
static void branch_name(uint64_t now, char out[TABLE_NAME_MAX])
{
	char *end = arp_write_number(arp_write(out, "expire_"), now / SECOND);
	end = arp_write_digits(arp_write(end, "."), now % SECOND / 1000, 6);
	*end = '\0';
}

static void rest(struct arp *a, uint64_t until)
{
	a->aging = (struct aging){.next = until};
}

static void start(struct arp *a)
{
	a->aging = (struct aging){.step = AGING_SCAN, .earliest = UINT64_MAX};
}

/* A branch begins at a commit: what waits for one is committed first, when its time has come. */
static enum seen begin_branch(struct arp *a)
{
	char name[TABLE_NAME_MAX];
	if (a->pace.waiting && a->now < a->pace.next)
		return SEEN_LATER;
	if (a->pace.waiting)
		arp_join(a);
	branch_name(a->now, name);
	a->aging.branch = table_branch(a->table, name);
	return a->aging.branch ? SEEN : SEEN_NEVER;
}

static enum seen expire(struct arp *a, const struct arp_key *key)
{
	enum seen done = a->aging.branch ? SEEN : begin_branch(a);
	if (done == SEEN)
		table_branch_remove(a->aging.branch, key);
	return done;
}

/* Nothing lives longer than a lifetime from now, whatever the clock of those who sent it said. */
static void shorten(struct arp *a, const struct arp_key *key, const struct arp_value *v)
{
	struct arp_value next = *v;
	next.expires = (a->now + lifetime(a)) / MS;
	if (table_put(a->table, key, &next, TABLE_LATER) == TABLE_CHANGED) {
		a->pace.waiting = true;
		a->pace.changed++;
	}
}

static enum seen look_at(struct arp *a, const struct arp_key *key, const struct arp_value *v)
{
	uint64_t now = a->now / MS, longest = a->limits.lifetime_ms;
	if (key->refusal || v->state == ARP_STATIC)
		return SEEN;
	if (v->state != ARP_DYNAMIC || v->expires <= now)
		return expire(a, key);
	if (v->expires > now + 2 * longest)
		shorten(a, key, v);
	else if (v->expires * MS < a->aging.earliest)
		a->aging.earliest = v->expires * MS;
	return SEEN;
}

static void scan(struct arp *a)
{
	struct aging *g = &a->aging;
	const void *key, *value;
	g->next = a->now;
	for (int n = 0; n < SLICE; n++) {
		size_t here = g->cursor;
		if (!table_next(a->table, &g->cursor, &key, &value)) {
			g->step = AGING_SWEEP;
			g->cursor = 0;
			return;
		}
		enum seen done = look_at(a, key, value);
		if (done == SEEN)
			continue;
		g->cursor = here;
		g->next = a->pace.next;
		if (done == SEEN_NEVER)
			rest(a, a->now + SECOND);
		return;
	}
}

static void scanned(struct arp *a)
{
	struct aging *g = &a->aging;
	uint64_t latest = a->now + lifetime(a) / 4, soonest = a->now + SECOND;
	if (g->branch) {
		g->step = AGING_COMMIT;
		return;
	}
	uint64_t next = g->earliest < latest ? g->earliest : latest;
	rest(a, next > soonest ? next : soonest);
}

/* Forgets the use of addresses that nobody used for long. */
static void sweep(struct arp *a)
{
	const void *key;
	void *value;
	for (int n = 0; n < SLICE; n++) {
		if (!hash_next(a->uses, &a->aging.cursor, &key, &value)) {
			scanned(a);
			return;
		}
		struct arp_key k = *(const struct arp_key *)key;
		if (*(const uint64_t *)value + 2 * lifetime(a) < a->now)
			hash_remove(a->uses, &k);
	}
}

static void commit(struct arp *a)
{
	if (a->now < a->pace.next)
		return;
	table_branch_commit(a->aging.branch, NOTE_EXPIRE);
	a->pace.next = a->now + SECOND;
	a->aging.step = AGING_MERGE;
}

/* With what waits there are two commits: for these the time of two must have passed. */
static uint64_t merge_due(const struct arp *a)
{
	return a->pace.next + (a->pace.waiting ? SECOND : 0);
}

static void merge(struct arp *a)
{
	if (a->now < merge_due(a))
		return;
	if (a->pace.waiting)
		arp_join(a);
	uint64_t before = table_stats(a->table).commits;
	table_branch_merge(a->aging.branch, NOTE_MERGE);
	if (table_stats(a->table).commits > before)
		a->pace.next = a->now + SECOND;
	rest(a, a->now + SECOND);
}

uint64_t arp_aging_tick(struct arp *a)
{
	if (a->aging.step == AGING_IDLE && a->now >= a->aging.next)
		start(a);
	if (a->aging.step == AGING_SCAN)
		scan(a);
	else if (a->aging.step == AGING_SWEEP)
		sweep(a);
	else if (a->aging.step == AGING_COMMIT)
		commit(a);
	else if (a->aging.step == AGING_MERGE)
		merge(a);
	switch (a->aging.step) {
	case AGING_COMMIT:
		return a->pace.next;
	case AGING_MERGE:
		return merge_due(a);
	case AGING_SWEEP:
		return a->now;
	default:
		return a->aging.next;
	}
}
