/* test_download.c - what becomes of servers' answers, good and bad. SPDX-License-Identifier: ISC */
#include "unit.h"

#include <sys/stat.h>

#include "archives.h"
#include "fetch/archive.h"
#include "fetch/fetch.h"
#include "http_server.h"
#include "sys/sys.h"

static const struct limits usual = LIMITS_DEFAULT;

struct place {
	struct arena a;
	const char *root, *downloads, *dir;
	struct server server;
	struct str archive;
	struct download d;
};

/* An archive of some size that no codec makes small: cuts fall into its middle. */
static struct str make_archive(struct place *p)
{
	struct text t = {.a = &p->a}, noise = {.a = &p->a};
	struct digest d = hash_bytes(S("noise"));
	for (int i = 0; i < 4000; i++) {
		d = hash_bytes((struct str){(char *)d.b, sizeof(d.b)});
		text_addz(&noise, digest_hex(&p->a, &d));
	}
	tar_file(&t, "top/noise", 0644, noise.p);
	tar_file(&t, "top/file", 0644, "hello");
	return packed(&p->a, ARCHIVE_FILTER_GZIP, tar_end(&t), 0);
}

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	struct err e;
	assert_ok(dir_make_temp(&p->a, "/tmp/respin-download.", &p->root, &e));
	p->downloads = path_join(&p->a, p->root, "downloads");
	p->dir = path_join(&p->a, p->root, "tree");
	assert_ok(dir_make(p->downloads, &e));
	p->archive = make_archive(p);
	http_open(&p->server);
	p->d = (struct download){.proxy = "",
		.label = "test",
		.folder = p->downloads,
		.sha256 = hash_bytes(p->archive),
		.limit = 1 << 20,
		.patience = {.tries = 3, .retry_ms = 1, .connect_s = 1, .stall_s = 1}};
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	struct err e;
	http_stop(&p->server);
	assert_ok(tree_remove(p->root, &e));
	arena_free(&p->a);
	free(p);
	return 0;
}

static const char *url_of(struct place *p, const char *path)
{
	return str_format(&p->a, "http://127.0.0.1:%d%s", p->server.port, path);
}

/* The one page of a test. */
static struct page *page(struct place *p, enum manner manner)
{
	struct page *page = http_page(&p->server, "/x.tar.gz", manner);
	page->body = p->archive;
	p->d.url = url_of(p, "/x.tar.gz");
	return page;
}

static bool get(struct place *p, struct err *e)
{
	return archive_get(&p->d, p->dir, &usual, e);
}

static size_t kept(struct place *p)
{
	strings names = {0};
	struct err e;
	assert_ok(dir_list(&p->a, p->downloads, &names, &e));
	return names.n;
}

static const char *part_path(struct place *p)
{
	return str_format(&p->a, "%s.part", download_path(&p->a, &p->d));
}

