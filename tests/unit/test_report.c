/* test_report.c - a comparison as text and as JSON. SPDX-License-Identifier: ISC */
#include "scene.h"

#include <math.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/* ---- terminal ------------------------------------------------------------------------- */

static void text_is_the_whole_story(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	start_scene(&s);
	assert_string_equal(text_of(&s, 100),
		"static-site\n"
		"  before  without overlays\n"
		"  after   with lwip: tcp: start with ten segments (RFC 6928)\n"
		"\n"
		"checks\n"
		"  segments in the first flight  fail -> pass  fixed  10 packets\n"
		"  7 other checks: the same\n"
		"\n"
		"measured\n"
		"  page: total time              121.3 -> 81.0 ms\n"
		"  segments in the first flight      4 -> 10 packets\n"
		"  6 other values: the same, or within the noise of single runs\n"
		"\n"
		"image  182,344 -> 182,904 bytes (+560)\n"
		"  loaded  107,760 -> 107,872 bytes (+112)\n"
		"  ram_heap               lwip  +65,536\n"
		"  tcp_receive            lwip  +48\n"
		"  tcp_calc_initial_cwnd  lwip  -46 (gone)\n"
		"  tcp_initial_window     lwip  +38 (new)\n"
		"  tcp_alloc              lwip  +32\n"
		"  tcp_process            lwip  +32\n"
		"  tcp_connect            lwip  +16\n"
		"  tcp_listen_input       lwip  +16\n"
		"\n"
		"rebuilt  4 actions ran, 64 reused\n"
		"  lwip/src/core/tcp.o     src/core/tcp.c changed\n"
		"  lwip/src/core/tcp_in.o  src/include/lwip/priv/tcp_priv.h changed\n"
		"  lwip.o                  lwip/src/core/tcp.o changed\n"
		"  static-site             lwip.o changed\n"
		"\n"
		"packages\n"
		"  lwip  2.1.3  overlay none -> 3f2a91c0d4  +112 bytes\n"
		"    + tcp: start with ten segments (RFC 6928)\n"
		"\n"
		"1 check fixed, 0 broken, 7 the same; segments in the first flight 4 -> 10 "
		"packets.\n");
}

static void a_long_list_of_actions_is_cut_short(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	start_scene(&s);
	for (int i = 0; i < 10; i++)
		vec_push(&s.a, &s.after.build.ran,
			((struct action){.output = "x.o",
				.package = "x",
				.reason = str_format(&s.a, "x%d.h changed", i)}));
	compare_scene(&s);
	const char *text = text_of(&s, 100);
	assert_non_null(strstr(text, "rebuilt  14 actions ran, 64 reused\n"));
	assert_non_null(strstr(text, "  2 more\n"));
}

static void actions_alike_are_told_as_one(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	start_scene(&s);
	for (int i = 0; i < 9; i++)
		vec_push(&s.a, &s.after.build.ran,
			((struct action){.output = str_format(&s.a, "x%d.o", i),
				.package = i < 8 ? "x" : "y",
				.reason = "not built before"}));
	compare_scene(&s);
	assert_non_null(strstr(text_of(&s, 100), "  x7.o "));
	vec_push(&s.a, &s.after.build.ran,
		((struct action){.output = "x9.o", .package = "x", .reason = "not built before"}));
	compare_scene(&s);
	const char *text = text_of(&s, 100);
	assert_non_null(strstr(text, " 9 actions: not built before\n"));
	assert_non_null(strstr(text, "  x8.o "));
	assert_null(strstr(text, "x7.o"));
}

static void reasons_have_room_beside_long_names(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	start_scene(&s);
	s.after.build.ran.v[0].output =
		"duniverse/mirage-tcpip/src/tcp/.tcp.objs/native/tcp__Window.{cmx,o}";
	compare_scene(&s);
	assert_non_null(strstr(text_of(&s, 90), "  src/core/tcp.c changed\n"));
}

static void an_image_may_change_without_what_is_loaded(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	start_scene(&s);
	s.after.image.loaded = s.before.image.loaded;
	compare_scene(&s);
	expect_part(text_of(&s, 100), " (+560)\n  loaded  107,760 bytes on both sides\n");
}

static void text_of_nothing_changed_is_short(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	start_scene(&s);
	s.before = s.after;
	s.after.build = (struct build_result){0};
	compare_scene(&s);
	assert_string_equal(text_of(&s, 100),
		"static-site\n"
		"  before  with lwip: tcp: start with ten segments (RFC 6928)\n"
		"  after   with lwip: tcp: start with ten segments (RFC 6928)\n"
		"\n"
		"checks\n"
		"  8 checks: the same\n"
		"\n"
		"measured\n"
		"  8 values: the same, or within the noise of single runs\n"
		"\n"
		"image: the same on both sides, byte for byte\n"
		"\n"
		"0 checks fixed, 0 broken, 8 the same; both images are the same.\n");
}

