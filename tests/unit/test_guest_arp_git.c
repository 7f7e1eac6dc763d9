/* test_guest_arp_git.c - ARP's history as git sees it, and states that come from elsewhere.
 * SPDX-License-Identifier: ISC */
#include "table_repo.h"
#include "arp_net.h"

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

static struct node *node_with_address(void)
{
	struct node *node = node_open(net, (struct setup){0});
	arp_add_address(node->i, OURS, net->now);
	return node;
}

/* ---- the log --------------------------------------------------------------------------------- */

/* The life of the prototype's log: an entry that ages out while another one is added, then a quiet
 * time in which nothing comes in between. */
static void live(struct node *node)
{
	struct table_ref ref;
	bool begun = false;
	node_learns(node, 10, IP(10, 23, 10, 2));
	net_run(net, 59000);
	for (int n = 0; n < 2000 && !begun; n++) {
		net_run(net, 5);
		table_flush(node->table);
		begun = table_ref(node->table, 1, &ref);
	}
	assert_true(begun);
	node_learns(node, 1, IP(10, 23, 10, 1));
	net_run(net, 3000);
	node_learns(node, 1, IP(10, 50, 20, 22));
	node_learns(node, 1, IP(10, 20, 254, 2));
	node_learns(node, 1, IP(192, 168, 3, 1));
	net_run(net, 63000);
}

static void the_log_is_as_git_shows_it(void **state)
{
	(void)state;
	struct node *node = node_with_address();
	struct repo r;
	live(node);
	table_flush(node->table);
	make_repo(&r);
	assert_git_agrees(node->table, &r);
	const char *log = git(&r, "log --all --graph --format=%s");
	static const char last[] = "* Arp.tick: updating to age out old entries\n"
				   "* entry added: 192.168.3.1 -> 02:50:2a:16:6d:01\n"
				   "* entry added: 10.20.254.2 -> 02:50:2a:16:6d:01\n"
				   "* entry added: 10.50.20.22 -> 02:50:2a:16:6d:01\n"
				   "*   Arp.tick: merge expiry branch\n|\\  \n";
	static const char first[] = "* entry added: 10.23.10.2 -> 02:50:2a:16:6d:0a\n"
				    "* Arp.create: Initial empty cache";
	const char *const lines[] = {last, "* Arp.tick: updating to age out old entries\n",
		"entry added: 10.23.10.1 -> 02:50:2a:16:6d:01\n", "|/  \n", first};
	for (size_t n = 0; n < 5; n++)
		if (!strstr(log, lines[n])) {
			print_error("%s\nlacks\n%s\n", log, lines[n]);
			assert_true(false);
		}
	assert_non_null(strstr(git(&r, "log -1 --format=%D primary"), "expire_17956"));
	assert_string_equal(git(&r, "log -1 --format=%an primary"), "arp");
	assert_string_equal(git(&r, "show -s --format=%as primary"), "2026-11-26");
	drop_repo(&r);
}

static void a_change_is_a_diff(void **state)
{
	(void)state;
	struct node *node = node_with_address();
	struct repo r;
	net_run(net, 1000);
	node_learns(node, 9, PEER);
	net_run(net, 20000);
	node_asked(node, 9, PEER, OURS);
	node_answered(node, 8, IP(10, 0, 0, 8), OURS);
	net_run(net, 3000);
	table_flush(node->table);
	make_repo(&r);
	assert_git_agrees(node->table, &r);
	const char *diff = git(&r, "log -1 -p --format=%s --grep='entry refreshed' primary");
	assert_non_null(strstr(diff, "entry refreshed: 10.0.0.9 -> 02:50:2a:16:6d:09\n"));
	assert_non_null(strstr(diff, "+++ b/arp/10.0.0.9\n"));
	assert_non_null(strstr(diff, "\n mac 02:50:2a:16:6d:09\n state dynamic\n-expires 2026-"));
	assert_string_equal(git(&r, "show primary:arp/refused/unasked"),
		"count 1\nmac 02:50:2a:16:6d:08\nip 10.0.0.8");
	drop_repo(&r);
}

/* ---- pulls ----------------------------------------------------------------------------------- */

static void copy_object(
	struct table_import *im, struct table *from, const struct table_id *id, bool past);

static void copy_tree(struct table_import *im, struct table *from, const uint8_t *p, size_t n)
{
	for (const uint8_t *at = p; at < p + n;) {
		struct table_id id;
		const uint8_t *end = memchr(at, 0, (size_t)(p + n - at));
		memcpy(id.bytes, end + 1, 20);
		copy_object(im, from, &id, true);
		at = end + 21;
	}
}

