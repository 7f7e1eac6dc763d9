/* test_download.c - what becomes of servers' answers, good and bad. SPDX-License-Identifier: ISC */
#include "fetch/archive.h"
#include "served.h"

static const struct limits usual = LIMITS_DEFAULT;

static bool get(struct place *p, struct err *e)
{
	return archive_get(&p->d, p->dir, &usual, e);
}

static void assert_fails(struct place *p, enum code code, const char *text)
{
	struct err e = {0};
	assert_false(get(p, &e));
	assert_string_equal(e.text, text);
	assert_int_equal(e.code, code);
	assert_false(file_exists(p->dir));
}

/* ---- good answers ---------------------------------------------------------------------------- */

static void a_whole_answer_becomes_a_tree(void **state)
{
	struct place *p = *state;
	struct page *x = page(p, WHOLE);
	http_go(&p->server);
	struct err e = {0};
	assert_ok(get(p, &e));
	assert_arrived(p);
	assert_int_equal(x->requests, 1);
}

static void what_was_verified_is_not_asked_for_again(void **state)
{
	struct place *p = *state;
	struct page *x = page(p, WHOLE);
	http_go(&p->server);
	struct err e = {0};
	assert_ok(get(p, &e));
	assert_ok(tree_remove(p->dir, &e));
	assert_ok(get(p, &e));
	assert_arrived(p);
	assert_int_equal(x->requests, 1);
	p->d.url = NULL;
	assert_ok(tree_remove(p->dir, &e));
	assert_ok(get(p, &e));
}

static void a_damaged_kept_file_is_fetched_again(void **state)
{
	struct place *p = *state;
	struct page *x = page(p, WHOLE);
	http_go(&p->server);
	struct err e = {0};
	assert_ok(file_write(download_path(&p->a, &p->d), S("rotten"), 0644, &e));
	assert_ok(get(p, &e));
	assert_arrived(p);
	assert_int_equal(x->requests, 1);
}

static void a_redirection_is_followed(void **state)
{
	struct place *p = *state;
	page(p, WHOLE);
	http_page(&p->server, "/moved", REDIRECT)->target = p->d.url;
	p->d.url = url_of(p, "/moved");
	http_go(&p->server);
	struct err e = {0};
	assert_ok(get(p, &e));
	assert_arrived(p);
}

/* ---- cuts and other failures that pass ----------------------------------------------------------
 */

static void a_cut_answer_is_gone_on_with(void **state)
{
	struct place *p = *state;
	struct page *x = page(p, CUT);
	x->times = 2;
	http_go(&p->server);
	struct err e = {0};
	assert_ok(get(p, &e));
	assert_arrived(p);
	assert_int_equal(x->requests, 3);
	assert_int_equal(x->from, p->archive.n / 2 + (p->archive.n - p->archive.n / 2) / 2);
}

static void a_server_without_ranges_sends_it_all_again(void **state)
{
	struct place *p = *state;
	struct page *x = page(p, CUT_NO_RANGES);
	x->times = 2;
	http_go(&p->server);
	struct err e = {0};
	assert_ok(get(p, &e));
	assert_arrived(p);
	assert_int_equal(x->requests, 3);
}

static void a_server_that_mistakes_ranges_gets_a_fresh_start(void **state)
{
	struct place *p = *state;
	struct page *x = page(p, WRONG_RANGE);
	x->times = 1;
	http_go(&p->server);
	struct err e = {0};
	assert_ok(get(p, &e));
	assert_arrived(p);
	assert_int_equal(x->requests, 3);
}

static void a_busy_server_is_asked_again(void **state)
{
	struct place *p = *state;
	struct page *x = page(p, BUSY);
	x->times = 2;
	http_go(&p->server);
	struct err e = {0};
	assert_ok(get(p, &e));
	assert_arrived(p);
	assert_int_equal(x->requests, 3);
}

static void patience_ends(void **state)
{
	struct place *p = *state;
	struct page *x = page(p, BUSY);
	x->times = 100;
	http_go(&p->server);
	assert_fails(p, E_NET,
		str_format(&p->a, "tried 3 times: %s: the server answered 503", p->d.url));
	assert_int_equal(x->requests, 3);
	assert_int_equal(kept(p), 0);
}

