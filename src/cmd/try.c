/* try.c - respin try: all seven steps in one command. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include <string.h>

#include "resolve/resolve.h"

#define ACTIONS_SHOWN 12

struct trial {
	struct context *c;
	struct recipe *image;
	const char *package;
	strings missing;	/* packages whose source was not there at the start */
	strings overlays;	/* those that have one at the start */
	bool opened;		/* an overlay of the package */
	struct overlay edited;	/* the scratch tree with the patch */
	overlays before, after; /* what each side is built with */
	steps steps;
	int64_t started_ns; /* of the step that runs */
};

static void begin(struct trial *t, const char *name)
{
	*vec_add(t->c->a, &t->steps) = (struct step){.name = name};
	t->started_ns = clock_ns();
	term_progress("%zu %s", t->steps.n, name);
}

static void end(struct trial *t, const char *summary)
{
	struct step *step = &t->steps.v[t->steps.n - 1];
	step->summary = summary;
	step->ns = clock_ns() - t->started_ns;
	term_note("%zu %-8s %8s  %s", t->steps.n, step->name, duration(t->c->a, step->ns), summary);
}

/* Resolving may fetch what it has to read: whose sources are missing before that? */
static bool list_missing(struct trial *t, struct err *e)
{
	vec_for(r, &t->c->w.all) {
		struct tree tree;
		if (!(*r)->source.n)
			continue;
		if (!source_locate(&t->c->w, *r, &tree, e))
			return false;
		if (!tree.dir)
			vec_push(t->c->a, &t->missing, (*r)->name);
	}
	return true;
}

static bool was_missing(const struct trial *t)
{
	vec_for(name, &t->missing)
		if (!strcmp(*name, t->package))
			return true;
	return false;
}

static bool in_image(const struct candidate *k, const char *image)
{
	vec_for(z, &k->images)
		if (!strcmp(*z, image))
			return true;
	return false;
}

static bool nothing_found(struct trial *t, const struct resolution *r, struct err *e)
{
	struct text near = {.a = t->c->a};
	fail(e, E_NOTFOUND, "%s: no package of %s provides it", r->query, t->image->name);
	vec_for(k, &r->candidates)
		text_addf(&near, "%s%s is in %s", near.n ? ", " : "", k->module, k->package);
	vec_for(z, &r->near_misses)
		text_addf(&near, "%s%s", near.n ? ", " : "near misses: ", *z);
	return fail_hint(e, "%.400s", near.n ? near.p : "respin resolve says where it looked");
}

static bool resolve_module(struct trial *t, struct err *e)
{
	struct resolution r = {0};
	const struct candidate *best = NULL;
	begin(t, "resolve");
	if (!list_missing(t, e) ||
		!resolve_name(t->c->a, &t->c->w, t->c->options.module, RESOLVE_OWN, true, &r, e))
		return false;
	vec_for(k, &r.candidates)
		if (!best && in_image(k, t->image->name))
			best = k;
	if (!best)
		return nothing_found(t, &r, e);
	vec_for(k, &r.candidates) {
		if (!in_image(k, t->image->name) || k->rank < best->rank ||
			!strcmp(k->package, best->package))
			continue;
		fail(e, E_USAGE, "%s is in more than one package: %s and %s", r.query,
			best->package, k->package);
		return fail_hint(e, "name the package instead: --module %s", best->package);
	}
	t->package = best->unit ? best->unit : best->package;
	end(t, str_format(t->c->a, "%s (%s) -> %s -> %s%s%s", best->module, best->kind,
		       best->library ? best->library : "no library", best->package,
		       best->version ? " " : "", best->version ? best->version : ""));
	return true;
}

static bool fetch_source(struct trial *t, struct err *e)
{
	struct recipe *r;
	struct tree tree;
	begin(t, "fetch");
	if (!recipe_find(&t->c->w, t->package, &r, e) || !source_ensure(&t->c->w, r, &tree, e))
		return false;
	const char *how = tree.is_path	   ? ""
			  : was_missing(t) ? ", checksum verified"
					   : ", here already";
	end(t, str_format(t->c->a, "%s%s", tree.origin, how));
	return true;
}

