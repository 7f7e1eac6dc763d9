/* test_guest_arp.c - ARP over its table: neighbours that come, change and go, and the history that
 * tells of it. SPDX-License-Identifier: ISC */
#include "arp_net.h"
#include "unikernel/arp/parts.h"

#include <time.h>

#define OURS IP(10, 0, 0, 1)
#define PEER IP(10, 0, 0, 9)

static struct net *net;

static int set_up(void **state)
{
	(void)state;
	net = net_open();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	net_close(net);
	return 0;
}

#define CASE(name) static void name(void **state __attribute__((unused)))

/* A node with the address 10.0.0.1 that has announced it. */
static struct node *node_ready(struct setup setup)
{
	struct node *node = node_open(net, setup);
	assert_true(arp_add_address(node->i, OURS + (uint32_t)node->number, net->now));
	net_run(net, 3000);
	net_forget(net);
	return node;
}

static const struct arp_value *entry(struct node *node, uint32_t ip)
{
	struct arp_key key = arp_key_of(node->i, ip);
	return table_get(node->table, &key);
}

static const struct arp_value *refused_entry(struct node *node, enum arp_refusal r)
{
	struct arp_key key = {.refusal = (uint8_t)(r + 1)};
	return table_get(node->table, &key);
}

/* ---- bytes and words ------------------------------------------------------------------------- */

CASE(a_packet_is_the_same_after_parsing)
{
	struct words w = words_of(9, 2, PEER, OURS);
	struct arp_packet p;
	uint8_t frame[ARP_FRAME], again[ARP_FRAME];
	memset(w.target, 0x42, 6);
	frame_of(&w, frame);
	assert_int_equal(arp_parse(frame, sizeof(frame), &p), ARP_REFUSALS);
	arp_unparse(&p, again);
	assert_memory_equal(frame, again, sizeof(frame));
}

CASE(zeros_are_no_packet)
{
	uint8_t zeros[60] = {0};
	struct arp_packet p;
	for (size_t n = 0; n <= sizeof(zeros); n++)
		assert_int_not_equal(arp_parse(zeros, n, &p), ARP_REFUSALS);
}

CASE(times_are_those_of_the_calendar)
{
	for (int n = 0; n < 20000; n++) {
		uint64_t ms = (uint64_t)net_random(net) * 59 + net_random(net) % 1000, back;
		time_t seconds = (time_t)(ms / 1000);
		char expected[64], text[64], *end = arp_write_time(text, ms);
		const char *p = text;
		struct tm tm;
		gmtime_r(&seconds, &tm);
		size_t length = strftime(expected, 32, "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(expected + length, 32, ".%03uZ", (unsigned)(ms % 1000));
		*end = '\0';
		assert_string_equal(text, expected);
		assert_true(arp_read_time(&p, end, &back) && p == end);
		assert_true(back == ms);
	}
}

CASE(paths_are_read_as_they_are_written)
{
	static const char *const good[] = {"10.0.0.2", "192.168.255.0", "1.0.0.0", "en1/10.0.0.2",
		"en3/223.255.255.255", "refused/length", "refused/static", "refused/full"};
	static const char *const bad[] = {"", "10.0.0", "10.0.0.2.", "10.0.0.256", "010.0.0.2",
		"10.0.0.2/", "/10.0.0.2", "10.0.0.2 ", "en0/10.0.0.2", "en4/10.0.0.2",
		"en01/10.0.0.2", "en1/", "en1", "en1/refused/full", "0.0.0.1", "127.0.0.1",
		"224.0.0.1", "255.255.255.255", "refused/", "refused/fully", "refused/ful",
		"refused/full/", "refused", "99999999999999999999.0.0.1", "10.0.0.-1"};
	struct arp_key key;
	char path[TABLE_PATH_MAX];
	for (size_t n = 0; n < sizeof(good) / sizeof(good[0]); n++) {
		assert_true(arp_kind.parse_path(good[n], strlen(good[n]), &key));
		assert_int_equal(arp_kind.path(&key, path), strlen(good[n]));
		assert_memory_equal(path, good[n], strlen(good[n]));
	}
	for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++)
		assert_false(arp_kind.parse_path(bad[n], strlen(bad[n]), &key));
}

#define MAC_LINE "mac 02:50:2a:16:6d:01\n"

