/* test_past.c - histories made by stock git: read, and judged. SPDX-License-Identifier: ISC */
#include "past_box.h"

#include <sys/stat.h>
#include <unistd.h>

static struct arena arena;
static const char *root;

static int setup(void **state)
{
	(void)state;
	struct err e = {0};
	assert_ok(dir_make_temp(&arena, "/tmp/respin-test-past.", &root, &e));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	struct err e = {0};
	assert_ok(tree_remove(root, &e));
	arena_free(&arena);
	return 0;
}

static const char *dir_of(const char *name)
{
	return path_join(&arena, root, name);
}

static struct past opened(const char *dir)
{
	struct past p;
	struct err e = {0};
	assert_ok(past_open(&arena, dir, &p, &e));
	return p;
}

/* An ARP cache: created, three entries, one of which moves to another machine within a second;
 * an aging round on a branch of its own, merged; and a new value much later. */
static const char *arp_store(void)
{
	static const char *dir;
	struct stream s = {.t = {.a = &arena}};
	if (dir)
		return dir;
	dir = dir_of("arp.git");
	commit(&s, "primary", 0, "Arp.create: Initial empty cache", 0, 0);
	int first = commit(&s, "primary", 10, "entry added: 10.0.0.2 -> 02:00:00:00:00:02", 0, 0);
	put(&s, "arp/10.0.0.2", "mac 02:00:00:00:00:02\nexpires 1429688070\n");
	int tick =
		commit(&s, "expire_1", 15, "Arp.tick: updating to age out old entries", first, 0);
	removed(&s, "arp/10.0.0.2");
	int second =
		commit(&s, "primary", 20, "entry added: 10.0.0.3 -> 02:00:00:00:00:03", first, 0);
	put(&s, "arp/10.0.0.3", "mac 02:00:00:00:00:03\nexpires 1429688080\n");
	commit(&s, "primary", 20, "entry changed: 10.0.0.3 -> 02:00:00:00:00:99", second, 0);
	put(&s, "arp/10.0.0.3", "mac 02:00:00:00:00:99\nexpires 1429688080\n");
	commit(&s, "primary", 21, "Arp.tick: merge expiry branch", 5, tick);
	removed(&s, "arp/10.0.0.2");
	commit(&s, "primary", 90, "entry changed: 10.0.0.3 -> 02:00:00:00:00:03", 0, 0);
	put(&s, "arp/10.0.0.3", "mac 02:00:00:00:00:03\nexpires 1429688150\n");
	make_store(&arena, dir, &s);
	return dir;
}

/* ---- reading -------------------------------------------------------------------------------- */

static void commits_come_behind_their_parents(void **state)
{
	(void)state;
	static const int dates[] = {0, 10, 15, 20, 20, 21, 90};
	struct past p = opened(arp_store());
	assert_int_equal(p.steps.n, 7);
	assert_int_equal(p.line.n, 6); /* without the branch */
	assert_string_equal(p.primary, "primary");
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(p.steps.v[i].when, BORN + dates[i]);
	assert_int_equal(p.steps.v[0].parents.n, 0);
	assert_int_equal(p.steps.v[5].parents.n, 2);
	assert_string_equal(p.steps.v[2].message, "Arp.tick: updating to age out old entries");
	assert_string_equal(p.steps.v[2].author, "Arp.tick");
	assert_string_equal(p.steps.v[6].id.hex, p.tip.hex);
	past_close(&p);
}

/* As git itself has it, for a history with many branches and equal dates. */
static void a_large_history_is_whole(void **state)
{
	(void)state;
	struct stream s = {.t = {.a = &arena}};
	const char *dir = dir_of("large.git");
	int primary = commit(&s, "primary", 0, "start", 0, 0);
	for (int i = 0; i < 300; i++) {
		const char *branch = str_format(&arena, "b%d", i);
		int aside = commit(&s, branch, i / 7, branch, primary, 0);
		put(&s, str_format(&arena, "t/%d/%d", i % 10, i), "x 1\n");
		commit(&s, "primary", i / 7, "change", primary, 0);
		put(&s, "t/x", str_format(&arena, "y %d\n", i));
		primary = commit(&s, "primary", i / 7, "merge", s.mark, aside);
	}
	make_store(&arena, dir, &s);
	struct past p = opened(dir);
	struct map seen = {.a = &arena};
	assert_int_equal(p.steps.n, 901);
	vec_for(step, &p.steps) {
		vec_for(parent, &step->parents)
			assert_true(map_has(&seen, str_of(parent->hex)));
		map_put(&seen, str_of(step->id.hex));
	}
	struct str all = GIT(&arena, dir, S(""), "rev-list", "--all");
	size_t n = 0;
	while (all.n) {
		assert_true(map_has(&seen, str_cut(&all, '\n')));
		n++;
	}
	assert_int_equal(n, 901);
	past_close(&p);
}

