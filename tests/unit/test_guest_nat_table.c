/* test_guest_nat_table.c - the NAT's mappings in the version-controlled table: text, merging, what
 * the history tells, and what is taken from elsewhere. SPDX-License-Identifier: ISC */
#include "nat_box.h"
#include "unikernel/nat/parts.h"

/* ---- entries ------------------------------------------------------------------------------------
 */

static struct nat_value sample(void)
{
	return (struct nat_value){.expires = 1700000300,
		.inside = HOST,
		.outside = GATEWAY_OUT,
		.remote = SERVER,
		.inside_port = 5555,
		.outside_port = 40001,
		.remote_port = 443,
		.state = STATE_ESTABLISHED};
}

static void check_path(struct nat_key key, const char *expected)
{
	char text[TABLE_PATH_MAX];
	struct nat_key again = {0};
	size_t n = nat_kind.path(&key, text);
	assert_int_equal(n, strlen(expected));
	assert_memory_equal(text, expected, n);
	assert_true(nat_kind.parse_path(text, n, &again));
	assert_memory_equal(&key, &again, sizeof(key));
}

static void paths_are_by_outside_port(void **state)
{
	(void)state;
	check_path((struct nat_key){NAT_TCP, false, 40001}, "tcp/156/40001");
	check_path((struct nat_key){NAT_UDP, false, 1}, "udp/0/1");
	check_path((struct nat_key){NAT_ICMP, false, 0}, "icmp/0/0");
	check_path((struct nat_key){NAT_TCP, false, 65535}, "tcp/255/65535");
	check_path((struct nat_key){NAT_TCP, true, 8080}, "forward/tcp/8080");
	static const char *const bad[] = {"", "tcp", "tcp/", "tcp/156", "tcp/156/",
		"tcp/156/40001/", "tcp/155/40001", "tcp/156/040001", "tcp/0156/40001",
		"tcp/156/105537", "sctp/0/1", "tcp/0/0", "forward/tcp/0", "forward/icmp/8",
		"forward/tcp/31/8080", "forward/8080", "/tcp/0/1", "tcp/0/1 ", "tcp/0/+1",
		"forward/tcp/65536"};
	struct nat_key key;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(nat_kind.parse_path(bad[i], strlen(bad[i]), &key));
}

static void check_text(struct nat_value v, const char *expected)
{
	char text[TABLE_TEXT_MAX];
	struct nat_value again;
	memset(&again, 0xff, sizeof(again));
	size_t n = nat_kind.text(&v, text);
	assert_int_equal(n, strlen(expected));
	assert_memory_equal(text, expected, n);
	assert_true(nat_kind.parse_text(text, n, &again));
	assert_memory_equal(&v, &again, sizeof(v));
	for (size_t cut = 0; cut < n; cut++) {
		bool is_forward = cut == strlen("inside 192.168.1.10:5555\n");
		assert_true(nat_kind.parse_text(text, cut, &again) == is_forward);
	}
}