CASE(texts_are_read_as_they_are_written)
{
	static const char *const good[] = {MAC_LINE
		"state dynamic\nexpires 2026-11-26T05:00:00.123Z\n",
		MAC_LINE "state dynamic\nexpires 9999-12-31T23:59:59.999Z\n",
		MAC_LINE "state dynamic\nexpires 2024-02-29T00:00:00.000Z\n",
		MAC_LINE "state static\n", "count 17\n" MAC_LINE "ip 10.0.0.2\n",
		"count 18446744073709551615\nmac ff:ff:ff:ff:ff:ff\nip 255.255.255.255\n"};
	static const char *const bad[] = {"", "a string", "\n", MAC_LINE, MAC_LINE "state static",
		MAC_LINE "state static\n\n", MAC_LINE "state dynamic\n",
		MAC_LINE "state dynamic\nexpires 2026-11-26T05:00:00Z\n",
		MAC_LINE "state dynamic\nexpires 2026-02-29T05:00:00.000Z\n",
		MAC_LINE "state dynamic\nexpires 2026-13-01T05:00:00.000Z\n",
		MAC_LINE "state dynamic\nexpires 2026-11-26T24:00:00.000Z\n",
		MAC_LINE "state dynamic\nexpires 2026-11-26T05:60:00.000Z\n",
		MAC_LINE "state dynamic\nexpires 1969-12-31T23:59:59.999Z\n",
		MAC_LINE "state dynamic\nexpires 10000-01-01T00:00:00.000Z\n",
		MAC_LINE "state dynamic\nexpires 2026-11-26T05:00:00.123Z\nmore\n",
		MAC_LINE "state refused\n", "mac 02:50:2A:16:6d:01\nstate static\n",
		"mac 02:50:2a:16:6d\nstate static\n", "mac 02-50-2a-16-6d-01\nstate static\n",
		"mac 01:50:2a:16:6d:01\nstate static\n", "mac 00:00:00:00:00:00\nstate static\n",
		"mac ff:ff:ff:ff:ff:ff\nstate static\n", "count 017\n" MAC_LINE "ip 10.0.0.2\n",
		"count 18446744073709551616\n" MAC_LINE "ip 10.0.0.2\n",
		"count 17\n" MAC_LINE "ip 10.0.0.2", "count\n" MAC_LINE "ip 10.0.0.2\n",
		"count 17\r\n" MAC_LINE "ip 10.0.0.2\n"};
	struct arp_value value;
	char text[TABLE_TEXT_MAX];
	for (size_t n = 0; n < sizeof(good) / sizeof(good[0]); n++) {
		assert_true(arp_kind.parse_text(good[n], strlen(good[n]), &value));
		assert_int_equal(arp_kind.text(&value, text), strlen(good[n]));
		assert_memory_equal(text, good[n], strlen(good[n]));
	}
	for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++)
		assert_false(arp_kind.parse_text(bad[n], strlen(bad[n]), &value));
	for (size_t n = 0; n < strlen(good[0]); n++)
		assert_false(arp_kind.parse_text(good[0], n, &value));
}

/* ---- merging --------------------------------------------------------------------------------- */

/* One of few, so that many are alike in part. */
static struct arp_value some_value(void)
{
	struct arp_value v = {.state = (uint8_t)(1 + net_random(net) % 3)};
	mac_of((uint8_t)(net_random(net) % 3), v.mac);
	if (v.state == ARP_DYNAMIC)
		v.expires = MORNING / MS + net_random(net) % 3;
	if (v.state == ARP_REFUSED)
		v.count = 1 + net_random(net) % 3;
	return v;
}

static struct arp_value merged(const struct arp_value *base, struct arp_value a, struct arp_value b)
{
	struct arp_key key = {.ip = {10, 0, 0, 9}};
	struct arp_value out;
	arp_kind.merge(&key, base, &a, &b, &out);
	return out;
}

static void assert_same(struct arp_value a, struct arp_value b)
{
	assert_memory_equal(&a, &b, sizeof(a));
}

CASE(merging_does_not_depend_on_the_order)
{
	for (int n = 0; n < 10000; n++) {
		struct arp_value a = some_value(), b = some_value(), c = some_value();
		struct arp_value base = some_value(), ab = merged(&base, a, b);
		assert_same(ab, merged(NULL, b, a));
		assert_same(merged(NULL, ab, c), merged(&base, a, merged(&base, b, c)));
		assert_same(merged(&base, a, a), a);
		assert_true(memcmp(&ab, &a, sizeof(a)) == 0 || memcmp(&ab, &b, sizeof(b)) == 0);
		if (a.state == ARP_DYNAMIC && b.state == ARP_DYNAMIC)
			assert_true(ab.expires >= a.expires && ab.expires >= b.expires);
		if (a.state == ARP_STATIC || b.state == ARP_STATIC)
			assert_int_equal(ab.state, ARP_STATIC);
	}
}

/* ---- history --------------------------------------------------------------------------------- */

