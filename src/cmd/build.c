/* build.c - respin plan, build, gc. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

static void put_actions(struct json_writer *w, const char *name, const actions *list, bool ran)
{
	json_open(w, name, '[');
	vec_for(action, list) {
		json_open(w, NULL, '{');
		json_put_string(w, "output", action->output);
		json_put_string(w, "package", action->package);
		json_put_string(w, "reason", action->reason);
		json_put_string(w, "command", action->command);
		if (ran)
			json_put_number(w, "seconds", (double)action->ns / 1e9);
		json_close(w);
	}
	json_close(w);
}

/* Reasons that this many actions share are told once. */
#define GROUP_LEAST 4

/* The actions of one reason. */
struct group {
	size_t n;
	bool is_told;
};

static struct map groups_of(struct arena *a, const actions *list)
{
	struct map groups = {.a = a};
	vec_for(action, list) {
		void **place = map_put(&groups, str_of(action->reason));
		if (!*place)
			*place = NEW(a, struct group);
		((struct group *)*place)->n++;
	}
	return groups;
}

static void print_actions(struct context *c, const actions *list)
{
	struct map groups = groups_of(c->a, list);
	vec_for(action, list) {
		struct group *group = map_get(&groups, str_of(action->reason));
		bool together = group->n >= GROUP_LEAST && !term_is_verbose();
		const char *what = action->output;
		if (together && group->is_told)
			continue;
		group->is_told = true;
		if (together)
			what = str_format(c->a, "%s and %zu more", what, group->n - 1);
		term_out("%-44s %s\n", what, action->reason);
		if (term_is_verbose())
			term_out("    %s\n", action->command);
	}
}

/* What dune would run is not known before: its plan is of libraries and the image. */
static void print_plan(struct context *c, const struct recipe *image, const struct build_result *r)
{
	print_actions(c, &r->ran);
	if (r->ran.n && image->build.dune)
		term_out("%s: %s to rebuild (libraries, the image), %zu reused\n", image->name,
			counted(c->a, r->ran.n, "part"), r->reused);
	else if (r->ran.n)
		term_out("%s: %s to run, %zu reused\n", image->name,
			counted(c->a, r->ran.n, "action"), r->reused);
	else
		term_out("%s: nothing to do, %zu reused\n", image->name, r->reused);
}

bool cmd_plan(struct context *c, struct err *e)
{
	struct recipe *image;
	overlays with = {0};
	struct build_result result = {0};
	const char *source;
	if (is_stranger(c, &source))
		return plan_stranger(c, source, e);
	if (!pick_target(c, &image, e) || !pick_overlays(c, image, &with, e))
		return false;
	struct build_request q = {.w = &c->w, .image = image, .with = &with, .plan_only = true};
	struct dependents who = {0};
	if (!build_run(c->a, &q, &result, e) ||
		((!image->image || c->options.all) && !find_dependents(c, image, &who, e)))
		return false;
	if (!c->options.json) {
		print_plan(c, image, &result);
		print_dependents(c, image, &who);
		return true;
	}
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	json_open(&w, NULL, '{');
	json_put_string(&w, "image", image->name);
	put_actions(&w, "actions", &result.ran, false);
	json_put_int(&w, "reused", (int64_t)result.reused);
	if (!image->image || c->options.all)
		put_dependents(&w, &who);
	json_close(&w);
	term_out("%s\n", t.p);
	return true;
}

/* What was built, and what of it. */
struct built {
	struct recipe *r;
	struct build_result result;
};
typedef VEC(struct built) builds;

static void put_result(struct json_writer *w, const struct built *b)
{
	const struct build_result *r = &b->result;
	json_put_string(w, "image", b->r->name);
	json_put_string(w, "path", r->path);
	json_put_string(w, "sha256", r->sha256);
	put_actions(w, "ran", &r->ran, true);
	json_put_int(w, "reused", (int64_t)r->reused);
	json_put_number(w, "seconds", (double)r->ns / 1e9);
}