static void values_are_lines_of_words(void **state)
{
	(void)state;
	static const char text[] = "inside 192.168.1.10:5555\n"
				   "outside 203.0.113.2:40001\n"
				   "remote 198.51.100.7:443\n"
				   "state established\n"
				   "expires 2023-11-14T22:18:20Z\n";
	check_text(sample(), text);
	for (uint8_t s = STATE_ACTIVE; s < STATE_FIXED; s++) {
		struct nat_value v = sample(), again;
		char out[TABLE_TEXT_MAX];
		v.state = s;
		assert_true(nat_kind.parse_text(out, nat_kind.text(&v, out), &again));
		assert_int_equal(again.state, s);
	}
	check_text((struct nat_value){.inside = HOST, .inside_port = 80, .state = STATE_FIXED},
		"inside 192.168.1.10:80\n");
	static const char *const bad[] = {"inside 192.168.1.10:80", "inside 192.168.1.10:80\n\n",
		"inside  192.168.1.10:80\n", "inside 192.168.1.10\n", "outside 192.168.1.10:80\n",
		"inside 192.168.1.10:0\n", "inside 0.0.0.0:1\n", "inside 255.255.255.255:80\n",
		"inside 224.0.0.1:80\n", "inside 127.0.0.1:80\n", "inside 169.254.1.1:80\n",
		"inside 0.0.0.0:5\noutside 1.2.3.4:5\nremote 1.2.3.4:5\nstate active\nexpires "
		"1970-01-01T00:00:01Z\n",
		"inside 1.2.3.4:5\noutside 0.0.0.0:5\nremote 1.2.3.4:5\nstate active\nexpires "
		"1970-01-01T00:00:01Z\n",
		"inside 1.2.3.4:5\noutside 1.2.3.4:5\nremote 239.1.1.1:5\nstate active\nexpires "
		"1\n",
		"inside 192.168.1.10:80\r\n", "inside 192.168.01.10:80\n",
		"inside 1.2.3.4:5\noutside 1.2.3.4:5\nremote 1.2.3.4:5\nstate fixed\nexpires "
		"1970-01-01T00:00:01Z\n",
		"inside 1.2.3.4:5\noutside 1.2.3.4:5\nremote 1.2.3.4:5\nstate active\nexpires "
		"1970-01-01T00:00:00Z\n",
		"inside 1.2.3.4:5\noutside 1.2.3.4:5\nremote 1.2.3.4:5\nstate active\nexpires "
		"1969-12-31T23:59:59Z\n",
		"inside 1.2.3.4:5\noutside 1.2.3.4:5\nremote 1.2.3.4:5\nstate gone\nexpires "
		"1970-01-01T00:00:01Z\n"};
	struct nat_value v;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(nat_kind.parse_text(bad[i], strlen(bad[i]), &v));
}

static uint32_t draw(void)
{
	static uint32_t x = 2463534242u;
	x ^= x << 13;
	x ^= x >> 17;
	return x ^= x << 5;
}

static struct nat_value random_value(void)
{
	struct nat_value v = sample();
	v.expires = 1000 + draw() % 3;
	v.remote_port = (uint16_t)(draw() % 3);
	v.state = (uint8_t)(draw() % STATE_FIXED);
	return v;
}

static struct nat_value merged(struct nat_value a, struct nat_value b)
{
	static const struct nat_key key;
	struct nat_value out;
	nat_kind.merge(&key, draw() % 2 ? &a : NULL, &a, &b, &out);
	return out;
}

static void merging_knows_no_sides_and_no_order(void **state)
{
	(void)state;
	for (int i = 0; i < 10000; i++) {
		struct nat_value a = random_value(), b = random_value(), c = random_value();
		struct nat_value ab = merged(a, b), ba = merged(b, a);
		assert_memory_equal(&ab, &ba, sizeof(ab));
		struct nat_value left = merged(ab, c), right = merged(a, merged(b, c));
		assert_memory_equal(&left, &right, sizeof(left));
		assert_true(ab.expires >= a.expires && ab.expires >= b.expires);
	}
}

/* ---- the history
 * --------------------------------------------------------------------------------- */

struct commit_log {
	size_t n;
	char messages[64][TABLE_MESSAGE_MAX];
};

/* The messages of primary's commits, the newest first. */
static void read_log(struct box *b, struct commit_log *log)
{
	static uint8_t object[TABLE_OBJECT_MAX + 1];
	struct table_ref ref;
	table_flush(b->table);
	log->n = 0;
	if (!table_ref(b->table, 0, &ref))
		return;
	struct table_id id = ref.id;
	for (; log->n < 64; log->n++) {
		enum table_type type;
		size_t n;
		if (!table_read(b->table, &id, &type, object, &n))
			return;
		assert_int_equal(type, TABLE_COMMIT);
		object[n] = '\0';
		const char *message = strstr((char *)object, "\n\n");
		assert_non_null(message);
		snprintf(log->messages[log->n], TABLE_MESSAGE_MAX, "%.*s",
			(int)strcspn(message + 2, "\n"), message + 2);
		const char *parent = strstr((char *)object, "\nparent ");
		if (!parent || parent > message)
			break;
		assert_true(table_id_parse(parent + 8, 40, &id));
	}
	log->n++;
}

