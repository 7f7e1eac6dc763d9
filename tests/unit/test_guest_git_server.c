/* test_guest_git_server.c - the git server under all sorts of clients: strangers, slow ones, many,
 * such as leave. SPDX-License-Identifier: ISC */
#include "git_scene.h"

static struct scene *scene_make(void)
{
	struct scene *s = scene_open((struct git_config){0}, (struct table_limits){0});
	for (unsigned i = 1; i < 20; i++)
		for (size_t t = 0; t < STORES; t++)
			put(s->tables[t].t, i, i + (unsigned)t, i, NOTE_ADDED);
	for (size_t t = 0; t < STORES; t++)
		table_flush(s->tables[t].t);
	return s;
}

static struct bytes ask_text(struct scene *s, const char *text)
{
	return ask_once(s, text, strlen(text), 4096);
}

/* ---- who may do what ------------------------------------------------------------------------ */

static const char *const tokens[] = {NULL, READ_TOKEN, WRITE_TOKEN, PART_TOKEN, OLD_TOKEN,
	OTHER_TOKEN, "garbage", "garbage-0123456789abcdefghij", "write-0123456789abcdefghi",
	"write-0123456789abcdefghijk", "WRITE-0123456789ABCDEFGHIJ"};
#define TOKENS (sizeof(tokens) / sizeof(*tokens))

/* What the answer must be; said again here, and not as the server says it. */
static int expected_status(size_t store, bool write, const char *token)
{
	bool open = store == OPEN_STORE && !write;
	if (open)
		return 200;
	if (store == SHUT_STORE)
		return 403;
	const char *key = store == CLOSED_STORE ? (write ? OTHER_TOKEN : READ_TOKEN) : WRITE_TOKEN;
	bool fits = token && (strcmp(token, key) == 0 ||
				     (store == OPEN_STORE && strcmp(token, PART_TOKEN) == 0));
	return fits ? 200 : 401;
}

static struct bytes make_request(const char *store, size_t verb, const char *headers)
{
	static const char *const services[] = {"git-upload-pack", "git-receive-pack"};
	static const char *const types[] = {UPLOAD_TYPE, RECEIVE_TYPE};
	char line[512];
	struct bytes body = {0}, b = {0};
	if (verb < 2) {
		snprintf(line, sizeof(line),
			"GET /%s.git/info/refs?service=%s HTTP/1.1\r\nHost: 10.0.0.1\r\n%s\r\n",
			store, services[verb], headers);
		bytes_text(&b, line);
		return b;
	}
	snprintf(line, sizeof(line), "%s%s", types[verb - 2], headers);
	char path[64];
	snprintf(path, sizeof(path), "/%s.git/%s", store, services[verb - 2]);
	bytes_text(&body, "0000");
	b = post(path, line, &body, 0);
	free(body.p);
	return b;
}

static void everything_is_denied_that_is_not_allowed(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	size_t cases = 0, denied = 0;
	for (size_t store = 0; store < STORES; store++)
		for (size_t verb = 0; verb < 4; verb++)
			for (size_t i = 0; i < TOKENS; i++, cases++) {
				char headers[128] = "";
				if (tokens[i])
					snprintf(headers, sizeof(headers),
						"Authorization: Bearer %s\r\n", tokens[i]);
				struct bytes request =
					make_request(s->stores[store].name, verb, headers);
				struct bytes answer = ask_once(s, request.p, request.n, 4096);
				int status = expected_status(store, verb % 2, tokens[i]);
				if (status_of(&answer) != status)
					print_error("%s verb %zu token %s\n%s\n",
						s->stores[store].name, verb,
						tokens[i] ? tokens[i] : "none", answer.p);
				assert_int_equal(status_of(&answer), status);
				assert_int_equal(bytes_have(&answer, "WWW-Authenticate: Basic"),
					status == 401);
				if (status != 200)
					denied++;
				free(request.p);
				free(answer.p);
			}
	assert_true(cases >= 120);
	assert_int_equal(git_stats(s->s).denied, denied);
	assert_non_null(strstr(s->logged, "10.0.0.9 tcp: denied: "));
	assert_null(strstr(s->logged, "0123456789"));
	scene_close(s);
}

static void whoever_is_denied_is_told_why(void **state)
{
	(void)state;
	static const struct {
		const char *store, *headers, *text;
		bool logged;
	} cases[] = {
		{"nat", "", "reading this store needs a token\n", false},
		{"nat", "Authorization: Bearer " WRITE_TOKEN "\r\n",
			"this token is not valid for reading this store\n", true},
		{"nat", "Authorization: Basic x\r\n", "this token is not valid for reading", true},
		{"tcp", "", "this store is closed to reading\n", true},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct scene *s = scene_make();
		struct bytes request = make_request(cases[i].store, 0, cases[i].headers);
		struct bytes answer = ask_once(s, request.p, request.n, 4096);
		assert_true(bytes_have(&answer, cases[i].text));
		assert_int_equal(strstr(s->logged, "denied") != NULL, cases[i].logged);
		assert_int_equal(git_stats(s->s).denied, 1);
		free(answer.p);
		free(request.p);
		scene_close(s);
	}
	struct scene *s = scene_make();
	struct bytes answer = ask_text(s, "GET / HTTP/1.1\r\nHost: other.example\r\n\r\n");
	assert_int_equal(status_of(&answer), 421);
	assert_true(bytes_have(&answer, "this machine is not called that: give its address"));
	free(answer.p);
	scene_close(s);
}