static void copy_commit(struct table_import *im, struct table *from, const char *text)
{
	struct table_id id;
	assert_true(table_id_parse(text + 5, 40, &id));
	copy_object(im, from, &id, true);
	for (const char *at = text + 46; strncmp(at, "parent ", 7) == 0; at += 48) {
		assert_true(table_id_parse(at + 7, 40, &id));
		copy_object(im, from, &id, true);
	}
}

static void copy_object(
	struct table_import *im, struct table *from, const struct table_id *id, bool past)
{
	uint8_t *p = malloc(TABLE_OBJECT_MAX);
	struct table_id same;
	enum table_type type;
	size_t n;
	if (!table_import_read(im, id, &type, p, &n)) {
		assert_true(table_read(from, id, &type, p, &n));
		if (past && type == TABLE_TREE)
			copy_tree(im, from, p, n);
		if (past && type == TABLE_COMMIT)
			copy_commit(im, from, (const char *)p);
		assert_true(table_read(from, id, &type, p, &n));
		assert_true(table_import_add(im, type, p, n, &same));
		assert_memory_equal(&same, id, sizeof(same));
	}
	free(p);
}

/* What a pull of FROM's primary does to INTO. */
static enum table_merge_result pull(struct node *into, struct node *from)
{
	char why[TABLE_MESSAGE_MAX];
	struct table_ref ref;
	table_flush(from->table);
	assert_true(table_ref(from->table, 0, &ref));
	struct table_import *im = table_import(into->table);
	assert_non_null(im);
	copy_object(im, from->table, &ref.id, true);
	enum table_merge_result result =
		table_import_merge(im, &ref.id, ARP_PULLED, NULL, NULL, why);
	table_import_close(im);
	return result;
}

static void a_pulled_cache_is_used_before_any_packet(void **state)
{
	(void)state;
	struct node *a = node_with_address(), *b = node_open(net, (struct setup){0});
	uint8_t mac[6], expected[6];
	net_run(net, 3000);
	node_learns(a, 9, PEER);
	net_run(net, 3000);
	assert_int_equal(pull(b, a), TABLE_MERGED);
	net_forget(net);
	mac_of(9, expected);
	assert_int_equal(arp_resolve(b->i, PEER, NULL, net->now, mac), ARP_KNOWN);
	assert_memory_equal(mac, expected, 6);
	assert_int_equal(net->sent_count, 0);
	assert_int_equal(history_count(b, "Arp.create: Merge seed repository"), 1);
}

static void the_later_expiry_wins(void **state)
{
	(void)state;
	struct node *a = node_with_address(), *b = node_open(net, (struct setup){0});
	node_learns(a, 9, PEER);
	node_learns(b, 10, IP(10, 0, 0, 10));
	net_run(net, 10000);
	node_learns(b, 8, PEER);
	node_learns(a, 11, IP(10, 0, 0, 10));
	assert_int_equal(pull(b, a), TABLE_MERGED);
	assert_int_equal(pull(a, b), TABLE_MERGED);
	for (int n = 0; n < 2; n++) {
		struct node *node = n ? a : b;
		assert_true(node_has(node, PEER, 8));
		assert_true(node_has(node, IP(10, 0, 0, 10), 11));
	}
}

/* A packet that waits is sent when a pull brings the address. */
static void a_pull_answers_a_question(void **state)
{
	(void)state;
	struct node *a = node_with_address(), *b = node_open(net, (struct setup){0});
	uint8_t mac[6];
	int packet;
	node_learns(a, 9, PEER);
	assert_int_equal(arp_resolve(b->i, PEER, &packet, net->now, mac), ARP_ASKED);
	pull(b, a);
	net_run(net, 2000);
	assert_int_equal(b->delivered_count, 1);
	assert_int_equal(b->delivered[0].mac[5], 9);
}

