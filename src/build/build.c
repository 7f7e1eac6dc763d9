/* build.c - one build from request to image. SPDX-License-Identifier: ISC */
#include "build/build.h"

#include <stdlib.h>
#include <time.h>

#include "build/debian.h"
#include "build/trace.h"

#define ATTEMPTS 5

static void say_waiting(void *ctx)
{
	(void)ctx;
	term_note("waiting for another respin in this workspace");
}

bool workspace_lock(const struct workspace *w, int *fd, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	return dir_make(w->state, e) &&
	       file_lock(path_join(&scratch, w->state, "lock"), say_waiting, NULL, fd, e);
}

/* Nothing of the caller's environment changes results; only where programs are is taken over. */
static const char *const *make_environment(struct engine *g)
{
	const char *path = getenv("PATH");
	strings env = {0};
	vec_push(g->a, &env, "LC_ALL=C");
	vec_push(g->a, &env, "TZ=UTC0");
	vec_push(g->a, &env, "SOURCE_DATE_EPOCH=1");
	vec_push(g->a, &env, str_format(g->a, "TMPDIR=%s", g->tmp));
	vec_push(g->a, &env,
		str_format(g->a, "PATH=%s", path ? path : "/usr/local/bin:/usr/bin:/bin"));
	vec_push(g->a, &env, NULL);
	return env.v;
}

static bool engine_open(struct engine *g, struct err *e)
{
	struct map *const maps[] = {&g->last, &g->by_name, &g->probes, &g->listings, &g->watched};
	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		maps[i]->a = g->a;
	const char *state = g->q->w->state;
	if (!dir_make(state, e) || !path_real(g->a, path_join(g->a, state, ""), &state, e))
		return false;
	g->tmp = path_join(g->a, state, "tmp");
	g->env = make_environment(g);
	if (!store_open(g->a, path_join(g->a, state, "store"), &g->store, e))
		return false;
	last_read(g);
	return toolchain_find(g, e) && packages_open(g, e) && effect_check_packages(g, e) &&
	       nodes_make(g, e);
}

static bool nothing_to_build(const struct engine *g, struct err *e)
{
	fail(e, E_INPUT, "%s has nothing to build", g->q->image->name);
	return fail_where(e, "%s:/build", g->q->image->file);
}

static bool any_ran(const struct engine *g)
{
	vec_for(n, &g->nodes)
		if ((*n)->ran)
			return true;
	return false;
}

static void give_answer(struct engine *g, struct build_result *out)
{
	const struct digest *object = &nodes_target(g)->object;
	out->path = store_path(g->store, g->out, object);
	out->sha256 = digest_hex(g->out, object);
}

static bool plan(struct engine *g, struct err *e)
{
	if (!plan_all(g, e) || !store_save(g->store, e))
		return false;
	g->result->reused = g->nodes.n - g->result->ran.n;
	if (any_ran(g))
		return true;
	give_answer(g, g->result);
	return effect_check_files(g, e);
}

/* What was learned is kept whether the build went well or not. */
static bool save(struct engine *g, struct err *e)
{
	return store_save(g->store, e) && last_write(g, e);
}

static bool build(struct engine *g, const char *trace, struct err *e)
{
	struct err later;
	if (!tree_remove(g->tmp, e) || !dir_make(g->tmp, e))
		return false;
	bool ok = run_all(g, e) && effect_check_files(g, e);
	/* The first failure is the one to tell. */
	bool cleaned = tree_remove(g->tmp, ok ? e : &later);
	bool saved = save(g, ok && cleaned ? e : &later);
	if (!ok || !cleaned || !saved)
		return false;
	give_answer(g, g->result);
	g->result->reused = g->nodes.n - g->result->ran.n;
	const struct digest *object = &nodes_target(g)->object;
	return watch_only(g, store_path(g->store, g->a, object), e) && trace_write(g, trace, e);
}

/* One attempt. *RACED: a source changed meanwhile, so another one is needed. */
static bool attempt(struct arena *a, const struct build_request *q, const char *trace,
	struct build_result *result, bool *raced, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct engine g = {.a = &scratch, .out = a, .q = q, .result = result};
	bool ok = engine_open(&g, e) && (g.nodes.n || nothing_to_build(&g, e)) &&
		  (q->plan_only ? plan(&g, e) : build(&g, trace, e));
	*raced = g.raced != NULL;
	return ok;
}

/* Files that change under the build's hands are read again, once the clock has moved on. */
static bool build_anew(struct arena *a, const struct build_request *q, const char *trace,
	struct build_result *result, struct err *e)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		bool raced;
		if (attempt(a, q, trace, result, &raced, e))
			return true;
		if (!raced)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = 30 * 1000 * 1000}, NULL);
	}
	return fail_hint(e, "build again when nothing writes to the sources");
}

/* The answer of last time, where all is as it was then. */
static bool answer_again(struct arena *a, const struct build_request *q, const char *trace,
	struct build_result *result)
{
	struct trace_answer answer;
	if (!trace_holds(trace, &answer))
		return false;
	const char *hex = digest_hex(a, &answer.object);
	result->sha256 = hex;
	result->path = str_format(a, "%s/store/objects/%.2s/%s", q->w->state, hex, hex + 2);
	result->reused = answer.actions;
	return true;
}

/* What is told of Debian's packages is the folder that holds them, not the archive of these. */
static bool unfold(
	struct arena *a, const struct build_request *q, struct build_result *result, struct err *e)
{
	struct digest object;
	if (!q->image->build.debian || !result->sha256 || q->plan_only)
		return true;
	return digest_parse(str_of(result->sha256), &object) &&
	       debs_unfold(a, q->w, q->image->name, &object, &result->path, e);
}

const char *build_words(struct arena *a, const struct build_result *r)
{
	const char *s = r->ran.n == 1 ? "" : "s";
	if (!r->parts)
		return str_format(a, "%zu action%s ran, %zu reused", r->ran.n, s, r->reused);
	return str_format(a, "%zu program%s ran, %zu of %zu part%s rebuilt", r->ran.n, s,
		r->parts - r->reused, r->parts, r->parts == 1 ? "" : "s");
}

bool build_run(
	struct arena *a, const struct build_request *q, struct build_result *out, struct err *e)
{
	int64_t start = clock_ns();
	struct build_result result = {0};
	const char *trace;
	if (q->image->build.dune) {
		if (!build_by_dune(a, q, &result, e))
			return false;
		result.ns = clock_ns() - start;
		*out = result;
		return true;
	}
	if (!trace_name(a, q, &trace, e))
		return false;
	if (!answer_again(a, q, trace, &result)) {
		defer(close_fd) int lock = -1;
		if (!q->plan_only && !workspace_lock(q->w, &lock, e))
			return false;
		if (!build_anew(a, q, trace, &result, e))
			return false;
	}
	if (!unfold(a, q, &result, e))
		return false;
	result.ns = clock_ns() - start;
	*out = result;
	return true;
}
