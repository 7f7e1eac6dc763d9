/* words.c - numbers and sentences of all reports. SPDX-License-Identifier: ISC */
#include "report/words.h"

#include "report/chars.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

const char *words_number(struct arena *a, double value)
{
	double size = fabs(value);
	if (size < 1e15 && floor(value) >= value)
		return words_count(a, (int64_t)value);
	return str_format(a,
		size >= 1e15 ? "%.3g"
		: size >= 10 ? "%.1f"
		: size >= 1  ? "%.2f"
			     : "%.3f",
		value);
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

const char *words_metric(struct arena *a, const struct metric_change *m)
{
	return strcmp(m->check, m->name) ? str_format(a, "%s: %s", m->check, m->name) : m->name;
}

const char *words_value(struct arena *a, bool has, double value)
{
	return has ? words_number(a, value) : "-";
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

const char *words_summary(
	struct arena *a, const struct comparison *c, const char *arrow, size_t columns)
{
	struct text out = {.a = a};
	text_addz(&out, count_words(a, c));
	if (c->image_same)
		text_addz(&out, "; both images are the same");
	const char *separator = "; ";
	vec_for(m, &c->metrics) {
		if (!m->notable)
			continue;
		const char *part = str_format(a, "%s%s %s %s %s %s", separator,
			chars_clean(a, words_metric(a, m)), words_number(a, m->before), arrow,
			words_number(a, m->after), chars_clean(a, m->unit));
		if (chars_columns(out.p) + chars_columns(part) + 1 > columns)
			continue;
		text_addz(&out, part);
		separator = ", ";
	}
	text_addz(&out, ".");
	return out.p;
}
