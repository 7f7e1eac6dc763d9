/* test_lab_state.c - state checks while machines run. The stores are served by stock git, from the
 * host's own end: the first check gives it the machine's address. SPDX-License-Identifier: ISC */
#include "lab_box.h"

#include "past_box.h"

#define TOKEN "A-token-of-22-letters-"
#define STATE(token) "\"state\":{\"stores\":[\"arp\"],\"port\":8080,\"token\":\"" token "\"},"
#define WARY(name, more) "{\"name\":\"" name "\",\"type\":\"state\",\"store\":\"arp\"," more "}"

static const char *served;

/* A store in a folder of its own: an empty cache and an entry, long ago. */
static const char *make_served(const char *name)
{
	struct err e = {0};
	struct stream s = {.t = {.a = &arena}};
	served = path_join(&arena, root, name);
	assert_ok(dir_make(served, &e));
	commit(&s, "primary", 0, "Arp.create: Initial empty cache", 0, 0);
	commit(&s, "primary", 10, "entry added: 10.0.0.2 -> 02:00:00:00:00:02", 0, 0);
	put(&s, "arp/10.0.0.2", "mac 02:00:00:00:00:02\n");
	const char *dir = path_join(&arena, served, "arp.git");
	make_store(&arena, dir, &s);
	return dir;
}

/* The check that serves them. */
static const char *serve(void)
{
	struct err e = {0};
	const char *here;
	assert_ok(path_real(&arena, "tests/cli/git_http.py", &here, &e));
	return str_format(&arena,
		COMMAND("serve",
			"\"timeout_ms\":20000,\"run\":[\"sh\",\"-c\",\"ip address add 10.77.0.2/32 "
			"dev lo; setsid python3 %s $(git --exec-path)/git-http-backend %s "
			"10.77.0.2 "
			"8080 " TOKEN " >/dev/null 2>&1 & for i in $(seq 200); do curl -s -o "
			"/dev/null http://10.77.0.2:8080/ && exit 0; sleep 0.05; done; exit "
			"1\"]"),
		here, served);
}

/* A check that adds an entry, now. */
static const char *change(const char *name, const char *ip)
{
	return str_format(&arena,
		COMMAND("%s", "\"run\":[\"sh\",\"-c\",\"sleep 1.1; printf 'commit "
			      "refs/heads/primary\\\\ncommitter A <a@b> now\\\\ndata 5\\\\nadded"
			      "\\\\nfrom refs/heads/primary^0\\\\nM 100644 inline arp/%s\\\\ndata "
			      "4\\\\nmac\\\\n\\\\n' | git -c safe.directory=\\\\* --git-dir "
			      "%s/arp.git fast-import --quiet --date-format=now && sleep 1.7\"]"),
		name, ip, served);
}

static struct run with_state(const char *checks)
{
	return lab_with("r", STATE(TOKEN), checks);
}

static void a_store_is_judged_and_kept(void **state)
{
	(void)state;
	struct err e = {0};
	struct run found;
	make_served("plain");
	struct run run = with_state(str_format(&arena, "%s,%s,%s", BOOT, serve(),
		WARY("there", "\"at_end\":[{\"path\":\"arp/10.0.0.2\"}]") "," WARY(
			"gone", "\"never\":[{\"path\":\"arp/*\",\"field\":\"mac\"}]")));
	assert_int_equal(result(&run, "there")->verdict, PASS);
	assert_contains(result(&run, "there")->why, "2 commits; at the end commit ");
	assert_contains(result(&run, "there")->why, " (2015-04-22T07:33:30Z)");
	assert_int_equal(result(&run, "gone")->verdict, FAIL);
	assert_contains(result(&run, "gone")->why,
		"(2015-04-22T07:33:30Z): 1 arp/* with mac, the first is arp/10.0.0.2 (mac "
		"02:00:00:00:00:02)");
	assert_int_equal(result(&run, "keeps its state")->verdict, PASS);
	assert_string_equal(result(&run, "keeps its state")->why, "arp: 2 commits, 1 entry");
	assert_ok(run_read(&arena, &workspace, run.id, &found, &e));
	assert_int_equal(found.state.n, 1);
	assert_string_equal(found.state.v[0].store, "arp");
	assert_string_equal(found.state.v[0].path, "state/arp.git");
	assert_int_equal(found.state.v[0].commits, 2);
	assert_int_equal(found.state.v[0].entries, 1);
	const char *dir = path_join(&arena, run.dir, "state/arp.git");
	struct str log = GIT(&arena, dir, S(""), "log", "--format=%s");
	assert_true(str_starts(log, S("entry added")));
	assert_null(strstr(kept(&run, "state/arp.git/config"), TOKEN));
}

