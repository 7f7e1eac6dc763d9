/* verify.c - respin overlay verify: does each patch still apply, change an image, and fix its
 * check? SPDX-License-Identifier: ISC */
#include "cmd/verify.h"

#include <string.h>

/* One image, or a package that Debian's packages are made of, with and without the patch in
 * question.
 */
struct product {
	struct recipe *image;
	bool built; /* else WHY */
	const char *why;
	struct build_result build;
	const char *loaded; /* names what a machine gets of it */
};
typedef VEC(struct product) products;

/* One overlay while it is looked at. */
struct inquiry {
	struct context *c;
	const char *package;
	struct overlay_trial *trial;
	trial_patches patches;
	overlays others; /* of other packages, as they stand */
	products with;	 /* all images that contain the package, with all patches */
	struct verification *out;
};

static bool contains(const recipes *closure, const char *package)
{
	vec_for(r, closure)
		if (!strcmp((*r)->name, package))
			return true;
	return false;
}

static bool list_images(struct inquiry *q, struct err *e)
{
	vec_for(r, &q->c->w.all) {
		recipes closure;
		/* Debian's binary packages are what such an overlay is for. */
		bool own = (*r)->build.debian && !strcmp((*r)->name, q->package);
		if (!(*r)->image && !own)
			continue;
		if (!recipe_closure(&q->c->w, *r, &closure, e))
			return false;
		if (contains(&closure, q->package))
			*vec_add(q->c->a, &q->with) = (struct product){.image = *r};
	}
	return true;
}

static bool list_others(struct inquiry *q, struct err *e)
{
	strings names;
	if (!overlay_names(&q->c->w, &names, e))
		return false;
	vec_for(name, &names) {
		struct overlay o;
		if (!strcmp(*name, q->package))
			continue;
		if (!overlay_find(&q->c->w, *name, &o, e))
			return false;
		if (o.rebase)
			return overlay_busy(&o, e);
		vec_push(q->c->a, &q->others, o);
	}
	return true;
}

/* The overlays of IMAGE: OWN and those of its other packages. */
static bool choose(struct inquiry *q, struct recipe *image, const struct overlay *own,
	overlays *out, struct err *e)
{
	recipes closure;
	if (!recipe_closure(&q->c->w, image, &closure, e))
		return false;
	vec_for(o, &q->others) {
		struct recipe *r;
		if (!recipe_find(&q->c->w, o->package, &r, e))
			return false;
		if (contains(&closure, o->package) || (image->build.debian && r->build.debian))
			vec_push(q->c->a, out, *o);
	}
	vec_push(q->c->a, out, *own);
	return true;
}

/* That it does not compile is an answer here. */
static bool make_product(
	struct inquiry *q, const struct overlay *own, struct product *p, struct err *e)
{
	overlays with = {0};
	if (!choose(q, p->image, own, &with, e))
		return false;
	struct build_request request = {
		.w = &q->c->w, .image = p->image, .with = &with, .any_effect = true};
	term_progress("verify %s: building %s", q->package, p->image->name);
	p->built = build_run(q->c->a, &request, &p->build, e);
	term_progress_end();
	if (p->built && !p->image->image)
		p->loaded = p->build.sha256;
	if (p->built)
		return !p->image->image || image_loaded(q->c->a, p->build.path, &p->loaded, e);
	if (e->code != E_CHILD)
		return false;
	p->why = first_line(q->c->a, e);
	return true;
}

/* ---- does it change an image? --------------------------------------------------------------- */

static void answer_no(struct arena *a, enum answer *answer, const char **why, const char *text)
{
	*answer = ANSWER_NO;
	*why = str_copy(a, str_of(text));
}

/* Or are they all Debian's binary packages? */
static bool any_image(const products *list)
{
	vec_for(p, list)
		if (p->image->image)
			return true;
	return false;
}

