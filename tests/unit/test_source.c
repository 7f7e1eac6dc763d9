/* test_source.c - a recipe's places in order, ^C, kill -9 and many at once.
 * SPDX-License-Identifier: ISC */
#include "fetch/fetch.h"
#include "served.h"

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

static void a_git_commit_is_a_source(void **state)
{
	struct place *p = *state;
	const char *commit =
		shell(p, "export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1\n"
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

static const char *sum_of(struct place *p, enum hash_kind kind)
{
	struct hasher h;
	hash_start_as(&h, kind);
	hash_add(&h, p->archive);
	return hash_end_hex(&p->a, &h);
}

static void other_checksums_pin_as_well(void **state)
{
	struct place *p = *state;
	struct tree t;
	struct err e = {0};
	page(p, WHOLE);
	http_go(&p->server);
	const char *sha512 = sum_of(p, HASH_SHA512), *md5 = sum_of(p, HASH_MD5);
	struct source place = {.url = p->d.url, .sha512 = md5, .md5 = md5}; /* not its SHA-512 */
	struct asked *q = ask_for(p, 1, &place);
	assert_false(source_ensure(&q->w, &q->r, &t, &e));
	assert_int_equal(e.code, E_CHECKSUM);
	assert_non_null(
		strstr(e.text, str_format(&p->a, "expected sha512 %s, got %s", md5, sha512)));
	place.sha512 = sha512;
	assert_ok(source_ensure(&q->w, &q->r, &t, &e));
	assert_string_equal(t.sha256, sha512);
	assert_string_equal(t.dir, str_format(&p->a, "%s/sources/pkg-1.0-%.12s", p->root, sha512));
	assert_true(file_exists(str_format(&p->a, "%s/sha512-%s", p->downloads, sha512)));
	place.sha512 = NULL;
	assert_ok(source_ensure(&q->w, &q->r, &t, &e));
	assert_string_equal(t.sha256, md5);
	assert_true(file_exists(str_format(&p->a, "%s/md5-%s", p->downloads, md5)));
	assert_int_equal(kept(p), 2);
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
	CASE(the_next_place_is_tried),
	CASE(where_no_place_works_all_are_named),
	CASE(a_path_is_the_users_own_folder),
	CASE(a_git_commit_is_a_source),
	CASE(other_checksums_pin_as_well),
	CASE(git_goes_to_the_web_and_to_folders_only),
	CASE(control_c_leaves_only_what_the_next_run_goes_on_with),
	CASE(so_does_kill_9),
	CASE(many_at_once_fetch_once),
};
RUN_TESTS("source")