static void values_of_one_side_are_not_the_same(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	start_scene(&s);
	s.before = s.after;
	memset(&s.before.run.checks, 0, sizeof(s.before.run.checks));
	vec_for(check, &s.after.run.checks)
		vec_push(&s.a, &s.before.run.checks, *check);
	s.before.run.checks.v[0].metrics.n = 0;
	compare_scene(&s);
	expect_part(text_of(&s, 100), "  7 values: the same, or within the noise of single runs\n"
				      "  1 value: measured on one side only\n");
}

static void set_result(struct run *r, const char *name, enum verdict verdict, const char *why)
{
	vec_for(check, &r->checks)
		if (!strcmp(check->name, name)) {
			check->verdict = verdict;
			check->why = why;
		}
}

static void text_names_what_still_fails(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	start_scene(&s);
	set_result(&s.before.run, "ping", FAIL, "no answer");
	set_result(&s.after.run, "ping", FAIL, "no answer either");
	set_result(&s.after.run, "arp", FAIL, "answered with opcode 3");
	set_result(&s.after.run, "tcp", SKIP, "not reached");
	vec_push(&s.a, &s.after.run.checks,
		((struct check_result){.name = "dns", .verdict = FAIL, .why = "refused"}));
	compare_scene(&s);
	const char *text = text_of(&s, 100);
	expect_part(
		text, "  ping                          fail -> fail  same    no answer either\n");
	expect_part(text, "  arp                           pass -> fail  broken  answered with");
	expect_part(text, "  tcp                           pass -> skip  gone    not reached\n");
	expect_part(text, "  dns                           none -> fail  new     refused\n");
	expect_part(text, "  4 other checks: the same\n");
	expect_part(text, "1 check fixed, 1 broken, 5 the same, 1 new (1 of them failing), "
			  "1 without an answer now");
	expect_part(text, "\nbroken: arp\n");
}

static void the_first_broken_checks_are_named_last(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	sample_sides(&s.a, &s.before, &s.after);
	for (size_t i = 0; i < 5; i++) {
		const char *name = str_format(&s.a, "c%zu", i);
		vec_push(&s.a, &s.before.run.checks,
			((struct check_result){.name = name, .verdict = PASS, .why = "ok"}));
		vec_push(&s.a, &s.after.run.checks,
			((struct check_result){.name = name, .verdict = FAIL, .why = "no"}));
	}
	compare_scene(&s);
	assert_true(str_ends(str_of(text_of(&s, 100)), S("\nbroken: c0, c1, c2 and 2 more\n")));
	expect_part(page_of(&s), " broken: c0, c1, c2 and 2 more</p>");
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	(void)state;
	for (int width = 0; width < 140; width++) {
		defer(scene_end) struct scene s = {0};
		start_scene(&s);
		size_t most = longest_line(text_of(&s, width));
		assert_true(most <= (width < 20 ? 20 : (size_t)width));
	}
}

static void colours_are_only_added(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	start_scene(&s);
	const char *plain = text_of(&s, 80);
	expect_no_part(plain, "\033");
	struct text tinted = {.a = &s.a}, stripped = {.a = &s.a};
	report_text(&s.c, &(const struct report_look){.width = 80, .color = true}, &tinted);
	expect_part(tinted.p, "\033[32mfixed\033[0m");
	for (struct str rest = text_str(&tinted); rest.p;) {
		text_add(&stripped, str_cut(&rest, '\033'));
		if (rest.p)
			str_cut(&rest, 'm');
	}
	assert_string_equal(stripped.p, plain);
}

static void long_names_are_elided_in_the_middle(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t columns;
		const char *expected;
	} cases[] = {
		{"abcdef", 6, "abcdef"},
		{"abcdefgh", 7, "ab...gh"},
		{"abcdefgh", 6, "ab...h"},
		{"äöüßéè€x", 7, "äö...€x"},
		{"abcdef", 3, "..."},
		{"abcdef", 1, "."},
		{"abcdef", 0, ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		defer(arena_free) struct arena a = {0};
		assert_string_equal(
			chars_elide(&a, cases[i].text, cases[i].columns), cases[i].expected);
	}
}

static void odd_bytes_are_shown_as_pictures(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"plain, ünïcode €, 🙂", "plain, ünïcode €, 🙂"},
		{"a\tb\nc\rd", "a b c d"}, {"\033[31mred", "␛[31mred"}, {"\001\177", "␁␡"},
		{"\xC2\x9B", "\uFFFD"},			/* a control sequence in one character */
		{"\xE2\x80\xAE", "\uFFFD"},		/* right to left from here on */
		{"\xFF\xC0\x80", "\uFFFD\uFFFD\uFFFD"}, /* never UTF-8; an overlong NUL */
		{"\xE0\x9F\xBF", "\uFFFD\uFFFD\uFFFD"}, /* overlong, three bytes */
		{"\xF0\x8F\xBF\xBF", "\uFFFD\uFFFD\uFFFD\uFFFD"}, /* and four */
		{"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},		  /* half a surrogate pair */
		{"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"}, /* beyond Unicode */
		{"\xE2\x82", "\uFFFD\uFFFD"},			  /* cut off */
		{"\xE2(", "\uFFFD("}, {"\xEF\xBF\xBF", "\uFFFD"}, /* not a character */
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		defer(arena_free) struct arena a = {0};
		assert_string_equal(chars_clean(&a, cases[i].in), cases[i].out);
	}
	defer(arena_free) struct arena a = {0};
	assert_string_equal(chars_clean(&a, NULL), "");
}

