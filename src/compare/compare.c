/* compare.c - pairs the checks of two runs, and puts a comparison together.
 * SPDX-License-Identifier: ISC */
#include "compare/private.h"

#include <string.h>

const char *change_name(enum change c)
{
	static const char *const names[] = {
		[SAME] = "same",
		[FIXED] = "fixed",
		[BROKEN] = "broken",
		[NEW] = "new",
		[GONE] = "gone",
	};
	return names[c];
}

static const struct check_result *find_check(const struct run *r, const char *name)
{
	vec_for(check, &r->checks)
		if (!strcmp(check->name, name))
			return check;
	return NULL;
}

static enum change judge(const struct check_result *before, const struct check_result *after)
{
	if (!before || !after)
		return before ? GONE : NEW;
	if (before->verdict == after->verdict)
		return SAME;
	if (before->verdict == SKIP)
		return NEW;
	if (after->verdict == SKIP)
		return GONE;
	return after->verdict == PASS ? FIXED : BROKEN;
}

static void count(struct comparison *c, enum change change, const struct check_result *after)
{
	size_t *const counts[] = {
		[SAME] = &c->same,
		[FIXED] = &c->fixed,
		[BROKEN] = &c->broken,
		[NEW] = &c->new_,
		[GONE] = &c->gone,
	};
	++*counts[change];
	if (change == NEW && after->verdict == FAIL)
		c->new_failing++;
}

/* One of the two may be NULL. */
static void add_check(struct arena *a, const struct check_result *before,
	const struct check_result *after, struct comparison *c)
{
	const struct check_result *any = after ? after : before;
	struct check_change *change = vec_add(a, &c->checks);
	*change = (struct check_change){
		.name = any->name,
		.type = any->type,
		.before = before ? verdict_name(before->verdict) : NULL,
		.after = after ? verdict_name(after->verdict) : NULL,
		.change = judge(before, after),
		.why_before = before ? before->why : NULL,
		.why_after = after ? after->why : NULL,
	};
	count(c, change->change, after);
	compare_metrics(a, before, after, c);
}

static void compare_checks(struct arena *a, struct comparison *c)
{
	const struct run *before = &c->before->run, *after = &c->after->run;
	vec_for(check, &before->checks)
		add_check(a, check, find_check(after, check->name), c);
	vec_for(check, &after->checks)
		if (!find_check(before, check->name))
			add_check(a, NULL, check, c);
}

void compare_sides(struct arena *a, const struct side *before, const struct side *after,
	struct comparison *out)
{
	const char *x = before->image.sha256, *y = after->image.sha256;
	*out = (struct comparison){
		.image = after->run.image ? after->run.image : after->image.name,
		.before = before,
		.after = after,
		.size_difference = (int64_t)(after->image.size - before->image.size),
		.image_same = x && y && !strcmp(x, y),
	};
	compare_checks(a, out);
	compare_packages(a, out);
	compare_sizes(a, out);
}
