/* check.c - respin run, check. SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

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
	term_warn("%s", note);
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
	if (!pick_image(c, &image, e) || !lab_validate(image, c->w.state, e) ||
		!pick_overlays(c, image, &with, e) ||
		!build_image(c, image, &with, NULL, &built, e))
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

/* The program that is to run beside the image; NULL: none is. */
static bool pick_program(struct context *c, const char *const **out, struct err *e)
{
	const char *shell = getenv("SHELL");
	if (c->options.shell && c->has_program)
		return fail(e, E_USAGE, "expected --shell or a command, found both");
	if (c->has_program && !c->program.n)
		return fail(e, E_USAGE, "expected a command behind --") ||
		       fail_hint(e, "--shell gives a shell");
	if (c->options.shell)
		vec_push(c->a, &c->program, shell && *shell ? shell : "/bin/sh");
	if (c->options.at >= 0 && !c->program.n)
		return fail(e, E_USAGE, "--at is where a command runs: there is none") ||
		       fail_hint(e, "give --shell, or -- COMMAND");
	if (c->program.n)
		vec_push(c->a, &c->program, NULL);
	*out = c->program.v;
	return true;
}

static bool visit(struct context *c, const struct lab_request *q, struct err *e)
{
	struct run run = {0};
	int status = -1;
	if (!lab_visit(c->a, q, &run, &status, e))
		return false;
	const struct check_result *boot = run.checks.v;
	if (boot->verdict == FAIL)
		return fail(e, E_CHILD, "%s did not boot: %s", run.image, boot->why) ||
		       fail_hint(e, "its console is in %s/console.txt", run.dir);
	vec_for(r, &run.checks)
		if (r->verdict == FAIL && (status < 0 || strcmp(r->type, "command")))
			term_warn("%s: %s", r->name, r->why);
	term_note("%s: kept in %s", run.image, run.dir);
	c->status = status < 0 ? STATUS_NO : status;
	return true;
}

bool cmd_run(struct context *c, struct err *e)
{
	struct lab_request q;
	const char *const *program = NULL;
	int status = 0;
	if (!pick_program(c, &program, e) || !make_image(c, &q, e))
		return false;
	q.disk = c->options.disk;
	q.program = program;
	q.at = c->options.at;
	q.shell = c->options.shell;
	q.on_check = NULL;
	if (program)
		return visit(c, &q, e);
	if (!lab_console(c->a, &q, &status, e))
		return false;
	c->status = status == 0 ? STATUS_YES : STATUS_NO;
	return true;
}
