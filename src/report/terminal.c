/* terminal.c - a comparison as the table that ends `respin try`: what changed, in full lines;
 * what did not, in one. SPDX-License-Identifier: ISC */
#include "report/report.h"

#include "report/chars.h"
#include "report/view.h"
#include "report/words.h"

#include <string.h>

#define SYMBOLS_SHOWN 8
#define ACTIONS_SHOWN 12

static void print_question(const struct view *v)
{
	struct table t = {.a = v->a, .columns = 2, .yielding = 1};
	screen_line(&v->screen, TINT_BOLD, v->c->image);
	table_add(&t, TINT_DIM, "before");
	table_add(&t, TINT_NONE, v->c->before->label);
	table_add(&t, TINT_DIM, "after");
	table_add(&t, TINT_NONE, v->c->after->label);
	table_print(&t, &v->screen);
}

static enum tint change_tint(enum change change)
{
	static const enum tint tints[] = {
		[SAME] = TINT_DIM,
		[FIXED] = TINT_GREEN,
		[BROKEN] = TINT_RED,
		[NEW] = TINT_YELLOW,
		[GONE] = TINT_YELLOW,
	};
	return tints[change];
}

/* Checks that passed before and pass now need no line of their own. */
static bool is_quiet(const struct check_change *check)
{
	return check->change == SAME && !strcmp(check->after, "pass");
}

static void print_checks(const struct view *v)
{
	struct table t = {.a = v->a, .columns = 4, .yielding = 3};
	size_t quiet = 0;
	view_heading(v, "checks");
	vec_for(check, &v->c->checks) {
		if (is_quiet(check)) {
			quiet++;
			continue;
		}
		enum tint tint = change_tint(check->change);
		table_add(&t, TINT_NONE, check->name);
		table_add(&t, TINT_NONE,
			str_format(v->a, "%s -> %s", check->before ? check->before : "none",
				check->after ? check->after : "none"));
		table_add(&t, tint, change_name(check->change));
		table_add(&t, TINT_DIM, check->after ? check->why_after : check->why_before);
	}
	table_print(&t, &v->screen);
	if (quiet)
		view_remark(
			v, str_format(v->a, "%s: the same",
				   words_plural(v->a, quiet, t.cells.n ? "other check" : "check")));
}

/* Columns of the longest value of the left side: the arrows stand below each other. */
static int value_columns(const struct view *v)
{
	size_t most = 0;
	vec_for(m, &v->c->metrics) {
		size_t n = m->notable ? strlen(words_value(v->a, m, m->before)) : 0;
		if (n > most)
			most = n;
	}
	return (int)most;
}

static void print_metrics(const struct view *v)
{
	struct table t = {.a = v->a, .columns = 2};
	size_t quiet = 0, alone = 0;
	int columns = value_columns(v);
	if (v->c->metrics.n)
		view_heading(v, "measured");
	vec_for(m, &v->c->metrics) {
		if (!m->notable) {
			*(m->has_before && m->has_after ? &quiet : &alone) += 1;
			continue;
		}
		table_add(&t, TINT_NONE, words_metric(v->a, m));
		table_add(&t, TINT_NONE,
			str_format(v->a, "%*s -> %s %s", columns, words_value(v->a, m, m->before),
				words_value(v->a, m, m->after), m->unit));
	}
	table_print(&t, &v->screen);
	if (quiet)
		view_remark(
			v, str_format(v->a, "%s: the same, or within the noise of single runs",
				   words_plural(v->a, quiet, t.cells.n ? "other value" : "value")));
	if (alone)
		view_remark(v, str_format(v->a, "%s: measured on one side only",
				       words_plural(v->a, alone, "value")));
}

static void print_symbols(const struct view *v)
{
	struct table t = {.a = v->a, .columns = 3};
	size_t n = v->c->symbols.n, shown = n > SYMBOLS_SHOWN ? SYMBOLS_SHOWN : n;
	for (size_t i = 0; i < shown; i++) {
		const struct size_change *s = &v->c->symbols.v[i];
		table_add(&t, TINT_NONE, s->name);
		table_add(&t, TINT_DIM, s->package);
		table_add(&t, TINT_NONE,
			str_format(v->a, "%s%s", words_difference(v->a, s->after - s->before),
				!s->before  ? " (new)"
				: !s->after ? " (gone)"
					    : ""));
	}
	table_print(&t, &v->screen);
	if (n > shown)
		view_remark(v, words_plural(v->a, n - shown, "more symbol"));
}