static void judge_change(struct inquiry *q, struct patch_verdict *v, const products *without)
{
	const char *unknown = NULL;
	for (size_t i = 0; i < without->n; i++) {
		const struct product *with = &q->with.v[i], *other = &without->v[i];
		if (!with->built)
			unknown = str_format(q->c->a,
				other->built ? "%s builds without it" : "%s does not build",
				with->image->name);
		else if (!other->built || strcmp(with->loaded, other->loaded) != 0)
			vec_push(q->c->a, &v->images, with->image->name);
	}
	if (v->images.n)
		v->changes = ANSWER_YES;
	else if (unknown)
		v->why_changes = unknown;
	else if (!without->n)
		answer_no(q->c->a, &v->changes, &v->why_changes, "no image contains the package");
	else
		answer_no(q->c->a, &v->changes, &v->why_changes,
			any_image(without) ? "without it every image is the same"
					   : "without it its binary packages are the same");
}

/* ---- is it needed? -------------------------------------------------------------------------- */

static bool run_check(struct inquiry *q, const struct product *p, const char *check,
	const char **verdict, const char **id, struct err *e)
{
	struct run run = {0};
	struct lab_request request = {.w = &q->c->w,
		.image = p->image,
		.image_path = p->build.path,
		.image_sha256 = p->build.sha256,
		.only = check};
	term_progress("verify %s: %s", q->package, check);
	bool ran = lab_check(q->c->a, &request, &run, e);
	term_progress_end();
	if (!ran)
		return false;
	*id = run.id;
	*verdict = verdict_name(SKIP);
	vec_for(r, &run.checks)
		if (!strcmp(r->name, check))
			*verdict = verdict_name(r->verdict);
	return true;
}

static bool has_check(const struct recipe *image, const char *name)
{
	if (!image->image)
		return false;
	vec_for(check, &image->image->checks)
		if (check->name && !strcmp(check->name, name))
			return true;
	return false;
}

/* The image that a check is of, among those with the package. */
static const struct product *find_product(const products *list, struct str image)
{
	vec_for(p, list)
		if (str_is(image, p->image->name))
			return p;
	return NULL;
}

static const char *judge_runs(struct proof *p)
{
	bool with = !strcmp(p->with, "pass"), without = !strcmp(p->without, "pass");
	if (!strcmp(p->with, "skip") || !strcmp(p->without, "skip"))
		return "the check was skipped";
	p->needed = with && !without ? ANSWER_YES : ANSWER_NO;
	if (!with)
		return "the check fails even with it";
	return without ? "the check passes without it" : NULL;
}

static bool prove(struct inquiry *q, struct patch_verdict *v, struct proof *p,
	const products *without, struct err *e)
{
	struct str name = str_of(p->check), image = str_trim(str_cut(&name, '/'));
	const char *check = str_copy(q->c->a, str_trim(name));
	const struct product *with = find_product(&q->with, image);
	const struct product *other = find_product(without, image);
	if (!with || !other || !has_check(with->image, check)) {
		p->why = with ? "the image has no such check" : "no such image has the package";
		vec_push(q->c->a, &v->facts.problems,
			str_format(q->c->a, "Fixes-Check: %s: %s", p->check, p->why));
		return true;
	}
	if (!with->built || !other->built) {
		p->why = with->built ? "the image does not build without it"
				     : "the image does not build";
		return true;
	}
	if (!strcmp(with->loaded, other->loaded)) {
		p->needed = ANSWER_NO;
		p->why = "without it the image is the same";
		return true;
	}
	if (!run_check(q, other, check, &p->without, &p->run_without, e) ||
		!run_check(q, with, check, &p->with, &p->run_with, e))
		return false;
	p->why = judge_runs(p);
	return true;
}

static void judge_need(struct patch_verdict *v)
{
	v->why_needed = "no Fixes-Check names a check";
	vec_for(p, &v->proofs) {
		if (v->needed == ANSWER_YES || (v->needed == ANSWER_NO && p->needed != ANSWER_YES))
			continue;
		v->needed = p->needed;
		v->why_needed = p->why;
	}
}

