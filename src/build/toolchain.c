/* toolchain.c - the compiler and the programs that it stands for. SPDX-License-Identifier: ISC */
#include "build/engine.h"

#include <stdlib.h>

bool compiler_find(struct arena *a, const char **out, struct err *e)
{
	const char *name = getenv("CC");
	if (!name || !*name)
		name = "cc";
	const char *path = program_find(a, name);
	if (!path) {
		fail(e, E_ABSENT, "there is no compiler '%s'", name);
		return fail_hint(e, "install gcc, or name a compiler in the environment: CC=clang");
	}
	return path_real(a, path, out, e);
}

/* What `cc QUESTION` prints. */
static bool ask(struct engine *g, const char *question, const char **out, struct err *e)
{
	const char *argv[] = {g->tools.cc, question, NULL};
	struct command c = {.argv = argv, .env = g->env, .split = true};
	struct outcome o;
	if (!command_must(g->a, &c, &o, e))
		return false;
	*out = str_copy(g->a, str_trim(o.output));
	return true;
}

static const char *const questions[] = {"-print-prog-name=cc1", "-print-prog-name=as",
	"-print-prog-name=ld", "-print-file-name=include"};
#define QUESTIONS (sizeof(questions) / sizeof(*questions))

static struct digest answers_key(const char *cc, const struct digest *digest)
{
	inputs known = {0};
	defer(arena_free) struct arena scratch = {0};
	input_add(&scratch, &known, IN_TOOL, "compiler", digest);
	input_add(&scratch, &known, IN_FLAG, cc, NULL);
	for (size_t i = 0; i < QUESTIONS; i++)
		input_add(&scratch, &known, IN_FLAG, questions[i], NULL);
	return inputs_key(&known);
}

/* Four processes, the first time that this compiler is met. */
static bool ask_all(struct engine *g, const struct digest *key, strings *out, struct err *e)
{
	struct text kept = {.a = g->a};
	for (size_t i = 0; i < QUESTIONS; i++) {
		const char *answer;
		if (!ask(g, questions[i], &answer, e))
			return fail_context(e, "asking the compiler %s", questions[i]);
		vec_push(g->a, out, answer);
		text_addf(&kept, "%s\n", answer);
	}
	return g->q->plan_only || store_put_result(g->store, key, text_str(&kept), e);
}

static const char *tool_path(struct engine *g, const char *answer)
{
	return program_find(g->a, answer);
}

bool toolchain_find(struct engine *g, struct err *e)
{
	const struct seen *cc;
	struct str kept;
	strings answers = {0};
	if (!compiler_find(g->a, &g->tools.cc, e) || !watch(g, g->tools.cc, &cc, e))
		return false;
	struct digest key = answers_key(g->tools.cc, &cc->digest);
	if (store_get_result(g->store, g->a, &key, &kept))
		while (kept.n)
			vec_push(g->a, &answers, str_copy(g->a, str_cut(&kept, '\n')));
	if (answers.n != QUESTIONS) {
		answers.n = 0;
		if (!ask_all(g, &key, &answers, e))
			return false;
	}
	g->tools.cc1 = tool_path(g, answers.v[0]);
	g->tools.as = tool_path(g, answers.v[1]);
	g->tools.ld = tool_path(g, answers.v[2]);
	g->tools.include = answers.v[3];
	if (!g->tools.as || !g->tools.ld) {
		fail(e, E_ABSENT, "%s has no %s", g->tools.cc,
			g->tools.as ? "linker" : "assembler");
		return fail_hint(e, "install binutils");
	}
	return true;
}

bool tool_input(struct engine *g, inputs *known, const char *name, const char *path, struct err *e)
{
	const struct seen *seen;
	if (!path)
		return true;
	if (!watch(g, path, &seen, e))
		return false;
	input_add(g->a, known, IN_TOOL, name, &seen->digest);
	return true;
}
