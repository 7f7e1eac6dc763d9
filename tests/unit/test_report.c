/* test_report.c - one comparison as text, JSON and a page; hostile strings in all of them.
 * SPDX-License-Identifier: ISC */
#include "markup_check.h"
#include "sample.h"
#include "report/chars.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/* Two sides and what is said of them, all in one arena. */
struct scene {
	struct arena a;
	struct side before, after;
	struct comparison c;
	struct text out;
};

static void scene_end(struct scene *s)
{
	arena_free(&s->a);
}

static void compare_scene(struct scene *s)
{
	compare_sides(&s->a, &s->before, &s->after, &s->c);
	s->out = (struct text){.a = &s->a};
}

static void start_scene(struct scene *s)
{
	sample_sides(&s->a, &s->before, &s->after);
	compare_scene(s);
}

static const char *text_of(struct scene *s, int width)
{
	s->out = (struct text){.a = &s->a};
	report_text(&s->c, width, false, &s->out);
	return s->out.p;
}

static const char *page_of(struct scene *s)
{
	steps did = sample_steps(&s->a);
	s->out = (struct text){.a = &s->a};
	report_html(&s->c, &did, &s->out);
	return s->out.p;
}

static void expect_part(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
}

static void expect_no_part(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' is in:\n%s", part, text);
}

/* ---- terminal ------------------------------------------------------------------------- */

static void text_is_the_whole_story(void **state)
{
	(void)state;
	defer(scene_end)
	struct scene s = {0};
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
		"  ram_heap               lwip  +65,536\n"
		"  tcp_receive            lwip  +48\n"
		"  tcp_calc_initial_cwnd  lwip  -46 (gone)\n"
		"  tcp_initial_window     lwip  +38 (new)\n"
		"  tcp_alloc              lwip  +32\n"
		"  tcp_process            lwip  +32\n"
		"  tcp_connect            lwip  +16\n"
		"  tcp_listen_input       lwip  +16\n"
		"\n"
		"rebuilt  4, reused 64\n"
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

static void text_of_nothing_changed_is_short(void **state)
{
	(void)state;
	defer(scene_end)
	struct scene s = {0};
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
	defer(scene_end)
	struct scene s = {0};
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
}

static size_t longest_line(const char *text)
{
	size_t longest = 0;
	defer(arena_free)
	struct arena a = {0};
	for (struct str rest = str_of(text); rest.p;) {
		size_t n = chars_columns(str_copy(&a, str_cut(&rest, '\n')));
		longest = n > longest ? n : longest;
	}
	return longest;
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	(void)state;
	for (int width = 0; width < 140; width++) {
		defer(scene_end)
		struct scene s = {0};
		start_scene(&s);
		size_t most = longest_line(text_of(&s, width));
		assert_true(most <= (width < 20 ? 20 : (size_t)width));
	}
}

static void colours_are_only_added(void **state)
{
	(void)state;
	defer(scene_end)
	struct scene s = {0};
	start_scene(&s);
	const char *plain = text_of(&s, 80);
	expect_no_part(plain, "\033");
	struct text tinted = {.a = &s.a}, stripped = {.a = &s.a};
	report_text(&s.c, 80, true, &tinted);
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
		defer(arena_free)
		struct arena a = {0};
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
		{"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"}, /* half a surrogate pair */
		{"\xF4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"}, /* beyond Unicode */
		{"\xE2\x82", "\uFFFD\uFFFD"},			  /* cut off */
		{"\xE2(", "\uFFFD("}, {"\xEF\xBF\xBF", "\uFFFD"}, /* not a character */
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		defer(arena_free)
		struct arena a = {0};
		assert_string_equal(chars_clean(&a, cases[i].in), cases[i].out);
	}
	defer(arena_free)
	struct arena a = {0};
	assert_string_equal(chars_clean(&a, NULL), "");
}

/* ---- JSON ----------------------------------------------------------------------------- */

static const struct json *parse_json(struct scene *s, const steps *did)
{
	const struct json *json;
	struct err e;
	s->out = (struct text){.a = &s->a};
	report_json(&s->c, did, "report.html", &s->out);
	if (!json_parse(&s->a, text_str(&s->out), "report", &json, &e))
		fail_msg("%s", e.text);
	return json;
}

static const char *string_of(const struct json *object, const char *name)
{
	return json_string(json_get(object, name), "(not a string)");
}

