/* test_opam_repo.c - opam repositories as folders, archives and git, and their index.
 * SPDX-License-Identifier: ISC */
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "opam/opam.h"

struct fixture {
	struct arena arena;
	const char *dir, *repo, *kept;
};

static const struct {
	const char *name, *text;
} files[] = {
	{"repo", "opam-version: \"2.0\""},
	{"packages/tcpip/tcpip.9.0/opam",
		"synopsis: \"old\" dev-repo: \"git+https://github.com/m/tcpip.git\""},
	{"packages/tcpip/tcpip.10.0/opam",
		"synopsis: \"TCP/IP\" dev-repo: \"git+https://github.com/m/tcpip/\"\n"
		"depends: [\"lwt\" {>= \"5\"} \"alcotest\" {with-test} \"cppo\" {build}\n"
		"  \"gone\" \"odoc\" {with-doc} \"x\" {os = \"win32\"}] depopts: [\"opt\"]\n"
		"url { src: \"https://t\" checksum: [\"md5=1\" \"sha256=2\"] }\n"
		"x-commit-hash: \"abc\""},
	{"packages/tcpip/tcpip.11.0~beta/opam", "flags: avoid-version"},
	{"packages/lwt/lwt.4.0/opam", "depends: \"dune\""},
	{"packages/lwt/lwt.5.0/opam", "depends: \"dune\" {>= \"2\"}"},
	{"packages/lwt/lwt.6.0/opam", "available: os = \"win32\" depends: \"dune\""},
	{"packages/site.1/opam", "depends: [\"tcpip\" {>= \"10\" & < \"11\"}]\n"
				 "dev-repo: \"https://github.com/m/site\""},
	{"packages/old/old.1/opam", "depends: \"lwt\" {< \"5\"}"},
	{"packages/broken/broken.1/opam", "depends: [\n  \"a"},
	{"packages/dune/dune.1.0/opam", ""},
	{"packages/dune/dune.2.0/opam", "x-a: []"},
	{"packages/dune/README/opam", "no package"},
	{"packages/dune/lwt.1/opam", "no version of dune"},
	{"packages/alcotest/alcotest.1/opam", ""},
	{"packages/cppo/cppo.1/opam", ""},
	{"packages/opt/opt.1/opam", ""},
	{"packages/.hidden/x.1/opam", "not read"},
};
enum { VERSIONS = 14 };

/* Opam files begin with their format's version, in the first line. */
static void put(struct fixture *f, const char *name, const char *text)
{
	struct err e;
	const char *path = path_join(&f->arena, f->repo, name);
	if (!strcmp(path_base(name), "opam"))
		text = str_format(&f->arena, "opam-version: \"2.0\" %s", text);
	assert_ok(dir_make(path_dir(&f->arena, path), &e));
	assert_ok(file_write_cache(path, str_of(text), 0644, &e));
}

static void shell(struct fixture *f, const char *script)
{
	struct err e;
	struct outcome outcome;
	const char *const argv[] = {"/bin/sh", "-ec", script, NULL};
	const struct command c = {.argv = argv, .dir = f->dir};
	assert_ok(command_must(&f->arena, &c, &outcome, &e));
}

/* So that the stamps of what was written are old enough to be believed. */
static void wait_a_moment(void)
{
	usleep(60000);
}

static int set_up(void **state)
{
	struct err e;
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	if (!f || !dir_make_temp(&f->arena, "/tmp/respin-test-opam.", &f->dir, &e))
		return -1;
	f->repo = path_join(&f->arena, f->dir, "repo");
	f->kept = path_join(&f->arena, f->dir, "state/index");
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		put(f, files[i].name, files[i].text);
	wait_a_moment();
	return 0;
}

static int tear_down(void **state)
{
	struct err e;
	struct fixture *f = *state;
	bool removed = tree_remove(f->dir, &e);
	arena_free(&f->arena);
	free(f);
	return removed ? 0 : -1;
}

