/* kind.c - the kinds of machines, and what several of them need. SPDX-License-Identifier: ISC */
#include "lab/kind.h"
#include "lab/programs.h"

#include <stdlib.h>
#include <string.h>

static const struct machine_kind *const kinds[] = {&kind_qemu, &kind_solo5_virtio, &kind_solo5_spt,
	&kind_solo5_hvt, &kind_unix, &kind_process};

/* A recipe that was made by hand of a test, say, may leave the field empty. */
const struct machine_kind *machine_kind_of(const struct image_how *how)
{
	for (size_t i = 0; how->machine && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i]->name, how->machine) == 0)
			return kinds[i];
	return &kind_qemu;
}

void push_words(struct arena *a, strings *argv, const char *const *words)
{
	for (; *words; words++)
		vec_push(a, argv, *words);
}

void inherit_devices(struct arena *a, const struct machine_plan *plan, struct command *out)
{
	int *fds = NEW_ARRAY(a, int, RECIPE_NETWORKS_MAX + 1);
	size_t n = 0;
	for (size_t k = 0; k < plan->nets->n; k++)
		if (plan->cards->sockets[k] >= 0)
			fds[n++] = plan->cards->sockets[k];
	if (plan->disk_fd >= 0)
		fds[n++] = plan->disk_fd;
	out->keep_fds = fds;
	out->keep_count = n;
}

const char *exit_words(struct arena *a, const struct outcome *outcome, const char *last)
{
	const char *how = outcome_words(a, outcome);
	if (!*last)
		return how;
	/* What it printed before a signal ended it need not have to do with it. */
	return outcome->exit_code > 128 ? str_format(a, "%s; its last line was '%s'", how, last)
					: str_format(a, "%s: %s", how, last);
}

/* Colours on a console would only hide what is looked for there. */
const char *const *machine_environment(struct arena *a)
{
	strings env = {0}, ours = {0};
	environment_inherit(a, &ours);
	vec_for(variable, &ours)
		if (!str_starts(str_of(*variable), S("TERM=")))
			vec_push(a, &env, *variable);
	vec_push(a, &env, "TERM=dumb");
	vec_push(a, &env, "NO_COLOR=1");
	if (!getenv("OCAMLRUNPARAM"))
		vec_push(a, &env, "OCAMLRUNPARAM=b");
	vec_push(a, &env, NULL);
	return env.v;
}
