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

#define SECONDS_LEFT 60

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

static void begin(struct guest *g, const char *text, bool push)
{
	struct git_url u;
	const struct git_client_job job = {.url = &u,
		.table = g->table.t,
		.note = NOTE_MERGED,
		.deadline_ns = START + SECONDS_LEFT * SECOND};
	assert_true(git_url_parse(text, strlen(text), &u));
	git_client_tick(g->c, START);
	if (push)
		git_client_push(g->c, &job);
	else
		git_client_pull(g->c, &job);
}

static const char arp_url[] = "http://10.0.0.1/arp.git";

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
			bool more = git_client_work(c);
			idle = more || git_client_state(c) != GIT_CLIENT_WORKS ? 0 : idle;
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
	for (size_t step = 1; step < 5000; step += 1 + step / 2) {
		struct guest g = guest_open();
		begin(&g, arp_url, false);
		talk(s, g.c, step, SIZE_MAX);
		assert_string_equal(git_client_error(g.c), "");
		assert_int_equal(git_client_state(g.c), GIT_CLIENT_DONE);
		assert_int_equal(git_client_result(g.c)->theirs, 13);
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
	struct guest g = guest_open(), first = guest_open();
	begin(&first, arp_url, false);
	size_t whole = talk(s, first.c, 4096, SIZE_MAX);
	guest_close(&first);
	for (size_t limit = 0; limit + 5 < whole; limit++) { /* the last chunk says nothing new */
		begin(&g, arp_url, false);
		talk(s, g.c, 4096, limit);
		assert_int_equal(git_client_state(g.c), GIT_CLIENT_FAILED);
		assert_false(git_client_result(g.c)->merged);
		assert_int_equal(table_count(g.table.t), 0);
	}
	guest_close(&g);
	scene_close(s);
}

static void a_table_is_pushed_in_any_pieces(void **state)
{
	(void)state;
	for (size_t step = 1; step < 5000; step += 1 + step / 2) {
		struct scene *s = server_make();
		struct guest g = guest_open();
		for (unsigned i = 50; i < 80; i++)
			put(g.table.t, i, i, i, NOTE_ADDED);
		for (unsigned again = 0; again < 2; again++) {
			put(g.table.t, 90 + again, 1, 1, NOTE_ADDED);
			begin(&g, "http://x:" WRITE_TOKEN "@10.0.0.1/arp.git", true);
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
		{"http://10.0.0.1/nat.git", "the server wants a token: 401 Unauthorized"},
		{"http://10.0.0.1/tcp.git", "the server says: 403 Forbidden"},
		{"http://name.example/arp.git", "the server says: 421 Misdirected Request"},
		{"http://x:" WRITE_TOKEN "@10.0.0.1/nat.git",
			"the server takes another token: 401 Unauthorized"},
		{"http://x:" READ_TOKEN "@10.0.0.1/nat.git", "the repository has no commits"},
	};
	struct scene *s = server_make();
	struct guest g = guest_open();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(&g, cases[i].url, false);
		talk(s, g.c, 4096, SIZE_MAX);
		assert_int_equal(git_client_state(g.c), GIT_CLIENT_FAILED);
		assert_string_equal(git_client_error(g.c), cases[i].error);
	}
	put(g.table.t, 300, 1, 1, NOTE_ADDED);
	begin(&g, "http://x:" PART_TOKEN "@10.0.0.1/arp.git", true);
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
	uint8_t part[512];
	begin(g, arp_url, false);
	while (git_client_work(g->c))
		;
	git_client_connected(g->c);
	while (git_client_output(g->c, part, sizeof(part)))
		;
	for (size_t at = 0; at < n; at += step)
		git_client_receive(g->c, (const uint8_t *)text + at, step < n - at ? step : n - at);
	git_client_disconnected(g->c);
	return git_client_error(g->c);
}

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n"