/* ---- repositories ---------------------------------------------------------------------------- */

/* All that a repository yields, as one text. */
static const char *everything(struct fixture *f, const char *place)
{
	struct err e;
	size_t n;
	defer(opam_repo_close) struct opam_repo *r = NULL;
	struct text t = {.a = &f->arena};
	assert_ok(opam_repo_open(place, &r, &e));
	const struct opam_entry *entries = opam_repo_entries(r, &n);
	for (size_t i = 0; i < n; i++) {
		struct str bytes;
		assert_ok(opam_repo_read(r, i, &f->arena, &bytes, &e));
		text_addf(&t, "%.*s %.*s: %.*s\n", STR(entries[i].name), STR(entries[i].version),
			STR(bytes));
	}
	return t.p;
}

static void folders_yield_names_versions_and_bytes(void **state)
{
	struct fixture *f = *state;
	const char *all = everything(f, f->repo);
	assert_true(
		str_starts(str_of(all), S("alcotest 1: opam-version: \"2.0\" \n"
					  "broken 1: opam-version: \"2.0\" depends: [\n  \"a\n")));
	const char *nine = strstr(all, "tcpip 9.0: "), *ten = strstr(all, "tcpip 10.0: "),
		   *eleven = strstr(all, "tcpip 11.0~beta: ");
	assert_true(nine && nine < ten && ten < eleven);
	assert_non_null(strstr(all, "site 1: opam-version: \"2.0\" depends: [\"tcpip\""));
	assert_null(strstr(all, "no package"));
	assert_null(strstr(all, "no version"));
	assert_null(strstr(all, "not read"));
}

static void archives_and_git_yield_the_same(void **state)
{
	struct fixture *f = *state;
	const char *all = everything(f, f->repo);
	static const char *const archives[] = {"a.tar", "a.tar.gz", "a.tar.xz", "b.tar.gz"};
	shell(f, "tar -C repo -cf a.tar packages repo; tar -C repo -czf a.tar.gz .;"
		 "tar -C repo -cJf a.tar.xz packages; tar -czf b.tar.gz repo");
	for (size_t i = 0; i < sizeof(archives) / sizeof(*archives); i++)
		assert_string_equal(everything(f, path_join(&f->arena, f->dir, archives[i])), all);
	shell(f, "cp -r repo work; cd work; git init -q .; git add -A;"
		 "git -c user.name=a -c user.email=b commit -q -m x; git clone -q --bare . "
		 "../bare.git");
	assert_string_equal(everything(f, path_join(&f->arena, f->dir, "bare.git")), all);
}

static void what_is_no_repository_is_told(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *name, *error;
		enum code code;
	} cases[] = {
		{"nowhere", "there is no opam repository at ", E_NOTFOUND},
		{"empty", "is no opam repository: expected a folder with packages/", E_INPUT},
		{"text", "is neither a tar", E_INPUT},
		{"other.tar", "is no opam repository: it holds no file packages/", E_INPUT},
		{"cut.tar", "can't be unpacked: ", E_INPUT},
		{"bomb.tar.gz", "unpacks to more than 200 times its size", E_UNSAFE},
		{"none.git", "has no commit yet", E_INPUT},
		{"other.git", "is no opam repository: its commit ", E_INPUT},
	};
	shell(f, "mkdir -p bomb/packages/a/a.1; truncate -s 64M bomb/packages/a/a.1/opam;"
		 "tar -C bomb -czf bomb.tar.gz packages; rm -r bomb");
	shell(f, "mkdir empty; seq 1 2000 >text; tar -cf other.tar text; git init -q --bare "
		 "none.git;"
		 "tar -C repo -cf all.tar .; head -c 3000 all.tar >cut.tar;"
		 "mkdir w; cd w; git init -q .; echo x >x; git add -A;"
		 "git -c user.name=a -c user.email=b commit -q -m x; git clone -q --bare . "
		 "../other.git");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err e = {0};
		struct opam_repo *r = NULL;
		assert_false(opam_repo_open(path_join(&f->arena, f->dir, cases[i].name), &r, &e));
		if (!strstr(e.text, cases[i].error))
			print_error("%s: %s\n", cases[i].name, e.text);
		assert_non_null(strstr(e.text, cases[i].error));
		assert_int_equal(e.code, cases[i].code);
		assert_null(r);
	}
}

