/* image.c - which image, with which overlays, built with progress. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>

/* What is not as the user may think it is. */
static void warn_of_stale(const struct context *c)
{
	if (c->w.stale)
		term_warn("%s", c->w.stale);
}

/* Dune will say so, too, but not what to do. */
static void warn_of_missing(const struct context *c)
{
	const strings *missing = &c->w.missing;
	const char *config = path_join(c->a, c->w.root, "config.ml");
	struct text t = {.a = c->a};
	if (!missing->n || c->w.unpulled.n)
		return;
	for (size_t i = 0; i < missing->n && i < 3; i++)
		text_addf(&t, "%s%s", i ? ", " : "", missing->v[i]);
	term_warn("%s of this workspace's images %s nowhere: %s%s%s",
		counted(c->a, missing->n, "library"), missing->n == 1 ? "is" : "are", t.p,
		missing->n > 3 ? ", ..." : "",
		file_exists(config) ? " (make depends gets what mirage needs)" : "");
}

/* The workspace's only image, or the only one with a recipe by hand. */
static struct recipe *only_image(const struct workspace *w)
{
	struct recipe *any = NULL, *by_hand = NULL;
	size_t n = 0, n_by_hand = 0;
	vec_for(r, &w->all) {
		if (!(*r)->image)
			continue;
		any = *r;
		n++;
		if (!any->is_made) {
			by_hand = any;
			n_by_hand++;
		}
	}
	if (n_by_hand == 1)
		return by_hand;
	return n == 1 ? any : NULL;
}

bool pick_image(struct context *c, struct recipe **out, struct err *e)
{
	warn_of_stale(c);
	warn_of_missing(c);
	if (c->args.n)
		return recipe_find_image(&c->w, c->args.v[0], out, e);
	*out = only_image(&c->w);
	if (*out)
		return true;
	strings names = {0};
	vec_for(r, &c->w.all)
		if ((*r)->image)
			vec_push(c->a, &names, (*r)->name);
	if (!names.n) {
		fail(e, E_USAGE, "the workspace %s has no image", c->w.root);
		return fail_hint(e,
			"an image's recipe, recipes/NAME/recipe.json, has an \"image\" field "
			"(respin-recipe(5)); respin overlay add PACKAGE opens a package of the "
			"distribution without one");
	}
	fail(e, E_USAGE, "which image? this workspace has %zu", names.n);
	struct text t = {.a = c->a};
	vec_for(z, &names)
		text_addf(&t, "%s%s", t.n ? ", " : "", *z);
	return fail_hint(e, "%s", t.p);
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
	if (!c->args.n)
		return pick_image(c, out, e);
	warn_of_stale(c);
	warn_of_missing(c);
	return recipe_find(&c->w, c->args.v[0], out, e);
}

bool pick_built(struct context *c, struct recipe *r, recipes *out, struct err *e)
{
	recipes built = {0}, closure;
	bool part = r->build.dune && !r->build.dune->target && !r->image;
	if (!part)
		vec_push(c->a, &built, r);
	vec_for(image, &c->w.all) {
		if (!part || !(*image)->image)
			continue;
		if (!recipe_closure(&c->w, *image, &closure, e))
			return false;
		if (contains(&closure, r->name))
			vec_push(c->a, &built, *image);
	}
	*out = built;
	return true;
}

static bool in_any_image(struct context *c, const char *package, bool *out, struct err *e)
{
	*out = false;
	vec_for(r, &c->w.all) {
		recipes closure;
		if (!(*r)->image)
			continue;
		if (!recipe_closure(&c->w, *r, &closure, e))
			return false;
		*out |= contains(&closure, package);
	}
	return true;
}

/* An overlay of a package that IMAGE does not contain may be for another image. */
static bool check_foreign(
	struct context *c, const struct overlay *o, const struct recipe *image, struct err *e)
{
	bool used = true;
	struct recipe *own;
	if (!recipe_find(&c->w, o->package, &own, e))
		return false;
	if (own->build.debian || image->build.debian)
		return true; /* not made for images, nor the other way round */
	if (image->image && o->patches.n + o->dirty && !in_any_image(c, o->package, &used, e))
		return false;
	if (!used) {
		fail(e, E_INPUT,
			"the overlay of %s has no effect: no image of the workspace "
			"contains it",
			o->package);
		fail_hint(e,
			"an image contains what its recipe \"needs\"; respin overlay drop %s "
			"drops it",
			o->package);
		return fail_where(e, "%s", o->dir);
	}
	term_warn("the overlay of %s has no effect on %s, which doesn't contain it", o->package,
		image->name);
	return true;
}