static void assert_arrived(struct place *p)
{
	struct str bytes;
	struct err e;
	assert_ok(file_read(&p->a, path_join(&p->a, p->dir, "file"), 100, &bytes, &e));
	assert_str(bytes, "hello");
	assert_ok(file_read(&p->a, download_path(&p->a, &p->d), 1 << 20, &bytes, &e));
	assert_true(str_eq(bytes, p->archive));
	assert_int_equal(kept(p), 1);
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
	p->d.url = "file:///etc/hostname";
	struct err e = {0};
	assert_false(get(p, &e));
	assert_int_equal(e.code, E_NET);
	p->d.url = str_format(&p->a, "http://me:secret@127.0.0.1:%d/x.tar.gz", p->server.port);
	assert_false(get(p, &e));
	assert_int_equal(kept(p), 0);
	munmap(target, 4096);
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

/* ---- recipes' places, ^C and kill -9
 * ------------------------------------------------------------------ */

struct asked {
	struct workspace w;
	struct recipe r;
};

static struct asked *ask_for(struct place *p, size_t n, struct source *places)
{
	struct asked *q = NEW(&p->a, struct asked);
	q->w = (struct workspace){.a = &p->a, .root = p->root, .state = p->root};
	q->r = (struct recipe){
		.name = "pkg", .version = "1.0", .file = "recipe.json", .dir = p->root};
	q->r.source.v = places;
	q->r.source.n = n;
	return q;
}

static void the_next_place_is_tried(void **state)
{
	struct place *p = *state;
	const char *pin = digest_hex(&p->a, &p->d.sha256);
	page(p, WHOLE);
	http_page(&p->server, "/wrong", WHOLE)->body = S("wrong");
	http_go(&p->server);
	struct source places[] = {{.path = "missing"}, {.url = url_of(p, "/none"), .sha256 = pin},
		{.url = url_of(p, "/wrong"), .sha256 = pin}, {.url = p->d.url, .sha256 = pin}};
	struct asked *q = ask_for(p, 4, places);
	struct tree t;
	struct err e = {0};
	assert_ok(source_locate(&q->w, &q->r, &t, &e));
	assert_null(t.dir);
	assert_ok(source_ensure(&q->w, &q->r, &t, &e));
	assert_string_equal(t.dir, str_format(&p->a, "%s/sources/pkg-1.0-%.12s", p->root, pin));
	assert_string_equal(t.origin, str_format(&p->a, "url %s", places[1].url));
	assert_string_equal(t.sha256, pin);
	assert_false(t.is_path);
	p->dir = t.dir;
	assert_arrived(p);
	strings sources = {0};
	assert_ok(dir_list(&p->a, path_join(&p->a, p->root, "sources"), &sources, &e));
	assert_int_equal(sources.n, 1);
}

static void where_no_place_works_all_are_named(void **state)
{
	struct place *p = *state;
	const char *pin = digest_hex(&p->a, &p->d.sha256);
	http_go(&p->server);
	struct source places[] = {{.url = url_of(p, "/one"), .sha256 = pin},
		{.url = url_of(p, "/two"), .sha256 = pin}};
	struct asked *q = ask_for(p, 2, places);
	struct tree t;
	struct err e = {0};
	assert_false(source_ensure(&q->w, &q->r, &t, &e));
	assert_string_equal(e.text, str_format(&p->a,
					    "source of pkg: none of its 2 places gives it:\n"
					    "  url %s: %s: the server answered 404\n"
					    "  url %s: %s: the server answered 404",
					    url_of(p, "/one"), url_of(p, "/one"), url_of(p, "/two"),
					    url_of(p, "/two")));
}

static void a_path_is_the_users_own_folder(void **state)
{
	struct place *p = *state;
	struct source places[] = {{.path = "../downloads"}};
	struct asked *q = ask_for(p, 1, places);
	q->r.dir = p->dir;
	struct tree t;
	struct err e = {0};
	assert_ok(dir_make(p->dir, &e));
	assert_ok(source_ensure(&q->w, &q->r, &t, &e));
	assert_string_equal(t.dir, p->downloads);
	assert_true(t.is_path);
	assert_null(t.sha256);
	q->r.source.n = 0;
	assert_false(source_ensure(&q->w, &q->r, &t, &e));
	assert_string_equal(e.text, "recipe pkg names no source");
	assert_string_equal(e.where, "recipe.json");
}

static const char *git(struct place *p, const char *line)
{
	const char *const argv[] = {"sh", "-c", line, NULL};
	const struct command c = {.argv = argv, .dir = p->root};
	struct outcome o;
	struct err e = {0};
	assert_ok(command_must(&p->a, &c, &o, &e));
	return str_copy(&p->a, str_trim(o.output));
}

static void a_git_commit_is_a_source(void **state)
{
	struct place *p = *state;
	const char *commit =
		git(p, "export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1\n"
		       "git init -q -b main up && cd up && echo hello >file && git add file &&"
		       "git -c user.name=t -c user.email=t@example.org commit -qm one &&"
		       "git rev-parse HEAD");
	struct source places[] = {{.git = "up", .commit = commit}};
	struct asked *q = ask_for(p, 1, places);
	struct tree t;
	struct err e = {0};
	assert_ok(source_ensure(&q->w, &q->r, &t, &e));
	assert_string_equal(t.sha256, commit);
	assert_string_equal(t.dir, str_format(&p->a, "%s/sources/pkg-1.0-%.12s", p->root, commit));
	struct str bytes;
	assert_ok(file_read(&p->a, path_join(&p->a, t.dir, "file"), 100, &bytes, &e));
	assert_str(bytes, "hello\n");
	assert_false(file_exists(path_join(&p->a, t.dir, ".git")));
	places[0].commit = "0123456789012345678901234567890123456789";
	assert_false(source_ensure(&q->w, &q->r, &t, &e));
	assert_int_equal(e.code, E_IO);
}

static void git_goes_to_the_web_and_to_folders_only(void **state)
{
	static const char *const urls[] = {
		"ssh://host/x", "git://host/x", "ext::sh -c true", "file:///etc", "missing"};
	struct place *p = *state;
	struct source places[] = {{.commit = "0123456789012345678901234567890123456789"}};
	struct asked *q = ask_for(p, 1, places);
	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		places[0].git = urls[i];
		struct tree t;
		struct err e = {0};
		assert_false(source_ensure(&q->w, &q->r, &t, &e));
		assert_string_equal(e.text,
			str_format(&p->a,
				"source of pkg: git %s: is neither a web address nor a folder",
				urls[i]));
	}
}