static void a_partial_file_of_an_earlier_run_is_gone_on_with(void **state)
{
	struct place *p = *state;
	struct page *x = page(p, WHOLE);
	http_go(&p->server);
	struct err e = {0};
	assert_ok(file_write(part_path(p), (struct str){p->archive.p, 1000}, 0644, &e));
	assert_ok(get(p, &e));
	assert_arrived(p);
	assert_int_equal(x->from, 1000);
}

static void a_partial_file_that_is_whole_needs_no_more(void **state)
{
	struct place *p = *state;
	page(p, WHOLE);
	http_go(&p->server);
	struct err e = {0};
	assert_ok(file_write(part_path(p), p->archive, 0644, &e));
	assert_ok(get(p, &e));
	assert_arrived(p);
}

static void a_partial_file_of_other_bytes_is_dropped(void **state)
{
	struct place *p = *state;
	struct page *x = page(p, WHOLE);
	http_go(&p->server);
	struct err e = {0};
	assert_ok(file_write(part_path(p), S("<html>not it</html>"), 0644, &e));
	assert_ok(get(p, &e));
	assert_arrived(p);
	assert_int_equal(x->requests, 2);
	assert_int_equal(x->from, 0);
}

static void a_partial_file_that_is_too_long_is_dropped(void **state)
{
	struct place *p = *state;
	struct page *x = page(p, WHOLE);
	p->d.size = p->archive.n;
	http_go(&p->server);
	struct err e = {0};
	struct text t = {.a = &p->a};
	text_add(&t, p->archive);
	text_addz(&t, "and more");
	assert_ok(file_write(part_path(p), text_str(&t), 0644, &e));
	assert_ok(get(p, &e));
	assert_arrived(p);
	assert_int_equal(x->from, 0);
	assert_int_equal(x->requests, 1);
}

/* ---- answers that are wrong
 * ------------------------------------------------------------------------- */

static void wrong_bytes_are_named_and_not_kept(void **state)
{
	struct place *p = *state;
	page(p, WHOLE)->body = S("<html>log in first</html>");
	http_go(&p->server);
	struct digest got = hash_bytes(S("<html>log in first</html>"));
	assert_fails(p, E_CHECKSUM,
		str_format(&p->a,
			"%s: wrong checksum of the 25 bytes received: expected sha256 %s, got %s",
			p->d.url, digest_hex(&p->a, &p->d.sha256), digest_hex(&p->a, &got)));
	assert_int_equal(kept(p), 0);
}

