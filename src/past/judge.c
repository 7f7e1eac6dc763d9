/* judge.c - what must hold in a history: in its last commit, in all, in some, in none.
 * SPDX-License-Identifier: ISC */
#include "past/question.h"

/* ---- the window --------------------------------------------------------------------------- */

static bool is_inside(const struct past_window *w, const struct git_step *step)
{
	int64_t from = step->when * NS, to = from + NS;
	return to > w->from_ns && from <= w->to_ns && (!w->until_ns || to <= w->until_ns);
}

static bool is_before(const struct past_window *w, const struct git_step *step)
{
	return (step->when + 1) * NS <= w->from_ns;
}

/* The state that the window begins with, or ends with; NULL where there is none yet. */
static const struct git_step *state_at(
	const struct past *p, const struct past_window *w, bool at_end)
{
	const struct git_step *found = NULL;
	vec_for(n, &p->line) {
		const struct git_step *step = &p->steps.v[*n];
		if (is_before(w, step) || (at_end && is_inside(w, step)))
			found = step;
	}
	return found;
}

/* When the window ends. */
static const char *end_words(struct arena *a, const struct past_window *w)
{
	return clock_text(a, w->until_ns ? w->until_ns : w->to_ns);
}

static bool judged(struct judgement *out, const char *why)
{
	out->holds = false;
	out->why = why;
	return true;
}

/* ---- the four kinds of demands -------------------------------------------------------------- */

struct demand {
	struct past *p;
	const struct past_window *w;
	const struct condition *c;
	size_t commits; /* in the window */
	struct judgement *out;
};

static bool judge_end(const struct demand *d, struct err *e)
{
	defer(drop_question) struct question q = {0};
	const struct git_step *step = state_at(d->p, d->w, true);
	bool holds = true;
	const char *first;
	if (!step)
		return judged(d->out, str_format(d->p->a, "there is no commit up to %s",
					      end_words(d->p->a, d->w)));
	if (!start_question(d->p, d->c, &q, e))
		return false;
	for (size_t i = 0; i <= (size_t)(step - d->p->steps.v); i++)
		if (!ask(&q, i, &holds, e))
			return false;
	if (holds)
		return true;
	if (!first_words(&q, &step->tree, &first, e))
		return false;
	return judged(d->out, str_format(d->p->a, "%s: %s%s, expected %s", step_words(d->p, step),
				      answer(&q, step), first, wanted(&q)));
}

static bool judge_never(const struct demand *d, struct err *e)
{
	defer(drop_question) struct question q = {0};
	const char *first;
	if (!start_question(d->p, d->c, &q, e))
		return false;
	vec_for(step, &d->p->steps) {
		bool holds;
		if (!ask(&q, (size_t)(step - d->p->steps.v), &holds, e))
			return false;
		if (!holds || !is_inside(d->w, step))
			continue;
		if (!first_words(&q, &step->tree, &first, e))
			return false;
		return judged(d->out, str_format(d->p->a, "%s: %s%s", step_words(d->p, step),
					      answer(&q, step), first));
	}
	return true;
}

/* Of the state that the window begins with, too. */
static bool judge_always(const struct demand *d, struct err *e)
{
	defer(drop_question) struct question q = {0};
	const struct git_step *start = state_at(d->p, d->w, false);
	bool any = false;
	if (!start_question(d->p, d->c, &q, e))
		return false;
	vec_for(step, &d->p->steps) {
		bool holds;
		if (!ask(&q, (size_t)(step - d->p->steps.v), &holds, e))
			return false;
		if (step != start && !is_inside(d->w, step))
			continue;
		any = true;
		if (!holds)
			return judged(d->out,
				str_format(d->p->a, "%s: %s, expected %s", step_words(d->p, step),
					answer(&q, step), wanted(&q)));
	}
	return any || judged(d->out, "there is no commit");
}

static bool judge_eventually(const struct demand *d, struct err *e)
{
	defer(drop_question) struct question q = {0};
	const struct git_step *last = NULL;
	const char *its = "";
	if (!start_question(d->p, d->c, &q, e))
		return false;
	vec_for(step, &d->p->steps) {
		bool holds;
		if (!ask(&q, (size_t)(step - d->p->steps.v), &holds, e))
			return false;
		if (!is_inside(d->w, step))
			continue;
		if (holds)
			return true;
		last = step;
		its = answer(&q, step);
	}
	const char *what = condition_words(d->p->a, d->c);
	if (!last)
		return judged(
			d->out, str_format(d->p->a, "there is no commit, so none with %s", what));
	return judged(d->out, str_format(d->p->a, "none of %zu commits has %s; the last, %s: %s",
				      d->commits, what, step_words(d->p, last), its));
}

/* ---- the number of commits ----------------------------------------------------------------- */

struct burst {
	int64_t second, n, most, when;
};

static void count_burst(struct burst *b, int64_t second)
{
	b->n = second == b->second ? b->n + 1 : 1;
	b->second = second;
	if (b->n > b->most) {
		b->most = b->n;
		b->when = second;
	}
}

static bool judge_commits(struct past *p, const struct commits_how *c, const struct past_window *w,
	struct judgement *out, struct err *e)
{
	const struct condition only = {.message = c->message, .min = 1, .max = -1};
	defer(drop_question) struct question q = {0};
	struct burst burst = {.second = INT64_MIN};
	int64_t n = 0;
	const struct git_step *last = NULL;
	if (!start_question(p, &only, &q, e))
		return false;
	vec_for(step, &p->steps) {
		bool matches;
		if (!ask(&q, (size_t)(step - p->steps.v), &matches, e))
			return false;
		if (!matches || !is_inside(w, step))
			continue;
		n++;
		last = step;
		count_burst(&burst, step->when);
	}
	const char *which =
		c->message ? str_format(p->a, " with a message that matches '%s'", c->message) : "";
	if (n < c->min || (c->max != -1 && n > c->max))
		return judged(out,
			str_format(p->a, "%lld commit%s%s, expected %s%s%s", (long long)n,
				n == 1 ? "" : "s", which, range_words(p->a, c->min, c->max),
				last ? "; the last is " : "", last ? step_words(p, last) : ""));
	if (c->per_second != -1 && burst.most > c->per_second)
		return judged(out,
			str_format(p->a, "%lld commits%s at %s, expected at most %lld a second",
				(long long)burst.most, which, clock_text(p->a, burst.when * NS),
				(long long)c->per_second));
	return true;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static bool judge_list(struct past *p, const conditions *list, const struct past_window *w,
	bool (*judge)(const struct demand *d, struct err *e), struct judgement *out, struct err *e)
{
	for (size_t i = 0; i < list->n && out->holds; i++) {
		const struct demand d = {p, w, &list->v[i], out->commits, out};
		if (!judge(&d, e))
			return false;
	}
	return true;
}

bool past_judge(struct past *p, const struct check *c, const struct past_window *w,
	struct judgement *out, struct err *e)
{
	struct judgement j = {.holds = true, .why = ""};
	vec_for(step, &p->steps)
		j.commits += is_inside(w, step);
	if (!judge_list(p, &c->at_end, w, judge_end, &j, e) ||
		!judge_list(p, &c->always, w, judge_always, &j, e) ||
		!judge_list(p, &c->eventually, w, judge_eventually, &j, e) ||
		!judge_list(p, &c->never, w, judge_never, &j, e))
		return false;
	if (j.holds && c->commits && !judge_commits(p, c->commits, w, &j, e))
		return false;
	const struct git_step *last = state_at(p, w, true);
	j.last = last ? step_words(p, last) : NULL;
	*out = j;
	return true;
}
