/* test_guest_tcp.c - TCP connections as values: text, paths, merging, messages.
 * SPDX-License-Identifier: ISC */
#include "unit.h"
#include "tcp_value.h"

#define RANDOM_VALUES 10000
#define MERGES 10000
#define OPENED_MAX 253402300800u /* the year 10000 */

static uint64_t random_word(void)
{
	static uint64_t x = 88172645463325252u;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static void random_fill(void *p, size_t n)
{
	for (uint8_t *b = p; n--; b++)
		*b = (uint8_t)random_word();
}

static struct tcp_value random_value(void)
{
	struct tcp_value v;
	random_fill(&v, sizeof(v));
	v.state %= TCP_STATES;
	v.opened %= OPENED_MAX;
	v.flags &= TCP_FLAG_ALL;
	v.resumable %= TCP_RESUMABLES;
	v.app_size %= TCP_APP_MAX + 1;
	memset(v.app + v.app_size, 0, TCP_APP_MAX - v.app_size);
	memset(v.zero, 0, sizeof(v.zero));
	return v;
}

static void random_values_survive_their_text(void **state)
{
	(void)state;
	char text[TABLE_TEXT_MAX];
	for (int i = 0; i < RANDOM_VALUES; i++) {
		struct tcp_value v = random_value(), again;
		size_t n = tcp_kind.text(&v, text);
		assert_true(n < TABLE_TEXT_MAX);
		assert_true(tcp_kind.parse_text(text, n, &again));
		assert_memory_equal(&v, &again, sizeof(v));
	}
}

/* One changed, missing or added byte is no other text of the same value. */
static void only_exact_text_is_parsed(void **state)
{
	(void)state;
	char text[TABLE_TEXT_MAX + 1], other[TABLE_TEXT_MAX + 1], back[TABLE_TEXT_MAX];
	for (int i = 0; i < RANDOM_VALUES; i++) {
		struct tcp_value v = random_value(), again;
		size_t n = tcp_kind.text(&v, text), at = random_word() % n;
		memcpy(other, text, n);
		switch (i % 3) {
		case 0:
			other[at] = (char)random_word();
			break;
		case 1:
			memmove(other + at, other + at + 1, --n - at);
			break;
		default:
			memmove(other + at + 1, other + at, n++ - at);
			other[at] = " 0\n-a"[random_word() % 5];
		}
		if (!tcp_kind.parse_text(other, n, &again))
			continue;
		assert_int_equal(tcp_kind.text(&again, back), n);
		assert_memory_equal(back, other, n);
	}
}

static const char established[] =
	"state ESTABLISHED\nflags no_delay wnd_scale sack\n"
	"resumable yes\nopened 2015-04-22T07:40:34Z\nacked 1461\nreceived 77\nsnd_una 4294967295\n"
	"snd_nxt 100\nsnd_end 200\nsnd_wnd 65535\nsnd_wnd_max 65536\nsnd_wl1 7\nsnd_wl2 8\n"
	"snd_scale 7\nrcv_nxt 5\nrcv_wnd 128480\nrcv_ann_wnd 128480\nrcv_ann_edge 128485\n"
	"rcv_scale 2\nrefused 0\nmss 1460\nts_recent 0\nts_limit 0\ncwnd 4380\nssthresh 524288\n"
	"srtt 0\nrttvar 6\nrto 6\nnrtx 0\nkeep_idle 7200000\nttl 255\ntos 0\nprio 64\nresumed 2\n"
	"app 00ff10\n";

static void text_is_what_git_shows(void **state)
{
	(void)state;
	struct tcp_value v;
	char text[TABLE_TEXT_MAX];
	assert_true(tcp_kind.parse_text(established, sizeof(established) - 1, &v));
	assert_int_equal(v.state, TCP_ESTABLISHED);
	assert_int_equal(v.snd_una, UINT32_MAX);
	assert_int_equal(v.app_size, 3);
	assert_int_equal(v.app[1], 0xff);
	assert_int_equal(tcp_kind.text(&v, text), sizeof(established) - 1);
	assert_memory_equal(text, established, sizeof(established) - 1);
	assert_true(tcp_value_is_sane(&v));
}

/* LINE in the place of the one with the same first word. */
static bool parses_with(const char *line)
{
	char text[TABLE_TEXT_MAX];
	size_t word = strcspn(line, " "), n;
	struct tcp_value v;
	const char *at = strstr(established, line);
	for (at = established; strncmp(at, line, word) != 0; at = strchr(at, '\n') + 1)
		assert_true(*at);
	n = (size_t)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - established), established,
		line, strchr(at, '\n'));
	return tcp_kind.parse_text(text, n, &v);
}