static void remotes_are_fetched_and_followed(void **state)
{
	struct fixture *f = *state;
	struct err e;
	const char *place, *again;
	shell(f, "cp -r repo far; cd far; git init -q -b trunk .; git add -A;"
		 "git -c user.name=a -c user.email=b commit -q -m x; git branch old");
	const char *url = str_format(&f->arena, "git+%s/far", f->dir);
	const char *store = path_join(&f->arena, f->dir, "state");
	assert_ok(opam_repo_fetch(&f->arena, url, store, &place, &e));
	assert_string_equal(everything(f, place), everything(f, f->repo));
	shell(f, "cd far; mkdir -p packages/new/new.1; echo 'opam-version: \"2.0\"' "
		 ">packages/new/new.1/opam; git add -A;"
		 "git -c user.name=a -c user.email=b commit -q -m y");
	assert_null(strstr(everything(f, place), "new 1"));
	assert_ok(opam_repo_fetch(&f->arena, url, store, &again, &e));
	assert_string_equal(again, place);
	assert_non_null(strstr(everything(f, place), "new 1"));
	const char *branch = str_format(&f->arena, "%s#old", url);
	assert_ok(opam_repo_fetch(&f->arena, branch, store, &again, &e));
	assert_null(strstr(everything(f, again), "new 1"));
	branch = str_format(&f->arena, "%s#none", url);
	assert_false(opam_repo_fetch(&f->arena, branch, store, &again, &e));
	assert_int_equal(e.code, E_NOTFOUND);
	assert_false(opam_repo_fetch(&f->arena, "https://x/y.tar", store, &again, &e));
	assert_int_equal(e.code, E_INPUT);
}

static void the_root_of_opam_is_read(void **state)
{
	struct fixture *f = *state;
	struct opam_root root;
	struct err e;
	assert_false(opam_root_read(&f->arena, f->dir, NULL, &root, &e));
	assert_int_equal(e.code, E_NOTFOUND);
	shell(f, "mkdir -p root/repo root/w/.opam-switch; echo 'switch: \"w\"' >root/config;"
		 "echo 'installed: []' >root/w/.opam-switch/switch-state;"
		 "echo 'repositories: [\"default\" {\"https://o\"} \"own\" {\"git+https://x\"} "
		 "\"later\" {\"u\"}]' >root/repo/repos-config;"
		 "cp -r repo root/repo/own; tar -C repo -czf root/repo/default.tar.gz .");
	const char *dir = path_join(&f->arena, f->dir, "root");
	assert_ok(opam_root_read(&f->arena, dir, NULL, &root, &e));
	assert_str(root.switch_name, "w");
	assert_string_equal(root.state + strlen(dir), "/w/.opam-switch/switch-state");
	assert_int_equal(root.repositories.n, 3);
	assert_str(root.repositories.v[0].url, "https://o");
	assert_string_equal(everything(f, root.repositories.v[0].place),
		everything(f, root.repositories.v[1].place));
	assert_null(root.repositories.v[2].place);
	assert_int_equal(root.variables.n, 0);
	shell(f, "echo 'switch: \"w\" repositories: [\"own\" \"none\" \"default\"]' >root/config;"
		 "echo 'eval-variables: [[v [\"a\" \"b\"] \"c\"] [odd]]' >>root/config;"
		 "mkdir -p x/.opam-switch;"
		 "echo 'repositories: [\"later\" \"own\"]' >x/.opam-switch/switch-config");
	assert_ok(opam_root_read(&f->arena, dir, NULL, &root, &e));
	assert_int_equal(root.repositories.n, 2);
	assert_str(root.repositories.v[0].name, "own");
	assert_str(root.repositories.v[1].name, "default");
	assert_int_equal(root.variables.n, 1);
	assert_string_equal(root.variables.v[0].name, "v");
	assert_int_equal(root.variables.v[0].command.n, 2);
	assert_string_equal(root.variables.v[0].command.v[1], "b");
	const char *other = path_join(&f->arena, f->dir, "x");
	assert_ok(opam_root_read(&f->arena, dir, other, &root, &e));
	assert_int_equal(root.repositories.n, 2);
	assert_str(root.repositories.v[0].name, "later");
	assert_str(root.repositories.v[1].name, "own");
	shell(f, "cp x/.opam-switch/switch-config root/w/.opam-switch");
	assert_ok(opam_root_read(&f->arena, dir, NULL, &root, &e));
	assert_str(root.repositories.v[0].name, "later");
	shell(f, "echo 'repositories: [3]' >x/.opam-switch/switch-config");
	assert_false(opam_root_read(&f->arena, dir, other, &root, &e));
	assert_int_equal(e.code, E_INPUT);
	shell(f, "echo 'repositories: [\"../x\" {\"u\"}]' >root/repo/repos-config;"
		 "mkdir -p local/_opam/.opam-switch; echo >local/_opam/.opam-switch/switch-state;"
		 "echo \"switch: \\\"$PWD/local\\\"\" >root/config");
	assert_false(opam_root_read(&f->arena, dir, NULL, &root, &e));
	assert_int_equal(e.code, E_INPUT);
	shell(f, "rm root/repo/repos-config");
	assert_ok(opam_root_read(&f->arena, dir, NULL, &root, &e));
	assert_non_null(strstr(root.state, "/local/_opam/.opam-switch/switch-state"));
}