static uint64_t commits(struct box *b)
{
	table_flush(b->table);
	return table_stats(b->table).commits;
}

static void the_history_tells_what_happened(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	c.udp = 120;
	struct box *b = box_open(&c, true);
	struct commit_log log;
	send_out(b, TCP, HOST, 5555, SERVER, 443, SYN);
	wait_seconds(b, 1);
	nat_forward_set(b->nat, NAT_TCP, 8080, OTHER_HOST, 80);
	wait_seconds(b, 250);
	for (unsigned i = 0; i < 3; i++)
		send_out(b, UDP, HOST, 6000 + i, SERVER, 53, 0);
	wait_seconds(b, 130);
	wait_seconds(b, 1);
	read_log(b, &log);
	static const char *const expected[] = {"3 mappings removed",
		"mapping added: udp 192.168.1.10:6002 -> 203.0.113.2:6002",
		"mapping added: udp 192.168.1.10:6001 -> 203.0.113.2:6001",
		"mapping added: udp 192.168.1.10:6000 -> 203.0.113.2:6000",
		"mapping removed: tcp 5555", "forward set: tcp 8080 -> 192.168.1.20:80",
		"mapping added: tcp 192.168.1.10:5555 -> 203.0.113.2:5555",
		"Nat.create: Initial empty table"};
	assert_int_equal(log.n, 8);
	for (size_t i = 0; i < log.n; i++)
		assert_string_equal(log.messages[i], expected[i]);
	box_close(b);
}

static void a_flood_of_flows_is_few_commits(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	struct commit_log log;
	for (unsigned i = 0; i < 5000; i++) {
		send_out(b, UDP, HOST + i % 50, 3000 + i, SERVER, 53, 0);
		b->now += 100000; /* in half a second */
		nat_work(b->nat, b->now);
	}
	wait_seconds(b, 1);
	assert_int_equal(mappings(b), 5000);
	assert_true(commits(b) <= 18);
	read_log(b, &log);
	assert_string_equal(log.messages[0], "4984 mappings added");
	/* and their end is one */
	uint64_t before = commits(b);
	wait_seconds(b, 400);
	wait_seconds(b, 1);
	assert_int_equal(mappings(b), 0);
	assert_int_equal(commits(b), before + 1);
	box_close(b);
}

/* The packets of a busy connection are not changes. */
static void refreshes_are_rare(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	send_out(b, UDP, HOST, 5555, SERVER, 53, 0);
	uint64_t before = commits(b);
	for (unsigned i = 0; i < 60000; i++) { /* ten minutes of 100 packets a second */
		assert_int_equal(send_out(b, UDP, HOST, 5555, SERVER, 53, 0), NAT_FORWARD);
		b->now += 10000000;
		nat_work(b->nat, b->now);
	}
	assert_in_range(commits(b) - before, 1, 600 / (c.udp / 4) + 1);
	/* but the table is never far behind */
	struct nat_key key = {NAT_UDP, false, 5555};
	const struct nat_value *v = table_get(b->table, &key);
	assert_true(v->expires >= b->now / SECONDS + c.udp - c.udp / 4 - 2);
	box_close(b);
}

/* New flows that come first in each second must not keep refreshes from being written. */
static void refreshes_are_written_under_load(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	struct nat_key key = {NAT_UDP, false, 5555};
	send_out(b, UDP, HOST, 5555, SERVER, 53, 0);
	for (unsigned i = 0; i < 200; i++) {
		b->now += SECONDS;
		send_out(b, UDP, HOST, 6000 + i, SERVER, 53, 0);
		send_out(b, UDP, HOST, 5555, SERVER, 53, 0);
		nat_work(b->nat, b->now);
	}
	const struct nat_value *v = table_get(b->table, &key);
	assert_true(v->expires >= b->now / SECONDS + c.udp - c.udp / 4 - 2);
	box_close(b);
}