CASE(history_begins_with_an_empty_cache)
{
	struct node *node = node_open(net, (struct setup){0});
	struct history *h = history_of(node);
	assert_int_equal(h->n, 1);
	assert_string_equal(h->v[0].subject, "Arp.create: Initial empty cache");
	assert_int_equal(h->v[0].parents, 0);
	assert_int_equal(table_count(node->table), 0);
	free(h);
}

CASE(nothing_happens_and_nothing_is_committed)
{
	struct node *node = node_ready((struct setup){0});
	net_run(net, 600000);
	struct history *h = history_of(node);
	assert_int_equal(h->n, 1);
	assert_int_equal(net->sent_count, 0);
	free(h);
}

CASE(an_answer_is_a_commit_of_its_own)
{
	struct node *node = node_ready((struct setup){0});
	for (uint8_t n = 20; n < 25; n++)
		node_learns(node, n, IP(10, 0, 0, n));
	assert_int_equal(history_count(node, "entry added: 10.0.0."), 5);
	assert_int_equal(history_count(node, "entry added: 10.0.0.20 -> 02:50:2a:16:6d:14"), 1);
	assert_int_equal(history_count(node, ""), 6);
}

/* Who makes us ask, by packets from many addresses, makes no flood of commits. */
CASE(too_many_answers_are_joined)
{
	struct node *node = node_ready((struct setup){0});
	for (unsigned n = 0; n < 1000; n++) {
		node_learns(node, 9, IP(10, 0, 1 + n / 200, 1 + n % 200));
		net_run(net, 10);
	}
	net_run(net, 2000);
	assert_int_equal(table_count(node->table), 1000);
	assert_in_range(history_count(node, "entry added: "), 64, 64 + 10 * 8 + 10 + 1);
	assert_true(history_count(node, "") <= 64 + 10 * 8 + 10 + 4);
}

CASE(what_strangers_do_is_one_commit_a_second)
{
	struct node *node = node_ready((struct setup){0});
	node_asked(node, 20, IP(10, 0, 0, 20), OURS);
	for (uint8_t n = 21; n < 50; n++)
		node_asked(node, n, IP(10, 0, 0, n), OURS);
	node_answered(node, 60, IP(10, 0, 0, 60), OURS);
	node_answered(node, 61, IP(10, 0, 0, 61), OURS);
	net_run(net, 900);
	assert_int_equal(history_count(node, ""), 2);
	assert_int_equal(history_count(node, "entry added: 10.0.0.20 -> 02:50:2a:16:6d:14"), 1);
	net_run(net, 200);
	assert_int_equal(history_count(node, ""), 3);
	assert_int_equal(history_count(node, "Arp.input: 29 changed, 1 refused"), 1);
}

CASE(a_refusal_is_in_the_table)
{
	struct node *node = node_ready((struct setup){0});
	for (int n = 0; n < 5; n++)
		node_answered(node, 9, PEER, OURS);
	net_run(net, 1100);
	const struct arp_value *v = refused_entry(node, ARP_UNASKED);
	assert_non_null(v);
	assert_int_equal(v->count, 5);
	assert_memory_equal(v->ip, ((uint8_t[]){10, 0, 0, 9}), 4);
	assert_int_equal(v->mac[5], 9);
	assert_int_equal(
		history_count(node, "refused: unasked: 02:50:2a:16:6d:09 claims 10.0.0.9"), 1);
	node_answered(node, 8, PEER, OURS);
	net_run(net, 1100);
	assert_int_equal(refused_entry(node, ARP_UNASKED)->count, 6);
	assert_int_equal(refused_entry(node, ARP_UNASKED)->mac[5], 8);
}

CASE(a_refresh_is_joined)
{
	struct node *node = node_ready((struct setup){0});
	for (uint8_t n = 20; n < 23; n++)
		node_learns(node, n, IP(10, 0, 0, n));
	net_run(net, 20000);
	for (int k = 0; k < 100; k++)
		for (uint8_t n = 20; n < 23; n++)
			node_asked(node, n, IP(10, 0, 0, n), OURS);
	net_run(net, 2000);
	assert_int_equal(history_count(node, "entry refreshed: 10.0.0.20 -> "), 1);
	assert_int_equal(history_count(node, "Arp.input: 2 refreshed"), 1);
	assert_int_equal(history_count(node, ""), 6);
}

/* ---- aging ----------------------------------------------------------------------------------- */

CASE(entries_of_a_second_are_gone_after_two)
{
	struct node *node = node_ready((struct setup){.lifetime_ms = 1000});
	uint8_t mac[6];
	node_learns(node, 9, PEER);
	net_run(net, 900);
	assert_true(node_has(node, PEER, 9));
	net_run(net, 1100);
	assert_false(node_knows(node, PEER, mac));
}