/* Bytes flipped, cut off, added and swapped, each at many places: none is taken. */
static void no_mutation_is_accepted(void **state)
{
	enum { MUTATIONS = 300 };
	struct place *p = *state;
	struct page *x = page(p, WHOLE);
	char *bytes = mmap(
		NULL, p->archive.n + 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	x->body.p = bytes;
	http_go(&p->server);
	for (size_t i = 0; i < MUTATIONS; i++) {
		size_t at = i * 7919 % (p->archive.n - 1);
		memcpy(bytes, p->archive.p, p->archive.n);
		x->body.n = p->archive.n;
		if (i % 4 == 0)
			bytes[at] = (char)(bytes[at] ^ (1 << i / 4 % 8));
		else if (i % 4 == 1)
			x->body.n = at;
		else if (i % 4 == 2)
			x->body.n++;
		else
			bytes[at]++, bytes[at + 1]--;
		struct err e = {0};
		assert_false(get(p, &e));
		assert_int_equal(e.code, E_CHECKSUM);
		assert_int_equal(kept(p), 0);
		assert_false(file_exists(p->dir));
	}
	munmap(bytes, p->archive.n + 1);
}

/* The right bytes of a hostile archive: what is wrong is said by the unpacker. */
static void a_pinned_archive_may_be_hostile(void **state)
{
	struct place *p = *state;
	struct text t = {.a = &p->a};
	tar_file(&t, "../evil", 0644, "x");
	struct page *x = page(p, WHOLE);
	x->body = tar_end(&t);
	p->d.sha256 = hash_bytes(x->body);
	http_go(&p->server);
	assert_fails(p, E_UNSAFE, "x.tar.gz: entry '../evil' refused: '..' in its path");
	p->d.sha256 = hash_bytes(S("something else"));
	struct err e = {0};
	assert_false(get(p, &e));
	assert_int_equal(e.code, E_CHECKSUM);
}

static void a_missing_file_is_not_asked_for_twice(void **state)
{
	struct place *p = *state;
	struct page *x = page(p, REFUSE);
	x->status = 404;
	http_go(&p->server);
	assert_fails(p, E_NET, str_format(&p->a, "%s: the server answered 404", p->d.url));
	assert_int_equal(x->requests, 1);
	assert_int_equal(kept(p), 0);
}

static void an_endless_answer_is_cut_off_at_the_limit(void **state)
{
	struct place *p = *state;
	page(p, ENDLESS);
	http_go(&p->server);
	int64_t start = clock_ns();
	assert_fails(p, E_UNSAFE,
		str_format(
			&p->a, "%s: sends more than the 1048576 bytes that are allowed", p->d.url));
	assert_true(clock_ns() - start < 2000000000);
	assert_int_equal(kept(p), 0);
}

static void a_longer_answer_than_stated_is_refused(void **state)
{
	struct place *p = *state;
	page(p, WHOLE);
	p->d.size = 100;
	http_go(&p->server);
	assert_fails(p, E_UNSAFE,
		str_format(&p->a, "%s: sends more than the 100 bytes that are expected", p->d.url));
	assert_int_equal(kept(p), 0);
}

static void endless_headers_are_cut_off(void **state)
{
	struct place *p = *state;
	page(p, HEADERS);
	p->d.patience.tries = 1;
	http_go(&p->server);
	int64_t start = clock_ns();
	struct err e = {0};
	assert_false(get(p, &e));
	assert_int_equal(e.code, E_NET);
	assert_true(clock_ns() - start < 2000000000);
}

/* A server with a certificate that nobody vouches for. */
static void a_self_made_certificate_is_not_trusted(void **state)
{
	struct place *p = *state;
	int port = p->server.port;
	close(p->server.listening);
	shell(p, "openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 1 "
		 "-subj /CN=127.0.0.1 2>&1");
	const char *at = str_format(&p->a, "127.0.0.1:%d", port);
	pid_t server = fork();
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (chdir(p->root) == 0)
			execlp("openssl", "openssl", "s_server", "-quiet", "-accept", at, "-cert",
				"cert", "-key", "key", "-www", NULL);
		_exit(127);
	}
	p->d.url = str_format(&p->a, "https://%s/x.tar.gz", at);
	struct err e = {0};
	for (int i = 0; i < 200; i++) {
		assert_false(get(p, &e));
		if (!strstr(e.text, "connect"))
			break;
		usleep(10000);
	}
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	assert_int_equal(e.code, E_NET);
	assert_non_null(strstr(e.text, "certificate"));
}

static void redirections_end(void **state)
{
	struct place *p = *state;
	struct page *x = page(p, REDIRECT);
	x->target = "/x.tar.gz";
	http_go(&p->server);
	assert_fails(p, E_NET, str_format(&p->a, "%s: more than 5 redirections", p->d.url));
	assert_int_equal(x->requests, 6);
}

static void only_the_web_is_followed_to(void **state)
{
	static const char *const targets[] = {"file:///etc/hostname", "ftp://127.0.0.1/x",
		"scp://127.0.0.1/x", "dict://127.0.0.1/x", "gopher://127.0.0.1/x"};
	struct place *p = *state;
	struct page *x = page(p, REDIRECT);
	char *target = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	x->target = target;
	http_go(&p->server);
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		strcpy(target, targets[i]);
		struct err e = {0};
		assert_false(get(p, &e));
		assert_int_equal(e.code, E_NET);
		assert_non_null(strstr(e.text, "not supported or disabled"));
	}
	struct err e = {0};
	p->d.url = str_format(&p->a, "http://me:secret@127.0.0.1:%d/x.tar.gz", p->server.port);
	assert_false(get(p, &e));
	assert_int_equal(kept(p), 0);
	munmap(target, 4096);
}