static void json_has_the_names_of_the_design(void **state)
{
	(void)state;
	defer(scene_end)
	struct scene s = {0};
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
	defer(scene_end)
	struct scene s = {0};
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
	defer(scene_end)
	struct scene s = {0};
	start_scene(&s);
	s.before.run.checks.n = 0;
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

/* ---- page ----------------------------------------------------------------------------- */

static void expect_well_formed(struct scene *s)
{
	const char *problem = markup_problem(text_str(&s->out));
	if (problem)
		fail_msg("%s in:\n%s", problem, s->out.p);
}

static void page_shows_everything(void **state)
{
	(void)state;
	static const char *const parts[] = {
		"<h1>static-site</h1>",
		"1 check fixed, 0 broken, 7 the same",
		"<dt>Patch to lwip</dt><dd>" SAMPLE_SUBJECT "</dd>",
		"<tr class=\"fixed\"><th scope=\"row\">segments in the first flight",
		"<span class=\"chip fixed\">✓ fixed</span>",
		"<td>121.3</td><td>81.0</td><td>−40.3</td>",
		"within noise",
		"<code title=\"" SAMPLE_DSC "\">8d8f944db8</code>",
		"<code title=\"" SAMPLE_TREE "\">3f2a91c0d4</code>",
		"<td>182,344</td><td>182,904</td><td>+560</td>",
		"<td>46</td><td>–</td><td>−46</td>",
		"<code>lwip/src/core/tcp.o</code><span class=\"note\">src/core/tcp.c "
		"changed</span>",
		"8 checks, twice",
		"<b>✗ segments in the first flight</b> 4 packets, expected at least 10",
		".respin/runs/20261123T083703Z-static-site-1a2b3c4d/console.txt",
		".respin/runs/20261123T083712Z-static-site-7be0912f/wire.pcap",
	};
	defer(scene_end)
	struct scene s = {0};
	start_scene(&s);
	const char *page = page_of(&s);
	for (size_t i = 0; i < COUNT(parts); i++)
		expect_part(page, parts[i]);
	expect_well_formed(&s);
}

static void page_asks_for_nothing(void **state)
{
	(void)state;
	static const char *const forbidden[] = {
		"http:", "https:", "url(", "@import", "src=", "href=", "<script", "<link", "<img"};
	defer(scene_end)
	struct scene s = {0};
	start_scene(&s);
	const char *page = page_of(&s);
	for (size_t i = 0; i < COUNT(forbidden); i++)
		expect_no_part(page, forbidden[i]);
}

/* The bytes that TEXT stands for in base 64, as far as they fill OUT. */
static void decode_base64(const char *text, uint8_t *out, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	size_t held = 0;
	for (size_t i = 0; i < n; text++) {
		const char *digit = strchr(digits, *text);
		assert_non_null(digit);
		bits = bits << 6 | (uint32_t)(digit - digits);
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[i++] = (uint8_t)(bits >> held);
		}
	}
}

static void policy_allows_exactly_the_style(void **state)
{
	(void)state;
	defer(scene_end)
	struct scene s = {0};
	start_scene(&s);
	const char *page = page_of(&s), *policy = strstr(page, "'sha256-");
	expect_part(page, "content=\"default-src 'none'; style-src 'sha256-");
	const char *style = strstr(page, "<style>") + strlen("<style>");
	struct digest allowed, is;
	is = hash_bytes((struct str){style, (size_t)(strstr(style, "</style>") - style)});
	decode_base64(policy + strlen("'sha256-"), allowed.b, sizeof(allowed.b));
	assert_true(digest_eq(&allowed, &is));
}

static void many_symbols_are_folded(void **state)
{
	(void)state;
	defer(scene_end)
	struct scene s = {0};
	start_scene(&s);
	for (int i = 0; i < 40; i++)
		vec_push(&s.a, &s.after.image.symbols,
			((struct image_symbol){
				.name = str_format(&s.a, "added_%c%c", 'a' + i / 8, 'a' + i % 8),
				.package = "lwip",
				.size = 5}));
	compare_scene(&s);
	const char *page = page_of(&s);
	expect_part(page, "<details><summary>23 more symbols</summary>");
	expect_well_formed(&s);
	expect_part(text_of(&s, 80), "  40 more symbols\n");
}

static void bars_of_odd_values_are_bars(void **state)
{
	(void)state;
	static const double values[] = {0, -5, INFINITY, NAN, 1e300, 5e-324};
	for (size_t i = 0; i < COUNT(values); i++) {
		defer(scene_end)
		struct scene s = {0};
		start_scene(&s);
		s.after.run.checks.v[0].metrics.v[0].value = values[i];
		s.before.run.checks.v[0].metrics.v[0].value = values[COUNT(values) - 1 - i];
		compare_scene(&s);
		const char *page = page_of(&s);
		expect_well_formed(&s);
		expect_no_part(page, "width=\"-");
		expect_no_part(page, "width=\"nan");
		expect_no_part(page, "width=\"inf");
	}
}

static void empty_sides_make_a_page(void **state)
{
	(void)state;
	defer(scene_end)
	struct scene s = {0};
	compare_scene(&s);
	report_html(&s.c, NULL, &s.out);
	expect_well_formed(&s);
	expect_part(text_of(&s, 80), "0 checks fixed, 0 broken, 0 the same.\n");
	parse_json(&s, NULL);
}

/* ---- hostile strings ------------------------------------------------------------------ */