CASE(aging_is_a_branch_and_a_commit)
{
	struct node *node = node_ready((struct setup){0});
	struct table_ref ref;
	node_learns(node, 9, PEER);
	net_run(net, 70000);
	assert_null(entry(node, PEER));
	table_flush(node->table);
	assert_true(table_ref(node->table, 1, &ref));
	assert_memory_equal(ref.name, "expire_179566926", 16);
	assert_non_null(strchr(ref.name, '.'));
	assert_int_equal(strlen(strchr(ref.name, '.')), 7);
	assert_int_equal(history_count(node, "Arp.tick: updating to age out old entries"), 1);
	assert_int_equal(history_count(node, "Arp.tick: merge expiry branch"), 0);
	assert_int_equal(history_count(node, ""), 3);
}

/* Packets come in while old entries are looked for: then the branch is really merged. */
CASE(what_comes_in_between_is_merged)
{
	struct node *node = node_ready((struct setup){.questions = 1024});
	for (unsigned n = 0; n < 600; n++)
		node_learns(node, 9, IP(10, 0, 1 + n / 200, 1 + n % 200));
	net_run(net, 64000);
	for (unsigned k = 0; k < 100; k++) {
		net->now += 20 * MS;
		arp_tick(node->arp, net->now);
		if (k % 10 == 0)
			node_learns(node, 9, IP(10, 0, 9, 1 + k));
	}
	net_run(net, 10000);
	assert_true(history_count(node, "Arp.tick: merge expiry branch") >= 1);
	struct history *h = history_of(node);
	size_t merges = 0;
	for (size_t n = 0; n < h->n; n++)
		merges += h->v[n].parents == 2;
	assert_int_equal(merges, history_count(node, "Arp.tick: merge expiry branch"));
	free(h);
	assert_int_equal(table_count(node->table), 10);
	for (unsigned k = 0; k < 100; k += 10)
		assert_true(node_has(node, IP(10, 0, 9, 1 + k), 9));
}

/* An entry that is renewed while its removal is under way stays. */
CASE(who_answers_in_time_stays)
{
	struct node *node = node_ready((struct setup){0});
	struct table_ref ref;
	node_learns(node, 9, PEER);
	node_learns(node, 10, IP(10, 0, 0, 10));
	bool begun = false;
	net_run(net, 59000);
	for (int n = 0; n < 2000 && !begun; n++) {
		net_run(net, 5);
		table_flush(node->table);
		begun = table_ref(node->table, 1, &ref);
	}
	assert_true(begun);
	node_learns(node, 9, PEER);
	net_run(net, 5000);
	assert_true(node_has(node, PEER, 9));
	assert_null(entry(node, IP(10, 0, 0, 10)));
}

CASE(old_entries_leave_though_strangers_keep_coming)
{
	struct node *node = node_ready((struct setup){0});
	node_learns(node, 9, PEER);
	uint64_t end = entry(node, PEER)->expires * MS;
	net_run(net, 30000);
	for (unsigned n = 0; n < 250; n++) {
		node_asked(node, 8, IP(10, 0, 1 + n / 200, 1 + n % 200), OURS);
		net_run(net, 200);
		if (net->now > end + 5 * SECOND)
			assert_null(entry(node, PEER));
	}
}

CASE(one_call_does_little)
{
	struct node *node = node_ready((struct setup){.questions = 1024});
	struct table_ref ref;
	for (unsigned n = 0; n < 1000; n++)
		node_learns(node, 9, IP(10, 0, 1 + n / 200, 1 + n % 200));
	net->now += 70 * SECOND;
	int calls = 0;
	for (; calls < 1000 && arp_tick(node->arp, net->now) <= net->now; calls++)
		;
	assert_true(calls >= 1000 / 64);
	net_run(net, 2000);
	table_flush(node->table);
	assert_true(table_ref(node->table, 1, &ref));
}

/* ---- bounds ---------------------------------------------------------------------------------- */

CASE(the_entry_next_to_expire_makes_room)
{
	struct node *node = node_ready((struct setup){.entries = 4});
	uint8_t mac[6], fixed[6];
	mac_of(30, fixed);
	arp_set_static(node->i, IP(10, 0, 0, 30), fixed, net->now);
	for (uint8_t n = 31; n < 34; n++) {
		node_learns(node, n, IP(10, 0, 0, n));
		net_run(net, 5000);
	}
	assert_int_equal(arp_resolve(node->i, IP(10, 0, 0, 31), NULL, net->now, mac), ARP_KNOWN);
	node_learns(node, 40, IP(10, 0, 0, 40));
	assert_true(node_has(node, IP(10, 0, 0, 30), 30));
	assert_true(node_has(node, IP(10, 0, 0, 31), 31)); /* in use */
	assert_false(node_knows(node, IP(10, 0, 0, 32), mac));
	assert_true(node_has(node, IP(10, 0, 0, 33), 33));
	assert_int_equal(table_count(node->table), 4);
}