/* A commit of one file NAME with this text, below arp/ or another FOLDER. */
static enum table_merge_result pull_text(
	struct node *node, const char *folder, const char *name, const char *text)
{
	char body[512], why[TABLE_MESSAGE_MAX], hex[41];
	struct table_id id;
	struct table_import *im = table_import(node->table);
	for (int level = 0; level < 2; level++) {
		if (!level)
			assert_true(table_import_add(
				im, TABLE_BLOB, (const uint8_t *)text, strlen(text), &id));
		int n = sprintf(body, "%s %s", level ? "40000" : "100644", level ? folder : name);
		memcpy(body + n + 1, id.bytes, 20);
		assert_true(table_import_add(im, TABLE_TREE, (uint8_t *)body, (size_t)n + 21, &id));
	}
	table_id_text(&id, hex);
	int n = sprintf(body,
		"tree %s\nauthor a <a@example.org> 1795669200 +0000\n"
		"committer a <a@example.org> 1795669200 +0000\n\nnonsense\n",
		hex);
	assert_true(table_import_add(im, TABLE_COMMIT, (uint8_t *)body, (size_t)n, &id));
	enum table_merge_result result = table_import_merge(im, &id, ARP_PUSHED, NULL, NULL, why);
	assert_int_equal(result == TABLE_REFUSED, why[0] != '\0');
	table_import_close(im);
	return result;
}

static void nonsense_is_refused_and_changes_nothing(void **state)
{
	(void)state;
	struct node *node = node_with_address();
	static const char good[] = "mac 02:50:2a:16:6d:09\nstate static\n";
	static const char *const bad[][3] = {{"arp", "10.0.0.9", "a string"},
		{"arp", "10.0.0.9", "mac 02:50:2a:16:6d:09\n"}, {"arp", "10.0.0.9", ""},
		{"arp", "10.0.0.9", "mac ff:ff:ff:ff:ff:ff\nstate static\n"},
		{"arp", "10.0.0.9", "MAC 02:50:2a:16:6d:09\nstate static\n"},
		{"arp", "10.0.0.9.1", good}, {"arp", "10.0.0.09", good}, {"arp", "127.0.0.1", good},
		{"arp", "everybody", good}, {"pra", "10.0.0.9", good}};
	for (size_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++)
		assert_int_equal(pull_text(node, bad[n][0], bad[n][1], bad[n][2]), TABLE_REFUSED);
	assert_int_equal(table_count(node->table), 0);
	assert_int_equal(history_count(node, ""), 1);
	assert_int_equal(pull_text(node, "arp", "10.0.0.9", good), TABLE_MERGED);
	assert_true(node_has(node, PEER, 9));
	assert_int_equal(history_count(node, "Arp.push: merge what an operator sent"), 1);
}

/* A refusal's text under a neighbour's path is well-formed, and no neighbour. */
static void a_refusal_is_no_neighbour(void **state)
{
	(void)state;
	struct node *node = node_with_address();
	uint8_t mac[6];
	assert_int_equal(
		pull_text(node, "arp", "10.0.0.9", "count 3\nmac 02:50:2a:16:6d:09\nip 10.0.0.9\n"),
		TABLE_MERGED);
	assert_false(node_knows(node, PEER, mac));
	assert_int_equal(arp_resolve(node->i, PEER, NULL, net->now, mac), ARP_ASKED);
	net_run(net, 30000);
	assert_int_equal(table_count(node->table), 0);
}

/* ---- how much it is -------------------------------------------------------------------------- */

static void add_size(void *ctx, enum table_type type, const uint8_t *p, size_t n)
{
	(void)type;
	(void)p;
	*(size_t *)ctx += n;
}

/* Eight neighbours that are used all the time, and nothing else happens. */
static void an_hour_writes_less_than_a_mebibyte(void **state)
{
	(void)state;
	struct node *node = node_with_address();
	size_t written = 0;
	uint8_t mac[6];
	for (uint8_t n = 20; n < 28; n++)
		node_learns(node, n, IP(10, 0, 0, n));
	table_flush(node->table);
	table_watch(node->table, &(struct table_watcher){.ctx = &written, .object = add_size});
	for (int second = 0; second < 3600; second++) {
		for (uint8_t n = 20; n < 28; n++) {
			uint32_t ip = IP(10, 0, 0, n);
			assert_int_equal(arp_resolve(node->i, ip, NULL, net->now, mac), ARP_KNOWN);
			if (net_saw(net, 1, ip))
				node_answered(node, n, ip, OURS);
		}
		net_forget(net);
		node_tick(node);
		net->now += SECOND;
	}
	table_flush(node->table);
	assert_true(written > 100000);
	assert_true(written < 1 << 20);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static const struct CMUnitTest tests[] = {
	T(the_log_is_as_git_shows_it),
	T(a_change_is_a_diff),
	T(a_pulled_cache_is_used_before_any_packet),
	T(the_later_expiry_wins),
	T(a_pull_answers_a_question),
	T(nonsense_is_refused_and_changes_nothing),
	T(a_refusal_is_no_neighbour),
	T(an_hour_writes_less_than_a_mebibyte),
};
RUN_TESTS("guest_arp_git")