/* TEXT everywhere where a string of others can come from. */
static void start_hostile_scene(struct scene *s, const char *text)
{
	sample_sides(&s->a, &s->before, &s->after);
	struct side *const sides[] = {&s->before, &s->after};
	for (size_t i = 0; i < COUNT(sides); i++) {
		struct run *r = &sides[i]->run;
		sides[i]->label = text;
		r->id = r->dir = r->image = r->started = r->accelerator = r->end = text;
		vec_for(check, &r->checks) {
			check->why = text;
			check->metrics.v[0].name = check->metrics.v[0].unit = text;
		}
		r->checks.v[0].name = r->checks.v[0].type = text;
		struct image_info *image = &sides[i]->image;
		vec_for(p, &image->packages)
			p->version = p->source_sha256 = p->overlay_tree = text;
		image->packages.v[i].name = text;
		image->symbols.v[2].name = image->symbols.v[2].package = text;
		image->sections.v[0].name = image->sha256 = text;
	}
	s->after.image.packages.v[2].patches.v[0] = text;
	vec_for(action, &s->after.build.ran)
		action->output = action->reason = text;
	compare_scene(s);
}

static void expect_harmless(struct scene *s, const char *text)
{
	steps did = {0};
	vec_push(&s->a, &did, ((struct step){text, text, 1}));
	parse_json(s, &did);
	const char *plain = text_of(s, 100);
	assert_true(longest_line(plain) <= 100);
	for (const char *at = plain; *at; at++)
		assert_true((unsigned char)*at >= 0x20 || *at == '\n');
	s->out = (struct text){.a = &s->a};
	report_html(&s->c, &did, &s->out);
	expect_well_formed(s);
}

static void hostile_strings_stay_strings(void **state)
{
	(void)state;
	static const char *const hostile[] = {
		"",
		"<script>alert(1)</script>",
		"</title></style><script>alert(1)</script>",
		"\"><img src=x onerror=alert(1)>",
		"' onmouseover='alert(1)",
		"&lt;b&gt; &amp; &#x3c;script&#x3e;",
		"]]><!-- <![CDATA[ -->",
		"%s%n%d%%",
		"\033]0;title\a\033[2J\b\b\r\n",
		"\xC3(\xFF\xFE\xED\xA0\x80\xF8\x88\x80\x80\x80",
		"\xE2\x80\xAE gpj.exe \xE2\x81\xA6",
		"javascript:alert(1)",
	};
	for (size_t i = 0; i < COUNT(hostile); i++) {
		defer(scene_end)
		struct scene s = {0};
		start_hostile_scene(&s, hostile[i]);
		expect_harmless(&s, hostile[i]);
	}
	defer(scene_end)
	struct scene s = {0};
	start_hostile_scene(&s, "<script>\"it's\" & x</script>");
	expect_part(
		page_of(&s), "<dd>&lt;script&gt;&quot;it&#39;s&quot; &amp; x&lt;/script&gt;</dd>");
}

/* A fixed sequence (the constants are Knuth's MMIX): the same strings in every run. */
static void random_strings_stay_strings(void **state)
{
	(void)state;
	static const char markup[] = "<>&\"'/=%-![]; sc\n\033\xC3\xE2\x80\xAE\xFF";
	uint64_t seed = 1;
	for (int round = 0; round < 300; round++) {
		defer(scene_end)
		struct scene s = {0};
		char text[40] = "";
		for (size_t i = 0; i + 1 < sizeof(text); i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			unsigned pick = (unsigned)(seed >> 40);
			text[i] = pick & 1 ? markup[(pick >> 1) % (sizeof(markup) - 1)]
					   : (char)(pick >> 1);
		}
		start_hostile_scene(&s, text);
		expect_harmless(&s, text);
	}
}

/* The check above is worth something: it finds what it is there to find. */
static void broken_markup_is_found(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"<html>",
		"<html></p></html>",
		"<html><script></script></html>",
		"<html onload=\"x\"></html>",
		"<html lang=en></html>",
		"<html>a & b</html>",
		"<html>a > b</html>",
		"<html>\033</html>",
		"<html lang=\"<\"></html>",
		"<html></html>text",
	};
	for (size_t i = 0; i < COUNT(bad); i++) {
		defer(arena_free)
		struct arena a = {0};
		assert_non_null(
			markup_problem(str_of(str_format(&a, "<!DOCTYPE html>\n%s\n", bad[i]))));
	}
	assert_null(markup_problem(S("<!DOCTYPE html>\n<html lang=\"en\">a &amp; b</html>\n")));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_the_whole_story),
		cmocka_unit_test(text_of_nothing_changed_is_short),
		cmocka_unit_test(text_names_what_still_fails),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(colours_are_only_added),
		cmocka_unit_test(long_names_are_elided_in_the_middle),
		cmocka_unit_test(odd_bytes_are_shown_as_pictures),
		cmocka_unit_test(json_has_the_names_of_the_design),
		cmocka_unit_test(json_of_compare_has_no_steps),
		cmocka_unit_test(json_has_null_for_what_a_side_lacks),
		cmocka_unit_test(page_shows_everything),
		cmocka_unit_test(page_asks_for_nothing),
		cmocka_unit_test(policy_allows_exactly_the_style),
		cmocka_unit_test(many_symbols_are_folded),
		cmocka_unit_test(bars_of_odd_values_are_bars),
		cmocka_unit_test(empty_sides_make_a_page),
		cmocka_unit_test(hostile_strings_stay_strings),
		cmocka_unit_test(random_strings_stay_strings),
		cmocka_unit_test(broken_markup_is_found),
	};
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
