/* arp.c - frames in, questions, timers. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define REFRESH_PART 4 /* of its lifetime: so near its end an entry that is used is refreshed */

/* ---- start --------------------------------------------------------------------------------- */

static size_t rounded(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

static size_t uses_memory(const struct arp_limits *limits)
{
	return rounded(hash_memory(limits->entries, sizeof(struct arp_key), sizeof(uint64_t)));
}

size_t arp_memory(const struct arp_limits *limits)
{
	return rounded(sizeof(struct arp)) + uses_memory(limits) +
	       limits->questions * sizeof(struct question);
}

struct arp *arp_open(
	void *memory, const struct arp_limits *limits, struct table *table, uint64_t now)
{
	struct arp *a = memory;
	uint8_t *at = (uint8_t *)memory + rounded(sizeof(*a));
	a->limits = *limits;
	a->table = table;
	a->uses = hash_open(
		at, limits->entries, sizeof(struct arp_key), sizeof(uint64_t), limits->secret);
	a->questions = (struct question *)(void *)(at + uses_memory(limits));
	arp_set_now(a, now);
	table_commit(table, NOTE_CREATE); /* does nothing where there is a history */
	return a;
}

struct arp_interface *arp_attach(struct arp *a, const uint8_t mac[6], const struct arp_ops *ops)
{
	if (a->interface_count == ARP_INTERFACES)
		return NULL;
	struct arp_interface *i = &a->interfaces[a->interface_count];
	i->arp = a;
	i->number = (uint8_t)a->interface_count++;
	memcpy(i->mac, mac, sizeof(i->mac));
	i->ops = *ops;
	return i;
}

void arp_set_now(struct arp *a, uint64_t now)
{
	if (now <= a->now)
		return;
	a->now = now;
	table_set_time(a->table, now);
}

uint32_t arp_random_below(struct arp *a, uint32_t n)
{
	return n ? a->limits.random(a->limits.random_ctx) % n : 0;
}

struct arp_key arp_key_of(const struct arp_interface *i, uint32_t ip)
{
	struct arp_key key = {.interface = i->number};
	arp_put_ip(key.ip, ip);
	return key;
}

struct arp_stats arp_stats(const struct arp_interface *i)
{
	return i->stats;
}

/* ---- frames out ----------------------------------------------------------------------------- */

static void send(struct arp_interface *i, struct arp_packet *p)
{
	uint8_t frame[ARP_FRAME];
	memcpy(p->from, i->mac, sizeof(p->from));
	memcpy(p->sender, i->mac, sizeof(p->sender));
	arp_unparse(p, frame);
	i->ops.send(i->ops.ctx, frame, sizeof(frame));
}

void arp_send_request(struct arp_interface *i, const uint8_t to[6], uint32_t from, uint32_t ip)
{
	struct arp_packet p = {.opcode = ARP_REQUEST, .sender_ip = from, .target_ip = ip};
	memcpy(p.to, to, sizeof(p.to));
	send(i, &p);
}

static void reply(struct arp_interface *i, const struct arp_packet *to)
{
	struct arp_packet p = {
		.opcode = ARP_REPLY,
		.sender_ip = to->target_ip,
		.target_ip = to->sender_ip,
	};
	memcpy(p.to, to->sender, sizeof(p.to));
	memcpy(p.target, to->sender, sizeof(p.target));
	send(i, &p);
	i->stats.replies++;
}

/* ---- frames in ------------------------------------------------------------------------------ */

static bool is_ours(struct arp_interface *i, uint32_t ip)
{
	const struct own_address *own = arp_own(i, ip);
	return own && !own->probing;
}

/* To our question, and to us: by unicast, or to all as RFC 3927, 2.5 wants it. */
static bool answers(struct arp_interface *i, const struct arp_packet *p)
{
	return p->opcode == ARP_REPLY &&
	       (is_ours(i, p->target_ip) || (p->target_ip == 0 && arp_source(i) == 0));
}

static enum arp_refusal known_sender(struct arp_interface *i, const struct arp_packet *p,
	const struct arp_key *key, const struct arp_value *v)
{
	struct arp *a = i->arp;
	struct question *q = arp_question(a, key);
	if (arp_same(v->mac, p->sender)) {
		if (q)
			arp_answered(a, q, p->sender);
		arp_refresh(a, key, v);
		return ARP_REFUSALS;
	}
	if (v->state == ARP_STATIC)
		return ARP_FIXED;
	if (!q) {
		arp_ask(a, key, QUESTION_CHECK, NULL);
	} else if (q->kind == QUESTION_CHECK && q->sent && !q->heard && answers(i, p)) {
		q->heard = true;
		memcpy(q->mac, p->sender, sizeof(q->mac));
		return ARP_REFUSALS;
	}
	return ARP_CHANGED;
}

/* RFC 826 adds who asks for us; else only an answer to a question of ours adds an entry. */
static enum arp_refusal new_sender(
	struct arp_interface *i, const struct arp_packet *p, const struct arp_key *key)
{
	struct arp *a = i->arp;
	struct question *q = arp_question(a, key);
	bool asks_us = p->opcode == ARP_REQUEST && is_ours(i, p->target_ip);
	bool answer = q && q->kind == QUESTION_ASK && answers(i, p);
	if (!asks_us && !answer)
		return p->opcode == ARP_REPLY ? ARP_UNASKED : ARP_REFUSALS;
	/* Who waits gets the address even where the cache has no room for it. */
	bool waited = q && q->kind == QUESTION_ASK;
	if (q)
		arp_answered(a, q, p->sender);
	return arp_learn(a, key, p->sender, waited) == ARP_LEARNT ? ARP_REFUSALS : ARP_FULL;
}

/* Another host probes for an address (RFC 5227, 2.1.1). */
static enum arp_refusal probe(struct arp_interface *i, const struct arp_packet *p)
{
	struct own_address *own = arp_own(i, p->target_ip);
	if (own && own->probing)
		arp_conflict(i, own, p->sender);
	else if (own)
		reply(i, p);
	return ARP_REFUSALS;
}

static enum arp_refusal judge(struct arp_interface *i, const struct arp_packet *p)
{
	if (arp_same(p->sender, i->mac))
		return ARP_SENDER;
	if (!arp_same(p->to, i->mac) && !arp_same(p->to, arp_everybody))
		return ARP_DESTINATION;
	if (p->sender_ip == 0)
		return probe(i, p);
	struct own_address *own = arp_own(i, p->sender_ip);
	if (own) {
		arp_conflict(i, own, p->sender);
		return ARP_OWN;
	}
	struct arp_key key = arp_key_of(i, p->sender_ip);
	const struct arp_value *v = arp_known(i->arp, &key);
	enum arp_refusal r = v ? known_sender(i, p, &key, v) : new_sender(i, p, &key);
	if (p->opcode == ARP_REQUEST && is_ours(i, p->target_ip))
		reply(i, p);
	return r;
}

void arp_input(struct arp_interface *i, const uint8_t *frame, size_t n, uint64_t now)
{
	struct arp_packet p;
	arp_set_now(i->arp, now);
	i->stats.received++;
	enum arp_refusal r = arp_parse(frame, n, &p);
	if (r == ARP_REFUSALS)
		r = judge(i, &p);
	if (r != ARP_REFUSALS)
		arp_refuse(i, r, &p);
}

/* ---- questions ------------------------------------------------------------------------------ */

/* Near its end, an entry that is used is asked for again. */
static void keep_fresh(struct arp *a, const struct arp_key *key, const struct arp_value *v)
{
	uint64_t soon = a->now / MS + a->limits.lifetime_ms / REFRESH_PART;
	if (v->state == ARP_DYNAMIC && v->expires < soon && !arp_question(a, key))
		arp_ask(a, key, QUESTION_REFRESH, v->mac);
}

enum arp_answer arp_resolve(
	struct arp_interface *i, uint32_t ip, void *packet, uint64_t now, uint8_t mac[6])
{
	struct arp *a = i->arp;
	struct arp_key key = arp_key_of(i, ip);
	arp_set_now(a, now);
	if (!arp_is_host(ip) || arp_own(i, ip))
		return ARP_FAILED;
	const struct arp_value *v = arp_known(a, &key);
	if (v) {
		memcpy(mac, v->mac, 6);
		arp_used(a, &key);
		keep_fresh(a, &key, v);
		return ARP_KNOWN;
	}
	struct question *q = arp_question(a, &key);
	if (!q)
		q = arp_ask(a, &key, QUESTION_ASK, NULL);
	if (!q)
		return ARP_FAILED;
	if (q->kind != QUESTION_ASK) { /* the entry expired meanwhile */
		q->kind = QUESTION_ASK;
		q->sent = 0;
	}
	arp_wait(a, q, packet);
	return ARP_ASKED;
}

bool arp_look_up(struct arp_interface *i, uint32_t ip, uint64_t now, uint8_t mac[6])
{
	struct arp_key key = arp_key_of(i, ip);
	arp_set_now(i->arp, now);
	const struct arp_value *v = arp_known(i->arp, &key);
	if (v)
		memcpy(mac, v->mac, 6);
	return v != NULL;
}

/* ---- by hand --------------------------------------------------------------------------------- */

bool arp_set_static(struct arp_interface *i, uint32_t ip, const uint8_t mac[6], uint64_t now)
{
	struct arp *a = i->arp;
	struct arp_key key = arp_key_of(i, ip);
	struct arp_value v = {.state = ARP_STATIC};
	arp_set_now(a, now);
	if (!arp_is_host(ip) || arp_own(i, ip) || !arp_is_station(mac))
		return false;
	if (!table_get(a->table, &key) && !arp_make_room(a, true))
		return false;
	memcpy(v.mac, mac, sizeof(v.mac));
	if (table_put(a->table, &key, &v, NOTE_STATIC) == TABLE_FULL)
		return false;
	struct question *q = arp_question(a, &key);
	if (q)
		arp_answered(a, q, mac);
	return true;
}

bool arp_forget(struct arp_interface *i, uint32_t ip, uint64_t now)
{
	struct arp *a = i->arp;
	struct arp_key key = arp_key_of(i, ip);
	arp_set_now(a, now);
	if (!table_get(a->table, &key))
		return false;
	hash_remove(a->uses, &key);
	return table_remove(a->table, &key, NOTE_REMOVED) == TABLE_CHANGED;
}

uint64_t arp_tick(struct arp *a, uint64_t now)
{
	arp_set_now(a, now);
	uint64_t next = arp_questions_tick(a);
	for (size_t n = 0; n < a->interface_count; n++) {
		uint64_t then = arp_addresses_tick(&a->interfaces[n]);
		next = then < next ? then : next;
	}
	uint64_t aging = arp_aging_tick(a);
	arp_commit_joined(a);
	uint64_t commit = arp_commit_due(a);
	next = aging < next ? aging : next;
	return commit < next ? commit : next;
}