/* ---- the index ----------------------------------------------------------------------------------
 */

/* The index, and how many files were read for it. */
static struct opam_index *open_index(struct fixture *f, const char *place, enum opam_fresh fresh,
	const char *name, uint32_t *read)
{
	struct err e;
	struct opam_index *x;
	struct opam_counts c;
	assert_ok(opam_index_open(&f->arena, place, f->kept, fresh, name, &x, &e));
	opam_index_count(x, &c);
	*read = c.read;
	return x;
}

static const char *latest(struct opam_index *x, const char *name)
{
	struct opam_known k;
	bool found =
		opam_index_get(x, opam_index_latest(x, opam_index_package(x, str_of(name))), &k);
	return found ? k.version : "none";
}

static void packages_are_found(void **state)
{
	struct fixture *f = *state;
	uint32_t read, first;
	struct opam_known k;
	struct opam_counts c;
	defer(opam_index_close) struct opam_index *x =
		open_index(f, f->repo, OPAM_FRESH_ALL, NULL, &read);
	opam_index_count(x, &c);
	assert_int_equal(read, VERSIONS);
	assert_int_equal(c.versions, VERSIONS);
	assert_int_equal(c.packages, 9);
	assert_int_equal(c.broken, 1);
	uint32_t tcpip = opam_index_package(x, S("tcpip"));
	assert_int_equal(opam_index_versions(x, tcpip, &first), 3);
	assert_true(opam_index_get(x, first + 1, &k));
	assert_string_equal(k.name, "tcpip");
	assert_string_equal(k.version, "10.0");
	assert_string_equal(k.path, "packages/tcpip/tcpip.10.0/opam");
	assert_string_equal(k.synopsis, "TCP/IP");
	assert_string_equal(k.repository, "github.com/m/tcpip");
	assert_string_equal(k.src, "https://t");
	assert_string_equal(k.checksum, "sha256=2");
	assert_string_equal(k.commit, "abc");
	assert_string_equal(latest(x, "tcpip"), "10.0");
	assert_string_equal(latest(x, "lwt"), "5.0");
	assert_string_equal(latest(x, "gone"), "none");
	assert_int_equal(opam_index_version(x, tcpip, S("10.00")), first + 1);
	assert_int_equal(opam_index_version(x, tcpip, S("12")), OPAM_NONE);
	const uint32_t *members;
	assert_int_equal(opam_index_repository(x, S("github.com/m/tcpip"), &members), 2);
	assert_int_equal(members[0], first);
	assert_int_equal(opam_index_repository(x, S("github.com/m/none"), &members), 0);
	assert_true(
		opam_index_get(x, opam_index_latest(x, opam_index_package(x, S("broken"))), &k));
	assert_int_equal(k.marks, OPAM_BROKEN);
	assert_int_equal(k.at.line, 2);
	assert_int_equal(k.at.column, 3);
	assert_string_equal(k.synopsis, "the string that begins here has no end: expected '\"'");
	assert_false(opam_index_get(x, VERSIONS, &k));
}

