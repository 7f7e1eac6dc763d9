/* page.c - a comparison as one HTML page: the frame, the answer, checks and measurements.
 * SPDX-License-Identifier: ISC */
#include "report/report.h"

#include "report/markup.h"
#include "report/words.h"
#include "sys/sys.h"

#include <math.h>
#include <string.h>

/* RFC 4648, section 4. */
static const char *base64(struct arena *a, const uint8_t *bytes, size_t n)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct text out = {.a = a};
	for (size_t i = 0; i < n; i += 3) {
		uint32_t group = 0;
		for (size_t k = 0; k < 3; k++)
			group = group << 8 | (i + k < n ? bytes[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			text_addf(
				&out, "%c", i + k <= n ? digits[group >> (18 - 6 * k) & 63] : '=');
	}
	return out.p;
}

/* The policy lets a browser load nothing at all, and apply this one style sheet. */
static void add_head(struct text *out, const struct comparison *c)
{
	struct str style = page_style();
	struct digest digest = hash_bytes(style);
	page_add(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'sha256-%s'; base-uri 'none'; form-action 'none'\"/>\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
		"<meta name=\"color-scheme\" content=\"light dark\"/>\n"
		"<meta name=\"referrer\" content=\"no-referrer\"/>\n"
		"<title>%s: before and after</title>\n<style>",
		base64(out->a, digest.b, sizeof(digest.b)), c->image);
	text_add(out, style);
	page_add(out, "</style>\n</head>\n<body>\n<main>\n");
}

static void add_side(struct text *out, const char *key, const char *title, const char *label)
{
	page_add(out, "<div><dt><span class=\"key %s\"></span>%s</dt><dd>%s</dd></div>\n", key,
		title, label);
}

static void add_patches(struct text *out, const struct comparison *c)
{
	vec_for(p, &c->packages) {
		vec_for(subject, &p->patches)
			page_add(out, "<div><dt>Patch to %s</dt><dd>%s</dd></div>\n", p->name,
				*subject);
		vec_for(subject, &p->dropped)
			page_add(out, "<div><dt>Dropped from %s</dt><dd>%s</dd></div>\n", p->name,
				*subject);
	}
}

static void add_header(struct text *out, const struct comparison *c)
{
	bool bad = c->broken || c->new_failing;
	page_add(
		out, "<header>\n<p class=\"kicker\">Before and after</p>\n<h1>%s</h1>\n", c->image);
	page_add(out, "<p class=\"answer %s\">%s%s%s</p>\n",
		bad ? "broken" : (c->fixed ? "fixed" : "same"),
		words_summary(out->a, c, "\u00a0→\u00a0", SIZE_MAX), c->broken ? " " : "",
		words_broken(out->a, c));
	page_add(out, "<dl class=\"facts\">\n");
	add_side(out, "before", "Before", c->before->label);
	add_side(out, "after", "After", c->after->label);
	add_patches(out, c);
	page_add(out, "</dl>\n</header>\n");
}

static const char *result_mark(const char *result)
{
	if (!result)
		return "";
	return !strcmp(result, "pass") ? "✓ " : !strcmp(result, "fail") ? "✗ " : "– ";
}

static void add_result(struct text *out, const char *result)
{
	page_add(out, "<td class=\"%s\">%s%s</td>", result ? result : "none", result_mark(result),
		result ? result : "none");
}

/* What was seen: on both sides where the answer differs, else once. */
static void add_whys(struct text *out, const struct check_change *check)
{
	const char *before = check->why_before, *after = check->why_after;
	bool both = check->change != SAME && before && *before && after && *after;
	if (both)
		page_add(out, "<span class=\"note\">before: %s</span>", before);
	if (both)
		page_add(out, "<span class=\"note\">after: %s</span>", after);
	else
		page_add(out, "<span class=\"note\">%s</span>", after && *after ? after : before);
}

static void add_check(struct text *out, const struct check_change *check)
{
	static const char *const marks[] = {
		[SAME] = "=",
		[FIXED] = "✓",
		[BROKEN] = "✗",
		[NEW] = "+",
		[GONE] = "–",
	};
	const char *change = change_name(check->change);
	page_add(out, "<tr class=\"%s\"><th scope=\"row\">%s", change, check->name);
	add_whys(out, check);
	page_add(out, "</th>");
	add_result(out, check->before);
	add_result(out, check->after);
	page_add(out, "<td><span class=\"chip %s\">%s %s</span></td></tr>\n", change,
		marks[check->change], change);
}

/* What changed comes first, the worst on top. */
static void add_checks(struct text *out, const struct comparison *c)
{
	static const char *const heads[] = {"Check", "Before", "After", "Verdict"};
	static const enum change order[] = {BROKEN, FIXED, NEW, GONE, SAME};
	page_section(out, "checks", "Checks");
	page_table(out, "checks", heads, 4);
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		vec_for(check, &c->checks)
			if (check->change == order[i])
				add_check(out, check);
	page_table_end(out);
	page_add(out, "</section>\n");
}

static const char *metric_change_words(struct arena *a, const struct metric_change *m)
{
	if (!m->has_before || !m->has_after)
		return "";
	if (!m->notable)
		return m->before < m->after || m->before > m->after ? "within noise" : "same";
	const char *sign = m->after > m->before ? "+" : "−";
	return str_format(a, "%s%s", sign, words_value(a, m, fabs(m->after - m->before)));
}

static void add_metric(struct text *out, const struct metric_change *m)
{
	struct arena *a = out->a;
	page_add(out, "<tr class=\"%s\"><th scope=\"row\">%s <span class=\"unit\">%s</span>",
		m->notable ? "notable" : "quiet", words_metric(a, m), m->unit);
	if (m->notable && m->has_before && m->has_after)
		page_bars(out, m->before, m->after);
	page_add(out, "</th><td>%s</td><td>%s</td><td>%s</td></tr>\n",
		m->has_before ? words_value(a, m, m->before) : "–",
		m->has_after ? words_value(a, m, m->after) : "–", metric_change_words(a, m));
}

static void add_metrics(struct text *out, const struct comparison *c)
{
	static const char *const heads[] = {"Measured", "Before", "After", "Change"};
	if (!c->metrics.n)
		return;
	page_section(out, "measured", "Measurements");
	page_table(out, "measured", heads, 4);
	vec_for(m, &c->metrics)
		if (m->notable)
			add_metric(out, m);
	vec_for(m, &c->metrics)
		if (!m->notable)
			add_metric(out, m);
	page_table_end(out);
	page_add(out,
		"<p class=\"small\">Each side was measured once. Counts and sizes are compared "
		"exactly; a time is called changed only where it differs by both a quarter and "
		"10 ms, and the time of a boot, which holds the start of the emulator, only beyond "
		"three times and 100 ms.</p>\n</section>\n");
}

void report_html(const struct comparison *c, const steps *s, struct text *out)
{
	add_head(out, c);
	add_header(out, c);
	add_checks(out, c);
	add_metrics(out, c);
	page_state(out, c);
	page_image(out, c);
	page_symbols(out, c);
	page_rebuilt(out, c);
	page_steps(out, s);
	page_runs(out, c);
	page_add(out, "</main>\n</body>\n</html>\n");
}