static void strange_servers_are_errors(void **state)
{
	(void)state;
	static const struct {
		const char *text, *error;
	} cases[] = {
		{"", "the connection ended early"},
		{"SSH-2.0-x\r\n", "this is no web server"},
		{"HTTP/1.1 200 OK\r\n", "the connection ended early"},
		{"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n",
			"the server sends us elsewhere: 301 Moved"},
		{"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nhello",
			"this is no git server, but text/html"},
		{"HTTP/1.1 200 OK\r\n\r\n<html></html>", "this is no git server"},
		{OK_HEAD "Content-Length: 5\r\n\r\nhello", "the answer is not made of packets"},
		{OK_HEAD "Content-Length: 8\r\n\r\n00000000", "the repository has no commits"},
		{OK_HEAD "Content-Length: 4\r\n\r\n0000",
			"the list of the server's branches is not whole"},
		{OK_HEAD "Content-Length: 50\r\n\r\n0000", "the connection ended early"},
		{OK_HEAD "Content-Length: x\r\n\r\n", "the answer is too large: x"},
		{OK_HEAD "Content-Length: 99999999999\r\n\r\n",
			"the answer is too large: 99999999999"},
		{OK_HEAD "Content-Encoding: gzip\r\n\r\n", "the answer is coded: gzip"},
		{OK_HEAD "Transfer-Encoding: gzip\r\n\r\n", "the answer is coded: gzip"},
		{OK_HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
			"the answer is malformed, or too large"},
		{OK_HEAD "\r\n000cERR no\r\n", "the server says: no"},
		{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\n\r\n",
			"the server says: 503 Busy"},
		{"HTTP/1.1 404 \x1b[31mred\r\n\r\n", "the server says: 404  [31mred"},
		{OK_HEAD "\r\n0000003fc02e7be0b548e60c4bd6aa794a40445b0dff7ef3 "
			 "refs/heads/primary0000",
			"the server is too old: it has no side-band-64k"},
	};
	struct guest g = guest_open();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t step = 1; step < 80; step += 13)
			assert_string_equal(answer(&g, cases[i].text, strlen(cases[i].text), step),
				cases[i].error);
	guest_close(&g);
}

/* A head without an end, in many lines. */
static void a_long_head_is_an_error(void **state)
{
	(void)state;
	struct guest g = guest_open();
	struct bytes b = {0};
	bytes_text(&b, OK_HEAD);
	for (unsigned i = 0; i < 2000; i++)
		bytes_text(&b, "X-Field: nothing\r\n");
	assert_string_equal(answer(&g, b.p, b.n, 100), "the answer's head is too large");
	free(b.p);
	guest_close(&g);
}

/* Whatever the server does not do: when time is up, the client says so. */
static void a_deadline_ends_it(void **state)
{
	(void)state;
	struct scene *s = server_make();
	struct guest g = guest_open();
	const uint64_t almost = START + SECONDS_LEFT * SECOND - 1;
	begin(&g, arp_url, false);
	while (git_client_work(g.c))
		;
	git_client_tick(g.c, almost);
	assert_int_equal(git_client_state(g.c), GIT_CLIENT_CONNECTS);
	git_client_tick(g.c, almost + 1);
	assert_string_equal(git_client_error(g.c), "no connection in time");
	assert_false(git_client_result(g.c)->reached);
	guest_close(&g);
	for (size_t limit = 0; limit < 600; limit += 50) {
		g = guest_open();
		begin(&g, arp_url, false);
		for (unsigned i = 0; git_client_work(g.c) && i < 10; i++)
			;
		git_client_connected(g.c);
		assert_int_equal(git_client_state(g.c), GIT_CLIENT_TALKS);
		git_client_receive(g.c, (const uint8_t *)OK_HEAD, limit % strlen(OK_HEAD));
		git_client_tick(g.c, almost + 1);
		assert_string_equal(git_client_error(g.c), "the answer did not come in time");
		struct table_import *im = table_import(g.table.t);
		assert_non_null(im);
		table_import_close(im);
		guest_close(&g);
	}
	scene_close(s);
}

/* ---- a server that says what the test wants ------------------------------------------------- */

/* Answers the client's next request with BODY, which is of TYPE; the request goes to REQUEST. */
static void say(struct guest *g, const char *type, const struct bytes *body, char request[256])
{
	struct bytes b = {0};
	size_t n;
	uint8_t part[512];
	while (git_client_work(g->c))
		;
	assert_int_equal(git_client_state(g->c), GIT_CLIENT_CONNECTS);
	git_client_connected(g->c);
	n = git_client_output(g->c, (uint8_t *)request, 255);
	request[n] = '\0';
	while (git_client_output(g->c, part, sizeof(part)))
		;
	bytes_text(&b, "HTTP/1.0 200 OK\r\nContent-Type: application/x-git-");
	bytes_text(&b, type);
	bytes_text(&b, "\r\n\r\n");
	bytes_add(&b, body->p, body->n);
	git_client_receive(g->c, (const uint8_t *)b.p, b.n);
	git_client_disconnected(g->c);
	free(b.p);
}

