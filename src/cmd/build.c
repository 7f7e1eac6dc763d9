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
		if (action->command)
			json_put_string(w, "command", action->command);
		if (action->program)
			json_put_string(w, "program", action->program);
		if (ran)
			json_put_number(w, "seconds", (double)action->ns / 1e9);
		json_close(w);
	}
	json_close(w);
}

static void put_reused(struct json_writer *w, const struct build_result *r)
{
	json_put_int(w, "reused", (int64_t)r->reused);
	if (r->parts)
		json_put_int(w, "parts", (int64_t)r->parts);
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
		if (term_is_verbose() && action->command)
			term_out("    %s\n", action->command);
	}
}

/* What dune would run is not known before: its plan is of libraries and the image. */
static void print_plan(struct context *c, const struct recipe *image, const struct build_result *r)
{
	print_actions(c, &r->ran);
	if (r->ran.n && image->build.dune)
		term_out("%s: %zu of %s to rebuild (libraries, the image)\n", image->name, r->ran.n,
			counted(c->a, r->parts, "part"));
	else if (r->ran.n)
		term_out("%s: %s to run, %zu reused\n", image->name,
			counted(c->a, r->ran.n, "action"), r->reused);
	else
		term_out("%s: nothing to do, %s reused\n", image->name,
			r->parts ? counted(c->a, r->parts, "part")
				 : str_format(c->a, "%zu", r->reused));
}

/* What was built or planned, and what of it. */
struct built {
	struct recipe *r;
	struct build_result result;
};
typedef VEC(struct built) builds;

MUST_CHECK static bool plan_one(
	struct context *c, struct recipe *r, struct built *out, struct err *e)
{
	overlays with = {0};
	*out = (struct built){.r = r};
	struct build_request q = {.w = &c->w, .image = r, .with = &with, .plan_only = true};
	if (!pick_overlays(c, r, &with, e))
		return false;
	return build_run(c->a, &q, &out->result, e);
}

/* Of R, which is in all images that were PLANNED. */
static void put_plans(struct json_writer *w, const struct recipe *r, const builds *planned)
{
	struct build_result all = {0};
	vec_for(one, planned) {
		all.reused += one->result.reused;
		all.parts += one->result.parts;
		vec_for(action, &one->result.ran)
			vec_push(w->out->a, &all.ran, *action);
	}
	json_put_string(w, "image", r->name);
	put_actions(w, "actions", &all.ran, false);
	put_reused(w, &all);
	if (planned->n == 1 && planned->v[0].r == r)
		return;
	json_open(w, "images", '[');
	vec_for(one, planned) {
		json_open(w, NULL, '{');
		json_put_string(w, "image", one->r->name);
		put_actions(w, "actions", &one->result.ran, false);
		put_reused(w, &one->result);
		json_close(w);
	}
	json_close(w);
}

bool cmd_plan(struct context *c, struct err *e)
{
	struct recipe *r;
	recipes targets;
	builds planned = {0};
	struct dependents who = {0};
	const char *source;
	if (is_stranger(c, &source))
		return plan_stranger(c, source, e);
	if (!pick_target(c, &r, e) || !pick_built(c, r, &targets, e))
		return false;
	vec_for(target, &targets)
		if (!plan_one(c, *target, vec_add(c->a, &planned), e))
			return false;
	bool tells = !r->image || c->options.all;
	if (tells && !find_dependents(c, r, &who, e))
		return false;
	if (!c->options.json) {
		vec_for(one, &planned)
			print_plan(c, one->r, &one->result);
		if (!planned.n)
			term_out("%s: no image of the workspace contains it\n", r->name);
		print_dependents(c, r, &who);
		return true;
	}
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	json_open(&w, NULL, '{');
	put_plans(&w, r, &planned);
	if (tells)
		put_dependents(&w, &who);
	json_close(&w);
	term_out("%s\n", t.p);
	return true;
}

static void put_result(struct json_writer *w, const struct built *b)
{
	const struct build_result *r = &b->result;
	json_put_string(w, "image", b->r->name);
	json_put_string(w, "path", r->path);
	json_put_string(w, "sha256", r->sha256);
	put_actions(w, "ran", &r->ran, true);
	put_reused(w, r);
	json_put_number(w, "seconds", (double)r->ns / 1e9);
}

static void put_list(
	struct json_writer *w, const char *name, const builds *all, size_t from, size_t to)
{
	json_open(w, name, '[');
	for (size_t i = from; i < to; i++) {
		json_open(w, NULL, '{');
		put_result(w, &all->v[i]);
		json_close(w);
	}
	json_close(w);
}

/* The first ASKED are what was asked for, the others depend on it. */
static void put_builds(struct context *c, const builds *all, size_t asked)
{
	struct text t = {.a = c->a};
	struct json_writer w = {.out = &t};
	json_open(&w, NULL, '{');
	put_result(&w, &all->v[0]);
	if (asked > 1)
		put_list(&w, "images", all, 0, asked);
	if (c->options.dependents)
		put_list(&w, "dependents", all, asked, all->n);
	json_close(&w);
	term_out("%s\n", t.p);
}

static void print_build(struct context *c, const struct built *b, bool named)
{
	if (named)
		term_out("%s%s%s\n", term_tint(TINT_BOLD), b->r->name, term_tint_end());
	term_out("%s\n  %s, %s\n", b->result.path, build_words(c->a, &b->result),
		duration(c->a, b->result.ns));
}

/* NAMED: it is one of several. */
static bool build_one(struct context *c, struct recipe *r, bool named, builds *all, struct err *e)
{
	overlays with = {0};
	struct built b = {.r = r};
	if (!pick_overlays(c, r, &with, e) || !build_image(c, r, &with, NULL, &b.result, e))
		return false;
	vec_push(c->a, all, b);
	if (!c->options.json)
		print_build(c, &b, named);
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
		if (build_one(c, who->v[i].r, true, all, e))
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

static bool is_built(const builds *all, const struct recipe *r)
{
	vec_for(one, all)
		if (one->r == r)
			return true;
	return false;
}

/* Those of R that are not built yet, and not with an image only. */
MUST_CHECK static bool pick_dependents(struct context *c, struct recipe *r, const builds *all,
	build_dependents *out, struct err *e)
{
	build_dependents who = {0};
	recipes built;
	if (!build_find_dependents(c->a, &c->w, r, &who, e))
		return false;
	vec_for(one, &who) {
		if (!pick_built(c, one->r, &built, e))
			return false;
		if (built.n == 1 && built.v[0] == one->r && !is_built(all, one->r))
			vec_push(c->a, out, *one);
	}
	return true;
}

static bool in_no_image(const struct recipe *r, struct err *e)
{
	fail(e, E_USAGE, "dune builds %s as a part of an image, and no image contains it", r->name);
	return fail_hint(e,
		"an image contains what its program links; respin plan %s names what needs it",
		r->name);
}

bool cmd_build(struct context *c, struct err *e)
{
	struct recipe *r;
	recipes targets;
	build_dependents who = {0};
	builds all = {0};
	if (!pick_target(c, &r, e) || !pick_built(c, r, &targets, e))
		return false;
	if (!targets.n)
		return in_no_image(r, e);
	bool named = c->options.dependents || targets.v[0] != r;
	vec_for(target, &targets)
		if (!build_one(c, *target, named, &all, e))
			return false;
	if (c->options.dependents && !pick_dependents(c, r, &all, &who, e))
		return false;
	bool ok = build_all_dependents(c, &who, &all, e);
	if (c->options.json && (ok || c->options.keep_going))
		put_builds(c, &all, targets.n);
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