static void the_table_follows_a_connection(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	struct nat_key key = {NAT_TCP, false, 5555};
	send_out(b, TCP, HOST, 5555, SERVER, 443, SYN);
	const struct nat_value *v = table_get(b->table, &key);
	assert_int_equal(v->state, STATE_SYN_INSIDE);
	assert_int_equal(v->remote, SERVER);
	send_in(b, TCP, SERVER, 443, 5555, SYN | ACK);
	wait_seconds(b, 2);
	v = table_get(b->table, &key);
	assert_int_equal(v->state, STATE_ESTABLISHED);
	assert_in_range(v->expires, b->now / SECONDS + c.tcp_established - 3,
		b->now / SECONDS + c.tcp_established);
	send_in(b, TCP, SERVER, 443, 5555, FIN | ACK);
	send_out(b, TCP, HOST, 5555, SERVER, 443, FIN | ACK);
	wait_seconds(b, 2);
	v = table_get(b->table, &key);
	assert_int_equal(v->state, STATE_CLOSING);
	assert_true(v->expires <= b->now / SECONDS + c.tcp_transitory);
	box_close(b);
}

/* ---- from elsewhere
 * -------------------------------------------------------------------------------- */

/* Another NAT over the same table, as after a reboot that the table survived. */
static struct nat *reboot(struct box *b, const struct nat_config *c)
{
	memset(b->memory, 0, nat_memory(c));
	b->nat = nat_open(b->memory, c, b->table, b->now);
	assert_non_null(b->nat);
	return b->nat;
}

/* So that a clone that was made before anything happened has a branch to follow. */
static void a_history_begins_with_an_empty_commit(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	struct commit_log log;
	read_log(b, &log);
	assert_int_equal(log.n, 1);
	assert_string_equal(log.messages[0], "Nat.create: Initial empty table");
	/* and only once; changes that outlived the last image, but not its history, have one, too
	 */
	reboot(b, &c);
	assert_int_equal(commits(b), 1);
	const struct nat_key key = {NAT_TCP, false, 40001};
	struct nat_value v = sample();
	table_put(b->table, &key, &v, TABLE_LATER);
	reboot(b, &c);
	assert_int_equal(mappings(b), 1);
	read_log(b, &log);
	assert_int_equal(log.n, 2);
	assert_string_equal(log.messages[0], "Nat.create: entries kept over a restart");
	box_close(b);
}

/* A crash came upon the image before its first commit: the entries were on the disk. */
static void entries_without_a_history_get_one(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct table_limits limits = {.entries = c.mappings, .secret = box_secret};
	struct box b = {.now = EPOCH};
	struct commit_log log;
	b.table_memory = box_memory(table_memory(&nat_kind, &limits));
	b.table = table_open(b.table_memory, &nat_kind, &limits);
	const struct nat_key key = {NAT_TCP, false, 40001};
	struct nat_value v = sample();
	table_put(b.table, &key, &v, TABLE_LATER);
	b.memory = box_memory(nat_memory(&c));
	b.nat = nat_open(b.memory, &c, b.table, b.now);
	assert_non_null(b.nat);
	read_log(&b, &log);
	assert_int_equal(log.n, 1);
	assert_string_equal(log.messages[0], "Nat.create: Initial table of 1 entry");
	free(b.memory);
	free(b.table_memory);
}