static void a_commit_of_another_store_is_not_served(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	char id[41];
	head_text(s->tables[CLOSED_STORE].t, id);
	struct bytes request = fetch_request("/arp.git/git-upload-pack", id, NULL);
	struct bytes answer = ask_once(s, request.p, request.n, 4096);
	assert_int_equal(status_of(&answer), 200);
	assert_true(bytes_have(&answer, "ERR "));
	assert_false(bytes_have(&answer, "PACK"));
	free(answer.p);
	free(request.p);
	head_text(s->tables[OPEN_STORE].t, id);
	request = fetch_request("/arp.git/git-upload-pack", id, NULL);
	answer = ask_once(s, request.p, request.n, 4096);
	assert_true(bytes_have(&answer, "PACK"));
	free(answer.p);
	free(request.p);
	scene_close(s);
}

/* ---- connections ---------------------------------------------------------------------------- */

#define PAGE "GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n"

static unsigned count_of(const struct bytes *b, const char *part)
{
	unsigned count = 0;
	const char *p = b->p, *end = b->p + b->n;
	for (; (p = memmem(p, (size_t)(end - p), part, strlen(part))); p++)
		count++;
	return count;
}

static void requests_follow_each_other(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	static const char text[] =
		PAGE "\r\n" PAGE "HEAD / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n"
		     "GET /none HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n"
		     "GET /arp.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n"
		     "Connection: close\r\n\r\n" PAGE;
	struct bytes first = ask_once(s, text, strlen(text), 4096);
	assert_int_equal(count_of(&first, "HTTP/1.1 200 OK"), 4);
	assert_int_equal(count_of(&first, "HTTP/1.1 404 "), 1);
	assert_int_equal(count_of(&first, "git clone http://"), 6);
	assert_int_equal(count_of(&first, " refs/heads/primary\n"), 1);
	for (size_t step = 1; step < 200; step += step < 10 ? 1 : 17) {
		struct bytes again = ask_once(s, text, strlen(text), step);
		assert_int_equal(again.n, first.n);
		assert_memory_equal(again.p, first.p, first.n);
		free(again.p);
	}
	free(first.p);
	scene_close(s);
}

static void old_clients_are_answered(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	struct bytes b = ask_text(s, "GET / HTTP/1.0\r\n\r\n");
	assert_int_equal(status_of(&b), 200);
	assert_false(bytes_have(&b, "chunked"));
	assert_true(bytes_have(&b, "Connection: close"));
	free(b.p);
	scene_close(s);
}

static void a_client_can_ask_first(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	struct git_conn *c = git_accept(s->s, "10.0.0.9");
	struct bytes out = {0};
	static const char head[] =
		"POST /arp.git/git-upload-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n" UPLOAD_TYPE
		"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n";
	ask(s, c, head, strlen(head), 4096, &out);
	assert_string_equal(out.p, "HTTP/1.1 100 Continue\r\n\r\n");
	ask(s, c, "0000", 4, 4, &out);
	assert_true(bytes_have(&out, "HTTP/1.1 200 OK"));
	git_conn_close(c);
	free(out.p);
	scene_close(s);
}

static void too_many_connections_are_closed(void **state)
{
	(void)state;
	struct scene *s = scene_open(
		(struct git_config){.connections = 6, .per_address = 4}, (struct table_limits){0});
	struct git_conn *c[6];
	for (size_t i = 0; i < 4; i++)
		assert_non_null(c[i] = git_accept(s->s, "10.0.0.1"));
	assert_null(git_accept(s->s, "10.0.0.1"));
	assert_non_null(c[4] = git_accept(s->s, "10.0.0.10"));
	assert_non_null(c[5] = git_accept(s->s, "10.0.0.2"));
	assert_null(git_accept(s->s, "10.0.0.3"));
	assert_int_equal(git_stats(s->s).connections_refused, 2);
	git_conn_close(c[0]);
	assert_non_null(git_accept(s->s, "10.0.0.1"));
	scene_close(s);
}

/* Where all are taken, one that asks for nothing goes: of the address that has most, then one that
 * was never answered. Whoever has asked stays. */