/* ---- one patch, one overlay, all ------------------------------------------------------------ */

static bool look_without(struct inquiry *q, size_t i, struct patch_verdict *v, struct err *e)
{
	struct overlay own;
	products without = {0};
	if (!trial_set(q->trial, &q->patches, i, &own, e))
		return false;
	vec_for(with, &q->with) {
		struct product *p = vec_add(q->c->a, &without);
		p->image = with->image;
		if (!make_product(q, &own, p, e))
			return false;
	}
	judge_change(q, v, &without);
	vec_for(check, &v->facts.checks) {
		struct proof *p = vec_add(q->c->a, &v->proofs);
		p->check = *check;
		if (!prove(q, v, p, &without, e))
			return false;
	}
	judge_need(v);
	return true;
}

static bool look_at_patch(struct inquiry *q, size_t i, struct err *e)
{
	const struct trial_patch *p = &q->patches.v[i];
	struct patch_verdict *v = vec_add(q->c->a, &q->out->patches);
	v->subject = p->subject;
	patch_facts(q->c->a, p->body, &v->facts);
	if (!p->applies) {
		v->why_changes = v->why_needed = "it does not apply";
		answer_no(q->c->a, &v->applies, &v->why_applies, p->why);
		return true;
	}
	v->applies = ANSWER_YES;
	if (p->separable)
		return look_without(q, i, v, e);
	v->why_changes = v->why_needed = p->why;
	return true;
}

/* Why the overlay as a whole has none. */
static const char *without_effect(struct inquiry *q)
{
	if (!q->patches.n)
		return q->out->dirty ? "it has no patches: its changes are not committed"
				     : str_format(q->c->a, "it has no patches: it is %s",
					       source_words(q->c, q->package));
	return q->with.n ? NULL : "no image of the workspace contains the package";
}

static bool make_with(
	struct inquiry *q, const struct overlay *own, struct product *p, struct err *e)
{
	if (!make_product(q, own, p, e))
		return false;
	if (!p->built)
		vec_push(q->c->a, &q->out->broken,
			str_format(q->c->a, "%s: %s", p->image->name, p->why));
	return true;
}

static bool inquire(struct inquiry *q, struct err *e)
{
	struct recipe *r;
	struct overlay own;
	if (!recipe_find(&q->c->w, q->package, &r, e) || !list_images(q, e) || !list_others(q, e) ||
		!trial_open(&q->c->w, q->package, &q->trial, &q->patches, &q->out->dirty, e))
		return false;
	q->out->package = r->name;
	q->out->version = r->version;
	q->out->why = without_effect(q);
	if (q->patches.n && !trial_set(q->trial, &q->patches, q->patches.n, &own, e))
		return false;
	vec_for(p, &q->with)
		if (q->patches.n && !make_with(q, &own, p, e))
			return false;
	for (size_t i = 0; i < q->patches.n; i++)
		if (!look_at_patch(q, i, e))
			return false;
	return true;
}

static void end_inquiry(struct inquiry *q)
{
	trial_close(&q->trial);
}

static bool verify_one(struct context *c, const char *package, verifications *out, struct err *e)
{
	defer(end_inquiry) struct inquiry q = {
		.c = c, .package = package, .out = vec_add(c->a, out)};
	return inquire(&q, e);
}

bool overlay_verify(struct context *c, const char *package, struct err *e)
{
	verifications all = {0};
	strings names = {0};
	if (package)
		vec_push(c->a, &names, package);
	else if (!overlay_names(&c->w, &names, e))
		return false;
	vec_for(name, &names)
		if (!verify_one(c, *name, &all, e))
			return false;
	show_verifications(c, &all);
	vec_for(v, &all)
		if (!verification_is_fine(v))
			c->status = STATUS_NO;
	return true;
}