/* "M arp/1\nA arp/2\n", sorted by path: of one commit, as git has it. */
static const char *changes_of_git(const char *dir, const struct git_step *step)
{
	struct str all = GIT(&arena, dir, S(""), "diff-tree", "-r", "--root", "--no-renames",
		"--no-commit-id", "--name-status", step->id.hex);
	struct text t = {.a = &arena};
	text_addz(&t, "");
	while (all.n) {
		struct str line = str_cut(&all, '\n');
		text_addf(&t, "%c %.*s\n", line.p[0], STR(str_from(line, 2)));
	}
	return t.p;
}

static int by_path(const void *x, const void *y)
{
	return strcmp(((const struct git_change *)x)->path, ((const struct git_change *)y)->path);
}

static const char *changes_of(struct past *p, size_t i)
{
	struct err e = {0};
	const git_changes *changes;
	struct text t = {.a = &arena};
	text_addz(&t, "");
	assert_ok(past_changed(p, i, &changes, &e));
	if (changes->n)
		qsort(changes->v, changes->n, sizeof(*changes->v), by_path);
	vec_for(change, changes)
		text_addf(&t, "%c %s\n",
			!change->before.hex[0]	? 'A'
			: !change->after.hex[0] ? 'D'
						: 'M',
			change->path);
	return t.p;
}

/* Of random histories, in which files become folders and folders files. */
static void changes_are_those_that_git_finds(void **state)
{
	(void)state;
	static const char *const paths[] = {"a", "a/b", "a/b/c", "a-b", "a.b", "a/b.c", "b", "b/c",
		"b/c/d/e", "b0", "c/1", "c/10", "c/2"};
	struct stream s = {.t = {.a = &arena}};
	const char *dir = dir_of("random.git");
	unsigned seed = 7;
	for (int i = 0; i < 60; i++) {
		commit(&s, "primary", i, "change", 0, 0);
		for (int k = 0; k < 3; k++) {
			seed = seed * 1103515245 + 12345;
			const char *path = paths[(seed >> 16) % 13];
			if (seed >> 30 == 0)
				removed(&s, path);
			else
				put(&s, path, str_format(&arena, "v %u\n", (seed >> 8) % 3));
		}
	}
	make_store(&arena, dir, &s);
	struct past p = opened(dir);
	size_t all = 0;
	for (size_t i = 0; i < p.steps.n; i++) {
		const char *git = changes_of_git(dir, &p.steps.v[i]);
		assert_string_equal(changes_of(&p, i), git);
		all += strlen(git);
	}
	assert_true(all > 1000);
	past_close(&p);
}

static void a_shallow_clone_begins_at_its_boundary(void **state)
{
	(void)state;
	struct err e = {0};
	const char *dir = dir_of("shallow.git");
	GIT(&arena, arp_store(), S(""), "clone", "--quiet", "--bare", "--depth=2",
		str_format(&arena, "file://%s", arp_store()), dir);
	struct past p = opened(dir);
	assert_int_equal(p.line.n, 2);
	assert_int_equal(p.steps.v[0].parents.n, 0);
	past_close(&p);
	/* Without the file that says so, the same repository is damaged. */
	assert_int_equal(unlink(path_join(&arena, dir, "shallow")), 0);
	assert_false(past_open(&arena, dir, &p, &e));
	assert_int_equal(e.code, E_CORRUPT);
}

static void what_is_no_repository_is_an_error(void **state)
{
	(void)state;
	struct err e = {0};
	struct past p;
	assert_false(past_open(&arena, root, &p, &e));
	assert_int_equal(e.code, E_INPUT);
	const char *dir = dir_of("empty.git");
	GIT(&arena, dir, S(""), "init", "--quiet", "--bare");
	p = opened(dir);
	assert_int_equal(p.steps.n, 0);
	assert_int_equal(p.line.n, 0);
	past_close(&p);
}