static void who_asks_for_nothing_makes_room(void **state)
{
	(void)state;
	struct scene *s = scene_open(
		(struct git_config){.connections = 5, .per_address = 4}, (struct table_limits){0});
	static const char *const peers[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"};
	static const char page[] = "GET / HTTP/1.1\r\nHost: 1.1.1.1\r\n\r\n";
	static const char half[] =
		"POST /arp.git/git-upload-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n" UPLOAD_TYPE
		"Content-Length: 4000\r\n\r\n";
	struct git_conn *c[5];
	struct bytes out = {0};
	for (size_t i = 0; i < 4; i++) {
		assert_non_null(c[i] = git_accept(s->s, peers[i]));
		scene_pass(s, SECOND);
	}
	assert_null(git_displace(s->s, "10.0.0.5"));
	ask(s, c[0], page, strlen(page), 4096, &out);
	assert_int_equal(status_of(&out), 200);
	assert_non_null(c[4] = git_accept(s->s, peers[3]));
	ask(s, c[2], half, strlen(half), 4096, &out); /* has a job, waits for the body */
	assert_ptr_equal(git_displace(s->s, "10.0.0.5"),
		c[3]); /* its address has two, it is the older one */
	assert_true(git_conn_is_dead(c[3]));
	assert_null(git_accept(s->s, "10.0.0.5"));
	git_conn_close(c[3]);
	assert_null(git_displace(s->s, "10.0.0.5"));
	assert_non_null(c[3] = git_accept(s->s, "10.0.0.5"));
	assert_ptr_equal(git_displace(s->s, "10.0.0.6"), c[1]); /* was never answered */
	git_conn_close(c[1]);
	assert_int_equal(git_stats(s->s).displaced, 2);
	free(out.p);
	scene_close(s);
}

/* Whoever has as many as one address may is refused, and costs nobody a connection. */
static void nobody_makes_room_for_one_too_many(void **state)
{
	(void)state;
	struct scene *s = scene_open(
		(struct git_config){.connections = 3, .per_address = 2}, (struct table_limits){0});
	struct git_conn *idle = git_accept(s->s, "10.0.0.1");
	assert_non_null(git_accept(s->s, "10.0.0.2"));
	assert_non_null(git_accept(s->s, "10.0.0.2"));
	assert_null(git_displace(s->s, "10.0.0.2"));
	assert_false(git_conn_is_dead(idle));
	assert_null(git_accept(s->s, "10.0.0.2"));
	assert_int_equal(git_stats(s->s).displaced, 0);
	assert_non_null(git_displace(s->s, "10.0.0.20"));
	scene_close(s);
}

/* A waiting request's body may lie in several pieces, of which the server is offered the first. */
static void what_came_in_pieces_has_come(void **state)
{
	(void)state;
	struct scene *s =
		scene_open((struct git_config){.connections = 3, .per_address = 3, .jobs = 1},
			(struct table_limits){0});
	static const char half[] =
		"POST /arp.git/git-upload-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n" UPLOAD_TYPE
		"Content-Length: 4000\r\n\r\n";
	static const char first[] =
		"POST /arp.git/git-upload-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n" UPLOAD_TYPE
		"Content-Length: 4\r\n\r\n00";
	struct bytes none = {0}, out = {0};
	struct git_conn *works = git_accept(s->s, "10.0.0.1");
	struct git_conn *waits = git_accept(s->s, "10.0.0.2");
	struct git_conn *lacks = git_accept(s->s, "10.0.0.3");
	ask(s, works, half, strlen(half), 4096, &none); /* has the only job */
	git_conn_receive(lacks, (const uint8_t *)half, strlen(half));
	scene_pass(s, SECOND / 2);
	size_t n = git_conn_receive(waits, (const uint8_t *)first, strlen(first));
	assert_int_equal(n, strlen(first) - 2);
	git_conn_waiting(waits, 4);
	git_conn_close(works);
	works = git_accept(s->s, "10.0.0.1");
	ask(s, works, "GET /", 5, 4096, &none);
	ask(s, waits, "0000", 4, 4096, &out);
	assert_int_equal(status_of(&out), 200);
	free(none.p);
	free(out.p);
	scene_close(s);
}

/* A body that does not come waits behind one that is there, however long it has waited. */
static void who_has_sent_all_goes_first(void **state)
{
	(void)state;
	struct scene *s =
		scene_open((struct git_config){.connections = 8, .per_address = 8, .jobs = 1},
			(struct table_limits){0});
	static const char half[] =
		"POST /arp.git/git-upload-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n" UPLOAD_TYPE
		"Content-Length: 4000\r\n\r\n";
	static const char whole[] =
		"POST /arp.git/git-upload-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n" UPLOAD_TYPE
		"Content-Length: 4\r\n\r\n0000";
	struct bytes none = {0}, out = {0};
	struct git_conn *first = git_accept(s->s, "10.0.0.1"), *slow[4], *last;
	ask(s, first, half, strlen(half), 4096, &none); /* has the only job */
	for (size_t i = 0; i < 4; i++) {
		slow[i] = git_accept(s->s, "10.0.0.2");
		git_conn_receive(slow[i], (const uint8_t *)half, strlen(half));
	}
	scene_pass(s, SECOND / 2);
	last = git_accept(s->s, "10.0.0.3");
	size_t n = git_conn_receive(last, (const uint8_t *)whole, strlen(whole));
	assert_int_equal(n, strlen(whole) - 4);
	git_conn_close(first);
	ask(s, last, whole + n, 4, 4096, &out);
	assert_true(out.n > 0);
	free(none.p);
	free(out.p);
	scene_close(s);
}

/* ---- time ----------------------------------------------------------------------------------- */

/* Sends TEXT, then lets ROUNDS seconds pass, sending MORE (if any) at each. What came back. */
static struct bytes wait_for(
	struct scene *s, const char *text, const char *more, unsigned rounds, bool *dead)
{
	struct git_conn *c = git_accept(s->s, "10.0.0.9");
	struct bytes out = {0};
	bytes_add(&out, "", 0);
	ask(s, c, text, strlen(text), 4096, &out);
	for (unsigned i = 0; i < rounds; i++) {
		scene_pass(s, SECOND);
		if (more)
			ask(s, c, more, strlen(more), 4096, &out);
		hear(s, c, 4096, &out);
	}
	*dead = git_conn_is_dead(c);
	git_conn_close(c);
	return out;
}

static void slow_heads_and_bodies_end(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	bool dead;
	struct bytes b = wait_for(s, "", NULL, 16, &dead);
	assert_true(dead && b.n == 0);
	free(b.p);
	b = wait_for(s, "GET / HT", NULL, 10, &dead);
	assert_true(!dead && b.n == 0);
	free(b.p);
	b = wait_for(s, "GET / HTTP/1.1\r\n", "X: y\r\n", 12, &dead);
	assert_int_equal(status_of(&b), 408);
	assert_true(bytes_have(&b, "Connection: close"));
	free(b.p);
	b = wait_for(s, "GET / HTTP/1.1\r\n", "X: y\r\n", 16, &dead);
	assert_true(dead);
	free(b.p);
	static const char head[] =
		"POST /arp.git/git-upload-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n" UPLOAD_TYPE
		"Content-Length: 4000\r\n\r\n";
	b = wait_for(s, head, "0", 12, &dead);
	assert_int_equal(status_of(&b), 408);
	free(b.p);
	assert_int_equal(git_stats(s->s).timeouts, 3);
	scene_close(s);
}

static void a_client_that_does_not_read_is_left(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	struct git_conn *c = git_accept(s->s, "10.0.0.9");
	char id[41];
	head_text(s->tables[OPEN_STORE].t, id);
	struct bytes request = fetch_request("/arp.git/git-upload-pack", id, NULL);
	assert_int_equal(git_conn_receive(c, (const uint8_t *)request.p, 10), 10);
	size_t at = 10;
	for (unsigned i = 0; i < 1000; i++) {
		at += git_conn_receive(c, (const uint8_t *)request.p + at, request.n - at);
		git_work(s->s);
	}
	assert_int_equal(at, request.n);
	for (unsigned i = 0; i < 10; i++)
		scene_pass(s, SECOND);
	assert_false(git_conn_is_dead(c));
	scene_pass(s, SECOND);
	assert_true(git_conn_is_dead(c));
	git_conn_close(c);
	free(request.p);
	scene_close(s);
}

/* Three clients, two jobs: the third waits; when a slow one is in its way, that one goes. */
static void slow_clients_make_way(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	static const char head[] =
		"POST /arp.git/git-upload-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n" UPLOAD_TYPE
		"Content-Length: 4000\r\n\r\n";
	static const char refs[] =
		"GET /arp.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n\r\n";
	struct git_conn *slow[2], *third;
	struct bytes out = {0};
	slow[0] = git_accept(s->s, "10.0.0.1");
	slow[1] = git_accept(s->s, "10.0.0.2");
	third = git_accept(s->s, "10.0.0.3");
	ask(s, slow[0], head, strlen(head), 4096, &out);
	ask(s, slow[1], head, strlen(head), 4096, &out);
	ask(s, third, refs, strlen(refs), 4096, &out);
	assert_int_equal(out.n, 0);
	scene_pass(s, SECOND);
	ask(s, third, "", 0, 1, &out);
	assert_int_equal(out.n, 0);
	scene_pass(s, 5 * SECOND);
	ask(s, third, "", 0, 1, &out);
	assert_int_equal(status_of(&out), 200);
	assert_int_equal(git_stats(s->s).displaced, 1);
	assert_true(git_conn_is_dead(slow[0]) != git_conn_is_dead(slow[1]));
	for (size_t i = 0; i < 2; i++)
		git_conn_close(slow[i]);
	git_conn_close(third);
	free(out.p);
	scene_close(s);
}

/* No address has all jobs for itself. */
static void one_address_leaves_jobs_to_others(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	static const char head[] =
		"POST /arp.git/git-upload-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n" UPLOAD_TYPE
		"Content-Length: 4000\r\n\r\n";
	struct bytes out = {0};
	for (size_t i = 0; i < 5; i++)
		ask(s, git_accept(s->s, "10.0.0.1"), head, strlen(head), 4096, &out);
	struct bytes other = ask_text(s,
		"GET /arp.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n\r\n");
	assert_int_equal(status_of(&other), 200);
	free(other.p);
	free(out.p);
	scene_close(s);
}

/* ---- fetching ------------------------------------------------------------------------------- */

static void a_fetch_that_is_too_large_says_what_to_do(void **state)
{
	(void)state;
	struct scene *s = scene_open((struct git_config){.objects = 64}, (struct table_limits){0});
	char id[41];
	for (unsigned i = 0; i < 40; i++)
		put(s->tables[0].t, i % 13, i, 1, NOTE_ADDED);
	table_flush(s->tables[0].t);
	head_text(s->tables[0].t, id);
	struct bytes request = fetch_request("/arp.git/git-upload-pack", id, NULL);
	struct bytes answer = ask_once(s, request.p, request.n, 4096);
	assert_true(bytes_have(
		&answer, "ERR this fetch is too large for the machine: git fetch --depth 1"));
	free(answer.p);
	free(request.p);
	/* The newest state alone, which fits; and when it has grown, does not. */
	for (unsigned grown = 0; grown < 2; grown++) {
		struct bytes body = {0};
		char line[128];
		snprintf(line, sizeof(line), "want %s side-band-64k\n", id);
		add_line(&body, line);
		add_line(&body, "deepen 1");
		bytes_text(&body, "0000");
		add_line(&body, "done\n");
		request = post("/arp.git/git-upload-pack", UPLOAD_TYPE, &body, 0);
		answer = ask_once(s, request.p, request.n, 4096);
		assert_int_equal(bytes_have(&answer, "PACK"), !grown);
		assert_int_equal(bytes_have(&answer, "ERR this table is too large"), grown);
		free(answer.p);
		free(request.p);
		free(body.p);
		for (unsigned i = 100; i < 200; i++)
			put(s->tables[0].t, i, i, 1, NOTE_LATER);
		table_commit(s->tables[0].t, NOTE_OTHER);
		table_flush(s->tables[0].t);
		head_text(s->tables[0].t, id);
	}
	scene_close(s);
}

/* The history's memory runs out while it is being sent: the pack ends with an error in band 3. */
static void a_history_that_is_cut_while_sending_is_an_error(void **state)
{
	(void)state;
	struct scene *s = scene_open((struct git_config){0},
		(struct table_limits){.history_bytes = 256 << 10, .history_ns = 600 * SECOND});
	struct table *t = s->tables[0].t;
	struct bytes out = {0};
	char id[41];
	for (unsigned i = 0; i < 300; i++)
		put(t, i, i, 1, NOTE_ADDED);
	table_flush(t);
	head_text(t, id);
	struct bytes request = fetch_request("/arp.git/git-upload-pack", id, NULL);
	struct git_conn *c = git_accept(s->s, "10.0.0.9");
	uint8_t part[512];
	size_t n = 0, at = 0;
	while (!n) {
		at += git_conn_receive(c, (const uint8_t *)request.p + at, request.n - at);
		git_work(s->s);
		n = git_conn_output(c, part, sizeof(part));
	}
	bytes_add(&out, part, n);
	for (unsigned i = 0; i < 20000; i++) {
		put(t, i % 300, i, 2 + i, NOTE_ADDED);
		while (table_work(t))
			;
	}
	hear(s, c, 4096, &out);
	assert_true(bytes_have(&out, "\003the history was cut in between; try again\n"));
	assert_true(out.n > 5 && memcmp(out.p + out.n - 5, "0\r\n\r\n", 5) == 0);
	git_conn_close(c);
	free(request.p);
	free(out.p);
	scene_close(s);
}

static void a_fetch_waits_for_what_changed_before_it(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	put(s->tables[0].t, 77, 77, 77, NOTE_ADDED);
	assert_true(table_is_behind(s->tables[0].t));
	struct bytes answer = ask_text(s,
		"GET /arp.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n\r\n");
	char id[41];
	assert_false(table_is_behind(s->tables[0].t));
	head_text(s->tables[0].t, id);
	assert_true(bytes_have(&answer, id));
	free(answer.p);
	scene_close(s);
}

/* Commits as time goes by, a second each. */
static void grow(struct scene *s, unsigned seconds)
{
	static unsigned turn;
	for (unsigned i = 0; i < seconds; i++) {
		scene_pass(s, SECOND);
		turn++;
		put(s->tables[0].t, i % 7, turn, turn, NOTE_ADDED);
		table_flush(s->tables[0].t);
	}
}

/* Between a client's first request and its second, the history goes on and its old end is cut off.
 * What the client was told of is kept for a while, and not for ever. */
static void what_was_told_can_be_fetched(void **state)
{
	(void)state;
	static const char refs[] =
		"GET /arp.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n\r\n";
	for (unsigned wait = 15; wait <= 45; wait += 30) {
		struct scene *s = scene_open(
			(struct git_config){0}, (struct table_limits){.history_ns = 5 * SECOND});
		char id[41];
		grow(s, 20);
		head_text(s->tables[0].t, id);
		struct bytes told = ask_text(s, refs);
		assert_true(bytes_have(&told, "shallow "));
		grow(s, wait);
		struct bytes request = fetch_request("/arp.git/git-upload-pack", id, NULL);
		struct bytes answer = ask_once(s, request.p, request.n, 4096);
		assert_int_equal(bytes_have(&answer, "PACK"), wait == 15);
		assert_int_equal(bytes_have(&answer, "ERR "), wait == 45);
		free(answer.p);
		free(request.p);
		free(told.p);
		scene_close(s);
	}
}

/* However often refs are asked for, there are pins for fetches. */
static void asking_often_takes_no_pins_away(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	char id[41];
	head_text(s->tables[0].t, id);
	struct bytes request = fetch_request("/arp.git/git-upload-pack", id, NULL);
	for (unsigned i = 0; i < 500; i++) {
		struct bytes told =
			ask_text(s, "GET /arp.git/info/refs?service=git-upload-pack HTTP/1.1\r\n"
				    "Host: 1.1.1.1\r\n\r\n");
		struct bytes answer = ask_once(s, request.p, request.n, 4096);
		assert_true(bytes_have(&told, id));
		assert_true(bytes_have(&answer, "PACK"));
		free(told.p);
		free(answer.p);
		scene_pass(s, SECOND);
	}
	free(request.p);
	scene_close(s);
}

/* ---- pushing -------------------------------------------------------------------------------- */

#define WRITE "Authorization: Bearer " WRITE_TOKEN "\r\n"
#define TEXT "mac 02:00:00:00:00:99\nexpires 99\n"

static struct bytes push_request(
	const char *folder, const char *name, const char *text, const char *headers, size_t chunk)
{
	struct table_id commit;
	struct pack_bytes k = pack_of(folder, name, text, &commit);
	struct bytes body = push_body("refs/heads/primary", &commit, &k);
	struct bytes b = post("/arp.git/git-receive-pack", headers, &body, chunk);
	free(k.b.p);
	free(body.p);
	return b;
}

static void a_push_is_merged_however_it_comes(void **state)
{
	(void)state;
	for (size_t chunk = 0; chunk < 40; chunk += 13)
		for (size_t step = 1; step < 2000; step *= 7) {
			struct scene *s = scene_make();
			struct bytes request =
				push_request("arp", "10.0.0.99", TEXT, RECEIVE_TYPE WRITE, chunk);
			struct bytes answer = ask_once(s, request.p, request.n, step);
			if (!bytes_have(&answer, "ok refs/heads/primary\n"))
				print_error("%s\n", answer.p);
			assert_true(bytes_have(&answer, "unpack ok\n"));
			assert_true(bytes_have(&answer, "ok refs/heads/primary\n"));
			assert_true(bytes_have(&answer, "\002arp/10.0.0.99: yours won\n"));
			assert_int_equal(get(s->tables[0].t, 99)->expires, 99);
			assert_int_equal(git_stats(s->s).pushes_merged, 1);
			free(answer.p);
			free(request.p);
			scene_close(s);
		}
}

/* A merge would work out at once all that waits: it is done a step at a time before. */
static void a_push_waits_for_what_changed_before_it(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	struct table *t = s->tables[0].t;
	struct bytes request = push_request("arp", "10.0.0.99", TEXT, RECEIVE_TYPE WRITE, 0);
	struct git_conn *c = git_accept(s->s, "10.0.0.9");
	for (unsigned i = 0; i < 600; i++)
		put(t, 100 + i, i, i, i < 500 ? NOTE_ADDED : NOTE_LATER);
	for (size_t at = 0; at < request.n;) {
		at += git_conn_receive(c, (const uint8_t *)request.p + at, request.n - at);
		if (at < request.n)
			git_work(s->s);
	}
	unsigned steps = 0;
	bool behind = true;
	for (; !git_stats(s->s).pushes_merged && steps < 10000; steps++) {
		behind = table_is_behind(t);
		git_work(s->s);
	}
	assert_in_range(steps, 500, 1000);
	assert_false(behind);
	assert_int_equal(get(t, 99)->expires, 99);
	assert_int_equal(get(t, 699)->expires, 599);
	git_conn_close(c);
	free(request.p);
	scene_close(s);
}

/* A client leaves after any number of bytes: nothing has changed, and the next push finds room. */
static void half_a_push_is_none(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	struct bytes request = push_request("arp", "10.0.0.99", TEXT, RECEIVE_TYPE WRITE, 0);
	char before[41], after[41];
	head_text(s->tables[0].t, before);
	for (size_t n = 0; n < request.n; n++) {
		struct bytes answer = ask_once(s, request.p, n, 4096);
		free(answer.p);
		head_text(s->tables[0].t, after);
		assert_string_equal(after, before);
		assert_null(get(s->tables[0].t, 99));
	}
	struct bytes answer = ask_once(s, request.p, request.n, 4096);
	assert_true(bytes_have(&answer, "ok refs/heads/primary\n"));
	free(answer.p);
	free(request.p);
	scene_close(s);
}

/* The same with any bit wrong: an error, or another well-formed push, but nothing in between. */
static void a_damaged_push_is_refused(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	struct bytes request = push_request("arp", "10.0.0.99", TEXT, RECEIVE_TYPE WRITE, 0);
	size_t begin = (size_t)((char *)memmem(request.p, request.n, "PACK", 4) - request.p);
	for (size_t bit = begin * 8; bit < request.n * 8; bit += 3) {
		request.p[bit / 8] ^= (char)(1 << bit % 8);
		struct bytes answer = ask_once(s, request.p, request.n, 4096);
		assert_false(bytes_have(&answer, "ok refs/heads/primary"));
		assert_true(bytes_have(&answer, "ng refs/heads/primary"));
		assert_null(get(s->tables[0].t, 99));
		free(answer.p);
		request.p[bit / 8] ^= (char)(1 << bit % 8);
	}
	free(request.p);
	scene_close(s);
}

static void a_push_of_nonsense_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *folder, *name, *text, *why;
	} cases[] = {
		{"arp", "10.0.0.99", "nonsense\n", "arp/10.0.0.99"},
		{"arp", "10.0.0.099", TEXT, "arp/10.0.0.099"},
		{"arp", "x", TEXT, "arp/x"},
		{"nat", "10.0.0.99", TEXT, "nat/10.0.0.99"},
		{"arp", ".git", TEXT, "unpack "},
		{"..", "10.0.0.99", TEXT, "unpack "},
	};
	struct scene *s = scene_make();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct bytes request = push_request(
			cases[i].folder, cases[i].name, cases[i].text, RECEIVE_TYPE WRITE, 0);
		struct bytes answer = ask_once(s, request.p, request.n, 4096);
		assert_true(bytes_have(&answer, "ng refs/heads/primary"));
		assert_true(bytes_have(&answer, cases[i].why));
		assert_null(get(s->tables[0].t, 99));
		free(answer.p);
		free(request.p);
	}
	assert_int_equal(git_stats(s->s).pushes_refused, sizeof(cases) / sizeof(*cases));
	scene_close(s);
}