/* What was in use long ago takes no place of what is now. */
CASE(use_is_forgotten)
{
	struct node *node = node_ready((struct setup){.entries = 16});
	uint8_t mac[6];
	for (uint8_t n = 20; n < 60; n++) {
		node_learns(node, n, IP(10, 0, 0, n));
		arp_resolve(node->i, IP(10, 0, 0, n), NULL, net->now, mac);
		net_run(net, 10000);
	}
	node_learns(node, 9, PEER);
	assert_int_equal(arp_resolve(node->i, PEER, NULL, net->now, mac), ARP_KNOWN);
	net_run(net, 1000);
	for (uint8_t n = 60; n < 100; n++)
		node_learns(node, n, IP(10, 0, 0, n));
	assert_true(node_has(node, PEER, 9));
	assert_int_equal(table_count(node->table), 16);
}

CASE(packets_go_out_though_the_cache_is_full)
{
	struct node *node = node_ready((struct setup){.entries = 2});
	uint8_t mac[6], fixed[6];
	int packet;
	mac_of(30, fixed);
	assert_true(arp_set_static(node->i, IP(10, 0, 0, 30), fixed, net->now));
	assert_true(arp_set_static(node->i, IP(10, 0, 0, 31), fixed, net->now));
	assert_false(arp_set_static(node->i, IP(10, 0, 0, 32), fixed, net->now));
	assert_int_equal(arp_resolve(node->i, PEER, &packet, net->now, mac), ARP_ASKED);
	node_answered(node, 9, PEER, OURS);
	assert_int_equal(node->delivered_count, 1);
	assert_false(node->delivered[0].given_up);
	assert_int_equal(node_refused(node, ARP_FULL), 1);
	assert_int_equal(table_count(node->table), 2);
}

CASE(questions_have_a_bound)
{
	struct node *node = node_ready((struct setup){.questions = 4});
	uint8_t mac[6];
	int packets[6];
	for (uint8_t n = 0; n < 4; n++)
		assert_int_equal(
			arp_resolve(node->i, IP(10, 0, 0, 20 + n), &packets[n], net->now, mac),
			ARP_ASKED);
	assert_int_equal(arp_resolve(node->i, PEER, &packets[4], net->now, mac), ARP_FAILED);
	net_run(net, 1200);
	assert_int_equal(arp_resolve(node->i, PEER, &packets[5], net->now, mac), ARP_ASKED);
	assert_int_equal(node->delivered_count, 1); /* one of the four gave way */
	node_answered(node, 9, PEER, OURS);
	net_run(net, 10000);
	assert_int_equal(node->delivered_count, 5);
}

CASE(what_makes_no_sense_fails)
{
	struct node *node = node_ready((struct setup){0});
	uint8_t mac[6], group[6] = {1};
	static const uint32_t bad[] = {0, IP(127, 0, 0, 1), IP(224, 0, 0, 1), UINT32_MAX, OURS};
	for (size_t n = 0; n < 5; n++) {
		assert_int_equal(arp_resolve(node->i, bad[n], NULL, net->now, mac), ARP_FAILED);
		assert_false(arp_set_static(node->i, bad[n], node->mac, net->now));
	}
	assert_false(arp_set_static(node->i, PEER, group, net->now));
	assert_false(arp_add_address(node->i, IP(224, 0, 0, 1), net->now));
	assert_false(arp_probe_address(node->i, 0, net->now));
	assert_int_equal(net->sent_count, 0);
}

CASE(a_clock_that_goes_back_is_ignored)
{
	struct node *node = node_ready((struct setup){0});
	node_learns(node, 9, PEER);
	arp_tick(node->arp, 1);
	assert_int_equal(node->arp->now, net->now);
	net_run(net, 30000);
	assert_true(node_has(node, PEER, 9));
}

/* ---- seeded caches --------------------------------------------------------------------------- */

static void seed_one(struct table *t, uint8_t number, uint64_t expires, uint8_t state)
{
	struct arp_key key = {.ip = {10, 0, 0, number}};
	struct arp_value v = {.state = state, .expires = expires / MS};
	mac_of(number, v.mac);
	assert_int_equal(table_put(t, &key, &v, TABLE_LATER), TABLE_CHANGED);
}

static void seed(struct table *t)
{
	seed_one(t, 9, MORNING + 40 * SECOND, ARP_DYNAMIC);
	seed_one(t, 10, MORNING - SECOND, ARP_DYNAMIC);
	seed_one(t, 11, 0, ARP_STATIC);
	seed_one(t, 12, MORNING + 86400 * SECOND, ARP_DYNAMIC);
	seed_one(t, 13, 0, ARP_REFUSED);
	table_commit(t, NOTE_MERGE);
}

