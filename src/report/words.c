/* words.c - numbers and sentences of all reports. SPDX-License-Identifier: ISC */
#include "report/words.h"

#include "report/chars.h"
#include "report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BROKEN_NAMED 3
#define ALIKE_SHOWN 8 /* more actions alike than these are told as one */

/* DIGITS with a comma before each group of three. */
static const char *grouped(struct arena *a, const char *sign, const char *digits)
{
	struct text out = {.a = a};
	text_addz(&out, sign);
	for (size_t left = strlen(digits); left; left--, digits++) {
		text_add(&out, (struct str){digits, 1});
		if (left > 1 && left % 3 == 1)
			text_addz(&out, ",");
	}
	return out.p;
}

const char *words_count(struct arena *a, int64_t n)
{
	uint64_t size = n < 0 ? -(uint64_t)n : (uint64_t)n;
	return grouped(a, n < 0 ? "-" : "", str_format(a, "%llu", (unsigned long long)size));
}

const char *words_difference(struct arena *a, int64_t n)
{
	return n > 0 ? str_format(a, "+%s", words_count(a, n)) : words_count(a, n);
}

const char *words_time(struct arena *a, int64_t ns)
{
	double ms = (double)ns / 1e6;
	if (ms >= 1e3)
		return str_format(a, "%.2f s", ms / 1e3);
	return str_format(a, ms >= 10 ? "%.0f ms" : "%.1f ms", ms);
}

const char *words_short(struct arena *a, const char *id)
{
	return str_format(a, "%.10s", id ? id : "");
}

const char *words_plural(struct arena *a, size_t n, const char *noun)
{
	return str_format(a, "%s %s%s", words_count(a, (int64_t)n), noun, n == 1 ? "" : "s");
}

static bool is_alike(const struct action *x, const struct action *y)
{
	return !strcmp(x->package, y->package) && !strcmp(x->reason, y->reason);
}

actions report_actions(struct arena *a, const actions *ran)
{
	actions out = {0};
	for (const struct action *x = ran->v; x < ran->v + ran->n; x++) {
		size_t before = 0, all = 0;
		int64_t ns = 0;
		vec_for(y, ran) {
			bool alike = is_alike(x, y);
			all += alike;
			ns += alike ? y->ns : 0;
			before += alike && y < x;
		}
		if (all <= ALIKE_SHOWN)
			vec_push(a, &out, *x);
		else if (!before)
			vec_push(a, &out,
				((struct action){.output = x->package,
					.package = x->package,
					.ns = ns,
					.reason = str_format(a, "%s: %s",
						words_plural(a, all, "action"), x->reason)}));
	}
	return out;
}

const char *words_metric(struct arena *a, const struct metric_change *m)
{
	return strcmp(m->check, m->name) ? str_format(a, "%s: %s", m->check, m->name) : m->name;
}

const char *words_store(struct arena *a, const struct store_change *s)
{
	return s->machine == 1
		       ? s->store
		       : str_format(a, "%s of machine %lld", s->store, (long long)s->machine);
}

const char *words_line(struct arena *a, const char *text)
{
	struct text out = {.a = a};
	text_addz(&out, "");
	for (struct str rest = str_trim(str_of(text)); rest.n;) {
		struct str line = str_trim(str_cut(&rest, '\n'));
		text_addf(&out, "%s%.*s", out.n ? "; " : "", STR(line));
	}
	return out.p;
}

static int decimals(const struct metric_change *m)
{
	double most = fmax(fabs(m->before), fabs(m->after));
	if (floor(m->before) >= m->before && floor(m->after) >= m->after)
		return 0;
	return most >= 10 ? 1 : most >= 1 ? 2 : 3;
}

const char *words_value(struct arena *a, const struct metric_change *m, double value)
{
	if (!(fabs(value) < 1e15))
		return str_format(a, "%.3g", value);
	int n = decimals(m);
	return n ? str_format(a, "%.*f", n, value) : words_count(a, (int64_t)value);
}

static const char *count_words(struct arena *a, const struct comparison *c)
{
	struct text out = {.a = a};
	text_addf(&out, "%s fixed, %zu broken, %zu the same", words_plural(a, c->fixed, "check"),
		c->broken, c->same);
	if (c->new_)
		text_addf(&out, ", %zu new", c->new_);
	if (c->new_failing)
		text_addf(&out, " (%zu of them failing)", c->new_failing);
	if (c->gone)
		text_addf(&out, ", %zu without an answer now", c->gone);
	return out.p;
}

const char *words_broken(struct arena *a, const struct comparison *c)
{
	struct text out = {.a = a};
	size_t named = 0;
	text_addz(&out, "broken: ");
	vec_for(check, &c->checks)
		if (check->change == BROKEN && named < BROKEN_NAMED)
			text_addf(&out, "%s%s", named++ ? ", " : "", check->name);
	if (c->broken > named)
		text_addf(&out, " and %zu more", c->broken - named);
	return c->broken ? out.p : "";
}

static bool check_changed(const struct comparison *c, const char *name)
{
	vec_for(check, &c->checks)
		if (check->change != SAME && !strcmp(check->name, name))
			return true;
	return false;
}

static int turn_of(const struct comparison *c, const struct metric_change *m)
{
	if (check_changed(c, m->check))
		return 0;
	return m->exact ? 1 : 2;
}

/* Adds what still fits, with a full stop, into COLUMNS. */
static void add_fitting(struct text *out, size_t columns, const char **separator, const char *part)
{
	if (chars_columns(out->p) + strlen(*separator) + chars_columns(part) + 1 > columns)
		return;
	text_addz(out, *separator);
	text_addz(out, part);
	*separator = ", ";
}

const char *words_summary(
	struct arena *a, const struct comparison *c, const char *arrow, size_t columns)
{
	struct text out = {.a = a};
	const char *separator = "; ";
	text_addz(&out, count_words(a, c));
	if (c->image_same)
		add_fitting(&out, columns, &separator, "both images are the same");
	/* What explains a changed verdict comes first, then what is exact, then times. */
	for (int turn = 0; turn < 3; turn++)
		vec_for(m, &c->metrics)
			if (m->notable && turn_of(c, m) == turn)
				add_fitting(&out, columns, &separator,
					chars_clean(
						a, str_format(a, "%s %s%s%s %s", words_metric(a, m),
							   words_value(a, m, m->before), arrow,
							   words_value(a, m, m->after), m->unit)));
	text_addz(&out, ".");
	return out.p;
}
