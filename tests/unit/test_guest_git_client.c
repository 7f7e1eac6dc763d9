/* test_guest_git_client.c - the git client against the git server, in any pieces, cut off at any
 * byte, and against servers that are none. SPDX-License-Identifier: ISC */
#include "git_client.h"
#include "git_scene.h"

#define OBJECTS 4096

static void urls_are_taken_apart(void **state)
{
	(void)state;
	struct git_url u;
	static const char plain[] = "http://10.0.0.1/arp.git";
	assert_true(git_url_parse(plain, strlen(plain), &u));
	assert_string_equal(u.host, "10.0.0.1");
	assert_string_equal(u.path, "/arp.git");
	assert_int_equal(u.port, 80);
	assert_string_equal(u.user, "");
	static const char full[] = "http://x:secret@git.example:8080/a/b.git//";
	assert_true(git_url_parse(full, strlen(full), &u));
	assert_string_equal(u.host, "git.example");
	assert_string_equal(u.path, "/a/b.git");
	assert_int_equal(u.port, 8080);
	assert_string_equal(u.user, "x:secret");
	static const char *const bad[] = {"", "http://", "http://host", "http:///path",
		"https://host/x", "ftp://host/x", "http://host:0/x", "http://host:99999/x",
		"http://host:/x", "http://user@host/x", "http://h ost/x", "http://host/a b",
		"http://host/a?b", "http://host/a#b", "http://[::1]/x", "http://a:b@c@d/x",
		"http://host\r\nX: y/x", "http://host/x\r\n"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(git_url_parse(bad[i], strlen(bad[i]), &u));
}

/* A client with a table of its own. */
struct guest {
	struct made_table table;
	void *memory;
	struct git_client *c;
};

static struct guest guest_open(void)
{
	struct guest g = {.table = make_table(&flat_kind, (struct table_limits){0})};
	g.memory = calloc(1, git_client_memory(OBJECTS));
	assert_non_null(g.memory);
	g.c = git_client_open(g.memory, OBJECTS, 99);
	return g;
}

static void guest_close(struct guest *g)
{
	git_client_end(g->c);
	free(g->memory);
	drop_table(&g->table);
}

static struct git_url url_of(const char *text)
{
	struct git_url u;
	assert_true(git_url_parse(text, strlen(text), &u));
	return u;
}

/* Has the client talk to the server, STEP bytes at a time; after LIMIT bytes of answers the wire
 * is cut. Returns how many bytes of answers came. */
static size_t talk(struct scene *s, struct git_client *c, size_t step, size_t limit)
{
	struct git_conn *conn = NULL;
	size_t came = 0;
	for (unsigned idle = 0; idle < 10;) {
		enum git_client_state state = git_client_state(c);
		uint8_t part[4096];
		if (conn && state != GIT_CLIENT_TALKS) {
			git_conn_close(conn);
			conn = NULL;
		}
		if (state == GIT_CLIENT_DONE || state == GIT_CLIENT_FAILED)
			break;
		idle++;
		if (state == GIT_CLIENT_WORKS) {
			git_client_work(c);
			idle = 0;
		} else if (state == GIT_CLIENT_CONNECTS) {
			conn = git_accept(s->s, "10.0.0.9");
			git_client_connected(c);
		} else if (came == limit) {
			git_client_disconnected(c);
		} else {
			size_t n = git_client_output(c, part, step < 4096 ? step : 4096);
			for (size_t at = 0, taken = 1; at < n && taken; at += taken) {
				taken = git_conn_receive(conn, part + at, n - at);
				while (git_work(s->s))
					;
			}
			while (git_work(s->s))
				;
			size_t room = step < limit - came ? step : limit - came;
			size_t got = git_conn_output(conn, part, room < 4096 ? room : 4096);
			git_client_receive(c, part, got);
			came += got;
			idle = n || got ? 0 : idle;
		}
	}
	if (conn)
		git_conn_close(conn);
	return came;
}

static struct scene *server_make(void)
{
	struct scene *s = scene_open((struct git_config){0}, (struct table_limits){0});
	for (unsigned i = 1; i < 40; i++)
		put(s->tables[0].t, i % 13, i, i, NOTE_ADDED);
	table_flush(s->tables[0].t);
	return s;
}

static void assert_same_entries(struct table *a, struct table *b)
{
	size_t cursor = 0;
	const void *key, *value;
	assert_int_equal(table_count(a), table_count(b));
	while (table_next(a, &cursor, &key, &value)) {
		const void *other = table_get(b, key);
		assert_non_null(other);
		assert_memory_equal(value, other, sizeof(struct holder));
	}
}

static void a_state_is_fetched_in_any_pieces(void **state)
{
	(void)state;
	struct scene *s = server_make();
	struct git_url u = url_of("http://10.0.0.1/arp.git");
	char why[TABLE_MESSAGE_MAX];
	for (size_t step = 1; step < 5000; step += 1 + step / 2) {
		struct guest g = guest_open();
		struct table_id head;
		assert_true(git_client_fetch(g.c, &u, g.table.t));
		talk(s, g.c, step, SIZE_MAX);
		assert_string_equal(git_client_error(g.c), "");
		struct table_import *im = git_client_fetched(g.c, &head);
		assert_non_null(im);
		assert_int_equal(
			table_import_merge(im, &head, NOTE_MERGED, NULL, NULL, why), TABLE_MERGED);
		assert_same_entries(g.table.t, s->tables[0].t);
		guest_close(&g);
	}
	scene_close(s);
}

/* After any byte: an error, and nothing is left behind. */
static void half_a_fetch_is_none(void **state)
{
	(void)state;
	struct scene *s = server_make();
	struct git_url u = url_of("http://10.0.0.1/arp.git");
	struct guest g = guest_open();
	struct table_id head;
	assert_true(git_client_fetch(g.c, &u, g.table.t));
	size_t whole = talk(s, g.c, 4096, SIZE_MAX);
	for (size_t limit = 0; limit + 5 < whole; limit++) { /* the last chunk says nothing new */
		assert_true(git_client_fetch(g.c, &u, g.table.t));
		talk(s, g.c, 4096, limit);
		assert_int_equal(git_client_state(g.c), GIT_CLIENT_FAILED);
		assert_null(git_client_fetched(g.c, &head));
		assert_int_equal(table_count(g.table.t), 0);
	}
	guest_close(&g);
	scene_close(s);
}

static void a_table_is_pushed_in_any_pieces(void **state)
{
	(void)state;
	struct git_url u = url_of("http://x:" WRITE_TOKEN "@10.0.0.1/arp.git");
	for (size_t step = 1; step < 5000; step += 1 + step / 2) {
		struct scene *s = server_make();
		struct guest g = guest_open();
		for (unsigned i = 50; i < 80; i++)
			put(g.table.t, i, i, i, NOTE_ADDED);
		for (unsigned again = 0; again < 2; again++) {
			put(g.table.t, 90 + again, 1, 1, NOTE_ADDED);
			git_client_push(g.c, &u, g.table.t);
			talk(s, g.c, step, SIZE_MAX);
			assert_string_equal(git_client_error(g.c), "");
			assert_int_equal(git_client_state(g.c), GIT_CLIENT_DONE);
			assert_non_null(get(s->tables[0].t, 90 + again));
		}
		assert_int_equal(table_count(s->tables[0].t), 13 + 30 + 2);
		guest_close(&g);
		scene_close(s);
	}
}

static void refusals_are_told(void **state)
{
	(void)state;
	static const struct {
		const char *url, *error;
	} cases[] = {
		{"http://10.0.0.1/none.git", "the server says: 404 Not Found"},
		{"http://10.0.0.1/nat.git", "the server says: 401 Unauthorized"},
		{"http://10.0.0.1/tcp.git", "the server says: 403 Forbidden"},
		{"http://name.example/arp.git", "the server says: 421 Misdirected Request"},
		{"http://x:" READ_TOKEN "@10.0.0.1/nat.git", "the repository has no commits"},
	};
	struct scene *s = server_make();
	struct guest g = guest_open();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct git_url u = url_of(cases[i].url);
		git_client_fetch(g.c, &u, g.table.t);
		talk(s, g.c, 4096, SIZE_MAX);
		assert_int_equal(git_client_state(g.c), GIT_CLIENT_FAILED);
		assert_string_equal(git_client_error(g.c), cases[i].error);
	}
	struct git_url u = url_of("http://x:" PART_TOKEN "@10.0.0.1/arp.git");
	put(g.table.t, 300, 1, 1, NOTE_ADDED);
	git_client_push(g.c, &u, g.table.t);
	talk(s, g.c, 4096, SIZE_MAX);
	assert_string_equal(git_client_error(g.c),
		"the server refused the push: refs/heads/primary arp/10.0.1.44: this path is not "
		"theirs to change");
	guest_close(&g);
	scene_close(s);
}