static void what_is_available_comes_first(void **state)
{
	struct fixture *f = *state;
	uint32_t read;
	struct opam_known k;
	put(f, "packages/pick/pick.1/opam", "flags: deprecated");
	put(f, "packages/pick/pick.2/opam", "flags: avoid-version available: mine = \"1\"");
	put(f, "packages/pick/pick.3/opam", "available: false");
	put(f, "packages/pick/pick.4/opam", "available: mine & false");
	put(f, "packages/pick/pick.5/opam", "available: true garbage:");
	wait_a_moment();
	for (int kept = 0; kept < 2; kept++) {
		defer(opam_index_close) struct opam_index *x =
			open_index(f, f->repo, OPAM_FRESH_ALL, NULL, &read);
		assert_string_equal(latest(x, "pick"), "2");
		uint32_t best = opam_index_latest(x, opam_index_package(x, S("pick")));
		assert_true(opam_index_get(x, best, &k));
		assert_string_equal(k.available, "mine = \"1\"");
		assert_true(opam_index_get(x, best + 2, &k));
		assert_string_equal(k.available, "");
		assert_int_equal(k.marks, OPAM_UNAVAILABLE);
		put(f, "packages/pick/pick.1/opam", "flags: [deprecated]");
		wait_a_moment();
	}
}

static void edges_have_bounds_and_roles(void **state)
{
	static const struct {
		const char *name, *bound;
		unsigned roles;
		bool there;
	} edges[] = {
		{"lwt", ">= \"5\"", 0, true},
		{"alcotest", "", OPAM_TEST, true},
		{"cppo", "", OPAM_BUILD, true},
		{"gone", "", 0, false},
		{"odoc", "", OPAM_DOC, false},
		{"opt", "", OPAM_OPTIONAL, true},
	};
	struct fixture *f = *state;
	struct opam_edge edge;
	uint32_t read;
	defer(opam_index_close) struct opam_index *x =
		open_index(f, f->repo, OPAM_FRESH_ALL, NULL, &read);
	uint32_t ten = opam_index_latest(x, opam_index_package(x, S("tcpip")));
	size_t n = sizeof(edges) / sizeof(*edges);
	for (size_t i = 0; i < n; i++) {
		assert_true(opam_index_edge(x, ten, i, &edge));
		assert_string_equal(edge.name, edges[i].name);
		assert_string_equal(edge.bound, edges[i].bound);
		assert_int_equal(edge.roles, edges[i].roles);
		assert_int_equal(edge.package != OPAM_NONE, edges[i].there);
	}
	assert_false(opam_index_edge(x, ten, n, &edge));
	assert_false(opam_index_edge(x, OPAM_NONE, 0, &edge));
}

static const char *closure(struct fixture *f, struct opam_index *x, const char *name,
	unsigned roles, bool recursive, bool dependents)
{
	opam_numbers from = {0}, found;
	struct opam_known k;
	struct text t = {.a = &f->arena};
	uint32_t first, n = opam_index_versions(x, opam_index_package(x, str_of(name)), &first);
	for (uint32_t i = 0; i < n; i++)
		vec_push(&f->arena, &from, first + i);
	if (dependents)
		opam_index_dependents(x, &f->arena, &from, roles, recursive, &found);
	else
		opam_index_dependencies(x, &f->arena, &from, roles, recursive, &found);
	for (size_t i = 0; i < found.n; i++)
		if (opam_index_get(x, found.v[i], &k))
			text_addf(&t, "%s.%s ", k.name, k.version);
	return t.p ? t.p : "";
}