static bool open_overlay(struct trial *t, struct err *e)
{
	struct overlay opened;
	begin(t, "overlay");
	if (t->c->options.keep &&
		(!overlay_names(&t->c->w, &t->overlays, e) ||
			!overlay_add(&t->c->w, t->package, &opened, &t->opened, e)))
		return false;
	if (!pick_overlays(t->c, t->image, &t->before, e))
		return false;
	const char *folder = source_folder(t->c, t->package);
	const struct overlay *own = NULL;
	vec_for(o, &t->before)
		if (!strcmp(o->package, t->package))
			own = o;
	if (own && own->patches.n + own->dirty)
		end(t, str_format(t->c->a, "on top of overlays/%s: %s", t->package,
			       counted(t->c->a, own->patches.n, "patch")));
	else
		end(t, str_format(t->c->a, "%s as %s%s, in %s", t->package,
			       folder ? "it lies in " : "released", folder ? folder : "",
			       t->c->options.keep ? "overlays/"
						  : "a scratch tree; overlays/ stays as it is"));
	return true;
}

static bool apply_patch(struct trial *t, struct err *e)
{
	struct context *c = t->c;
	begin(t, "edit");
	bool applied =
		c->options.keep
			? overlay_apply(&c->w, t->package, c->options.patch, &t->edited, e)
			: overlay_scratch(&c->w, t->package, c->options.patch, &t->edited, e);
	if (!applied)
		return t->opened && overlay_take_back(c, &t->overlays, t->package);
	vec_for(o, &t->before)
		if (strcmp(o->package, t->package))
			vec_push(c->a, &t->after, *o);
	vec_push(c->a, &t->after, t->edited);
	const strings *subjects = &t->edited.patches;
	end(t, str_format(c->a, "applied: %s",
		       subjects->n ? subjects->v[subjects->n - 1] : "nothing"));
	return true;
}

/* The first build of a side may have run hundreds. */
static void print_ran(struct arena *a, const actions *ran)
{
	actions told = term_is_verbose() ? *ran : report_actions(a, ran);
	size_t shown = told.n > ACTIONS_SHOWN && !term_is_verbose() ? ACTIONS_SHOWN : told.n;
	for (size_t i = 0; i < shown; i++)
		term_note("             %s: %s", told.v[i].output, told.v[i].reason);
	if (shown < told.n)
		term_note("             %zu more", told.n - shown);
}

static bool build_sides(struct trial *t, struct side *before, struct side *after, struct err *e)
{
	struct arena *a = t->c->a;
	begin(t, "build");
	if (!build_side(t->c, t->image, &t->before, &t->after, "as it was", before, e) ||
		!build_side(t->c, t->image, &t->after, &t->before, "with the patch", after, e))
		return false;
	end(t, str_format(a, "before: %s; after: %s", build_words(a, &before->build),
		       build_words(a, &after->build)));
	print_ran(a, &after->build.ran);
	return true;
}

static const char *run_summary(struct arena *a, const struct run *run)
{
	size_t n[3] = {0};
	vec_for(r, &run->checks)
		n[r->verdict]++;
	return str_format(a, "%zu pass, %zu fail, %zu skip", n[PASS], n[FAIL], n[SKIP]);
}

static bool check_sides(struct trial *t, struct side *before, struct side *after, struct err *e)
{
	struct arena *a = t->c->a;
	begin(t, "check");
	if (!check_side(t->c, t->image, before, e) || !check_side(t->c, t->image, after, e))
		return false;
	end(t, str_format(a, "before: %s; after: %s", run_summary(a, &before->run),
		       run_summary(a, &after->run)));
	return true;
}

/* A long way is before the patch is read: what is plainly wrong is said at once. */
static bool check_words(const struct options *o, struct err *e)
{
	if (!o->module || !o->patch) {
		fail(e, E_USAGE, "what to change? --%s is missing", o->module ? "patch" : "module");
		return fail_hint(e, "usage: respin try [IMAGE] --module NAME --patch FILE");
	}
	return file_exists(o->patch) ||
	       fail(e, E_USAGE, "--patch %s: there is no such file", o->patch);
}

bool cmd_try(struct context *c, struct err *e)
{
	struct trial t = {.c = c};
	struct side before, after;
	struct comparison cmp = {0};
	if (!check_words(&c->options, e) || !pick_image(c, &t.image, e) ||
		!lab_validate(t.image, c->w.state, e) || !resolve_module(&t, e) ||
		!fetch_source(&t, e) || !open_overlay(&t, e) || !apply_patch(&t, e) ||
		!build_sides(&t, &before, &after, e) || !check_sides(&t, &before, &after, e))
		return false;
	begin(&t, "compare");
	compare_sides(c->a, &before, &after, &cmp);
	if (!compare_state(c->a, &cmp, e))
		return false;
	end(&t, str_format(c->a, "%zu fixed, %zu broken, %zu the same", cmp.fixed, cmp.broken,
			cmp.same));
	return show_comparison(c, &cmp, &t.steps, e);
}
