/* check_command.c - any program, within the private network. SPDX-License-Identifier: ISC */
#include "lab/checks.h"
#include "lab/programs.h"
#include "lab/tap.h"
#include "lab/words.h"

#include <string.h>
#include <unistd.h>

/* "RESPIN_ADDRESSES=10.77.0.2 10.77.0.3": of all machines. */
static const char *addresses(struct trial *t)
{
	struct text words = {.a = t->s->a};
	text_addz(&words, "RESPIN_ADDRESSES=");
	for (int64_t k = 1; k <= (int64_t)t->s->machine_count; k++)
		text_addf(&words, "%s%s", k > 1 ? " " : "",
			network_address(t->s->a, trial_net(t), k));
	return words.p;
}

/* What each network is, and how `nsenter --net=` gets to its host. Our number is not what others
 * know us by: /proc is that of the space around ours. */
static void add_networks(struct trial *t, strings *env)
{
	struct arena *a = t->s->a;
	char us[32] = "";
	if (readlink("/proc/self", us, sizeof(us) - 1) < 0)
		return;
	vec_for(net, &t->s->nets) {
		size_t i = net->index;
		vec_push(a, env,
			str_format(a, "RESPIN_ADDRESS%zu=%s", i,
				network_address(a, net, trial_machine(t))));
		vec_push(a, env, str_format(a, "RESPIN_HOST%zu=%s", i, net->host));
		vec_push(a, env, str_format(a, "RESPIN_DEVICE%zu=%s", i, net->device));
		vec_push(a, env,
			str_format(a, "RESPIN_SPACE%zu=/proc/%s/fd/%d", i, us,
				t->s->lans[i].host.space));
	}
}

const char *const *trial_environment(struct trial *t)
{
	struct arena *a = t->s->a;
	strings env = {0};
	environment_inherit(a, &env);
	vec_push(a, &env, str_format(a, "RESPIN_ADDRESS=%s", trial_address(t)));
	vec_push(a, &env, addresses(t));
	vec_push(a, &env, str_format(a, "RESPIN_HOST=%s", trial_net(t)->host));
	vec_push(a, &env, str_format(a, "RESPIN_RUN=%s", t->s->dir));
	add_networks(t, &env);
	vec_push(a, &env, NULL);
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
		.argv = arguments(t), .env = trial_environment(t), .dir = s->recipe_dir};
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