static void a_kept_table_is_a_kept_nat(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	unsigned ports[200];
	nat_forward_set(b->nat, NAT_TCP, 8080, OTHER_HOST, 80);
	for (unsigned i = 0; i < 200; i++) {
		send_out(b, i % 2 ? TCP : UDP, HOST + i % 3, 50000 + i, SERVER + i % 7, 53, SYN);
		ports[i] = source_port_of(b);
		if (i % 2)
			send_in(b, TCP, SERVER + i % 7, 53, ports[i], SYN | ACK);
	}
	wait_seconds(b, 3);
	for (int boots = 0; boots < 3; boots++) {
		reboot(b, &c);
		assert_int_equal(mappings(b), 200);
		assert_int_equal(nat_stats(b->nat).forwards, 1);
		assert_int_equal(nat_stats(b->nat).refused, 0);
		for (unsigned i = 0; i < 200; i++) {
			/* the answer that is under way gets in, the next question has its port */
			assert_int_equal(
				send_in(b, i % 2 ? TCP : UDP, SERVER + i % 7, 53, ports[i], ACK),
				NAT_FORWARD);
			assert_int_equal(destination_of(b), HOST + i % 3);
			assert_int_equal(destination_port_of(b), 50000 + i);
			send_out(b, i % 2 ? TCP : UDP, HOST + i % 3, 50000 + i, SERVER + i % 7, 53,
				ACK);
			assert_int_equal(source_port_of(b), ports[i]);
		}
		assert_int_equal(send_in(b, TCP, SERVER, 3333, 8080, SYN), NAT_FORWARD);
		/* whom they had not spoken to stays out */
		assert_int_equal(send_in(b, UDP, IP(192, 0, 2, 1), 53, ports[0], 0), NAT_DROP);
	}
	/* and they end when they had ended */
	wait_seconds(b, c.udp + 2);
	assert_int_equal(mappings(b), 100);
	wait_seconds(b, c.tcp_established);
	assert_int_equal(mappings(b), 0);
	box_close(b);
}

static void what_ended_while_the_nat_was_away_is_gone(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	send_out(b, UDP, HOST, 5555, SERVER, 53, 0);
	send_out(b, TCP, HOST, 5556, SERVER, 53, SYN);
	send_in(b, TCP, SERVER, 53, 5556, SYN | ACK);
	wait_seconds(b, 3);
	b->now += 1000 * SECONDS;
	reboot(b, &c);
	assert_int_equal(mappings(b), 1);
	assert_int_equal(nat_stats(b->nat).refused, 1);
	assert_int_equal(table_count(b->table), 1);
	/* another outside address: nothing fits any more, but the forwards */
	nat_forward_set(b->nat, NAT_TCP, 8080, OTHER_HOST, 80);
	c.networks[NAT_OUTSIDE].address = IP(203, 0, 113, 99);
	reboot(b, &c);
	assert_int_equal(mappings(b), 0);
	assert_int_equal(nat_stats(b->nat).forwards, 1);
	box_close(b);
}

static void put(struct box *b, uint8_t protocol, bool forward, uint16_t port, struct nat_value v)
{
	struct nat_key key = {protocol, forward, port};
	table_put(b->table, &key, &v, TABLE_LATER);
}

static struct nat_value forward_to(uint32_t address, uint16_t port)
{
	return (struct nat_value){.inside = address, .inside_port = port, .state = STATE_FIXED};
}

static void an_operators_forwards_hold(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	send_out(b, TCP, HOST, 2222, SERVER, 443, SYN);
	nat_forward_set(b->nat, NAT_TCP, 8080, OTHER_HOST, 80);
	/* a new one, where a mapping is; one changed */
	put(b, NAT_TCP, true, 2222, forward_to(HOST, 22));
	put(b, NAT_TCP, true, 8080, forward_to(HOST, 8000));
	nat_rescan(b->nat, b->now);
	assert_int_equal(mappings(b), 0);
	assert_int_equal(nat_stats(b->nat).forwards, 2);
	assert_int_equal(send_in(b, TCP, SERVER, 3333, 2222, SYN), NAT_FORWARD);
	assert_int_equal(destination_port_of(b), 22);
	assert_int_equal(send_in(b, TCP, SERVER, 3333, 8080, SYN), NAT_FORWARD);
	assert_int_equal(destination_port_of(b), 8000);
	/* one removed: its sessions, too */
	struct nat_key gone = {NAT_TCP, true, 8080};
	table_remove(b->table, &gone, TABLE_LATER);
	nat_rescan(b->nat, b->now);
	assert_int_equal(send_in(b, TCP, SERVER, 3333, 8080, ACK), NAT_DROP);
	assert_int_equal(nat_stats(b->nat).forwards, 1);
	/* nothing to do: nothing done */
	uint64_t before = commits(b);
	nat_rescan(b->nat, b->now);
	nat_work(b->nat, b->now);
	assert_int_equal(commits(b), before);
	box_close(b);
}