CASE(a_seeded_entry_is_used_before_any_packet)
{
	struct node *node = node_open(net, (struct setup){.seed = seed});
	uint8_t mac[6], expected[6];
	for (uint8_t n = 9; n < 12; n++) {
		enum arp_answer expect = n == 10 ? ARP_ASKED : ARP_KNOWN;
		mac_of(n, expected);
		net_forget(net);
		assert_int_equal(
			arp_resolve(node->i, IP(10, 0, 0, n), NULL, net->now, mac), expect);
		assert_int_equal(net->sent_count, n == 10);
		if (expect == ARP_KNOWN)
			assert_memory_equal(mac, expected, 6);
	}
	assert_int_equal(history_count(node, "Arp.create"), 0);
}

CASE(a_seeded_entry_lives_no_longer_than_others)
{
	struct node *node = node_open(net, (struct setup){.seed = seed});
	uint8_t mac[6];
	assert_true(node_knows(node, IP(10, 0, 0, 12), mac));
	net_run(net, 70000);
	assert_false(node_knows(node, IP(10, 0, 0, 12), mac));
	assert_null(entry(node, IP(10, 0, 0, 12)));
	assert_null(entry(node, IP(10, 0, 0, 13))); /* nonsense goes at once */
	assert_true(node_knows(node, IP(10, 0, 0, 11), mac));
	assert_int_equal(table_count(node->table), 1);
}

CASE(an_empty_cache_asks_without_an_address)
{
	struct node *node = node_open(net, (struct setup){0});
	uint8_t mac[6];
	assert_int_equal(arp_resolve(node->i, PEER, NULL, net->now, mac), ARP_ASKED);
	struct words w = {.opcode = 1, .target_ip = PEER};
	uint8_t expected[ARP_FRAME];
	memcpy(w.to, broadcast, 6);
	memcpy(w.from, node->mac, 6);
	memcpy(w.sender, node->mac, 6);
	frame_of(&w, expected);
	assert_int_equal(net->sent_count, 1);
	assert_memory_equal(net->sent[0].frame, expected, sizeof(expected));
	node_answered(node, 9, PEER, 0);
	assert_true(node_has(node, PEER, 9));
}

/* ---- addresses ------------------------------------------------------------------------------- */

CASE(addresses_are_announced_at_once_and_in_order)
{
	struct node *node = node_open(net, (struct setup){0});
	const uint32_t set[] = {IP(10, 0, 0, 3), IP(10, 0, 0, 1), IP(10, 0, 0, 3), IP(10, 0, 0, 2),
		IP(10, 0, 0, 1)};
	uint32_t own[ARP_ADDRESSES];
	uint64_t begin = net->now;
	assert_true(arp_set_addresses(node->i, set, 5, net->now));
	net_run(net, 100);
	assert_int_equal(net->sent_count, 3);
	for (size_t n = 0; n < 3; n++) {
		assert_true(net->sent[n].at - begin < 100 * MS);
		assert_memory_equal(net->sent[n].frame + 28, net->sent[n].frame + 38, 4);
	}
	assert_int_equal(arp_addresses(node->i, own), 3);
	assert_memory_equal(own, ((uint32_t[]){set[0], set[1], set[3]}), 12);
	net_run(net, 5000);
	net_forget(net);
	/* the same ones in another order, and one more */
	const uint32_t next[] = {IP(10, 0, 0, 4), IP(10, 0, 0, 2), IP(10, 0, 0, 3)};
	assert_true(arp_set_addresses(node->i, next, 3, net->now));
	assert_int_equal(arp_addresses(node->i, own), 3);
	assert_memory_equal(own, next, 12);
	assert_int_equal(net->sent_count, 1);
}

CASE(addresses_come_and_go)
{
	struct node *node = node_open(net, (struct setup){0});
	uint32_t own[ARP_ADDRESSES];
	assert_true(arp_add_address(node->i, OURS, net->now));
	assert_true(arp_add_address(node->i, OURS, net->now));
	assert_int_equal(arp_addresses(node->i, own), 1);
	assert_int_equal(net->sent_count, 1);
	arp_remove_address(node->i, OURS);
	arp_remove_address(node->i, OURS);
	arp_remove_address(node->i, PEER);
	assert_int_equal(arp_addresses(node->i, own), 0);
	for (uint32_t n = 0; n < ARP_ADDRESSES; n++)
		assert_true(arp_add_address(node->i, IP(10, 0, 0, 100) + n, net->now));
	assert_false(arp_add_address(node->i, OURS, net->now));
	assert_true(arp_set_addresses(node->i, NULL, 0, net->now));
	assert_int_equal(arp_addresses(node->i, own), 0);
}