/* What the machine gets, beside the file's size: that has symbols and debug information, too. */
static void print_loaded(const struct view *v)
{
	int64_t before = (int64_t)v->c->before->image.loaded;
	int64_t after = (int64_t)v->c->after->image.loaded;
	struct table t = {.a = v->a, .columns = 2, .yielding = 1};
	table_add(&t, TINT_NONE, "loaded");
	table_add(&t, TINT_NONE,
		before == after
			? str_format(v->a, "%s bytes on both sides", words_count(v->a, after))
			: str_format(v->a, "%s -> %s bytes (%s)", words_count(v->a, before),
				  words_count(v->a, after),
				  words_difference(v->a, after - before)));
	table_print(&t, &v->screen);
}

static void print_image(const struct view *v)
{
	const struct comparison *c = v->c;
	if (c->image_same) {
		view_heading(v, "image: the same on both sides, byte for byte");
		return;
	}
	view_heading(v, str_format(v->a, "image  %s -> %s bytes (%s)",
				words_count(v->a, (int64_t)c->before->image.size),
				words_count(v->a, (int64_t)c->after->image.size),
				words_difference(v->a, c->size_difference)));
	print_loaded(v);
	print_symbols(v);
}

/* Long names of dune's say less than the reasons beside them. */
static size_t less_told(const struct view *v, const actions *told, size_t shown)
{
	for (size_t i = 0; i < shown; i++)
		if (chars_columns(told->v[i].output) > v->screen.width / 2)
			return 0;
	return 1;
}

static void print_rebuilt(const struct view *v)
{
	const struct build_result *build = &v->c->after->build;
	actions told = report_actions(v->a, &build->ran);
	size_t n = told.n, shown = n > ACTIONS_SHOWN ? ACTIONS_SHOWN : n;
	struct table t = {.a = v->a, .columns = 2, .yielding = less_told(v, &told, shown)};
	if (!build->path)
		return;
	view_heading(v, str_format(v->a, "rebuilt  %s", build_words(v->a, build)));
	for (size_t i = 0; i < shown; i++) {
		table_add(&t, TINT_NONE, told.v[i].output);
		table_add(&t, TINT_DIM, told.v[i].reason);
	}
	table_print(&t, &v->screen);
	if (n > shown)
		view_remark(v, str_format(v->a, "%zu more", n - shown));
}

/* "2.1.3", "2.1.3 -> 2.2.0", "none -> 2.1.3" */
static const char *change_words(struct arena *a, const char *before, const char *after)
{
	before = before ? before : "none";
	after = after ? after : "none";
	return strcmp(before, after) ? str_format(a, "%s -> %s", before, after) : after;
}

static const char *overlay_words(struct arena *a, const struct package_change *p)
{
	const char *before = p->overlay_before ? words_short(a, p->overlay_before) : NULL;
	const char *after = p->overlay_after ? words_short(a, p->overlay_after) : NULL;
	return before || after ? str_format(a, "overlay %s", change_words(a, before, after)) : "";
}

static void print_subjects(const struct view *v, const char *sign, const strings *subjects)
{
	vec_for(subject, subjects)
		screen_line(&v->screen, TINT_NONE, str_format(v->a, "    %s %s", sign, *subject));
}

static void print_packages(const struct view *v)
{
	if (v->c->packages.n)
		view_heading(v, "packages");
	vec_for(p, &v->c->packages) {
		struct table t = {.a = v->a, .columns = 4};
		table_add(&t, TINT_NONE, p->name);
		table_add(&t, TINT_NONE, change_words(v->a, p->version_before, p->version_after));
		table_add(&t, TINT_NONE, overlay_words(v->a, p));
		table_add(&t, TINT_NONE,
			str_format(v->a, "%s bytes",
				words_difference(v->a, (int64_t)(p->size_after - p->size_before))));
		table_print(&t, &v->screen);
		print_subjects(v, "+", &p->patches);
		print_subjects(v, "-", &p->dropped);
	}
}

static void print_summary(const struct view *v)
{
	const struct comparison *c = v->c;
	bool bad = c->broken || c->new_failing;
	enum tint tint = bad ? TINT_RED : c->fixed ? TINT_GREEN : TINT_BOLD;
	text_addz(v->screen.out, "\n");
	screen_line(&v->screen, tint, words_summary(v->a, c, " -> ", v->screen.width));
	if (c->broken)
		screen_line(&v->screen, tint, words_broken(v->a, c));
}

void report_text(const struct comparison *c, const struct report_look *look, struct text *out)
{
	int width = look->width;
	defer(arena_free) struct arena scratch = {0};
	struct view v = {
		.a = &scratch,
		.c = c,
		.verbose = look->verbose,
		.screen = {.out = out,
			.width = width < 20 ? 20 : (size_t)width,
			.color = look->color},
	};
	print_question(&v);
	print_checks(&v);
	print_metrics(&v);
	view_state(&v);
	print_image(&v);
	print_rebuilt(&v);
	print_packages(&v);
	print_summary(&v);
}
