/* state.c - respin state log|show|diff|clone. SPDX-License-Identifier: ISC */
#include "cmd/state.h"

#include <string.h>

/* A commit in a line: when, who, what; in UTC, as packets and consoles are. */
#define LOG_FORMAT "--format=%C(auto)%h%d %C(green)%cd%C(reset) %an  %s"
#define LOG_DATE "--date=format-local:%Y-%m-%d %H:%M:%S"

/* ---- log ----------------------------------------------------------------------------- */

/* The newest first, as git has it. */
static bool put_log(
	struct json_writer *w, struct context *c, const struct placed *store, struct err *e)
{
	defer(past_close) struct past p = {0};
	if (!past_open(c->a, store->dir, &p, e))
		return false;
	json_open(w, NULL, '{');
	json_put_string(w, "store", store->store);
	json_put_string(w, "branch", p.primary);
	json_open(w, "commits", '[');
	for (size_t i = p.steps.n; i-- > 0;)
		state_put_step(w, NULL, &p, &p.steps.v[i]);
	json_close(w);
	json_close(w);
	return true;
}

static bool log_json(struct context *c, const struct place *p, struct err *e)
{
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	json_open(&w, NULL, '{');
	json_put_string(&w, "what", p->what);
	json_open(&w, "stores", '[');
	vec_for(store, &p->stores)
		if (!put_log(&w, c, store, e))
			return false;
	json_close(&w);
	json_close(&w);
	term_out("%s\n", t.p);
	return true;
}

static bool state_log(struct context *c, struct err *e)
{
	defer(place_close) struct place p = {0};
	const char *const words[] = {"log", "--all", "--graph", LOG_FORMAT, LOG_DATE,
		state_colors() ? "--color=always" : "--color=never", NULL};
	const char *const zone[] = {"TZ=UTC", NULL};
	int status;
	if (!place_open(c, state_arg(c, 1), state_arg(c, 2), &p, e) ||
		!state_choose(c, &p, state_arg(c, 2), e))
		return false;
	if (c->options.json)
		return log_json(c, &p, e);
	vec_for(store, &p.stores) {
		if (p.stores.n > 1)
			term_out("%s%s%s%s\n", store == p.stores.v ? "" : "\n",
				term_tint(TINT_BOLD), store->store, term_tint_end());
		if (!place_git(c, store, words, zone, &status, e))
			return false;
		if (status)
			return fail(e, E_IO, "git exited with status %d", status);
	}
	return true;
}

/* ---- clone --------------------------------------------------------------------------- */

static bool state_clone(struct context *c, struct err *e)
{
	defer(place_close) struct place p = {0};
	const struct placed *store;
	size_t at = 2;
	int status;
	if (!place_open(c, state_arg(c, 1), state_arg(c, 2), &p, e) ||
		!state_one_store(c, &p, &at, &store, e))
		return false;
	const char *dir = state_arg(c, at) ? state_arg(c, at) : store->store;
	if (file_exists(dir))
		return fail(e, E_USAGE, "%s is there already", dir);
	const char *const words[] = {"clone", "--quiet", "--no-hardlinks", "--",
		str_format(c->a, "file://%s", store->dir), dir, NULL};
	if (!place_git(c, store, words, NULL, &status, e) ||
		(status && !fail(e, E_CHILD, "git clone exited with status %d", status)))
		return false;
	if (c->options.json) {
		struct text t = {.a = c->a};
		struct json_writer w = {.out = &t};
		json_open(&w, NULL, '{');
		json_put_string(&w, "store", store->store);
		json_put_string(&w, "path", dir);
		json_close(&w);
		term_out("%s\n", t.p);
	} else {
		term_out("%s\n", dir);
	}
	return true;
}

/* ---- all of them --------------------------------------------------------------------- */

bool cmd_state(struct context *c, struct err *e)
{
	static const struct {
		const char *name, *args;
		size_t least, most; /* arguments with its own name */
		bool (*run)(struct context *c, struct err *e);
	} verbs[] = {{"log", "WHAT [STORE]", 2, 3, state_log},
		{"show", "WHAT [STORE] [COMMIT|PATH|COMMIT:PATH]", 2, 4, state_show},
		{"diff", "WHAT (STORE COMMIT [COMMIT] | WHAT [STORE])", 3, 5, state_diff},
		{"clone", "WHAT [STORE] [DIR]", 2, 4, state_clone}};
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(verbs[i].name, c->args.v[0]))
			continue;
		if (c->args.n >= verbs[i].least && c->args.n <= verbs[i].most)
			return verbs[i].run(c, e);
		fail(e, E_USAGE, "state %s takes other arguments", verbs[i].name);
		return fail_hint(e, "usage: respin state %s %s", verbs[i].name, verbs[i].args);
	}
	fail(e, E_USAGE, "there is no 'respin state %s'", c->args.v[0]);
	return fail_hint(e, "there are: log, show, diff, clone");
}