/* The first is what was asked for, the others depend on it. */
static void put_builds(struct context *c, const builds *all)
{
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	json_open(&w, NULL, '{');
	put_result(&w, &all->v[0]);
	if (c->options.dependents) {
		json_open(&w, "dependents", '[');
		for (size_t i = 1; i < all->n; i++) {
			json_open(&w, NULL, '{');
			put_result(&w, &all->v[i]);
			json_close(&w);
		}
		json_close(&w);
	}
	json_close(&w);
	term_out("%s\n", t.p);
}

static void print_build(struct context *c, const struct built *b)
{
	if (c->options.dependents)
		term_out("%s%s%s\n", term_tint(TINT_BOLD), b->r->name, term_tint_end());
	bool dune = b->r->build.dune;
	term_out("%s\n  %s ran, %s reused, %s\n", b->result.path,
		counted(c->a, b->result.ran.n, dune ? "program" : "action"),
		dune ? counted(c->a, b->result.reused, "part")
		     : str_format(c->a, "%zu", b->result.reused),
		duration(c->a, b->result.ns));
}

static bool build_one(struct context *c, struct recipe *r, builds *all, struct err *e)
{
	overlays with = {0};
	struct built b = {.r = r};
	if (!pick_overlays(c, r, &with, e) || !build_image(c, r, &with, NULL, &b.result, e))
		return false;
	vec_push(c->a, all, b);
	if (!c->options.json)
		print_build(c, &b);
	return true;
}

static void tell_failure(struct context *c, const char *name, const struct err *e)
{
	const char *more = str_format(c->a, "respin build %s shows it all", name);
	term_warn(
		"%s is not built: %s\n  %s", name, first_line(c->a, e), *e->hint ? e->hint : more);
}

/* "a, b, c": of WHO from FROM on. */
static const char *names_from(struct context *c, const build_dependents *who, size_t from)
{
	struct text t = {.a = c->a};
	for (size_t i = from; i < who->n; i++)
		text_addf(&t, "%s%s", t.n ? ", " : "", who->v[i].r->name);
	return t.p;
}

/* One that fails says nothing of the others: with --keep-going they are built, without it named. */
static bool build_all_dependents(
	struct context *c, const build_dependents *who, builds *all, struct err *e)
{
	struct err first = {0};
	size_t failed = 0;
	for (size_t i = 0; i < who->n; i++) {
		const char *name = who->v[i].r->name;
		if (build_one(c, who->v[i].r, all, e))
			continue;
		if (e->code == E_INTERRUPTED)
			return false;
		if (!c->options.keep_going) {
			if (i + 1 < who->n)
				term_warn("after %s not tried: %s (-k goes on)", name,
					names_from(c, who, i + 1));
			return false;
		}
		if (!failed++)
			first = *e;
		tell_failure(c, name, e);
	}
	return !failed || fail(e, first.code, "%zu of %s not built", failed,
				  counted(c->a, who->n, "dependent"));
}

bool cmd_build(struct context *c, struct err *e)
{
	struct recipe *image;
	build_dependents who = {0};
	builds all = {0};
	if (!pick_target(c, &image, e) || !build_one(c, image, &all, e))
		return false;
	if (c->options.dependents && !build_find_dependents(c->a, &c->w, image, &who, e))
		return false;
	bool ok = build_all_dependents(c, &who, &all, e);
	if (c->options.json && (ok || c->options.keep_going))
		put_builds(c, &all);
	return ok;
}

bool cmd_gc(struct context *c, struct err *e)
{
	uint64_t results = 0, runs = 0;
	size_t n = 0;
	if (!build_gc(&c->w, (int)c->options.days, &results, e) ||
		!runs_gc(&c->w, (int)c->options.days, &n, &runs, e))
		return false;
	if (c->options.json)
		term_out("{\n  \"freed\": %llu,\n  \"runs\": %zu,\n  \"freed_of_runs\": %llu\n}\n",
			(unsigned long long)(results + runs), n, (unsigned long long)runs);
	else
		term_out("%.1f MiB freed: %.1f MiB of results, %.1f MiB of %s\n",
			(double)(results + runs) / 1048576, (double)results / 1048576,
			(double)runs / 1048576, counted(c->a, n, "run"));
	return true;
}