/* A child that fetches from a slow server gets SIGNAL; its exit status is its error's code. */
static int fetch_and_signal(struct place *p, struct asked *q, int number)
{
	pid_t child = fork();
	if (child == 0) {
		signals_catch();
		struct tree t;
		struct err e = {0};
		_exit(source_ensure(&q->w, &q->r, &t, &e) ? 0 : (int)e.code);
	}
	struct stamp s;
	for (int i = 0; i < 500 && (!file_stamp(part_path(p), &s) || s.size < 2); i++)
		usleep(10000);
	kill(child, number);
	int status;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void interrupt(struct place *p, int number, int expected)
{
	const char *pin = digest_hex(&p->a, &p->d.sha256);
	struct page *x = page(p, SLOW);
	http_go(&p->server);
	struct source places[] = {{.url = p->d.url, .sha256 = pin}};
	struct asked *q = ask_for(p, 1, places);
	assert_int_equal(fetch_and_signal(p, q, number), expected);
	struct tree t;
	struct err e = {0};
	assert_ok(source_locate(&q->w, &q->r, &t, &e));
	assert_null(t.dir);
	assert_true(file_exists(part_path(p)));
	x->manner = WHOLE;
	assert_ok(source_ensure(&q->w, &q->r, &t, &e));
	assert_true(x->from >= 2);
	p->dir = t.dir;
	assert_arrived(p);
	strings sources = {0};
	assert_ok(dir_list(&p->a, path_join(&p->a, p->root, "sources"), &sources, &e));
	assert_int_equal(sources.n, 1);
}

static void control_c_leaves_only_what_the_next_run_goes_on_with(void **state)
{
	interrupt(*state, SIGINT, E_INTERRUPTED);
}

static void so_does_kill_9(void **state)
{
	interrupt(*state, SIGKILL, 128 + SIGKILL);
}

/* Eight at once: one fetches, the others find it there. */
static void many_at_once_fetch_once(void **state)
{
	struct place *p = *state;
	const char *pin = digest_hex(&p->a, &p->d.sha256);
	struct page *x = page(p, WHOLE);
	http_go(&p->server);
	struct source places[] = {{.url = p->d.url, .sha256 = pin}};
	struct asked *q = ask_for(p, 1, places);
	struct tree t;
	struct err e = {0};
	pid_t children[8];
	for (int i = 0; i < 8; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(!source_ensure(&q->w, &q->r, &t, &e));
	}
	for (int i = 0; i < 8; i++) {
		int status;
		waitpid(children[i], &status, 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(x->requests, 1);
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
	CASE(wrong_bytes_are_named_and_not_kept),
	CASE(no_mutation_is_accepted),
	CASE(a_pinned_archive_may_be_hostile),
	CASE(a_missing_file_is_not_asked_for_twice),
	CASE(an_endless_answer_is_cut_off_at_the_limit),
	CASE(a_longer_answer_than_stated_is_refused),
	CASE(redirections_end),
	CASE(only_the_web_is_followed_to),
	CASE(a_server_that_stalls_is_given_up),
	CASE(a_silent_server_is_given_up),
	CASE(nobody_there_is_an_error),
	CASE(the_next_place_is_tried),
	CASE(where_no_place_works_all_are_named),
	CASE(a_path_is_the_users_own_folder),
	CASE(a_git_commit_is_a_source),
	CASE(git_goes_to_the_web_and_to_folders_only),
	CASE(control_c_leaves_only_what_the_next_run_goes_on_with),
	CASE(so_does_kill_9),
	CASE(many_at_once_fetch_once),
};
RUN_TESTS("download")
