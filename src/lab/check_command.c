/* check_command.c - any program, within the private network. SPDX-License-Identifier: ISC */
#include "lab/checks.h"
#include "lab/tap.h"
#include "lab/words.h"

#include <string.h>
#include <unistd.h>

/* Ours, and where the image, the host's end and the run's folder are. */
static const char *const *environment(struct session *s)
{
	strings env = {0};
	for (char **variable = environ; *variable; variable++)
		if (!str_starts(str_of(*variable), S("RESPIN_")))
			vec_push(s->a, &env, *variable);
	vec_push(s->a, &env, str_format(s->a, "RESPIN_ADDRESS=%s", s->net.image));
	vec_push(s->a, &env, str_format(s->a, "RESPIN_HOST=%s", s->net.host));
	vec_push(s->a, &env, str_format(s->a, "RESPIN_RUN=%s", s->dir));
	vec_push(s->a, &env, NULL);
	return env.v;
}

static const char *const *arguments(struct trial *t)
{
	strings argv = {0};
	vec_for(word, &t->c->run)
		vec_push(t->s->a, &argv, *word);
	if (strchr(argv.v[0], '/'))
		argv.v[0] = path_join(t->s->a, t->s->recipe_dir, argv.v[0]);
	vec_push(t->s->a, &argv, NULL);
	return argv.v;
}

static bool tap_verdict(struct trial *t, const struct outcome *out)
{
	struct arena *a = t->s->a;
	struct tap tap;
	const char *first_failed = NULL;
	tap_read(a, out->output, &tap);
	vec_for(line, &tap.lines) {
		struct check_result *part = vec_add(a, &t->parts);
		part->name = str_format(a, "%s/%s", t->c->name, line->name);
		part->type = t->c->type;
		part->verdict = line->verdict;
		part->why = line->why;
		if (line->verdict == FAIL && !first_failed)
			first_failed = line->name;
	}
	if (tap.failed)
		return fails(t, "%zu of %zu tests failed, the first: %s", tap.failed, tap.lines.n,
			first_failed);
	if (tap.wrong)
		return fails(t, "%s", tap.wrong);
	if (out->exit_code)
		return fails(t, "all tests passed, but it %s", outcome_words(a, out));
	bool skipped = tap.skip || tap.skipped == tap.lines.n;
	passes(t, "%zu tests passed, %zu skipped", tap.passed, tap.skipped);
	if (skipped) {
		t->r->verdict = SKIP;
		t->r->why = tap.skip ? tap.skip : "each of its tests was skipped";
	}
	return true;
}

bool check_command(struct trial *t, struct err *e)
{
	struct session *s = t->s;
	const struct command c = {
		.argv = arguments(t), .env = environment(s), .dir = s->recipe_dir};
	struct outcome out;
	bool ended;
	if (!trial_run(t, &c, &ended, &out, e))
		return false;
	if (!ended)
		return true;
	measure(t, "time", "ms", (double)out.ns / 1e6);
	if (t->c->tap)
		return tap_verdict(t, &out);
	const char *last = last_line(s->a, out.output, 200);
	if (out.exit_code)
		return fails(t, "%s %s%s%s", path_base(c.argv[0]), outcome_words(s->a, &out),
			*last ? ": " : "", last);
	return passes(t, "%s", *last ? last : "exited with status 0");
}