static void dependents_are_those_whose_bounds_admit(void **state)
{
	struct fixture *f = *state;
	uint32_t read;
	defer(opam_index_close) struct opam_index *x =
		open_index(f, f->repo, OPAM_FRESH_ALL, NULL, &read);
	assert_string_equal(closure(f, x, "lwt", 0, false, true), "old.1 tcpip.10.0 ");
	assert_string_equal(closure(f, x, "lwt", 0, true, true),
		"lwt.4.0 lwt.5.0 lwt.6.0 old.1 site.1 tcpip.10.0 ");
	assert_string_equal(closure(f, x, "alcotest", 0, false, true), "");
	assert_string_equal(closure(f, x, "alcotest", OPAM_TEST, false, true), "tcpip.10.0 ");
	assert_string_equal(
		closure(f, x, "opt", OPAM_OPTIONAL, true, true), "opt.1 site.1 tcpip.10.0 ");
	assert_string_equal(closure(f, x, "site", 0, false, false), "tcpip.10.0 ");
	assert_string_equal(closure(f, x, "site", OPAM_BUILD, true, false),
		"cppo.1 dune.1.0 dune.2.0 lwt.5.0 lwt.6.0 site.1 tcpip.10.0 ");
	assert_string_equal(closure(f, x, "gone", 0, true, true), "");
}

static void near_names_are_offered(void **state)
{
	struct fixture *f = *state;
	const char *near[OPAM_NEAR_MAX];
	uint32_t read;
	defer(opam_index_close) struct opam_index *x =
		open_index(f, f->repo, OPAM_FRESH_ALL, NULL, &read);
	assert_int_equal(opam_index_near(x, S("tpcip"), near), 1);
	assert_string_equal(near[0], "tcpip");
	assert_int_equal(opam_index_near(x, S("TCPIP"), near), 1);
	assert_int_equal(opam_index_near(x, S("zzzzzz"), near), 0);
	assert_int_equal(opam_index_near(x, S(""), near), 0);
}

static void only_what_changed_is_read_again(void **state)
{
	struct fixture *f = *state;
	uint32_t read;
	struct opam_index *x = open_index(f, f->repo, OPAM_FRESH_ALL, NULL, &read);
	opam_index_close(&x);
	x = open_index(f, f->repo, OPAM_FRESH_ALL, NULL, &read);
	assert_int_equal(read, 0);
	opam_index_close(&x);

	put(f, "packages/lwt/lwt.7.0/opam", "depends: \"dune\" {>= \"2\"}");
	wait_a_moment();
	x = open_index(f, f->repo, OPAM_FRESH_NAMES, "tcpip", &read);
	assert_int_equal(read, 0); /* nobody asked for lwt */
	opam_index_close(&x);
	x = open_index(f, f->repo, OPAM_FRESH_NAMES, "lwt", &read);
	assert_int_equal(read, 1);
	assert_string_equal(latest(x, "lwt"), "7.0");
	assert_string_equal(
		closure(f, x, "dune", 0, false, true), "lwt.4.0 lwt.5.0 lwt.6.0 lwt.7.0 ");
	opam_index_close(&x);

	put(f, "packages/site.1/opam", "depends: \"lwt\" {= \"7.0\"}");
	wait_a_moment();
	x = open_index(f, f->repo, OPAM_FRESH_ALL, NULL, &read);
	assert_int_equal(read, 1);
	assert_string_equal(closure(f, x, "lwt", 0, false, true), "old.1 site.1 tcpip.10.0 ");
	opam_index_close(&x);

	shell(f, "rm -r repo/packages/old");
	x = open_index(f, f->repo, OPAM_FRESH_NAMES, "old", &read);
	assert_int_equal(opam_index_package(x, S("old")), OPAM_NONE);
	opam_index_close(&x);

	shell(f, "mkdir repo/packages/lwt/lwt.8.0");
	wait_a_moment();
	x = open_index(f, f->repo, OPAM_FRESH_ALL, NULL, &read);
	opam_index_close(&x);
	put(f, "packages/lwt/lwt.8.0/opam", "");
	x = open_index(f, f->repo, OPAM_FRESH_ALL, NULL, &read);
	assert_string_equal(latest(x, "lwt"), "8.0");
	opam_index_close(&x);
}