/* ---- JSON ----------------------------------------------------------------------------- */

static const char *string_of(const struct json *object, const char *name)
{
	return json_string(json_get(object, name), "(not a string)");
}

static void json_has_the_names_of_the_design(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	start_scene(&s);
	steps did = sample_steps(&s.a);
	const struct json *j = parse_json(&s, &did);
	assert_string_equal(string_of(j, "image"), "static-site");
	assert_string_equal(string_of(j, "before"), s.before.run.id);
	assert_string_equal(string_of(j, "after"), s.after.run.id);
	assert_string_equal(string_of(j, "report"), "report.html");
	assert_int_equal(json_count(json_get(j, "checks")), 8);
	const struct json *check = json_at(json_get(j, "checks"), 6);
	assert_string_equal(string_of(check, "name"), "segments in the first flight");
	assert_string_equal(string_of(check, "before"), "fail");
	assert_string_equal(string_of(check, "after"), "pass");
	assert_string_equal(string_of(check, "verdict"), "fixed");
	const struct json *metric = json_at(json_get(j, "metrics"), 4);
	assert_string_equal(string_of(metric, "check"), "page");
	assert_string_equal(string_of(metric, "name"), "total time");
	assert_string_equal(string_of(metric, "unit"), "ms");
	assert_true(fabs(json_number(json_get(metric, "before"), 0) - 121.3) < 1e-9);
	assert_true(fabs(json_number(json_get(metric, "after"), 0) - 81.0) < 1e-9);
	const struct json *size = json_get(json_get(j, "image_diff"), "size");
	assert_true(json_number(json_get(size, "difference"), 0) > 559.5);
	const struct json *loaded = json_get(json_get(j, "image_diff"), "loaded");
	assert_int_equal((int)json_number(json_get(loaded, "before"), 0), 107760);
	assert_int_equal((int)json_number(json_get(loaded, "difference"), 0), 112);
	assert_int_equal(json_count(json_get(j, "patches")), 1);
	assert_string_equal(json_string(json_at(json_get(j, "patches"), 0), ""), SAMPLE_SUBJECT);
	const struct json *step = json_at(json_get(j, "steps"), 4);
	assert_string_equal(string_of(step, "name"), "build");
	assert_string_equal(string_of(step, "summary"), "4 run, 64 reused");
	assert_true(fabs(json_number(json_get(step, "seconds"), 0) - 1.1) < 1e-9);
}

static void json_of_compare_has_no_steps(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	start_scene(&s);
	s.after.build = (struct build_result){0};
	compare_scene(&s);
	const struct json *j = parse_json(&s, NULL);
	assert_null(json_get(j, "steps"));
	assert_null(json_get(j, "build"));
	assert_non_null(json_get(j, "image_diff"));
}

static void json_has_null_for_what_a_side_lacks(void **state)
{
	(void)state;
	defer(scene_end) struct scene s = {0};
	start_scene(&s);
	memset(&s.before.run.checks, 0, sizeof(s.before.run.checks));
	s.after.run.checks.v[0].metrics.v[0].value = INFINITY;
	compare_scene(&s);
	const struct json *j = parse_json(&s, NULL);
	const struct json *metric = json_at(json_get(j, "metrics"), 0);
	assert_non_null(json_get(metric, "before"));
	assert_true(isnan(json_number(json_get(metric, "before"), NAN)));
	assert_true(isnan(json_number(json_get(metric, "after"), NAN)));
	assert_string_equal(
		string_of(json_at(json_get(j, "checks"), 0), "before"), "(not a string)");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(text_is_the_whole_story),
	cmocka_unit_test(a_long_list_of_actions_is_cut_short),
	cmocka_unit_test(actions_alike_are_told_as_one),
	cmocka_unit_test(reasons_have_room_beside_long_names),
	cmocka_unit_test(an_image_may_change_without_what_is_loaded),
	cmocka_unit_test(text_of_nothing_changed_is_short),
	cmocka_unit_test(values_of_one_side_are_not_the_same),
	cmocka_unit_test(text_names_what_still_fails),
	cmocka_unit_test(the_first_broken_checks_are_named_last),
	cmocka_unit_test(no_line_is_wider_than_the_terminal),
	cmocka_unit_test(colours_are_only_added),
	cmocka_unit_test(long_names_are_elided_in_the_middle),
	cmocka_unit_test(odd_bytes_are_shown_as_pictures),
	cmocka_unit_test(json_has_the_names_of_the_design),
	cmocka_unit_test(json_of_compare_has_no_steps),
	cmocka_unit_test(json_has_null_for_what_a_side_lacks),
};

RUN_TESTS("report")