static void entries_and_texts(void **state)
{
	(void)state;
	struct err e = {0};
	past_entries list;
	struct str text;
	struct past p = opened(arp_store());
	assert_ok(past_list(&p, &arena, &p.steps.v[4].tree, &list, &e));
	assert_int_equal(list.n, 2);
	assert_string_equal(list.v[1].path, "arp/10.0.0.3");
	assert_ok(past_text(&p, &arena, &list.v[1].id, &text, &e));
	assert_true(str_is(past_field(text, "mac"), "02:00:00:00:00:99"));
	assert_true(str_is(past_field(text, "expires"), "1429688080"));
	assert_null(past_field(text, "expire").p);
	assert_null(past_field(text, "02:00:00:00:00:99").p);
	past_close(&p);
}

static void patterns_of_paths(void **state)
{
	(void)state;
	assert_true(past_matches("arp/10.0.0.2", "arp/10.0.0.2"));
	assert_false(past_matches("arp/10.0.0.2", "arp/10.0.0.22"));
	assert_true(past_matches("arp/*", "arp/10.0.0.22"));
	assert_false(past_matches("nat/*", "nat/tcp/40"));
	assert_true(past_matches("nat/*/40", "nat/tcp/40"));
	assert_true(past_matches("nat/", "nat/tcp/40/40001"));
	assert_false(past_matches("nat/", "natter/1"));
}

/* ---- judging -------------------------------------------------------------------------------- */

/* The judgement of a check that is given as JSON, within WINDOW. */
static struct judgement judge(const char *dir, const char *check, struct past_window window)
{
	struct err e = {0};
	struct recipe *r;
	struct judgement j;
	const char *file = dir_of("recipes/box/recipe.json");
	const char *text = str_format(&arena,
		"{\"name\":\"box\",\"version\":\"1\",\"license\":\"ISC\",\"image\":{\"state\":{"
		"\"stores\":[\"arp\"]},\"checks\":[{\"name\":\"x\",\"type\":\"state\",\"store\":"
		"\"arp\",%s}]}}",
		check);
	assert_ok(dir_make(path_dir(&arena, file), &e));
	assert_ok(file_write(file, str_of(text), 0644, &e));
	assert_ok(recipe_read(&arena, file, &r, &e));
	struct past p = opened(dir);
	assert_ok(past_judge(&p, &r->image->checks.v[0], &window, &j, &e));
	past_close(&p);
	return j;
}

#define NS ((int64_t)1000000000)
static const struct past_window always_window = {0, INT64_MAX, 0};

static void assert_holds(const char *check)
{
	struct judgement j = judge(arp_store(), check, always_window);
	if (!j.holds)
		print_error("%s: %s\n", check, j.why);
	assert_true(j.holds);
}

static void assert_why(const char *check, struct past_window window, const char *why)
{
	struct judgement j = judge(arp_store(), check, window);
	assert_false(j.holds);
	if (!strstr(j.why, why))
		print_error("'%s' is not in '%s'\n", why, j.why);
	assert_non_null(strstr(j.why, why));
}

static void assert_broken(const char *check, const char *why)
{
	assert_why(check, always_window, why);
}

static void what_holds_at_the_end(void **state)
{
	(void)state;
	assert_holds("\"at_end\":[{\"path\":\"arp/10.0.0.3\"}]");
	assert_holds("\"at_end\":[{\"path\":\"arp/10.0.0.2\",\"min\":0,\"max\":0}]");
	assert_holds("\"at_end\":[{\"path\":\"arp/*\",\"field\":\"mac\",\"value\":"
		     "\"02:00:00:00:00:03\",\"max\":1}]");
	assert_holds("\"at_end\":[{\"path\":\"arp/\",\"text\":\"^mac 02:.*\\nexpires 14296\"}]");
	assert_broken("\"at_end\":[{\"path\":\"arp/*\",\"max\":0,\"min\":0}]",
		"(2015-04-22T07:34:50Z): 1 arp/*, the first is arp/10.0.0.3 (mac "
		"02:00:00:00:00:03;expires 1429688150), expected 0");
	assert_broken("\"at_end\":[{\"path\":\"arp/10.0.0.2\"}]",
		"(2015-04-22T07:34:50Z): 0 arp/10.0.0.2, expected at least 1");
	assert_broken("\"at_end\":[{\"path\":\"arp/*\",\"field\":\"mac\",\"value\":\"frog\"}]",
		"0 arp/* with mac frog, expected at least 1");
	assert_broken("\"at_end\":[{\"message\":\"added\"}]",
		"its message is 'entry changed: 10.0.0.3 -> 02:00:00:00:00:03', expected a message "
		"that matches 'added'");
}