static void a_store_is_fetched_again_for_each_check(void **state)
{
	(void)state;
	make_served("grows");
	struct run run = with_state(str_format(&arena, "%s,%s,%s,%s,%s,%s", BOOT, serve(),
		WARY("before", "\"commits\":{\"max\":2}"), change("one", "10.0.0.7"),
		change("two", "10.0.0.8"),
		WARY("after", "\"at_end\":[{\"path\":\"arp/*\",\"min\":3}]") "," WARY("since two",
			"\"since\":\"two\",\"commits\":{\"min\":1,\"max\":1}") "," WARY("during "
											"one",
			"\"during\":\"one\",\"commits\":{\"min\":1,\"max\":1},\"at_end\":[{"
			"\"path\":"
			"\"arp/*\",\"min\":2,\"max\":2}]") "," WARY("during boot",
			"\"during\":\"serve\",\"commits\":{\"max\":0}")));
	vec_for(r, &run.checks) {
		if (r->verdict != PASS)
			print_error("%s: %s\n", r->name, r->why);
		assert_int_equal(r->verdict, PASS);
	}
	assert_contains(result(&run, "since two")->why, "1 commit; at the end commit ");
	assert_string_equal(result(&run, "keeps its state")->why, "arp: 4 commits, 3 entries");
}

/* Until a packet: what came in its second may have come behind it. */
static void packets_narrow_what_is_judged(void **state)
{
	(void)state;
#define ASK COMMAND("ask", "\"run\":[\"sh\",\"-c\",\"ping -c 1 -W 0.1 10.77.0.9; exit 0\"]")
#define UNTIL "\"until\":\"arp dst host 10.77.0.9\","
	make_served("packets");
	struct run run = with_state(str_format(&arena, "%s,%s,%s,%s,%s,%s", BOOT, serve(),
		change("one", "10.0.0.7"), ASK, change("two", "10.0.0.8"),
		WARY("warm", UNTIL "\"at_end\":[{\"path\":\"arp/10.0.0.7\"}]") "," WARY(
			"cold", UNTIL "\"at_end\":[{\"path\":\"arp/10.0.0.8\"}]") "," WARY("behind",
			"\"after\":\"arp dst host 10.77.0.9\",\"eventually\":[{\"path\":"
			"\"arp/10.0.0.8\"}],\"never\":[{\"message\":\"create\"}]") "," WARY("none",
			"\"after\":\"arp dst host 10.77.0.8\",\"commits\":{}")));
	assert_int_equal(result(&run, "warm")->verdict, PASS);
	assert_int_equal(result(&run, "cold")->verdict, FAIL);
	assert_contains(result(&run, "cold")->why, "0 arp/10.0.0.8, expected at least 1");
	assert_int_equal(result(&run, "behind")->verdict, PASS);
	assert_string_equal(
		result(&run, "none")->why, "no packet matches 'arp dst host 10.77.0.8' (after)");
}

static void what_is_not_served_fails(void **state)
{
	(void)state;
	make_served("closed");
	struct run run = lab_with("r", STATE("another-token-of-letters"),
		str_format(&arena, "%s,%s,%s", BOOT, serve(), WARY("refused", "\"commits\":{}")));
	assert_contains(
		result(&run, "refused")->why, "git can't get http://10.77.0.2:8080/arp.git: ");
	assert_contains(result(&run, "keeps its state")->why, "arp: git can't get ");
	assert_contains(result(&run, "keeps its state")->why,
		"; the image says: reading needs a token (arp.read= in image.boot.command_line");
	assert_int_equal(result(&run, "keeps its state")->verdict, FAIL);
	assert_int_equal(run.state.n, 0);
	assert_false(file_exists(path_join(&arena, run.dir, "state/arp.git")));
	assert_false(file_exists(path_join(&arena, run.dir, "state/arp.git.new")));
	/* Nobody at all is there. */
	run = with_state(BOOT "," WARY("deaf", "\"timeout_ms\":500,\"commits\":{}"));
	assert_contains(result(&run, "deaf")->why, "git");
	assert_skipped(&run, "keeps its state", "hang");
}

/* Git's strictest eye finds what its clients take without a word. */
static void a_malformed_history_fails(void **state)
{
	(void)state;
	const char *dir = make_served("bad");
	struct str blob = str_trim(GIT(&arena, dir, S("x\n"), "hash-object", "-w", "--stdin"));
	struct text tree = {.a = &arena};
	text_add(&tree, S("0100644 x\0"));
	for (size_t i = 0; i < 40; i += 2) {
		unsigned value;
		assert_int_equal(sscanf(blob.p + i, "%2x", &value), 1);
		char byte = (char)value;
		text_add(&tree, (struct str){&byte, 1});
	}
	struct str id = str_trim(GIT(&arena, dir, text_str(&tree), "hash-object", "-t", "tree",
		"-w", "--literally", "--stdin"));
	struct str commit_id = str_trim(GIT(&arena, dir, S(""), "-c", "user.name=a", "-c",
		"user.email=a@b", "commit-tree", "-m", "bad", str_copy(&arena, id)));
	GIT(&arena, dir, S(""), "update-ref", "refs/heads/primary", str_copy(&arena, commit_id));
	struct run run = with_state(str_format(&arena, "%s,%s", BOOT, serve()));
	assert_int_equal(result(&run, "keeps its state")->verdict, FAIL);
	assert_contains(result(&run, "keeps its state")->why, "arp: git fsck: ");
	assert_int_equal(run.verdict, FAIL);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_store_is_judged_and_kept),
	cmocka_unit_test(a_store_is_fetched_again_for_each_check),
	cmocka_unit_test(packets_narrow_what_is_judged),
	cmocka_unit_test(what_is_not_served_fails),
	cmocka_unit_test(a_malformed_history_fails),
};

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("lab_state", tests, setup, teardown);
}
