/* test_compare_state.c - how the histories of two runs differ, and how it is told.
 * SPDX-License-Identifier: ISC */
#include "scene.h"

#include "markup_check.h"
#include "past_box.h"
#include "report/fields.h"

static struct arena arena;
static const char *root;

static int setup(void **state)
{
	(void)state;
	struct err e = {0};
	assert_ok(dir_make_temp(&arena, "/tmp/respin-test-compare.", &root, &e));
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

/* An ARP history of a run: the peer's expiry and port differ in every one, which means nothing. */
static void make_history(const char *run, const char *store, int shift, bool refuses)
{
	struct stream s = {.t = {.a = &arena}};
	const char *dir = str_format(&arena, "%s/%s/state/%s.git", root, run, store);
	struct err e = {0};
	commit(&s, "primary", shift, "Arp.create: Initial empty cache", 0, 0);
	commit(&s, "primary", shift + 10, "entry added: 10.0.0.2 -> 02:00:00:00:00:02", 0, 0);
	put(&s, "arp/10.0.0.2", str_format(&arena, "mac 02:02\nexpires %d\n", BORN + shift));
	put(&s, str_format(&arena, "tcp/10.0.0.2:%d", 40000 + shift), "state established\n");
	if (refuses) {
		commit(&s, "primary", shift + 20, "refused: 10.0.0.9 claims 10.0.0.1", 0, 0);
		put(&s, "arp/refused/claim", "count 1\n");
		put(&s, "arp/10.0.0.2", "mac 02:99\nexpires 1\n");
	}
	commit(&s, "primary", shift + 30, "Arp.tick: updating to age out old entries", 0, 0);
	put(&s, "arp/10.0.0.3", "mac 02:03\n");
	assert_ok(dir_make(path_dir(&arena, dir), &e));
	make_store(&arena, dir, &s);
}

static void add_kept(struct side *side, const char *run, const char *store, size_t commits)
{
	side->run.dir = path_join(&arena, root, run);
	*vec_add(&arena, &side->run.state) = (struct kept_store){
		store, 1, str_format(&arena, "state/%s.git", store), commits, 3};
}

/* The sample's two sides, the one of run X, the other of run Y. */
static void state_scene(struct scene *s, const char *x, const char *y)
{
	struct err e = {0};
	sample_sides(&s->a, &s->before, &s->after);
	add_kept(&s->before, x, "arp", 3);
	add_kept(&s->after, y, "arp", 4);
	compare_scene(s);
	assert_ok(compare_state(&s->a, &s->c, &e));
}

static void make_histories(void)
{
	static bool made;
	if (made)
		return;
	made = true;
	make_history("one", "arp", 0, false);
	make_history("same", "arp", 1000, false);
	make_history("two", "arp", 2000, true);
	make_history("two", "nat", 0, true);
}

static void times_and_ports_are_no_difference(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	make_histories();
	state_scene(&s, "one", "same");
	assert_int_equal(s.c.state.n, 1);
	assert_int_equal(s.c.state.v[0].entries.n, 0);
	assert_false(s.c.state.v[0].diverges);
	vec_for(kind, &s.c.state.v[0].kinds)
		assert_int_equal(kind->before, kind->after);
	assert_int_equal(s.c.state.v[0].kinds.n, 3);
	expect_part(text_of(&s, 100), "\nstate\n  1 store: the same\n");
}

static void what_differs_is_found(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	make_histories();
	state_scene(&s, "one", "two");
	const struct store_change *store = &s.c.state.v[0];
	assert_int_equal(store->entries.n, 2);
	assert_string_equal(store->entries.v[0].path_after, "arp/10.0.0.2");
	assert_string_equal(store->entries.v[0].before, "mac 02:02\nexpires 1429688000\n");
	assert_string_equal(store->entries.v[0].after, "mac 02:99\nexpires 1\n");
	assert_null(store->entries.v[1].path_before);
	assert_string_equal(store->entries.v[1].path_after, "arp/refused/claim");
	assert_true(store->diverges);
	assert_int_equal(store->common, 2);
	assert_string_equal(store->message_before, "Arp.tick: updating to age out old entries");
	assert_string_equal(store->message_after, "refused: 10.0.0.9 claims 10.0.0.1");
	assert_string_equal(store->kinds.v[3].kind, "refused");
	assert_int_equal(store->kinds.v[3].before, 0);
	assert_int_equal(store->kinds.v[3].after, 1);
}

static void stores_of_one_side_are_told(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	struct err e = {0};
	make_histories();
	sample_sides(&s.a, &s.before, &s.after);
	add_kept(&s.before, "one", "arp", 3);
	add_kept(&s.after, "two", "nat", 4);
	compare_scene(&s);
	assert_ok(compare_state(&s.a, &s.c, &e));
	assert_int_equal(s.c.state.n, 2);
	assert_false(s.c.state.v[0].has_after);
	assert_int_equal(s.c.state.v[0].entries.n, 3);
	assert_null(s.c.state.v[0].entries.v[0].path_after);
	assert_null(s.c.state.v[0].message_after);
	assert_false(s.c.state.v[1].has_before);
	const char *text = text_of(&s, 100);
	expect_part(text, "  arp  3 -> 0 commits, 3 -> 0 entries at the end (gone)");
	expect_part(text, "  nat  0 -> 4 commits, 0 -> 3 entries at the end (new)\n\n");
}

static void all_reports_tell_it(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	struct str at;
	make_histories();
	state_scene(&s, "one", "two");
	const char *text = text_of(&s, 100);
	expect_part(text, "\nstate\n  arp  3 -> 4 commits, 3 -> 3 entries at the end\n");
	expect_part(text, "    refused  0 -> 1\n");
	expect_no_part(text, "entry added");
	expect_part(text, "~ arp/10.0.0.2       mac 02:02 -> 02:99; expires 1429688000 -> 1\n");
	expect_part(text, "+ arp/refused/claim  count 1\n");
	expect_part(text, "    the first 2 commits the same, then\n"
			  "      before  Arp.tick: updating to age out old entries\n"
			  "      after   refused: 10.0.0.9 claims 10.0.0.1\n");
	assert_true(longest_line(text_of(&s, 60)) <= 60);
	const struct json *store = json_at(json_get(parse_json(&s, NULL), "state"), 0);
	assert_string_equal(json_string(json_get(store, "store"), ""), "arp");
	assert_true(json_number(json_get(json_get(store, "commits"), "after"), 0) == 4);
	assert_true(json_bool(json_get(store, "diverges"), false));
	assert_int_equal(json_count(json_get(store, "changed")), 2);
	assert_int_equal(json_count(json_get(store, "kinds")), 4);
	const char *page = page_of(&s);
	expect_part(page, "<h2 id=\"state-arp-1\">State: arp</h2>");
	expect_part(
		page, "<code>arp/<wbr/>refused/<wbr/>claim</code></th><td>–</td><td>count 1</td>");
	expect_part(page, "The first 2 commits the same; then, before: Arp.tick: updating");
	assert_null(markup_problem(str_of(page), &at));
}

static const char *changed(const char *before, const char *after)
{
	const struct past_change c = {before ? "x" : NULL, after ? "x" : NULL, before, after};
	return fields_words(&arena, &c);
}

static void only_fields_that_differ_are_told(void **state)
{
	(void)state;
	const struct past_change c = {"x", "x", "mac 02\nstatic\nto a\n", "mac 06\nto a\n"};
	assert_string_equal(changed("mac 02\nexpires 2026-11-26T06:43:20Z\nport 40000\n",
				    "mac 06\nexpires 2026-11-26T06:44:20Z\nport 40001\n"),
		"mac 02 -> 06");
	assert_string_equal(
		changed("mac 02\nstatic\n", "mac 02\nstate new\n"), "- static; + state new");
	assert_string_equal(changed("to a\nto b\n", "to a\nto c\nto d\n"), "to b -> c; + to d");
	assert_string_equal(changed("a 1\nb 2\n", "b 2\na 1\n"), "a 1; b 2 -> b 2; a 1");
	assert_string_equal(changed(NULL, "mac 02\nstatic\n"), "mac 02; static");
	assert_string_equal(changed("", ""), "");
	assert_string_equal(fields_side(&arena, &c, false, "-"), "mac 02; static");
	assert_string_equal(fields_side(&arena, &c, true, "-"), "mac 06");
}

/* Two machines' stores of one name are one sum, but for -v. */
static void several_machines_are_added_up(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	struct err e = {0};
	make_histories();
	sample_sides(&s.a, &s.before, &s.after);
	for (int64_t k = 1; k <= 3; k++) {
		add_kept(&s.before, "one", "arp", 3);
		s.before.run.state.v[k - 1].machine = k;
		add_kept(&s.after, k == 1 ? "one" : "two", "arp", k == 1 ? 3 : 4);
		s.after.run.state.v[k - 1].machine = k;
	}
	s.after.run.dir = path_join(&arena, root, "two");
	s.after.run.state.v[0].path = "../one/state/arp.git";
	compare_scene(&s);
	assert_ok(compare_state(&s.a, &s.c, &e));
	const char *text = text_of(&s, 100);
	expect_part(text,
		"\nstate\n  arp, 3 machines  9 -> 11 commits, 9 -> 9 entries at the end\n"
		"    refused  0 -> 2\n"
		"    4 entries differ, 2 machines go another way, 1 the same; -v shows each "
		"machine\n\n");
	s.out = (struct text){.a = &s.a};
	report_text(&s.c, &(const struct report_look){.width = 100, .verbose = true}, &s.out);
	expect_part(s.out.p, "\n  arp of machine 2  3 -> 4 commits");
	expect_part(s.out.p, "\n  arp of machine 3  3 -> 4 commits");
	expect_part(s.out.p, "\n  1 other store: the same\n");
	expect_no_part(s.out.p, "3 machines");
}

/* 40 fields of a new entry are no reading matter; those that differ all are. */
static void the_page_elides_entries_of_one_side(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	struct text fields = {.a = &arena}, others = {.a = &arena};
	for (int i = 0; i < 40; i++) {
		text_addf(&fields, "field%d no%d\n", i, i);
		text_addf(&others, "field%d yes%d\n", i, i);
	}
	start_scene(&s);
	struct store_change *store = vec_add(&s.a, &s.c.state);
	*store = (struct store_change){.store = "tcp", .machine = 1};
	vec_push(&s.a, &store->entries, ((struct past_change){NULL, "tcp/x", NULL, fields.p}));
	expect_part(page_of(&s), "<td>field0 no0; field1 no1;");
	expect_no_part(page_of(&s), "field20 ");
	store->entries.v[0] = (struct past_change){"tcp/x", "tcp/x", fields.p, others.p};
	expect_part(page_of(&s), "field20 yes20;");
}

static void a_damaged_history_is_an_error(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	struct err e = {0};
	make_histories();
	make_history("bad", "arp", 0, false);
	assert_ok(tree_remove(path_join(&arena, root, "bad/state/arp.git/objects"), &e));
	sample_sides(&s.a, &s.before, &s.after);
	add_kept(&s.before, "one", "arp", 3);
	add_kept(&s.after, "bad", "arp", 3);
	compare_scene(&s);
	assert_false(compare_state(&s.a, &s.c, &e));
	assert_non_null(strstr(e.text, "run 20261123T083712Z-static-site-7be0912f"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(times_and_ports_are_no_difference),
	cmocka_unit_test(what_differs_is_found),
	cmocka_unit_test(stores_of_one_side_are_told),
	cmocka_unit_test(all_reports_tell_it),
	cmocka_unit_test(only_fields_that_differ_are_told),
	cmocka_unit_test(several_machines_are_added_up),
	cmocka_unit_test(the_page_elides_entries_of_one_side),
	cmocka_unit_test(a_damaged_history_is_an_error),
};

int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("compare_state", tests, setup, teardown);
}