static void what_always_holds(void **state)
{
	(void)state;
	assert_holds("\"always\":[{\"path\":\"arp/*\",\"min\":0,\"max\":2}]");
	assert_holds("\"always\":[{\"message\":\"^(Arp|entry)\"}]");
	assert_broken("\"always\":[{\"path\":\"arp/*\",\"max\":2}]",
		"(2015-04-22T07:33:20Z): 0 arp/*, expected 1 to 2");
	assert_broken("\"always\":[{\"path\":\"arp/*\",\"min\":0,\"max\":1}]",
		"(2015-04-22T07:33:40Z): 2 arp/*, expected at most 1");
}

static void what_holds_sometime_or_never(void **state)
{
	(void)state;
	assert_holds("\"eventually\":[{\"path\":\"arp/*\",\"min\":2},{\"path\":\"arp/10.0.0.3\","
		     "\"text\":\":99\"},{\"message\":\"merge expiry\"}]");
	assert_broken("\"eventually\":[{\"path\":\"arp/*\",\"min\":3}]",
		"none of 7 commits has arp/*; the last, commit ");
	assert_holds("\"never\":[{\"path\":\"arp/10.0.0.4\"},{\"message\":\"refused\"},"
		     "{\"path\":\"arp/\",\"min\":3}]");
	assert_broken("\"never\":[{\"path\":\"arp/*\",\"field\":\"mac\",\"value\":"
		      "\"02:00:00:00:00:99\"}]",
		"(2015-04-22T07:33:40Z): 1 arp/* with mac 02:00:00:00:00:99, the first is "
		"arp/10.0.0.3 (mac 02:00:00:00:00:99;");
	assert_broken("\"never\":[{\"message\":\"^entry changed\"}]",
		"(2015-04-22T07:33:40Z): its message is 'entry changed: 10.0.0.3 -> "
		"02:00:00:00:00:99'");
}

static void two_values_within_a_second(void **state)
{
	(void)state;
#define WITHIN(n) "\"never\":[{\"path\":\"arp/*\",\"field\":\"mac\",\"changes_within_s\":" #n "}]"
	assert_broken(WITHIN(1), "(2015-04-22T07:33:40Z): arp/10.0.0.3: mac 02:00:00:00:00:03 -> "
				 "02:00:00:00:00:99, 0 s after its last change");
	/* The later change is far away, and the date of expiry is another field. */
	assert_why(WITHIN(71), (struct past_window){(int64_t)(BORN + 30) * NS, INT64_MAX, 0},
		"mac 02:00:00:00:00:99 -> 02:00:00:00:00:03, 70 s after its last change");
	struct judgement j = judge(arp_store(), WITHIN(70),
		(struct past_window){(int64_t)(BORN + 30) * NS, INT64_MAX, 0});
	assert_true(j.holds);
	assert_int_equal(j.commits, 1);
	assert_holds("\"eventually\":[{\"path\":\"arp/\",\"field\":\"mac\","
		     "\"changes_within_s\":1}]");
	assert_broken("\"eventually\":[{\"path\":\"arp/10.0.0.2\",\"field\":\"mac\","
		      "\"changes_within_s\":100}]",
		"no such change");
}

static void numbers_of_commits(void **state)
{
	(void)state;
	assert_holds("\"commits\":{\"min\":7,\"max\":7,\"per_second\":2}");
	assert_holds(
		"\"commits\":{\"message\":\"^Arp.tick\",\"min\":2,\"max\":2,\"per_second\":1}");
	assert_broken(
		"\"commits\":{\"max\":6}", "7 commits, expected at most 6; the last is commit ");
	assert_broken("\"commits\":{\"message\":\"refused\",\"min\":1}",
		"0 commits with a message that matches 'refused', expected at least 1");
	assert_broken("\"commits\":{\"per_second\":1}",
		"2 commits at 2015-04-22T07:33:40Z, expected at most 1 a second");
}