/* What is wrong with VERSION of lwt, "" where nothing is. */
static const char *damage(struct fixture *f, struct opam_index *x, const char *version)
{
	struct opam_known k;
	uint32_t lwt = opam_index_package(x, S("lwt"));
	assert_true(opam_index_get(x, opam_index_version(x, lwt, str_of(version)), &k));
	if (!(k.marks & OPAM_BROKEN))
		return "";
	return str_format(&f->arena, "%u:%u: %s", k.at.line, k.at.column, k.synopsis);
}

static void what_is_wrong_is_kept(void **state)
{
	struct fixture *f = *state;
	uint32_t read;
	opam_numbers broken;
	shell(f, "printf '\\376\\377\\0o' >repo/packages/lwt/lwt.5.0/opam;"
		 "truncate -s 17M repo/packages/lwt/lwt.4.0/opam");
	wait_a_moment();
	for (int kept = 0; kept < 3; kept++) {
		defer(opam_index_close) struct opam_index *x =
			open_index(f, f->repo, OPAM_FRESH_ALL, NULL, &read);
		assert_int_equal(read, kept == 0 ? VERSIONS : kept == 2 ? 1 : 0);
		assert_string_equal(damage(f, x, "6.0"),
			kept == 2 ? "1:32: field 'license': expected a name" : "");
		assert_string_equal(damage(f, x, "5.0"),
			"1:1: byte 0xfe outside of a string: expected printable ASCII there");
		assert_string_equal(damage(f, x, "4.0"),
			"1:1: the file is too large: expected 16777216 bytes at most");
		/* What is not for this machine is still better than what can't be read. */
		assert_string_equal(latest(x, "lwt"), "6.0");
		opam_index_broken(x, &f->arena, &broken);
		assert_int_equal(broken.n, kept == 2 ? 4 : 3);
		assert_int_equal(
			broken.v[0], opam_index_latest(x, opam_index_package(x, S("broken"))));
		if (kept == 1)
			put(f, "packages/lwt/lwt.6.0/opam", "license:   3");
		wait_a_moment();
	}
}

static void a_huge_file_in_git_is_one_that_is_wrong(void **state)
{
	struct fixture *f = *state;
	uint32_t read;
	shell(f, "truncate -s 17M repo/packages/lwt/lwt.5.0/opam; cd repo; git init -q .; git add "
		 "-A;"
		 "git -c user.name=a -c user.email=b commit -q -m x;"
		 "git clone -q --bare . ../bare.git");
	defer(opam_index_close) struct opam_index *x = open_index(
		f, path_join(&f->arena, f->dir, "bare.git"), OPAM_FRESH_ALL, NULL, &read);
	assert_string_equal(
		damage(f, x, "5.0"), "1:1: the file is too large: expected 16777216 bytes at most");
	assert_string_equal(latest(x, "lwt"), "4.0");
}

