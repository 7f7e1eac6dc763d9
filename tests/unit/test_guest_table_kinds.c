/* test_guest_table_kinds.c - the kinds of an image at their stores' limits, with the longest paths
 * that they have: each folder still fits an object, and so history goes on.
 * SPDX-License-Identifier: ISC */
#include "addresses.h"
#include "arp.h"
#include "nat.h"
#include "tcp_value.h"

#define LAST_CHANGES 3

/* Key number I, distinct from the others. */
typedef void make_key(unsigned i, void *key);

static void last_octets(unsigned i, uint8_t ip[4])
{
	ip[0] = 200;
	ip[1] = (uint8_t)(100 + i / 10000);
	ip[2] = (uint8_t)(100 + i / 100 % 100);
	ip[3] = (uint8_t)(100 + i % 100);
}

static void neighbour(unsigned i, void *key)
{
	struct arp_key *k = key;
	last_octets(i, k->ip);
}

/* Four cards and all refusals, too. */
static void any_neighbour(unsigned i, void *key)
{
	struct arp_key *k = key;
	if (i < ARP_REFUSALS)
		k->refusal = (uint8_t)(i + 1);
	else
		last_octets(i, k->ip);
	if (i >= ARP_REFUSALS && i < ARP_REFUSALS + ARP_INTERFACES)
		k->interface = (uint8_t)(i - ARP_REFUSALS);
}

static void connection(unsigned i, void *key)
{
	struct tcp_key *k = key;
	last_octets(0, k->local_ip);
	last_octets(i, k->remote_ip);
	k->local_port = k->remote_port = 50000;
}

static void chunk(unsigned i, void *key)
{
	struct tcp_chunk_key *k = key;
	connection(i % TCP_ENTRIES_MAX, &k->connection);
	k->seq = 4000000000u + i;
}

static void of_path(const char *path, void *key)
{
	assert_true(nat_kind.parse_path(path, strlen(path), key));
}

static void forward(unsigned i, void *key)
{
	char path[64];
	snprintf(path, sizeof(path), "forward/udp/%u", 50000 + i);
	of_path(path, key);
}

static void mapping(unsigned i, void *key)
{
	static const char *const protocols[] = {"tcp", "udp", "icmp"};
	char path[64];
	unsigned port = i / 3 + 1;
	snprintf(path, sizeof(path), "%s/%u/%u", protocols[i % 3], port / 256, port);
	of_path(path, key);
}

static const struct full_kind {
	const struct table_kind *kind;
	make_key *key;
	unsigned entries;
	size_t shown; /* a byte of the value that its text shows */
} full_kinds[] = {
	{&arp_kind, neighbour, ARP_TABLE_ENTRIES_MAX, offsetof(struct arp_value, mac)},
	{&arp_kind, any_neighbour, ARP_TABLE_ENTRIES_MAX, offsetof(struct arp_value, mac)},
	{&tcp_kind, connection, TCP_ENTRIES_MAX, 0},
	{&tcp_payload_kind, chunk, 4 * TCP_ENTRIES_MAX, 0},
	{&nat_kind, forward, NAT_FORWARDS_MAX, 0},
	{&nat_kind, mapping, 3 * 65535, 0},
};

static void put_entry(struct table *t, const struct full_kind *f, unsigned i, bool again)
{
	uint64_t key[TABLE_KEY_MAX / 8] = {0}, value[TABLE_VALUE_MAX / 8] = {0};
	f->key(i, key);
	((uint8_t *)value)[f->shown] = again ? 2 : 1;
	assert_int_equal(table_put(t, key, value, NOTE_LATER), TABLE_CHANGED);
}

static void fill(struct table *t, const struct full_kind *f)
{
	for (unsigned i = 0; i < f->entries; i++) {
		put_entry(t, f, i, false);
		table_work(t);
	}
	assert_true(table_commit(t, NOTE_OTHER));
	table_flush(t);
}

static void a_full_store_has_a_history(void **state)
{
	const struct full_kind *f = *state;
	struct made_table m = make_table(f->kind,
		(struct table_limits){
			.entries = f->entries, .history_bytes = 2 << 20, .log_records = 4096});
	struct table_ref ref;
	fill(m.t, f);
	for (unsigned i = 0; i < LAST_CHANGES; i++) {
		put_entry(m.t, f, f->entries - 1 - i, true);
		assert_true(table_commit(m.t, NOTE_OTHER));
		table_flush(m.t);
	}
	struct table_stats s = table_stats(m.t);
	assert_int_equal(s.entries, f->entries);
	assert_int_equal(s.commits, 1 + LAST_CHANGES);
	assert_int_equal(s.commits_dropped, 0);
	assert_int_equal(s.too_large, 0);
	assert_false(table_is_behind(m.t));
	assert_true(table_ref(m.t, 0, &ref));
	drop_table(&m);
}

#define FULL(name, i)                                                                              \
	{                                                                                          \
		name, a_full_store_has_a_history, NULL, NULL, (void *)(uintptr_t)&full_kinds[i]    \
	}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		FULL("a_full_arp_has_a_history", 0),
		FULL("a_full_arp_of_four_cards_has_a_history", 1),
		FULL("a_full_tcp_has_a_history", 2),
		FULL("a_full_payload_has_a_history", 3),
		FULL("as_many_forwards_as_there_may_be_have_a_history", 4),
		FULL("all_ports_mapped_have_a_history", 5),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("guest_table_kinds", tests, NULL, NULL);
}