static void windows_are_of_whole_seconds(void **state)
{
	(void)state;
	const char *two = "\"at_end\":[{\"path\":\"arp/*\",\"min\":2}]";
	const int64_t s = NS, born = (int64_t)BORN * NS;
	/* The end: its own second counts ... */
	assert_true(judge(arp_store(), two, (struct past_window){0, born + 20 * s, 0}).holds);
	assert_false(judge(arp_store(), two, (struct past_window){0, born + 20 * s - 1, 0}).holds);
	/* ... but not that of a packet, which the commit may have come behind. */
	assert_false(
		judge(arp_store(), two, (struct past_window){0, born + 90 * s, born + 20 * s + 900})
			.holds);
	assert_true(judge(arp_store(), two, (struct past_window){0, born + 90 * s, born + 21 * s})
			    .holds);
	/* The state at a window's beginning is that of the last commit before it. */
	const char *one = "\"always\":[{\"path\":\"arp/*\",\"min\":1,\"max\":1}]";
	assert_true(judge(arp_store(), one, (struct past_window){born + 30 * s, born + 60 * s, 0})
			    .holds);
	assert_why(one, (struct past_window){born + 21 * s, born + 60 * s, 0},
		"(2015-04-22T07:33:40Z): 2 arp/*, expected 1");
	assert_why(
		two, (struct past_window){0, born - 1, 0}, "no commit up to 2015-04-22T07:33:19Z");
	assert_why("\"eventually\":[{\"path\":\"arp/*\"}]",
		(struct past_window){born + 30 * s, born + 60 * s, 0},
		"there is no commit, so none with arp/*");
}

/* ---- words ----------------------------------------------------------------------------------- */

static void kinds_of_messages(void **state)
{
	(void)state;
	assert_string_equal(past_kind(&arena, "entry added: 10.0.0.2 -> 02:.."), "entry added");
	assert_string_equal(past_kind(&arena, "Arp.tick: merge expiry branch\n\nmore 1"),
		"Arp.tick: merge expiry branch");
	assert_string_equal(
		past_kind(&arena, "refused: a claim on 10.0.0.2"), "refused: a claim on");
	assert_string_equal(past_kind(&arena, "10.0.0.2 came"), "(other)");
	assert_string_equal(past_kind(&arena, ""), "(other)");
	assert_string_equal(past_plain(&arena, S("tcp/10.0.0.1:40001-10.0.0.2:80 seq 4294967295")),
		"tcp/10.0.0.1:#-10.0.0.2:80 seq #");
	assert_string_equal(past_plain(&arena, S("123 1234 ")), "123 # ");
	assert_string_equal(past_plain(&arena, S("")), "");
}

static void assert_plain(const char *text, const char *plain)
{
	assert_string_equal(past_plain(&arena, str_of(text)), plain);
}

static void plain_words_have_no_times_and_ports(void **state)
{
	(void)state;
	assert_plain("", "");
	assert_plain("expires 2026-11-26T06:43:20.553Z\nmac 02", "expires #\nmac 02");
	assert_plain("2026-11-26T06:43:20Z", "#");
	assert_plain("2026-11-26T06:43:20+01:00;2026-11-26T06:43:20.5-01:00.", "#;#.");
	assert_plain("2026-11-26T06:43:20", "#");
	assert_plain("2026-11-26T06:43:2", "#-11-26T06:43:2");
	assert_plain("2026-11-26T06:43:20.", "#.");
	assert_plain("nat/tcp/10/2576", "nat/tcp/#/#");
	assert_plain("nat/tcp/3/800", "nat/tcp/#/800");
	assert_plain("arp/10.0.0.2 10.0.0.0/24 1/2/x", "arp/10.0.0.2 10.0.0.0/24 1/#/x");
	assert_plain("10.0.0.2:40000 7 123 12345", "10.0.0.2:# 7 123 #");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(plain_words_have_no_times_and_ports),
	cmocka_unit_test(commits_come_behind_their_parents),
	cmocka_unit_test(a_large_history_is_whole),
	cmocka_unit_test(changes_are_those_that_git_finds),
	cmocka_unit_test(a_shallow_clone_begins_at_its_boundary),
	cmocka_unit_test(what_is_no_repository_is_an_error),
	cmocka_unit_test(entries_and_texts),
	cmocka_unit_test(patterns_of_paths),
	cmocka_unit_test(what_holds_at_the_end),
	cmocka_unit_test(what_always_holds),
	cmocka_unit_test(what_holds_sometime_or_never),
	cmocka_unit_test(two_values_within_a_second),
	cmocka_unit_test(numbers_of_commits),
	cmocka_unit_test(windows_are_of_whole_seconds),
	cmocka_unit_test(kinds_of_messages),
};

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("past", tests, setup, teardown);
}