static const char *refuse_99(void *ctx, const void *key, const void *value)
{
	const struct address *a = key;
	const struct holder *h = value;
	(*(int *)ctx)++;
	return a->bytes[3] == 99 && h->expires == 99 ? "no such neighbour" : NULL;
}

/* By whoever knows what the entries mean: with the path and the reason, and nothing changes. */
static void a_store_can_refuse_a_value(void **state)
{
	(void)state;
	static const char *const names[] = {"10.0.0.99", "10.0.0.98"};
	int calls = 0;
	struct scene *s = scene_make();
	s->stores[OPEN_STORE].check = refuse_99;
	s->stores[OPEN_STORE].check_ctx = &calls;
	for (int i = 0; i < 2; i++) {
		struct bytes request = push_request("arp", names[i], TEXT, RECEIVE_TYPE WRITE, 0);
		struct bytes answer = ask_once(s, request.p, request.n, 4096);
		assert_true(bytes_have(&answer, i ? "ok refs/heads/primary"
						  : "ng refs/heads/primary arp/10.0.0.99: no "
						    "such neighbour"));
		assert_true(calls > i);
		free(answer.p);
		free(request.p);
	}
	assert_null(get(s->tables[0].t, 99));
	assert_non_null(get(s->tables[0].t, 98));
	scene_close(s);
}