CASE(an_address_that_another_has_is_told)
{
	struct node *node = node_ready((struct setup){0});
	uint8_t mac[6];
	node_learns(node, 9, PEER);
	arp_add_address(node->i, PEER, net->now);
	assert_int_equal(node->event_count, 1);
	assert_int_equal(node->events[0].event, ARP_IN_CACHE);
	assert_int_equal(node->events[0].mac[5], 9);
	assert_false(node_knows(node, PEER, mac));
	/* what was set by hand stays for whoever did it to look at */
	mac_of(10, mac);
	arp_set_static(node->i, IP(10, 0, 0, 10), mac, net->now);
	arp_add_address(node->i, IP(10, 0, 0, 10), net->now);
	assert_int_equal(node->events[1].event, ARP_IN_CACHE);
	assert_true(node_has(node, IP(10, 0, 0, 10), 10));
}

/* ---- several nodes on a wire ----------------------------------------------------------------- */

/* Both know each other, and their first questions are long over. */
static void make_known(struct node *a, struct node *b)
{
	uint8_t mac[6];
	uint32_t theirs = OURS + (uint32_t)b->number, ours = OURS + (uint32_t)a->number;
	arp_resolve(a->i, theirs, NULL, net->now, mac);
	net_pass(net);
	assert_true(node_knows(a, theirs, mac));
	assert_memory_equal(mac, b->mac, 6);
	assert_true(node_knows(b, ours, mac));
	assert_memory_equal(mac, a->mac, 6);
}

CASE(a_question_teaches_both_sides)
{
	struct node *a = node_ready((struct setup){0}), *b = node_ready((struct setup){0});
	make_known(a, b);
	assert_int_equal(net_saw(net, 2, OURS), 1);
	assert_int_equal(net->sent_count, 2);
	assert_int_equal(node_refused_in_all(a) + node_refused_in_all(b), 0);
}

/* The neighbour takes another address: the new one is learnt by asking, the old one expires. */
CASE(a_neighbour_changes_its_address)
{
	struct node *a = node_ready((struct setup){0}), *b = node_ready((struct setup){0});
	uint32_t next = IP(10, 0, 0, 200);
	uint8_t mac[6];
	make_known(a, b);
	net_run(net, 2000);
	assert_true(arp_set_addresses(b->i, &next, 1, net->now));
	net_pass(net);
	assert_false(node_knows(a, next, mac));
	assert_int_equal(arp_resolve(a->i, next, NULL, net->now, mac), ARP_ASKED);
	net_pass(net);
	assert_true(node_knows(a, next, mac));
	assert_memory_equal(mac, b->mac, 6);
	net_run(net, 70000);
	assert_false(node_knows(a, OURS + 1, mac));
}

CASE(an_announcement_is_heard)
{
	struct node *a = node_ready((struct setup){0}), *b = node_ready((struct setup){0});
	make_known(a, b);
	net_run(net, 30000);
	uint64_t before = entry(a, OURS + 1)->expires;
	uint32_t again = OURS + 1;
	arp_remove_address(b->i, again);
	arp_add_address(b->i, again, net->now);
	net_run(net, 100);
	assert_true(entry(a, OURS + 1)->expires >= before + 29000);
}

CASE(five_announcements_are_one_commit)
{
	struct node *a = node_ready((struct setup){0});
	struct node *others[5];
	for (int n = 0; n < 5; n++) {
		others[n] = node_ready((struct setup){0});
		make_known(a, others[n]);
	}
	net_run(net, 30000);
	size_t before = history_count(a, "");
	for (int n = 0; n < 5; n++) {
		uint32_t ip = OURS + (uint32_t)others[n]->number;
		uint8_t mac[6];
		uint64_t expires = entry(a, ip)->expires;
		arp_remove_address(others[n]->i, ip);
		arp_add_address(others[n]->i, ip, net->now);
		net_pass(net);
		assert_true(entry(a, ip)->expires > expires);
		assert_true(node_knows(a, ip, mac));
		assert_memory_equal(mac, others[n]->mac, 6);
	}
	net_run(net, 1500);
	/* the first has its own, the other four are joined a second later */
	assert_int_equal(history_count(a, "") - before, 2);
	assert_int_equal(history_count(a, "Arp.input: 4 refreshed"), 1);
}

