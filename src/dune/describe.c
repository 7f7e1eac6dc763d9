/* describe.c - libraries whose dune file is a program in OCaml: only dune knows them.
 * SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#define TEXT_LIMIT ((size_t)64 << 20)

bool graph_describe(struct build *b, struct err *e)
{
	const char *profile = b->q->image->build.dune->profile;
	const char *const argv[] = {b->dune, "describe", "workspace", "--root", ".", "--no-config",
		"--lang", "0.1", "--format", "csexp", profile ? "--profile" : NULL, profile, NULL};
	const struct command c = {.argv = argv,
		.dir = b->dir,
		.env = b->env.v,
		.split = true,
		.output_limit = TEXT_LIMIT};
	struct outcome o;
	struct ocaml_workspace described = {0};
	if (!command_must(b->a, &c, &o, e) ||
		!ocaml_describe_parse(b->a, b->dir, o.output, &described, e))
		return fail_context(e, "ask dune for the libraries of the workspace");
	ocaml_workspace_confirm(b->a, &b->graph, &described);
	return true;
}