/* Commands without a pack, and packs without a command. */
static void commands_that_are_none_are_refused(void **state)
{
	(void)state;
	static const char *const refs[] = {"refs/heads/primary", "refs/heads/other", "HEAD"};
	struct scene *s = scene_make();
	for (size_t i = 0; i < 3; i++) {
		struct bytes body = {0};
		char line[256];
		int n = snprintf(line, sizeof(line), "%040d %040d %s", 1, 0, refs[i]);
		n += snprintf(line + n + 1, sizeof(line) - (size_t)n - 1, " report-status") + 1;
		add_packet(&body, line, (size_t)n);
		bytes_text(&body, "0000");
		struct bytes request =
			post("/arp.git/git-receive-pack", RECEIVE_TYPE WRITE, &body, 0);
		struct bytes answer = ask_once(s, request.p, request.n, 4096);
		assert_true(bytes_have(&answer, "unpack ok\n"));
		assert_true(bytes_have(&answer, " nothing can be deleted\n"));
		free(answer.p);
		free(request.p);
		bytes_add(&body, "PACK", 4);
		request = post("/arp.git/git-receive-pack", RECEIVE_TYPE WRITE, &body, 0);
		answer = ask_once(s, request.p, request.n, 4096);
		assert_true(bytes_have(&answer, "unpack a pack without a command\n"));
		free(answer.p);
		free(request.p);
		free(body.p);
	}
	struct bytes answer = ask_text(s,
		"POST /arp.git/git-receive-pack HTTP/1.1\r\n"
		"Host: 1.1.1.1\r\n" RECEIVE_TYPE WRITE "Content-Length: 8\r\n\r\n00000000");
	assert_int_equal(status_of(&answer), 400);
	free(answer.p);
	scene_close(s);
}