static void a_file_of_this_machine_is_copied(void **state)
{
	struct place *p = *state;
	struct err e = {0};
	const char *file = path_join(&p->a, p->root, "a b%20.tar.gz");
	http_go(&p->server);
	p->d.url = str_format(&p->a, "file://%s", file);
	assert_false(get(p, &e));
	assert_int_equal(e.code, E_ABSENT);
	assert_ok(file_write(file, S("something else"), 0644, &e));
	assert_false(get(p, &e));
	assert_int_equal(e.code, E_CHECKSUM);
	assert_int_equal(kept(p), 0);
	assert_ok(file_write(file, p->archive, 0644, &e));
	p->d.limit = p->archive.n - 1;
	assert_false(get(p, &e));
	assert_int_equal(e.code, E_UNSAFE);
	assert_int_equal(kept(p), 0);
	p->d.limit = p->archive.n;
	/* What an earlier download left of it is no part of it. */
	assert_ok(file_write(part_path(p), S("left"), 0644, &e));
	assert_ok(get(p, &e));
	assert_arrived(p);
}

static void a_server_that_stalls_is_given_up(void **state)
{
	struct place *p = *state;
	page(p, SLOW);
	p->d.patience.tries = 1;
	http_go(&p->server);
	int64_t start = clock_ns();
	struct err e = {0};
	assert_false(get(p, &e));
	assert_int_equal(e.code, E_NET);
	assert_true(clock_ns() - start < 4000000000);
	assert_int_equal(kept(p), 1); /* to go on with */
}

static void a_silent_server_is_given_up(void **state)
{
	struct place *p = *state;
	page(p, SILENT);
	p->d.patience.tries = 1;
	http_go(&p->server);
	int64_t start = clock_ns();
	struct err e = {0};
	assert_false(get(p, &e));
	assert_int_equal(e.code, E_NET);
	assert_true(clock_ns() - start < 4000000000);
	assert_int_equal(kept(p), 0);
}

static void nobody_there_is_an_error(void **state)
{
	struct place *p = *state;
	page(p, WHOLE);
	close(p->server.listening);
	struct err e = {0};
	assert_false(get(p, &e));
	assert_int_equal(e.code, E_NET);
	assert_non_null(strstr(e.text, p->d.url));
}

static const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	CASE(a_whole_answer_becomes_a_tree),
	CASE(what_was_verified_is_not_asked_for_again),
	CASE(a_damaged_kept_file_is_fetched_again),
	CASE(a_redirection_is_followed),
	CASE(a_cut_answer_is_gone_on_with),
	CASE(a_server_without_ranges_sends_it_all_again),
	CASE(a_server_that_mistakes_ranges_gets_a_fresh_start),
	CASE(a_busy_server_is_asked_again),
	CASE(patience_ends),
	CASE(a_partial_file_of_an_earlier_run_is_gone_on_with),
	CASE(a_partial_file_that_is_whole_needs_no_more),
	CASE(a_partial_file_of_other_bytes_is_dropped),
	CASE(a_partial_file_that_is_too_long_is_dropped),
	CASE(wrong_bytes_are_named_and_not_kept),
	CASE(no_mutation_is_accepted),
	CASE(a_pinned_archive_may_be_hostile),
	CASE(a_missing_file_is_not_asked_for_twice),
	CASE(an_endless_answer_is_cut_off_at_the_limit),
	CASE(a_longer_answer_than_stated_is_refused),
	CASE(endless_headers_are_cut_off),
	CASE(a_self_made_certificate_is_not_trusted),
	CASE(redirections_end),
	CASE(only_the_web_is_followed_to),
	CASE(a_file_of_this_machine_is_copied),
	CASE(a_server_that_stalls_is_given_up),
	CASE(a_silent_server_is_given_up),
	CASE(nobody_there_is_an_error),
};
RUN_TESTS("download")