/* The list of refs: primary is ID. */
static void say_refs(struct guest *g, bool receive, const char *id)
{
	struct bytes body = {0};
	char line[128], request[256];
	add_line(&body, "# service=git-anything\n");
	bytes_text(&body, "0000");
	int n = snprintf(line, sizeof(line), "%s refs/heads/primary%cside-band-64k shallow", id, 0);
	add_packet(&body, line, (size_t)n);
	bytes_text(&body, "0000");
	say(g, receive ? "receive-pack-advertisement" : "upload-pack-advertisement", &body,
		request);
	assert_non_null(
		strstr(request, receive ? "GET /arp.git/info/refs?service=git-receive-pack"
					: "GET /arp.git/info/refs?service=git-upload-pack"));
	free(body.p);
}

/* What became of a push, in a band. */
static void say_report(struct guest *g, const char *line)
{
	struct bytes body = {0}, report = {0};
	char request[256];
	bytes_text(&report, "\001");
	add_line(&report, "unpack ok\n");
	add_line(&report, line);
	bytes_text(&report, "0000");
	add_packet(&body, "\002a word\n", 8);
	add_packet(&body, report.p, report.n);
	bytes_text(&body, "0000");
	say(g, "receive-pack-result", &body, request);
	assert_non_null(strstr(request, "POST /arp.git/git-receive-pack"));
	while (git_client_work(g->c))
		;
	free(body.p);
	free(report.p);
}

static const char strange_id[] = "0123456789012345678901234567890123456789";

static struct guest guest_that_pushes(char first[41], char second[41])
{
	struct guest g = guest_open();
	put(g.table.t, 1, 1, 1, NOTE_ADDED);
	table_flush(g.table.t);
	head_text(g.table.t, first);
	put(g.table.t, 2, 1, 1, NOTE_ADDED);
	table_flush(g.table.t);
	head_text(g.table.t, second);
	begin(&g, arp_url, true);
	return g;
}

static void pushes_follow_the_servers_branch(void **state)
{
	(void)state;
	char first[41], second[41];
	struct guest g = guest_that_pushes(first, second);
	say_refs(&g, true, second);
	assert_int_equal(git_client_state(g.c), GIT_CLIENT_DONE);
	assert_false(git_client_result(g.c)->pushed);
	begin(&g, arp_url, true);
	say_refs(&g, true, first);
	say_report(&g, "ok refs/heads/primary\n");
	assert_int_equal(git_client_state(g.c), GIT_CLIENT_DONE);
	assert_true(git_client_result(g.c)->pushed);
	guest_close(&g);
}

/* Refused, and nobody has moved the branch since: no third time. */
static void a_refusal_is_final(void **state)
{
	(void)state;
	static const char error[] = "the server refused the push: refs/heads/primary no way";
	char first[41], second[41];
	struct guest g = guest_that_pushes(first, second);
	say_refs(&g, true, first);
	say_report(&g, "ng refs/heads/primary no way\n");
	say_refs(&g, true, first);
	assert_int_equal(git_client_state(g.c), GIT_CLIENT_FAILED);
	assert_string_equal(git_client_error(g.c), error);
	begin(&g, arp_url, true); /* but where it has moved, there may be something to merge */
	say_refs(&g, true, first);
	say_report(&g, "ng refs/heads/primary no way\n");
	say_refs(&g, true, strange_id);
	say_refs(&g, false, second);
	assert_int_not_equal(git_client_state(g.c), GIT_CLIENT_FAILED);
	begin(&g, arp_url, true);
	say_refs(&g, true, first);
	say_report(&g, "ng refs/heads/primary shallow update not allowed\n");
	assert_non_null(strstr(git_client_error(g.c), "receive.shallowUpdate=true"));
	guest_close(&g);
}

/* Always another commit that we don't know, and never when we ask for it. */
static void a_push_ends(void **state)
{
	(void)state;
	char first[41], second[41], request[256];
	struct guest g = guest_that_pushes(first, second);
	struct bytes nak = {0};
	unsigned rounds = 0;
	add_line(&nak, "NAK\n");
	for (; git_client_state(g.c) != GIT_CLIENT_FAILED && rounds < 100; rounds++) {
		say_refs(&g, true, strange_id);
		while (git_client_work(g.c))
			;
		if (git_client_state(g.c) == GIT_CLIENT_FAILED)
			break;
		say_refs(&g, false, second);
		say(&g, "upload-pack-result", &nak, request);
		assert_non_null(strstr(request, "POST /arp.git/git-upload-pack"));
		while (git_client_work(g.c))
			;
	}
	assert_string_equal(git_client_error(g.c), "others push there again and again");
	assert_in_range(rounds, 2, 10);
	free(nak.p);
	guest_close(&g);
}

