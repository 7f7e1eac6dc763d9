/* check.c - respin run, check. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

void print_check(void *ctx, const struct check_result *r)
{
	(void)ctx;
	static const enum tint tints[] = {
		[PASS] = TINT_GREEN, [FAIL] = TINT_RED, [SKIP] = TINT_YELLOW};
	if (term_is_json())
		return;
	term_out("%s%s%s  %-28s %s\n", term_tint(tints[r->verdict]), verdict_name(r->verdict),
		term_tint_end(), r->name, r->why ? r->why : "");
}

static void print_note(void *ctx, const char *note)
{
	(void)ctx;
	term_note("note: %s", note);
}

static void print_run(struct context *c, const struct run *run)
{
	struct text t = {.a = c->a};
	run_json(run, &t);
	term_out("%s", t.p);
}

static bool make_image(struct context *c, struct lab_request *q, struct err *e)
{
	struct recipe *image;
	overlays with = {0};
	struct build_result built = {0};
	if (!pick_image(c, &image, e) || !lab_validate(image, e) ||
		!pick_overlays(c, image, &with, e) || !build_image(c, image, &with, &built, e))
		return false;
	*q = (struct lab_request){.w = &c->w,
		.image = image,
		.image_path = built.path,
		.image_sha256 = built.sha256,
		.only = c->options.only,
		.on_check = print_check,
		.on_note = print_note};
	return true;
}

bool cmd_check(struct context *c, struct err *e)
{
	struct lab_request q;
	struct run run = {0};
	if (!make_image(c, &q, e) || !lab_check(c->a, &q, &run, e))
		return false;
	c->status = run.verdict == PASS ? STATUS_YES : STATUS_NO;
	if (c->options.json)
		print_run(c, &run);
	else
		term_out("%s: %s; machine: %s; kept in %s\n", run.image, verdict_name(run.verdict),
			run.end, run.dir);
	return true;
}

bool cmd_run(struct context *c, struct err *e)
{
	struct lab_request q;
	int status = 0;
	if (!make_image(c, &q, e))
		return false;
	q.disk = c->options.disk;
	if (!lab_console(c->a, &q, &status, e))
		return false;
	c->status = status == 0 ? STATUS_YES : STATUS_NO;
	return true;
}