static void bad_text_is_refused(void **state)
{
	(void)state;
	assert_true(parses_with("mss 536"));
	assert_true(parses_with("app none"));
	assert_true(parses_with("flags none"));
	assert_true(parses_with("resumable no: no room for its bytes"));
	static const char *const bad[] = {"mss 65536", "mss 0536", "mss", "mss ", "mss -1",
		"mss +1", "mss 1 ", "mss  1", "snd_nxt 4294967296", "opened 1429688434",
		"opened 2015-04-22T07:40:34", "opened 2015-04-22T07:40:60Z",
		"opened 2015-02-29T07:40:34Z", "opened 2015-4-22T07:40:34Z",
		"opened 2015-04-22 07:40:34Z", "opened 1969-12-31T23:59:59Z",
		"opened 2015-04-22T07:40:34Z ", "ttl 256", "state ESTABLISHED2", "state",
		"state established", "flags", "flags wnd_scale no_delay", "flags none none",
		"flags sack sack", "flags fin none", "flags fi", "resumable no", "resumable maybe",
		"app ", "app 0", "app 0G", "app FF", "app 00 00"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_string_equal(parses_with(bad[i]) ? bad[i] : "", "");
}

static void largest_app_is_all_there_may_be(void **state)
{
	(void)state;
	char line[5 + 2 * (TCP_APP_MAX + 1)];
	int n = snprintf(line, sizeof(line), "app ");
	memset(line + n, 'a', 2 * TCP_APP_MAX);
	line[n + 2 * TCP_APP_MAX] = '\0';
	assert_true(parses_with(line));
	memset(line + n, 'a', 2 * TCP_APP_MAX + 2);
	line[n + 2 * TCP_APP_MAX + 2] = '\0';
	assert_false(parses_with(line));
}

static bool key_parses(const struct table_kind *kind, const char *path, void *key)
{
	return kind->parse_path(path, strlen(path), key);
}

static void paths_are_keys(void **state)
{
	(void)state;
	struct tcp_key key;
	char path[TABLE_PATH_MAX];
	assert_true(key_parses(&tcp_kind, "10.0.0.1:5555-10.0.0.2:80", &key));
	assert_int_equal(key.local_ip[3], 1);
	assert_int_equal(key.local_port, 5555);
	assert_int_equal(key.remote_port, 80);
	for (int i = 0; i < RANDOM_VALUES; i++) {
		struct tcp_key k, again;
		random_fill(&k, sizeof(k));
		size_t n = tcp_kind.path(&k, path);
		assert_true(tcp_kind.parse_path(path, n, &again));
		assert_memory_equal(&k, &again, sizeof(k));
	}
	static const char *const bad[] = {"", "10.0.0.1:5555", "10.0.0.1:5555-10.0.0.2:80 ",
		"10.0.0.1:5555-10.0.0.2:65536", "10.0.0.256:5555-10.0.0.2:80",
		"10.0.0.01:5555-10.0.0.2:80", "10.0.0:5555-10.0.0.2:80",
		"10.0.0.1:5555-10.0.0.2:080", "10.0.0.1:5555-10.0.0.2:80/out/1"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(key_parses(&tcp_kind, bad[i], &key));
}

static void chunks_have_paths_and_text(void **state)
{
	(void)state;
	char out[TABLE_TEXT_MAX];
	for (int i = 0; i < RANDOM_VALUES; i++) {
		struct tcp_chunk_key k = {.seq = (uint32_t)random_word(), .direction = i & 1}, k2;
		struct tcp_chunk c = {.n = (uint16_t)(1 + random_word() % TCP_CHUNK)}, c2;
		random_fill(&k.connection, sizeof(k.connection));
		random_fill(c.bytes, c.n);
		size_t n = tcp_payload_kind.path(&k, out);
		assert_true(tcp_payload_kind.parse_path(out, n, &k2));
		assert_memory_equal(&k, &k2, sizeof(k));
		n = tcp_payload_kind.text(&c, out);
		assert_true(n < TABLE_TEXT_MAX && tcp_payload_kind.parse_text(out, n, &c2));
		assert_memory_equal(&c, &c2, sizeof(c));
		assert_false(tcp_payload_kind.parse_text(out, n - 1, &c2));
	}
	struct tcp_chunk_key k;
	assert_true(key_parses(&tcp_payload_kind, "1.2.3.4:5-6.7.8.9:10/in/4294967295", &k));
	assert_false(key_parses(&tcp_payload_kind, "1.2.3.4:5-6.7.8.9:10/in/4294967296", &k));
	assert_false(key_parses(&tcp_payload_kind, "1.2.3.4:5-6.7.8.9:10/on/1", &k));
	assert_false(key_parses(&tcp_payload_kind, "1.2.3.4:5-6.7.8.9:10", &k));
	assert_false(tcp_payload_kind.parse_text("", 0, &(struct tcp_chunk){0}));
	assert_false(tcp_payload_kind.parse_text("ab", 2, &(struct tcp_chunk){0}));
}

static struct tcp_value merged(const struct tcp_value *a, const struct tcp_value *b)
{
	struct tcp_value out;
	tcp_kind.merge(NULL, NULL, a, b, &out);
	return out;
}

/* Few different values in the fields that count, so that ties are common. */
static struct tcp_value similar_value(void)
{
	struct tcp_value v = {.state = (uint8_t)(random_word() % TCP_STATES)};
	v.opened = random_word() % 2;
	v.acked = random_word() % 3;
	v.received = random_word() % 3;
	v.snd_una = (uint32_t)random_word() % 2;
	return v;
}

static void merging_is_commutative_associative_and_total(void **state)
{
	(void)state;
	for (int i = 0; i < MERGES; i++) {
		struct tcp_value a = similar_value(), b = similar_value(), c = similar_value();
		struct tcp_value ab = merged(&a, &b), ba = merged(&b, &a), bc = merged(&b, &c);
		struct tcp_value left = merged(&ab, &c), right = merged(&a, &bc);
		assert_memory_equal(&ab, &ba, sizeof(a));
		assert_memory_equal(&left, &right, sizeof(a));
		assert_true(!memcmp(&ab, &a, sizeof(a)) || !memcmp(&ab, &b, sizeof(a)));
	}
}

static void more_advanced_connection_wins(void **state)
{
	(void)state;
	struct tcp_value a = {.opened = 10, .acked = 5, .received = 5, .state = TCP_ESTABLISHED};
	struct tcp_value later = a, further = a, closing = a;
	later.opened = 11;
	later.acked = 0;
	further.received = 6;
	closing.state = TCP_CLOSE_WAIT;
	assert_int_equal(merged(&a, &later).opened, 11);
	assert_int_equal(merged(&further, &a).received, 6);
	assert_int_equal(merged(&a, &closing).state, TCP_CLOSE_WAIT);
	assert_int_equal(merged(&further, &closing).received, 6);
	assert_int_equal(merged(&later, &further).opened, 11);
}

static const char *message(unsigned note)
{
	static char out[TABLE_MESSAGE_MAX + 1];
	const struct tcp_key key = {{10, 0, 0, 1}, {10, 0, 0, 2}, 5555, 80};
	out[tcp_kind.message(note, &key, NULL, out)] = '\0';
	return out;
}

static void messages_tell_each_step(void **state)
{
	(void)state;
	assert_string_equal(message(tcp_note(TCP_STEP, TCP_SYN_RCVD, TCP_ESTABLISHED)),
		"10.0.0.1:5555-10.0.0.2:80: SYN_RCVD -> ESTABLISHED");
	assert_string_equal(message(tcp_note(TCP_STEP, TCP_LAST_ACK, TCP_CLOSED)),
		"10.0.0.1:5555-10.0.0.2:80: LAST_ACK -> CLOSED");
	assert_string_equal(message(tcp_note(TCP_RESUMED, TCP_ESTABLISHED, TCP_ESTABLISHED)),
		"10.0.0.1:5555-10.0.0.2:80: resumed in ESTABLISHED");
	assert_string_equal(message(tcp_note(TCP_STALE, TCP_ESTABLISHED, TCP_CLOSED)),
		"10.0.0.1:5555-10.0.0.2:80: ESTABLISHED -> CLOSED "
		"(reset: the peer knows more than the journal)");
	assert_string_equal(message(tcp_note(TCP_COUNTERS, 0, 0)), "counters");
}

static void ways_of_one_segment_are_walked(void **state)
{
	(void)state;
	assert_int_equal(tcp_next_state(TCP_SYN_RCVD, TCP_LAST_ACK), TCP_ESTABLISHED);
	assert_int_equal(tcp_next_state(TCP_ESTABLISHED, TCP_LAST_ACK), TCP_CLOSE_WAIT);
	assert_int_equal(tcp_next_state(TCP_CLOSE_WAIT, TCP_LAST_ACK), TCP_LAST_ACK);
	assert_int_equal(tcp_next_state(TCP_SYN_SENT, TCP_CLOSE_WAIT), TCP_ESTABLISHED);
	assert_int_equal(tcp_next_state(TCP_ESTABLISHED, TCP_CLOSING), TCP_FIN_WAIT_1);
	assert_int_equal(tcp_next_state(TCP_ESTABLISHED, TCP_TIME_WAIT), TCP_FIN_WAIT_1);
	for (unsigned from = 0; from < TCP_STATES; from++)
		for (unsigned to = 0; to < TCP_STATES; to++) {
			unsigned at = from, steps = 0;
			while (at != to && steps++ < TCP_STATES)
				at = tcp_next_state(at, to);
			assert_int_equal(at, to);
		}
}

static void insane_values_are_told(void **state)
{
	(void)state;
	struct tcp_value good, v;
	assert_true(tcp_kind.parse_text(established, sizeof(established) - 1, &good));
	v = good;
	v.snd_nxt = v.snd_end + 1; /* our FIN */
	assert_true(tcp_value_is_sane(&v));
	v.snd_nxt = v.snd_end + 2;
	assert_false(tcp_value_is_sane(&v));
	v = good;
	v.snd_end = v.snd_una - 1;
	assert_false(tcp_value_is_sane(&v));
	v = good;
	v.rcv_scale = 15;
	assert_false(tcp_value_is_sane(&v));
	v = good;
	v.flags &= (uint16_t)~TCP_FLAG_WND_SCALE;
	assert_false(tcp_value_is_sane(&v));
	v = good;
	v.rcv_ann_edge = v.rcv_nxt + v.rcv_wnd + 1;
	assert_false(tcp_value_is_sane(&v));
	v = good;
	v.snd_wnd_max = 0;
	assert_false(tcp_value_is_sane(&v));
	v = good;
	v.mss = 0;
	assert_false(tcp_value_is_sane(&v));
	v = good;
	v.state = TCP_STATES;
	assert_false(tcp_value_is_sane(&v));
	v = good;
	v.refused = UINT32_MAX;
	assert_false(tcp_value_is_sane(&v));
}

static bool syn(struct tcp_rate *r, uint32_t ms)
{
	return tcp_rate_take(r, ms, TCP_LISTEN, TCP_SYN_RCVD);
}

static bool step(struct tcp_rate *r, uint32_t ms)
{
	return tcp_rate_take(r, ms, TCP_SYN_RCVD, TCP_ESTABLISHED);
}

static void a_flood_of_syns_is_few_commits(void **state)
{
	(void)state;
	struct tcp_rate r = {0};
	unsigned commits = 0;
	for (unsigned ms = 0; ms < 10000; ms++) /* a thousand a second */
		commits += syn(&r, ms);
	assert_int_equal(commits, 10 * TCP_HALF_OPEN_COMMITS);
	/* also where the clock wraps */
	r = (struct tcp_rate){.begun_ms = UINT32_MAX - 10};
	for (commits = 0; syn(&r, 5); commits++)
		assert_true(commits < TCP_HALF_OPEN_COMMITS);
	assert_int_equal(commits, TCP_HALF_OPEN_COMMITS);
	assert_false(tcp_rate_take(&r, 5, TCP_SYN_RCVD, TCP_CLOSED));
	assert_true(step(&r, 5)); /* of those who mean it */
	assert_true(tcp_rate_take(&r, 5, TCP_LAST_ACK, TCP_CLOSED));
	assert_true(syn(&r, 1000));
}

/* A commit of counters tells of the steps that it has, not of those that an earlier one took. */
static void steps_are_counted_where_they_are(void **state)
{
	(void)state;
	struct tcp_rate r = {0};
	for (unsigned i = 0; i < TCP_HALF_OPEN_COMMITS; i++)
		tcp_rate_stepped(&r, syn(&r, 0));
	assert_int_equal(r.joined, 0);
	for (unsigned i = 0; i < 5; i++)
		tcp_rate_stepped(&r, syn(&r, 1));
	assert_int_equal(r.joined, 5);
	tcp_rate_stepped(&r, step(&r, 2)); /* has its own commit, and the five in it */
	assert_int_equal(r.joined, 0);
	tcp_rate_stepped(&r, syn(&r, 3));
	assert_int_equal(r.joined, 1);
	assert_true(syn(&r, 1000)); /* a new second does not lose it */
	assert_int_equal(r.joined, 1);
}

static void a_flood_of_connections_is_bounded_too(void **state)
{
	(void)state;
	struct tcp_rate r = {0};
	unsigned commits = 0;
	for (unsigned ms = 0; ms < 3000; ms++)
		commits += step(&r, ms);
	assert_int_equal(commits, 3 * TCP_COMMITS);
	assert_false(syn(&r, 2999));
	assert_string_equal(message(tcp_note_joined(0)), "counters");
	assert_string_equal(message(tcp_note_joined(1)), "counters, 1 step");
	assert_string_equal(message(tcp_note_joined(992)), "counters, 992 steps");
	assert_string_equal(message(tcp_note_joined(UINT32_MAX)), "counters, 4095 or more steps");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(random_values_survive_their_text),
	cmocka_unit_test(only_exact_text_is_parsed),
	cmocka_unit_test(text_is_what_git_shows),
	cmocka_unit_test(bad_text_is_refused),
	cmocka_unit_test(largest_app_is_all_there_may_be),
	cmocka_unit_test(paths_are_keys),
	cmocka_unit_test(chunks_have_paths_and_text),
	cmocka_unit_test(merging_is_commutative_associative_and_total),
	cmocka_unit_test(more_advanced_connection_wins),
	cmocka_unit_test(messages_tell_each_step),
	cmocka_unit_test(ways_of_one_segment_are_walked),
	cmocka_unit_test(insane_values_are_told),
	cmocka_unit_test(a_flood_of_syns_is_few_commits),
	cmocka_unit_test(steps_are_counted_where_they_are),
	cmocka_unit_test(a_flood_of_connections_is_bounded_too),
};
RUN_TESTS("guest_tcp")