static void a_right_to_some_paths_is_none_to_others(void **state)
{
	(void)state;
	static const char part[] = RECEIVE_TYPE "Authorization: Bearer " PART_TOKEN "\r\n";
	struct scene *s = scene_make();
	struct bytes request = push_request("arp", "10.0.0.99", TEXT, part, 0);
	struct bytes answer = ask_once(s, request.p, request.n, 4096);
	assert_true(bytes_have(&answer, "ok refs/heads/primary\n"));
	assert_non_null(get(s->tables[0].t, 99));
	free(answer.p);
	free(request.p);
	request = push_request("arp", "10.0.1.1", TEXT, part, 0);
	answer = ask_once(s, request.p, request.n, 4096);
	assert_true(bytes_have(&answer, "ng refs/heads/primary arp/10.0.1.1: "));
	assert_null(get(s->tables[0].t, 257));
	assert_int_equal(git_stats(s->s).denied, 1);
	free(answer.p);
	free(request.p);
	scene_close(s);
}

static void a_path_is_no_beginning_of_others(void **state)
{
	(void)state;
	static const char part[] = RECEIVE_TYPE "Authorization: Bearer " PART_TOKEN "\r\n";
	static const char *const others[] = {"10.0.0.9", "10.0.0.199", "10.0.0.98"};
	struct scene *s = scene_open((struct git_config){0}, (struct table_limits){0});
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct bytes request = push_request("arp", others[i], TEXT, part, 0);
		struct bytes answer = ask_once(s, request.p, request.n, 4096);
		assert_true(bytes_have(&answer, "this path is not theirs to change"));
		free(answer.p);
		free(request.p);
	}
	assert_int_equal(table_count(s->tables[0].t), 0);
	scene_close(s);
}

