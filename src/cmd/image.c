/* image.c - which image, with which overlays, built with progress. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include <string.h>

bool pick_image(struct context *c, struct recipe **out, struct err *e)
{
	if (c->args.n)
		return recipe_find_image(&c->w, c->args.v[0], out, e);
	struct recipe *only = NULL;
	strings names = {0};
	vec_for(r, &c->w.all) {
		if ((*r)->image) {
			only = *r;
			vec_push(c->a, &names, only->name);
		}
	}
	if (names.n == 1) {
		*out = only;
		return true;
	}
	fail(e, E_USAGE, "which image? this workspace has %zu", names.n);
	struct text t = {.a = c->a};
	vec_for(z, &names)
		text_addf(&t, "%s%s", t.n ? ", " : "", *z);
	return fail_hint(e, "%s", names.n ? t.p : "an image's recipe has an \"image\" field");
}

static bool contains(const recipes *closure, const char *package)
{
	vec_for(r, closure)
		if (!strcmp((*r)->name, package))
			return true;
	return false;
}

bool pick_target(struct context *c, struct recipe **out, struct err *e)
{
	return c->args.n ? recipe_find(&c->w, c->args.v[0], out, e) : pick_image(c, out, e);
}

bool pick_overlays(struct context *c, struct recipe *image, overlays *out, struct err *e)
{
	overlays all = {0}, chosen = {0};
	recipes closure;
	if (c->options.no_overlays)
		return true;
	if (!overlay_list(&c->w, &all, e) || !recipe_closure(&c->w, image, &closure, e))
		return false;
	vec_for(o, &all) {
		if (contains(&closure, o->package) && o->rebase)
			return overlay_busy(o, e);
		if (contains(&closure, o->package))
			vec_push(c->a, &chosen, *o);
		else
			term_warn("the overlay of %s has no effect on %s, which doesn't contain it",
				o->package, image->name);
	}
	*out = chosen;
	return true;
}

struct progress {
	size_t done;
};

static void show_action(void *ctx, const struct action *action)
{
	struct progress *p = ctx;
	p->done++;
	if (term_is_verbose())
		term_note("  %-40s %s", action->output, action->reason);
	else
		term_progress("building: %zu done, %s", p->done, action->output);
	if (action->log.n)
		term_note("%.*s", STR(str_trim(action->log)));
}

bool build_image(struct context *c, struct recipe *image, const overlays *with,
	struct build_result *out, struct err *e)
{
	struct progress progress = {0};
	struct build_request q = {.w = &c->w,
		.image = image,
		.with = with,
		.jobs = (int)c->options.jobs,
		.keep_going = c->options.keep_going,
		.on_action = show_action,
		.ctx = &progress};
	bool built = build_run(c->a, &q, out, e);
	term_progress_end();
	return built;
}