CASE(a_single_answer_is_enough)
{
	struct node *a = node_ready((struct setup){0});
	int packet;
	uint8_t mac[6];
	assert_int_equal(arp_resolve(a->i, PEER, &packet, net->now, mac), ARP_ASKED);
	net_run(net, 1000);
	node_answered(a, 9, PEER, OURS);
	assert_int_equal(a->delivered_count, 1);
	assert_ptr_equal(a->delivered[0].packet, &packet);
	assert_int_equal(a->delivered[0].mac[5], 9);
	net_run(net, 10000);
	assert_int_equal(net->sent_count, 1);
}

/* Whole frames with Ethernet headers, each wrong in one way, while we do ask for the address. */
CASE(garbage_does_not_answer)
{
	struct node *a = node_ready((struct setup){0});
	uint8_t mac[6];
	arp_resolve(a->i, PEER, NULL, net->now, mac);
	net_forget(net);
	struct words w = words_of(9, 2, PEER, OURS);
	node_told(a, (mac_of(8, w.to), w)); /* to somebody else */
	w = words_of(9, 2, PEER, OURS);
	memcpy(w.sender, broadcast, 6);
	node_told(a, w);
	memcpy(w.from, broadcast, 6);
	node_told(a, w);
	node_answered(a, 9, OURS, OURS); /* a claim on our own */
	w = words_of(9, 2, PEER, IP(10, 0, 0, 77));
	node_told(a, w);
	assert_false(node_knows(a, PEER, mac));
	assert_false(node_knows(a, OURS, mac));
	assert_int_equal(node_refused_in_all(a), 5);
	net_run(net, 1100);
	assert_int_equal(history_count(a, "Arp.input: 4 refused"), 1);
	assert_int_equal(table_count(a->table), 4);
}

/* ---- several interfaces, one table ----------------------------------------------------------- */

CASE(interfaces_share_a_table_and_mix_nothing_up)
{
	struct node *a = node_ready((struct setup){0});
	struct node side = {.net = net, .number = 99};
	uint8_t mac[6];
	mac_of(77, side.mac);
	struct arp_ops ops = {&side, node_send, node_deliver, node_event, false};
	side.i = arp_attach(a->arp, side.mac, &ops);
	assert_non_null(side.i);
	arp_add_address(side.i, IP(10, 1, 0, 1), net->now);
	node_learns(a, 9, PEER);
	assert_false(node_knows(&side, PEER, mac));
	assert_int_equal(arp_resolve(side.i, PEER, NULL, net->now, mac), ARP_ASKED);
	node_answered(&side, 10, PEER, IP(10, 1, 0, 1));
	assert_true(node_has(&side, PEER, 10));
	assert_true(node_has(a, PEER, 9));
	assert_int_equal(history_count(a, "entry added: en1/10.0.0.9 -> 02:50:2a:16:6d:0a"), 1);
	assert_non_null(arp_attach(a->arp, side.mac, &ops));
	assert_non_null(arp_attach(a->arp, side.mac, &ops));
	assert_null(arp_attach(a->arp, side.mac, &ops));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static const struct CMUnitTest tests[] = {
	T(a_packet_is_the_same_after_parsing),
	T(zeros_are_no_packet),
	T(times_are_those_of_the_calendar),
	T(paths_are_read_as_they_are_written),
	T(texts_are_read_as_they_are_written),
	T(merging_does_not_depend_on_the_order),
	T(history_begins_with_an_empty_cache),
	T(nothing_happens_and_nothing_is_committed),
	T(an_answer_is_a_commit_of_its_own),
	T(too_many_answers_are_joined),
	T(what_strangers_do_is_one_commit_a_second),
	T(a_refusal_is_in_the_table),
	T(a_refresh_is_joined),
	T(entries_of_a_second_are_gone_after_two),
	T(aging_is_a_branch_and_a_commit),
	T(what_comes_in_between_is_merged),
	T(who_answers_in_time_stays),
	T(old_entries_leave_though_strangers_keep_coming),
	T(one_call_does_little),
	T(the_entry_next_to_expire_makes_room),
	T(use_is_forgotten),
	T(packets_go_out_though_the_cache_is_full),
	T(questions_have_a_bound),
	T(what_makes_no_sense_fails),
	T(a_clock_that_goes_back_is_ignored),
	T(a_seeded_entry_is_used_before_any_packet),
	T(a_seeded_entry_lives_no_longer_than_others),
	T(an_empty_cache_asks_without_an_address),
	T(addresses_are_announced_at_once_and_in_order),
	T(addresses_come_and_go),
	T(an_address_that_another_has_is_told),
	T(a_question_teaches_both_sides),
	T(a_neighbour_changes_its_address),
	T(an_announcement_is_heard),
	T(five_announcements_are_one_commit),
	T(a_single_answer_is_enough),
	T(garbage_does_not_answer),
	T(interfaces_share_a_table_and_mix_nothing_up),
};
RUN_TESTS("guest_arp")