static void entries_that_make_no_sense_are_taken_out(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	struct commit_log log;
	nat_reserve(b->nat, NAT_TCP, 80);
	send_out(b, UDP, HOST, 7777, SERVER, 53, 0);
	struct nat_value good = sample(), v;
	good.expires = b->now / SECONDS + 100;
	put(b, NAT_TCP, false, 40001, good);
	v = good, v.outside_port = 40003;
	put(b, NAT_TCP, false, 40002, v); /* two ports */
	v = good, v.outside_port = 40004, v.inside = SERVER;
	put(b, NAT_TCP, false, 40004, v); /* not inside */
	v = good, v.outside_port = 40005, v.outside = SERVER;
	put(b, NAT_TCP, false, 40005, v); /* another's address */
	v = good, v.outside_port = 40006, v.state = STATE_ACTIVE;
	put(b, NAT_TCP, false, 40006, v); /* no state of TCP's */
	v = good, v.outside_port = 40007, v.expires = b->now / SECONDS;
	put(b, NAT_TCP, false, 40007, v); /* over */
	v = good, v.outside_port = 80, v.inside_port = 81;
	put(b, NAT_TCP, false, 80, v); /* our own port */
	v = good, v.outside_port = 9999, v.inside_port = 7777, v.state = STATE_ACTIVE;
	put(b, NAT_UDP, false, 9999, v);		   /* of an endpoint that has one */
	put(b, NAT_UDP, false, 9998, forward_to(HOST, 5)); /* a forward's value */
	put(b, NAT_TCP, true, 9000, good);		   /* and the other way round */
	put(b, NAT_TCP, true, 9001, forward_to(SERVER, 80));
	put(b, NAT_TCP, true, 80, forward_to(HOST, 80));
	nat_rescan(b->nat, b->now);
	assert_int_equal(nat_stats(b->nat).refused, 11);
	assert_int_equal(mappings(b), 2);
	assert_int_equal(table_count(b->table), 2);
	assert_int_equal(send_in(b, TCP, SERVER, 443, 40001, ACK), NAT_FORWARD);
	read_log(b, &log);
	assert_string_equal(log.messages[0], "8 entries dropped");
	box_close(b);
}

struct told {
	size_t n;
	char last[TABLE_MESSAGE_MAX];
};

static void hear(void *ctx, const char *line)
{
	struct told *t = ctx;
	t->n++;
	snprintf(t->last, sizeof(t->last), "%s", line);
}