static void archives_and_git_are_read_again_when_they_change(void **state)
{
	struct fixture *f = *state;
	static const char *const places[] = {"a.tar.gz", "bare.git"};
	uint32_t read;
	shell(f, "tar -C repo -czf a.tar.gz packages; cd repo; git init -q .; git add -A;"
		 "git -c user.name=a -c user.email=b commit -q -m x;"
		 "git clone -q --bare . ../bare.git");
	wait_a_moment();
	for (size_t i = 0; i < 2; i++) {
		const char *place = path_join(&f->arena, f->dir, places[i]);
		struct opam_index *x = open_index(f, place, OPAM_FRESH_NAMES, NULL, &read);
		assert_int_equal(read, VERSIONS);
		opam_index_close(&x);
		x = open_index(f, place, OPAM_FRESH_ALL, "lwt", &read);
		assert_int_equal(read, 0);
		assert_string_equal(latest(x, "lwt"), "5.0");
		opam_index_close(&x);
		shell(f, i ? "cd repo; git add -A; git -c user.name=a -c user.email=b commit -q "
			     "-m y; git push -q ../bare.git HEAD:$(git branch --show-current);"
			     "git -C ../bare.git pack-refs --all"
			   : "mkdir repo/packages/lwt/lwt.5.1;"
			     "echo 'opam-version: \"2.0\"' >repo/packages/lwt/lwt.5.1/opam;"
			     "tar -C repo -czf a.tar.gz packages");
		x = open_index(f, place, OPAM_FRESH_NAMES, "tcpip", &read);
		assert_int_equal(read, i ? 1 : VERSIONS + 1); /* git knows what is the same */
		assert_string_equal(latest(x, "lwt"), "5.1");
		opam_index_close(&x);
	}
}

static void damaged_indexes_are_made_again(void **state)
{
	struct fixture *f = *state;
	struct err e;
	uint32_t read;
	struct str bytes;
	struct opam_index *x = open_index(f, f->repo, OPAM_FRESH_ALL, NULL, &read);
	opam_index_close(&x);
	assert_ok(file_read(&f->arena, f->kept, 1 << 20, &bytes, &e));
	assert_ok(file_write(f->kept, (struct str){bytes.p, bytes.n - 1}, 0644, &e));
	x = open_index(f, f->repo, OPAM_FRESH_ALL, NULL, &read);
	assert_int_equal(read, VERSIONS);
	opam_index_close(&x);
	assert_ok(file_write(f->kept, S("rubbish"), 0644, &e));
	x = open_index(f, f->repo, OPAM_FRESH_ALL, NULL, &read);
	assert_int_equal(read, VERSIONS);
	opam_index_close(&x);
	/* Another repository under the same name is no old state of this one. */
	shell(f, "cp -r repo other");
	x = open_index(f, path_join(&f->arena, f->dir, "other"), OPAM_FRESH_ALL, NULL, &read);
	assert_int_equal(read, VERSIONS);
	opam_index_close(&x);
}

static void an_index_that_cannot_be_kept_is_an_answer(void **state)
{
	struct fixture *f = *state;
	uint32_t read;
	shell(f, "echo >state");
	defer(opam_index_close) struct opam_index *x =
		open_index(f, f->repo, OPAM_FRESH_NAMES, "lwt", &read);
	assert_int_equal(read, VERSIONS);
	assert_string_equal(latest(x, "lwt"), "5.0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
static const struct CMUnitTest tests[] = {
	TEST(folders_yield_names_versions_and_bytes),
	TEST(archives_and_git_yield_the_same),
	TEST(what_is_no_repository_is_told),
	TEST(remotes_are_fetched_and_followed),
	TEST(the_root_of_opam_is_read),
	TEST(packages_are_found),
	TEST(what_is_available_comes_first),
	TEST(edges_have_bounds_and_roles),
	TEST(dependents_are_those_whose_bounds_admit),
	TEST(near_names_are_offered),
	TEST(only_what_changed_is_read_again),
	TEST(what_is_wrong_is_kept),
	TEST(a_huge_file_in_git_is_one_that_is_wrong),
	TEST(archives_and_git_are_read_again_when_they_change),
	TEST(damaged_indexes_are_made_again),
	TEST(an_index_that_cannot_be_kept_is_an_answer),
};
RUN_TESTS("opam_repo")