/* ---- what a later commit undoes ---------------------------------------------------------------
 */

/* The tree of a commit, or what a tree has under NAME. */
static struct table_id tree_in(struct table *t, const struct table_id *of, const char *name)
{
	static uint8_t text[TABLE_OBJECT_MAX];
	enum table_type type;
	struct table_id id;
	size_t n;
	assert_true(table_read(t, of, &type, text, &n));
	if (type == TABLE_COMMIT) {
		assert_true(table_id_parse((const char *)text + 5, 40, &id));
		return id;
	}
	const uint8_t *at = memmem(text, n, name, strlen(name) + 1);
	assert_non_null(at);
	memcpy(&id, at + strlen(name) + 1, sizeof(id));
	return id;
}

static struct table_id add_commit(
	struct pack_bytes *k, const struct table_id *tree, const struct table_id *parent)
{
	char line[512], id[41], of[41];
	struct table_id commit;
	table_id_text(tree, id);
	table_id_text(parent, of);
	int n = snprintf(line, sizeof(line),
		"tree %s\nparent %s\nauthor a <a@b> 1700000000 +0000\ncommitter a <a@b> 1700000000 "
		"+0000\n\nx\n",
		id, of);
	pack_add(k, TABLE_COMMIT, line, (size_t)n, &commit);
	return commit;
}

/* The root of HEAD with FOLDER/NAME added to it; an empty folder where NAME is NULL. */
static struct table_id add_root(struct pack_bytes *k, struct table *t, const struct table_id *head,
	const char *folder, const char *name)
{
	static uint8_t tree[TABLE_OBJECT_MAX];
	char line[256];
	struct table_id root = tree_in(t, head, NULL), arp = tree_in(t, &root, "arp"), blob, inner;
	enum table_type type;
	size_t n = 0;
	bool own = strcmp(folder, "arp") == 0;
	if (own)
		assert_true(table_read(t, &arp, &type, tree, &n));
	pack_add(k, TABLE_BLOB, TEXT, strlen(TEXT), &blob);
	if (name)
		n += entry((char *)tree + n, "100644", name, &blob);
	pack_add(k, TABLE_TREE, (const char *)tree, n, &inner);
	n = entry(line, "40000", "arp", own ? &inner : &arp);
	if (!own)
		n += entry(line + n, "40000", folder, &inner);
	pack_add(k, TABLE_TREE, line, n, &root);
	return root;
}

/* One commit adds FOLDER/NAME, and the next takes it away again. */
static struct bytes push_and_undo(
	struct scene *s, const char *folder, const char *name, const char *headers)
{
	struct table *t = s->tables[OPEN_STORE].t;
	struct table_ref ref;
	struct pack_bytes k = {.count = 0};
	assert_true(table_ref(t, 0, &ref));
	struct table_id before = tree_in(t, &ref.id, NULL);
	struct table_id tree = add_root(&k, t, &ref.id, folder, name);
	struct table_id first = add_commit(&k, &tree, &ref.id);
	struct table_id second = add_commit(&k, &before, &first);
	pack_end(&k);
	struct bytes body = push_body("refs/heads/primary", &second, &k);
	struct bytes request = post("/arp.git/git-receive-pack", headers, &body, 0);
	struct bytes answer = ask_once(s, request.p, request.n, 4096);
	uint8_t text[512];
	enum table_type type;
	size_t n;
	assert_int_equal(table_read(t, &first, &type, text, &n),
		bytes_have(&answer, "ok refs/heads/primary\n"));
	free(request.p);
	free(body.p);
	free(k.b.p);
	return answer;
}

