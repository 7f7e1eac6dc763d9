/* dune.c - builds of recipes that dune builds, as builds of ours. SPDX-License-Identifier: ISC */
#include "build/engine.h"
#include "dune/dune.h"

struct relay {
	const struct build_request *q;
	actions *ran;
	struct arena *a;
};

static void relay_action(void *ctx, const struct dune_action *one)
{
	struct relay *r = ctx;
	struct action *action = vec_add(r->a, r->ran);
	*action = (struct action){.output = one->output,
		.package = one->unit,
		.reason = one->reason,
		.program = one->program,
		.ns = one->ns,
		.log = one->log,
		.failed = one->failed};
	if (r->q->on_action)
		r->q->on_action(r->q->ctx, action);
}

bool build_by_dune(
	struct arena *a, const struct build_request *q, struct build_result *out, struct err *e)
{
	bool holds;
	defer(close_fd) int lock = -1;
	struct dune_result made = {0};
	struct relay relay = {.q = q, .ran = &out->ran, .a = a};
	const struct dune_request by_dune = {.w = q->w,
		.image = q->image,
		.with = q->with,
		.jobs = q->jobs,
		.any_effect = q->any_effect,
		.from_source = q->from_source,
		.on_action = relay_action,
		.ctx = &relay};
	if (!dune_unchanged(a, &by_dune, &holds, &made, e))
		return false;
	if (!holds && q->plan_only && !dune_plan(a, &by_dune, &made, e))
		return false;
	if (!holds && !q->plan_only)
		if (!workspace_lock(q->w, &lock, e) || !dune_build(a, &by_dune, &made, e))
			return false;
	out->path = made.path;
	out->sha256 = made.sha256;
	out->parts = made.parts;
	out->reused = made.reused;
	return true;
}