/* What the client makes of an answer, given in pieces of STEP bytes. */
static const char *answer(struct guest *g, const char *text, size_t n, size_t step)
{
	struct git_url u = url_of("http://10.0.0.1/arp.git");
	uint8_t part[512];
	git_client_fetch(g->c, &u, g->table.t);
	git_client_connected(g->c);
	while (git_client_output(g->c, part, sizeof(part)))
		;
	for (size_t at = 0; at < n; at += step)
		git_client_receive(g->c, (const uint8_t *)text + at, step < n - at ? step : n - at);
	git_client_disconnected(g->c);
	return git_client_error(g->c);
}

static void strange_servers_are_errors(void **state)
{
	(void)state;
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"", "the connection ended early"},
		{"SSH-2.0-x\r\n", "this is no web server"},
		{"HTTP/1.1 200 OK\r\n", "the connection ended early"},
		{"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", "the server says: 301 Moved"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "this is no git server"},
		{"HTTP/1.1 200 OK\r\n\r\n<html></html>", "this is no git server"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n0000",
			"the repository has no commits"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n0000", "the connection ended early"},
		{"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "the answer has no length: x"},
		{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", "the answer is coded: gzip"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
			"the answer is malformed, or too large"},
		{"HTTP/1.1 200 OK\r\n\r\n000cERR no\r\n", "the server says: no "},
		{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\n\r\n",
			"the server says: 503 Busy"},
	};
	struct guest g = guest_open();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t step = 1; step < 80; step += 13)
			assert_string_equal(answer(&g, cases[i].text, strlen(cases[i].text), step),
				cases[i].error);
	guest_close(&g);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(urls_are_taken_apart),
	cmocka_unit_test(a_state_is_fetched_in_any_pieces),
	cmocka_unit_test(half_a_fetch_is_none),
	cmocka_unit_test(a_table_is_pushed_in_any_pieces),
	cmocka_unit_test(refusals_are_told),
	cmocka_unit_test(strange_servers_are_errors),
};

RUN_TESTS("guest_git_client")