/* Which of these a build uses is known once it is at it. */
static bool is_debian(struct context *c, const char *package)
{
	vec_for(r, &c->w.all)
		if (!strcmp((*r)->name, package))
			return (*r)->build.debian != NULL;
	return false;
}

static bool was_noted(const struct context *c, const char *note)
{
	vec_for(said, &c->noted)
		if (!strcmp(*said, note))
			return true;
	return false;
}

/* A command may build several things with the same overlays. */
static void note_once(struct context *c, const char *note)
{
	if (was_noted(c, note))
		return;
	vec_push(c->a, &c->noted, note);
	term_note("%s", note);
}

bool pick_overlays(struct context *c, struct recipe *image, overlays *out, struct err *e)
{
	overlays all = {0}, chosen = {0};
	recipes closure;
	bool debian = image->build.debian != NULL;
	if (c->options.no_overlays)
		return true;
	if (!overlay_list(&c->w, &all, e) || !recipe_closure(&c->w, image, &closure, e))
		return false;
	vec_for(o, &all) {
		if (!contains(&closure, o->package) && !(debian && is_debian(c, o->package))) {
			if (!check_foreign(c, o, image, e))
				return false;
			continue;
		}
		if (o->rebase)
			return overlay_busy(o, e);
		if (!o->patches.n && !o->dirty && contains(&closure, o->package))
			note_once(c, str_format(c->a, "the overlay of %s changes nothing yet",
					     o->package));
		vec_push(c->a, &chosen, *o);
	}
	*out = chosen;
	return true;
}

struct progress {
	struct arena *a;
	size_t done;
	bool dune;
	strings failed; /* what those said that failed */
};

/* The programs that dune runs say a lot that is of no use where they do well, as make does. */
static bool warns(struct str log)
{
	for (struct str rest = log; rest.n;) {
		struct str line = str_cut(&rest, '\n');
		if (str_starts(line, S("File \"")) || str_find(line, S("arning")) >= 0)
			return true;
	}
	return false;
}

static void show_action(void *ctx, const struct action *action)
{
	struct progress *p = ctx;
	p->done++;
	if (term_is_verbose())
		term_note("  %-40s %s", action->output, action->reason);
	else
		term_progress("building: %zu done, %s", p->done, action->output);
	if (action->failed)
		vec_push(p->a, &p->failed, str_copy(p->a, str_trim(action->log)));
	else if (action->log.n && (!p->dune || term_is_verbose() || warns(action->log)))
		term_note("%.*s", STR(str_trim(action->log)));
}

/* Is all of it said by the error (of debian/rules the end, with the file that has all)? */
static bool is_told(const char *log, const struct recipe *image, const struct err *e)
{
	const char *said = strchr(e->text, '\n');
	const char *gap = said && image->build.debian ? strstr(said, "\n...\n") : NULL;
	if (!*log)
		return true;
	if (gap)
		said = gap + 4;
	return said && (strstr(said, log) || (image->build.debian && strstr(log, said + 1)));
}

/* What programs said is shown once, whole: by the error, or before it. */
static void show_failures(const struct progress *p, const struct recipe *image, struct err *e)
{
	bool all = true;
	if (e->code != E_CHILD && !term_is_verbose())
		return;
	vec_for(log, &p->failed)
		all &= is_told(*log, image, e);
	if (all || !term_notes())
		return;
	vec_for(log, &p->failed)
		if (**log)
			term_note("%s", *log);
	snprintf(e->text, sizeof(e->text), "%s", first_line(p->a, e));
}

bool build_image(struct context *c, struct recipe *image, const overlays *with,
	const strings *from_source, struct build_result *out, struct err *e)
{
	struct progress progress = {.a = c->a, .dune = image->build.dune};
	struct build_request q = {.w = &c->w,
		.image = image,
		.with = with,
		.from_source = from_source,
		.jobs = (int)c->options.jobs,
		.keep_going = c->options.keep_going,
		.on_action = show_action,
		.ctx = &progress};
	bool built = build_run(c->a, &q, out, e);
	term_progress_end();
	if (!built)
		show_failures(&progress, image, e);
	return built;
}