/* Another import holds the table: the pull waits for its end. */
static void it_waits_for_the_table(void **state)
{
	(void)state;
	struct scene *s = server_make();
	struct guest g = guest_open();
	struct table_import *im = table_import(g.table.t);
	begin(&g, arp_url, false);
	talk(s, g.c, 4096, SIZE_MAX);
	assert_int_equal(git_client_state(g.c), GIT_CLIENT_WORKS);
	table_import_close(im);
	talk(s, g.c, 4096, SIZE_MAX);
	assert_int_equal(git_client_state(g.c), GIT_CLIENT_DONE);
	assert_same_entries(g.table.t, s->tables[0].t);
	guest_close(&g);
	scene_close(s);
}

/* Pulled again after both sides went on: what was removed there is removed here, what is new here
 * stays; and nothing new is nothing. */
static void pulls_go_on_from_what_both_have(void **state)
{
	(void)state;
	struct scene *s = server_make();
	struct guest g = guest_open();
	begin(&g, arp_url, false);
	talk(s, g.c, 4096, SIZE_MAX);
	begin(&g, arp_url, false);
	talk(s, g.c, 4096, SIZE_MAX);
	assert_int_equal(git_client_state(g.c), GIT_CLIENT_DONE);
	assert_false(git_client_result(g.c)->merged);
	put(g.table.t, 200, 1, 1, NOTE_ADDED);
	for (unsigned i = 0; i < 30; i++)
		put(s->tables[0].t, 300 + i, 1, 1, NOTE_ADDED);
	take_out(s->tables[0].t, 5, NOTE_EXPIRED);
	table_flush(s->tables[0].t);
	begin(&g, arp_url, false);
	talk(s, g.c, 4096, SIZE_MAX);
	assert_string_equal(git_client_error(g.c), "");
	assert_null(get(g.table.t, 5));
	assert_non_null(get(g.table.t, 200));
	assert_int_equal(table_count(g.table.t), 13 - 1 + 1 + 30);
	assert_int_equal(git_client_result(g.c)->theirs, 31);
	guest_close(&g);
	scene_close(s);
}

/* An expiry that is later wins, in whichever order the servers are pulled. */
static void the_order_of_pulls_matters_for_nothing(void **state)
{
	(void)state;
	struct scene *one = server_make(), *two = server_make();
	struct guest g[2] = {guest_open(), guest_open()};
	for (unsigned i = 1; i < 30; i++)
		put(two->tables[0].t, i, i + 100, 100 - 3 * i, NOTE_ADDED);
	table_flush(two->tables[0].t);
	for (unsigned order = 0; order < 2; order++)
		for (unsigned k = 0; k < 2; k++) {
			begin(&g[order], arp_url, false);
			talk(k == order ? one : two, g[order].c, 4096, SIZE_MAX);
			assert_string_equal(git_client_error(g[order].c), "");
		}
	assert_int_equal(table_count(g[0].table.t), 30);
	assert_same_entries(g[0].table.t, g[1].table.t);
	for (unsigned k = 0; k < 2; k++)
		guest_close(&g[k]);
	scene_close(one);
	scene_close(two);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(urls_are_taken_apart),
	cmocka_unit_test(a_state_is_fetched_in_any_pieces),
	cmocka_unit_test(half_a_fetch_is_none),
	cmocka_unit_test(a_table_is_pushed_in_any_pieces),
	cmocka_unit_test(refusals_are_told),
	cmocka_unit_test(strange_servers_are_errors),
	cmocka_unit_test(a_long_head_is_an_error),
	cmocka_unit_test(a_deadline_ends_it),
	cmocka_unit_test(pushes_follow_the_servers_branch),
	cmocka_unit_test(a_refusal_is_final),
	cmocka_unit_test(a_push_ends),
	cmocka_unit_test(it_waits_for_the_table),
	cmocka_unit_test(pulls_go_on_from_what_both_have),
	cmocka_unit_test(the_order_of_pulls_matters_for_nothing),
};

RUN_TESTS("guest_git_client")
