/* question.c - questions: who has an address? Asked at most three times, 1.5 s apart, and no one
 * more often than once a second (RFC 1122, 2.3.2.1); and the packets that wait for the answer.
 * SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define TRIES 3
#define INTERVAL (1500 * MS)
#define DITHER_MS 50
#define CHECKS 8 /* at the same time: claims of strangers make us send no more */

static bool is_for(const struct question *q, const struct arp_key *key)
{
	return q->asked && memcmp(&q->key, key, sizeof(*key)) == 0;
}

/* Also one that is over. */
static struct question *find(struct arp *a, const struct arp_key *key)
{
	for (size_t n = 0; n < a->limits.questions; n++)
		if (is_for(&a->questions[n], key))
			return &a->questions[n];
	return NULL;
}

struct question *arp_question(struct arp *a, const struct arp_key *key)
{
	struct question *q = find(a, key);
	return q && q->kind != QUESTION_OVER ? q : NULL;
}

static struct arp_interface *interface_of(struct arp *a, const struct question *q)
{
	return &a->interfaces[q->key.interface];
}

/* Ends the question; who waits gets MAC, or NULL. */
static void end(struct arp *a, struct question *q, const uint8_t *mac)
{
	struct arp_interface *i = interface_of(a, q);
	if (q->kind == QUESTION_ASK && mac)
		i->stats.answered++;
	else if (q->kind == QUESTION_ASK)
		i->stats.unanswered++;
	q->kind = QUESTION_OVER;
	for (unsigned n = 0; n < q->waiters; n++)
		i->ops.deliver(i->ops.ctx, q->waiting[n], mac);
	q->waiters = 0;
}

void arp_answered(struct arp *a, struct question *q, const uint8_t mac[6])
{
	end(a, q, mac);
}

static void send(struct arp *a, struct question *q)
{
	struct arp_interface *i = interface_of(a, q);
	bool alone = q->kind == QUESTION_REFRESH;
	arp_send_request(i, alone ? q->mac : arp_everybody, arp_source(i), arp_get_ip(q->key.ip));
	i->stats.requests++;
	q->sent++;
	q->asked = a->now;
	q->next = a->now + INTERVAL + arp_random_below(a, DITHER_MS) * MS;
}

/* A place for a new question: a free one, or the one that asked longest ago, a second at least;
 * open questions only make room for packets that wait. */
static struct question *place(struct arp *a, bool urgent)
{
	struct question *oldest = NULL;
	for (size_t n = 0; n < a->limits.questions; n++) {
		struct question *q = &a->questions[n];
		bool over = q->kind == QUESTION_OVER;
		if (!q->asked)
			return q;
		if (q->asked + SECOND > a->now || (!over && !urgent))
			continue;
		if (!oldest || over > (oldest->kind == QUESTION_OVER) ||
			(over == (oldest->kind == QUESTION_OVER) && q->asked < oldest->asked))
			oldest = q;
	}
	if (oldest)
		end(a, oldest, NULL);
	return oldest;
}

static bool too_many_checks(const struct arp *a)
{
	unsigned count = 0;
	for (size_t n = 0; n < a->limits.questions; n++)
		count += a->questions[n].kind == QUESTION_CHECK;
	return count >= CHECKS;
}

struct question *arp_ask(
	struct arp *a, const struct arp_key *key, enum question_kind kind, const uint8_t *mac)
{
	struct question *q = find(a, key);
	if (kind == QUESTION_CHECK && too_many_checks(a))
		return NULL;
	uint64_t asked = q ? q->asked : 0;
	q = q ? q : place(a, kind == QUESTION_ASK);
	if (!q)
		return NULL;
	*q = (struct question){.key = *key, .kind = kind, .asked = asked};
	if (mac)
		memcpy(q->mac, mac, sizeof(q->mac));
	if (asked && asked + SECOND > a->now)
		q->next = asked + SECOND;
	else
		send(a, q);
	return q;
}

void arp_wait(struct arp *a, struct question *q, void *packet)
{
	struct arp_interface *i = interface_of(a, q);
	if (!packet)
		return;
	if (q->waiters == ARP_WAITERS) {
		i->ops.deliver(i->ops.ctx, q->waiting[0], NULL);
		memmove(q->waiting, q->waiting + 1, sizeof(q->waiting) - sizeof(q->waiting[0]));
		q->waiters--;
	}
	q->waiting[q->waiters++] = packet;
}

/* Nobody answered, or only the claimant did. */
static void give_up(struct arp *a, struct question *q)
{
	const struct arp_value *v = arp_known(a, &q->key);
	bool claimed = q->kind == QUESTION_CHECK && q->heard;
	bool fixed = v && v->state == ARP_STATIC;
	bool gone = q->kind != QUESTION_ASK && v && !fixed && !claimed;
	struct arp_key key = q->key;
	if (claimed && !fixed)
		arp_learn(a, &key, q->mac, false);
	end(a, q, NULL);
	if (gone)
		arp_drop(a, &key);
}

static void turn(struct arp *a, struct question *q)
{
	const struct arp_value *v = arp_known(a, &q->key);
	if (q->kind == QUESTION_ASK && v) /* it came by a pull, say */
		end(a, q, v->mac);
	else if (q->sent == TRIES || (q->kind == QUESTION_CHECK && q->heard))
		give_up(a, q);
	else
		send(a, q);
}

uint64_t arp_questions_tick(struct arp *a)
{
	uint64_t next = UINT64_MAX;
	for (size_t n = 0; n < a->limits.questions; n++) {
		struct question *q = &a->questions[n];
		if (q->kind != QUESTION_OVER && a->now >= q->next)
			turn(a, q);
		if (q->kind != QUESTION_OVER && q->next < next)
			next = q->next;
	}
	return next;
}
