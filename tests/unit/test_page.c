/* test_page.c - a comparison as a page, and what hostile strings do to all kinds of reports:
 * nothing. SPDX-License-Identifier: ISC */
#include "scene.h"

#include "markup_check.h"
#include "sys/sys.h"

#include <math.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static void expect_well_formed(struct scene *s)
{
	struct str at;
	const char *problem = markup_problem(text_str(&s->out), &at);
	if (problem) {
		print_error("%s before:\n%.200s\n", problem, at.p);
		_fail(__FILE__, __LINE__);
	}
}

/* UTF-8 throughout, and nothing in it that acts instead of being shown. */
static void expect_shown(struct scene *s, struct str page)
{
	char *spaced = str_copy(&s->a, page);
	for (size_t i = 0; i < page.n; i++)
		if (spaced[i] == '\n' || spaced[i] == '\t')
			spaced[i] = ' ';
	assert_string_equal(chars_clean(&s->a, spaced), spaced);
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
		"<code>lwip.o</code><span class=\"note\">lwip/src/core/tcp.o changed</span>",
		"8 checks, twice",
		"<b>✗ segments in the first flight</b> 4 packets, expected at least 10",
		".respin/runs/20261123T083703Z-static-site-1a2b3c4d/console.txt",
		".respin/runs/20261123T083712Z-static-site-7be0912f/wire.pcap",
	};
	defer(scene_end) struct scene s = {0};
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
	defer(scene_end) struct scene s = {0};
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
	defer(scene_end) struct scene s = {0};
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
	defer(scene_end) struct scene s = {0};
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

/* Only lwip differs: with 20 more packages on both sides its row comes first, then those of the
 * seven largest; the rest is folded. */
static void packages_that_differ_come_first(void **state)
{
	(void)state;
	static const char commit[] = "734528b4900aae7d1e36ef06bc3d75a374288fdd";
	defer(scene_end) struct scene s = {0};
	start_scene(&s);
	size_t own = s.after.image.packages.n;
	for (int i = 0; i < 20; i++) {
		struct manifest_package p = {.name = str_format(&s.a, "more-%d", i),
			.version = "1",
			.source = str_format(&s.a, "git x %s, vendored in more", commit),
			.size = (uint64_t)1e9 + (uint64_t)i};
		vec_push(&s.a, &s.before.image.packages, p);
		vec_push(&s.a, &s.after.image.packages, p);
	}
	compare_scene(&s);
	const char *page = page_of(&s);
	expect_well_formed(&s);
	const char *first = strstr(page, "<span class=\"key p0\"></span>lwip ");
	const char *largest = strstr(page, "<span class=\"key p1\"></span>more-19 ");
	const char *folded = strstr(page, str_format(&s.a,
						  "<details><summary>%zu smaller packages, "
						  "the same on both sides</summary>",
						  own + 20 - 8));
	assert_true(first && largest && folded && first < largest && largest < folded);
	expect_part(folded, "<span class=\"key other\"></span>site ");
	expect_part(largest, "git x <code title=\"734528b4900aae7d1e36ef06bc3d75a374288fdd\">"
			     "734528b490</code>, vendored in more</span>");
}

static void bars_of_odd_values_are_bars(void **state)
{
	(void)state;
	static const double values[] = {0, -5, INFINITY, NAN, 1e300, 5e-324};
	for (size_t i = 0; i < COUNT(values); i++) {
		defer(scene_end) struct scene s = {0};
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
	defer(scene_end) struct scene s = {0};
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
			p->version = p->source = p->source_sha256 = p->overlay_tree = text;
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
	expect_shown(s, text_str(&s->out));
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
		defer(scene_end) struct scene s = {0};
		start_hostile_scene(&s, hostile[i]);
		expect_harmless(&s, hostile[i]);
	}
	defer(scene_end) struct scene s = {0};
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
		defer(scene_end) struct scene s = {0};
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
	struct str at;
	for (size_t i = 0; i < COUNT(bad); i++) {
		defer(arena_free) struct arena a = {0};
		const char *page = str_format(&a, "<!DOCTYPE html>\n%s\n", bad[i]);
		assert_non_null(markup_problem(str_of(page), &at));
	}
	assert_null(
		markup_problem(S("<!DOCTYPE html>\n<html lang=\"en\">a &amp; b</html>\n"), &at));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(page_shows_everything),
	cmocka_unit_test(page_asks_for_nothing),
	cmocka_unit_test(policy_allows_exactly_the_style),
	cmocka_unit_test(many_symbols_are_folded),
	cmocka_unit_test(packages_that_differ_come_first),
	cmocka_unit_test(bars_of_odd_values_are_bars),
	cmocka_unit_test(empty_sides_make_a_page),
	cmocka_unit_test(hostile_strings_stay_strings),
	cmocka_unit_test(random_strings_stay_strings),
	cmocka_unit_test(broken_markup_is_found),
};

RUN_TESTS("page")
