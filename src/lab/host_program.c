/* host_program.c - images that are programs for Linux. SPDX-License-Identifier: ISC */
#include "lab/host_program.h"
#include "lab/arguments.h"
#include "lab/words.h"

/* The image itself, unless it lacks the right to be run, as what is kept in a store does. */
static void choose_file(struct arena *a, const struct machine_plan *plan, struct command *out)
{
	if (plan->executable < 0)
		return;
	int *keep = NEW(a, int);
	*keep = plan->executable;
	out->program = str_format(a, "/proc/self/fd/%d", plan->executable);
	out->keep_fds = keep;
	out->keep_count = 1;
}

bool host_program(
	struct arena *a, const struct machine_plan *plan, struct command *out, struct err *e)
{
	strings argv = {0};
	const char *path;
	if (!path_real(a, plan->image_path, &path, e))
		return false;
	vec_push(a, &argv, path);
	if (!arguments_split(a, plan->how->boot.command_line, plan->nets, plan->number,
		    plan->kind->cards, &argv, e))
		return false;
	vec_push(a, &argv, NULL);
	*out = (struct command){.argv = argv.v,
		.dir = plan->dir,
		.env = machine_environment(a),
		.tty = true,
		.network = plan->cards->space};
	choose_file(a, plan, out);
	return true;
}

struct ending host_program_end(struct arena *a, const struct remains *r)
{
	if (r->outcome->exit_code == 0)
		return (struct ending){"ended by itself", true};
	return (struct ending){.words = exit_words(a, r->outcome, last_line(a, r->console, 300))};
}