/* What came by another way than a push, which is refused: a disk, a pull. */
static void forwards_taken_out_are_told_of(void **state)
{
	(void)state;
	struct told told = {0};
	struct nat_config c = box_config();
	c.report = hear;
	c.report_ctx = &told;
	struct box *b = box_open(&c, true);
	struct commit_log log;
	put(b, NAT_TCP, true, 9200, forward_to(IP(8, 8, 8, 8), 53));
	table_commit(b->table, TABLE_SEEDED);
	nat_rescan(b->nat, b->now);
	assert_int_equal(told.n, 1);
	assert_string_equal(told.last, "forward refused: tcp 9200 -> 8.8.8.8:53: the target is no "
				       "host of the inside network");
	read_log(b, &log);
	assert_string_equal(log.messages[0],
		"forward refused: tcp 9200: the target is no host of the inside network");
	assert_int_equal(table_count(b->table), 0);
	/* of two with one target, one */
	put(b, NAT_UDP, true, 1, forward_to(HOST, 53));
	put(b, NAT_UDP, true, 2, forward_to(HOST, 53));
	nat_rescan(b->nat, b->now);
	assert_int_equal(told.n, 2);
	assert_non_null(strstr(told.last, "the target has another forward"));
	assert_int_equal(nat_stats(b->nat).forwards, 1);
	/* of many, some */
	uint64_t before = commits(b);
	for (uint16_t i = 0; i < 1000; i++)
		put(b, NAT_TCP, true, (uint16_t)(2000 + i), forward_to(ROUTER, 80));
	nat_rescan(b->nat, b->now);
	assert_int_equal(told.n, 10);
	assert_true(commits(b) <= before + 10);
	read_log(b, &log);
	assert_string_equal(log.messages[0], "992 entries dropped");
	assert_int_equal(table_count(b->table), 1);
	box_close(b);
}

static void a_port_of_our_own_has_no_forward(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	struct commit_log log;
	nat_forward_set(b->nat, NAT_TCP, 9418, HOST, 80);
	reboot(b, &c);
	assert_int_equal(nat_stats(b->nat).forwards, 1);
	nat_reserve(b->nat, NAT_TCP, 9418);
	assert_int_equal(nat_stats(b->nat).forwards, 0);
	assert_int_equal(table_count(b->table), 0);
	assert_int_equal(send_in(b, TCP, SERVER, 3333, 9418, SYN), NAT_LOCAL);
	read_log(b, &log);
	assert_string_equal(log.messages[0], "forward removed: tcp 9418");
	box_close(b);
}

static void check_entry(
	struct box *b, uint8_t protocol, bool forward, struct nat_value v, const char *expected)
{
	struct nat_key key = {protocol, forward, forward ? 9200 : v.outside_port};
	const char *why = nat_check(b->nat, &key, &v);
	assert_string_equal(why ? why : "", expected);
}

static void entries_can_be_checked_before(void **state)
{
	(void)state;
	static const char outside[] = "the target is no host of the inside network";
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	check_entry(b, NAT_TCP, true, forward_to(HOST, 80), "");
	static const uint32_t bad[] = {IP(192, 168, 1, 0), IP(192, 168, 1, 255), GATEWAY_IN,
		GATEWAY_OUT, ROUTER, IP(8, 8, 8, 8)};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_entry(b, NAT_TCP, true, forward_to(bad[i], 80), outside);
	check_entry(b, NAT_TCP, true, sample(),
		"expected a forward: one line with inside ADDRESS:PORT");
	check_entry(
		b, NAT_TCP, false, forward_to(HOST, 80), "a mapping has more lines than inside");
	struct nat_value v = sample();
	check_entry(b, NAT_TCP, false, v, "");
	v.inside = SERVER;
	check_entry(b, NAT_TCP, false, v, "it is of no host of the inside network");
	nat_reserve(b->nat, NAT_TCP, 9200);
	nat_reserve(b->nat, NAT_TCP, 40001);
	check_entry(b, NAT_TCP, true, forward_to(HOST, 80), "the port is our own");
	check_entry(b, NAT_TCP, false, sample(), "the port is our own");
	check_entry(b, NAT_UDP, true, forward_to(HOST, 80), "");
	box_close(b);
}

static void another_address_is_one_commit(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	struct commit_log log;
	for (unsigned i = 0; i < 5; i++)
		send_out(b, UDP, HOST, 7000 + i, SERVER, 53, 0);
	struct nat_network other = c.networks[NAT_OUTSIDE];
	other.address++;
	nat_set_network(b->nat, b->now, NAT_OUTSIDE, other);
	assert_int_equal(table_count(b->table), 0);
	assert_int_equal(sessions(b), 0);
	read_log(b, &log);
	assert_string_equal(log.messages[0], "outside address changed: 5 mappings removed");
	box_close(b);
}

