/* tap.c - the Test Anything Protocol. SPDX-License-Identifier: ISC */
#include "lab/tap.h"
#include "lab/words.h"

#include <strings.h>

#define LINES_MAX 1000
#define WORDS_MAX 200

struct plan {
	bool given;
	uint64_t n;
};

/* Cuts a number off the front of *S. */
static bool take_number(struct str *s, uint64_t *out)
{
	size_t n = 0;
	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	if (!str_u64((struct str){s->p, n}, out))
		return false;
	*s = str_from(*s, n);
	return true;
}

/* Cuts "# SKIP reason" or "# TODO reason" (any case) off the end of *S. */
static bool take_directive(struct str *s, const char *word, struct str *reason)
{
	size_t n = str_of(word).n;
	for (size_t i = 0; i < s->n; i++) {
		struct str rest = str_from(*s, i);
		if (!str_starts(rest, S("#")) || (i && s->p[i - 1] == '\\'))
			continue;
		rest = str_trim(str_from(rest, 1));
		if (rest.n < n || strncasecmp(rest.p, word, n) != 0)
			continue;
		*reason = str_trim(str_from(rest, n));
		s->n = i;
		return true;
	}
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts a comment off the end of *S: what follows a '#' that stands by itself, as in "reads # 18
 * MB/s". That of "case #2" and an escaped one are part of the name. */
static struct str take_comment(struct str *s)
{
	struct str comment = {0};
	for (size_t i = 0; i < s->n; i++) {
		bool alone =
			(!i || is_blank(s->p[i - 1])) && (i + 1 == s->n || is_blank(s->p[i + 1]));
		if (s->p[i] != '#' || !alone)
			continue;
		comment = str_trim(str_from(*s, i + 1));
		s->n = i;
		break;
	}
	return comment;
}

static void read_plan(struct arena *a, struct str line, struct plan *plan, struct tap *out)
{
	struct str reason;
	if (plan->given)
		out->wrong = "there are two plans";
	bool skip = take_directive(&line, "skip", &reason);
	plan->given = take_number(&line, &plan->n) && !str_trim(line).n;
	if (!plan->given)
		out->wrong = "the plan is malformed";
	else if (!plan->n)
		out->skip = skip && reason.n ? one_line(a, reason, WORDS_MAX) : "without a reason";
}

static void read_test(struct arena *a, struct str rest, bool ok, struct tap *out)
{
	struct str reason = {0};
	uint64_t number = out->lines.n + 1;
	rest = str_trim(rest);
	if (take_number(&rest, &number) && number != out->lines.n + 1)
		out->wrong = str_format(
			a, "test %zu has the number %ju", out->lines.n + 1, (uintmax_t)number);
	if (out->lines.n == LINES_MAX) {
		out->wrong = "there are more than 1000 tests";
		return;
	}
	struct tap_line *line = vec_add(a, &out->lines);
	bool skip = take_directive(&rest, "skip", &reason);
	bool todo = !skip && take_directive(&rest, "todo", &reason);
	struct str comment = take_comment(&rest);
	rest = str_trim(rest);
	if (str_starts(rest, S("- ")))
		rest = str_from(rest, 2);
	line->name =
		rest.n ? one_line(a, rest, WORDS_MAX) : str_format(a, "test %zu", out->lines.n);
	if (skip || (todo && !ok)) {
		line->verdict = SKIP;
		line->why = str_format(
			a, "%s%s", todo ? "to do: " : "", one_line(a, reason, WORDS_MAX));
		out->skipped++;
	} else {
		line->verdict = ok ? PASS : FAIL;
		line->why = str_format(a, "%s%s%s", ok ? "ok" : "not ok", comment.n ? ", " : "",
			comment.n ? one_line(a, comment, WORDS_MAX) : "");
		*(ok ? &out->passed : &out->failed) += 1;
	}
}

/* What follows WORD in LINE; false where the line doesn't begin with just this word. */
static bool after_word(struct str line, struct str word, struct str *rest)
{
	*rest = str_from(line, word.n);
	return str_starts(line, word) && (!rest->n || rest->p[0] == ' ' || rest->p[0] == '\r');
}

void tap_read(struct arena *a, struct str output, struct tap *out)
{
	struct tap tap = {0};
	struct plan plan = {0};
	while (output.p) {
		struct str line = str_cut(&output, '\n'), rest;
		if (str_starts(line, S("1..")))
			read_plan(a, str_from(line, 3), &plan, &tap);
		else if (after_word(line, S("ok"), &rest))
			read_test(a, rest, true, &tap);
		else if (after_word(line, S("not ok"), &rest))
			read_test(a, rest, false, &tap);
		else if (str_starts(line, S("Bail out!")))
			tap.wrong = str_format(
				a, "it bailed out: %s", one_line(a, str_from(line, 9), WORDS_MAX));
	}
	if (!tap.wrong && !plan.given)
		tap.wrong = "it printed no plan (1..N)";
	if (!tap.wrong && plan.n != tap.lines.n)
		tap.wrong = str_format(
			a, "it planned %ju tests and ran %zu", (uintmax_t)plan.n, tap.lines.n);
	*out = tap;
}