static void what_a_later_commit_undoes_is_looked_at_too(void **state)
{
	(void)state;
	static const char part[] = RECEIVE_TYPE "Authorization: Bearer " PART_TOKEN "\r\n";
	static const struct {
		const char *folder, *name, *headers, *answer;
	} cases[] = {
		{"evil", "file", part, "ng refs/heads/primary evil/file: "},
		{"evil", "file", RECEIVE_TYPE WRITE, "ng refs/heads/primary evil/file: "},
		{"evil", NULL, RECEIVE_TYPE WRITE, "ng refs/heads/primary evil: "},
		{"nat", "file", part, "ng refs/heads/primary nat/file: "},
		{"arp", "10.0.1.1", part, "ng refs/heads/primary arp/10.0.1.1: an earlier commit "},
		{"arp", "10.0.1.1", RECEIVE_TYPE WRITE, "ok refs/heads/primary\n"},
		{"arp", "10.0.0.99", part, "ok refs/heads/primary\n"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct scene *s = scene_make();
		struct bytes answer =
			push_and_undo(s, cases[i].folder, cases[i].name, cases[i].headers);
		if (!bytes_have(&answer, cases[i].answer))
			print_error("case %zu: %s\n", i, answer.p);
		assert_true(bytes_have(&answer, cases[i].answer));
		free(answer.p);
		scene_close(s);
	}
}

/* ---- what is durable ---------------------------------------------------------------------------
 */

static struct {
	struct scene *s;
	bool works;
	unsigned count;
	char head[41]; /* when it was called last */
} disk;

static bool to_disk(void *ctx)
{
	(void)ctx;
	disk.count++;
	head_text(disk.s->tables[OPEN_STORE].t, disk.head);
	return disk.works;
}

static void nobody_is_told_of_what_a_power_cut_would_undo(void **state)
{
	(void)state;
	static const char refs[] = "GET /arp.git/info/refs?service=git-upload-pack HTTP/1.1\r\n"
				   "Host: 1.1.1.1\r\n\r\n";
	for (int works = 0; works < 2; works++) {
		struct scene *s = disk.s = scene_open(
			(struct git_config){.durable = to_disk}, (struct table_limits){0});
		char head[41];
		put(s->tables[OPEN_STORE].t, 1, 1, 1, NOTE_ADDED);
		table_flush(s->tables[OPEN_STORE].t);
		disk.works = works;
		disk.count = 0;
		struct bytes request =
			push_request("arp", "10.0.0.99", TEXT, RECEIVE_TYPE WRITE, 0);
		struct bytes answer = ask_once(s, request.p, request.n, 4096);
		head_text(s->tables[OPEN_STORE].t, head);
		assert_int_equal(disk.count, 1);
		assert_string_equal(disk.head, head);
		assert_true(bytes_have(&answer, "ok refs/heads/primary\n"));
		assert_int_equal(bytes_have(&answer, "not on the disk"), !works);
		free(answer.p);
		put(s->tables[OPEN_STORE].t, 2, 2, 2, NOTE_ADDED);
		table_flush(s->tables[OPEN_STORE].t);
		answer = ask_text(s, refs);
		assert_int_equal(disk.count, 2);
		assert_true(bytes_have(&answer, disk.head));
		free(answer.p);
		free(request.p);
		scene_close(s);
	}
}

static void large_bodies_are_refused(void **state)
{
	(void)state;
	struct scene *s = scene_make();
	struct bytes answer = ask_text(s,
		"POST /arp.git/git-receive-pack HTTP/1.1\r\nHost: 1.1.1.1\r\n" RECEIVE_TYPE WRITE
		"Content-Length: 1048577\r\n\r\n");
	assert_int_equal(status_of(&answer), 413);
	free(answer.p);
	struct bytes body = {0};
	struct table_id commit;
	struct pack_bytes k = pack_of("arp", "10.0.0.99", TEXT, &commit);
	body = push_body("refs/heads/primary", &commit, &k);
	while (body.n <= GIT_BODY_MAX)
		bytes_add(&body, k.b.p, k.b.n);
	struct bytes request = post("/arp.git/git-receive-pack", RECEIVE_TYPE WRITE, &body, 65536);
	answer = ask_once(s, request.p, request.n, 4096);
	assert_int_equal(status_of(&answer), 413);
	assert_null(get(s->tables[0].t, 99));
	free(answer.p);
	free(request.p);
	free(body.p);
	free(k.b.p);
	scene_close(s);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(everything_is_denied_that_is_not_allowed),
	cmocka_unit_test(whoever_is_denied_is_told_why),
	cmocka_unit_test(a_commit_of_another_store_is_not_served),
	cmocka_unit_test(requests_follow_each_other),
	cmocka_unit_test(old_clients_are_answered),
	cmocka_unit_test(a_client_can_ask_first),
	cmocka_unit_test(too_many_connections_are_closed),
	cmocka_unit_test(who_asks_for_nothing_makes_room),
	cmocka_unit_test(nobody_makes_room_for_one_too_many),
	cmocka_unit_test(what_came_in_pieces_has_come),
	cmocka_unit_test(who_has_sent_all_goes_first),
	cmocka_unit_test(slow_heads_and_bodies_end),
	cmocka_unit_test(a_client_that_does_not_read_is_left),
	cmocka_unit_test(slow_clients_make_way),
	cmocka_unit_test(one_address_leaves_jobs_to_others),
	cmocka_unit_test(a_fetch_that_is_too_large_says_what_to_do),
	cmocka_unit_test(a_history_that_is_cut_while_sending_is_an_error),
	cmocka_unit_test(a_fetch_waits_for_what_changed_before_it),
	cmocka_unit_test(what_was_told_can_be_fetched),
	cmocka_unit_test(asking_often_takes_no_pins_away),
	cmocka_unit_test(a_push_is_merged_however_it_comes),
	cmocka_unit_test(a_push_waits_for_what_changed_before_it),
	cmocka_unit_test(half_a_push_is_none),
	cmocka_unit_test(a_damaged_push_is_refused),
	cmocka_unit_test(a_push_of_nonsense_is_refused),
	cmocka_unit_test(a_store_can_refuse_a_value),
	cmocka_unit_test(commands_that_are_none_are_refused),
	cmocka_unit_test(a_right_to_some_paths_is_none_to_others),
	cmocka_unit_test(a_path_is_no_beginning_of_others),
	cmocka_unit_test(what_a_later_commit_undoes_is_looked_at_too),
	cmocka_unit_test(nobody_is_told_of_what_a_power_cut_would_undo),
	cmocka_unit_test(large_bodies_are_refused),
};

RUN_TESTS("guest_git_server")