/* ---- many
 * ------------------------------------------------------------------------------------------- */

static void many_mappings_come_and_go(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	c.mappings = 30000;
	c.sessions = 30000;
	c.udp = 12;
	struct box *b = box_open(&c, true);
	uint64_t refused = 0;
	for (unsigned i = 0; i < 100000; i++) {
		uint32_t host = IP(192, 168, 1, 10) + i % 200;
		unsigned port = 1024 + i / 200 % 60000;
		refused += send_out(b, UDP, host, port, SERVER, 53, 0) != NAT_FORWARD;
		b->now += 500000; /* 2,000 a second: 24,000 at a time */
		nat_work(b->nat, b->now);
		table_work(b->table);
	}
	assert_int_equal(refused, 0);
	assert_in_range(mappings(b), 23000, 27000);
	assert_int_equal(mappings(b), table_count(b->table));
	assert_int_equal(nat_stats(b->nat).added, 100000);
	struct table_stats s = table_stats(b->table);
	assert_true(s.history_bytes <= (size_t)2 << 20);
	assert_true(s.commits <= 51 * 19);
	wait_seconds(b, 200);
	assert_int_equal(mappings(b), 0);
	assert_int_equal(table_count(b->table), 0);
	box_close(b);
}

/* So many forwards that their folder still fits; a push of more loses those that are too many. */
static void there_are_only_so_many_forwards(void **state)
{
	(void)state;
	struct nat_config c = box_config();
	struct box *b = box_open(&c, true);
	for (unsigned i = 0; i < NAT_FORWARDS_MAX; i++)
		assert_int_equal(nat_forward_set(b->nat, NAT_UDP, (uint16_t)(30000 + i), HOST,
					 (uint16_t)(1 + i)),
			NAT_FORWARD_SET);
	assert_int_equal(nat_forward_set(b->nat, NAT_UDP, 29000, HOST, 5000), NAT_FORWARD_FULL);
	assert_int_equal(nat_forward_set(b->nat, NAT_UDP, 30000, HOST, 5000), NAT_FORWARD_SET);
	put(b, NAT_UDP, true, 29001, forward_to(HOST, 5001));
	nat_rescan(b->nat, b->now);
	assert_int_equal(nat_stats(b->nat).refused, 1);
	assert_int_equal(nat_stats(b->nat).forwards, NAT_FORWARDS_MAX);
	assert_int_equal(table_count(b->table), NAT_FORWARDS_MAX);
	table_flush(b->table);
	assert_int_equal(table_stats(b->table).too_large, 0);
	box_close(b);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(paths_are_by_outside_port),
	cmocka_unit_test(values_are_lines_of_words),
	cmocka_unit_test(merging_knows_no_sides_and_no_order),
	cmocka_unit_test(the_history_tells_what_happened),
	cmocka_unit_test(a_flood_of_flows_is_few_commits),
	cmocka_unit_test(refreshes_are_rare),
	cmocka_unit_test(refreshes_are_written_under_load),
	cmocka_unit_test(the_table_follows_a_connection),
	cmocka_unit_test(a_history_begins_with_an_empty_commit),
	cmocka_unit_test(entries_without_a_history_get_one),
	cmocka_unit_test(a_kept_table_is_a_kept_nat),
	cmocka_unit_test(what_ended_while_the_nat_was_away_is_gone),
	cmocka_unit_test(an_operators_forwards_hold),
	cmocka_unit_test(entries_that_make_no_sense_are_taken_out),
	cmocka_unit_test(forwards_taken_out_are_told_of),
	cmocka_unit_test(a_port_of_our_own_has_no_forward),
	cmocka_unit_test(entries_can_be_checked_before),
	cmocka_unit_test(another_address_is_one_commit),
	cmocka_unit_test(many_mappings_come_and_go),
	cmocka_unit_test(there_are_only_so_many_forwards),
};

RUN_TESTS("guest_nat_table")
