/* past_box.h - histories of stores, made by stock git. SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_PAST_BOX_H
#define RESPIN_TESTS_PAST_BOX_H

#include "unit.h"

#include "past/past.h"
#include "sys/sys.h"

#define BORN 1429688000 /* the date that commits count from */

/* Runs git in DIR, with INPUT on its standard input; its output. */
static inline struct str run_git(
	struct arena *a, const char *dir, struct str input, const char *const *words)
{
	struct err e = {0};
	struct outcome out = {0};
	strings argv = {0};
	const char *const start[] = {"git", "-c", "safe.directory=*", "--git-dir", dir};
	for (size_t i = 0; i < 5; i++)
		vec_push(a, &argv, start[i]);
	for (; *words; words++)
		vec_push(a, &argv, *words);
	vec_push(a, &argv, NULL);
	const struct command git = {.argv = argv.v, .input = input, .timeout_ms = 20000};
	assert_ok(command_must(a, &git, &out, &e));
	return out.output;
}
#define GIT(a, dir, input, ...) run_git(a, dir, input, (const char *const[]){__VA_ARGS__, NULL})

/* A stream for git fast-import. */
struct stream {
	struct text t;
	int mark;
};

/* A commit AT seconds after BORN on BRANCH, which goes on from the mark PARENT (0: the branch
 * itself) and merges MERGED (0: nothing). Its changes follow. */
static inline int commit(
	struct stream *s, const char *branch, int at, const char *message, int parent, int merged)
{
	text_addf(&s->t,
		"commit refs/heads/%s\nmark :%d\ncommitter Arp.tick <arp@box> %d +0000\ndata "
		"%zu\n%s\n",
		branch, ++s->mark, BORN + at, strlen(message), message);
	if (parent)
		text_addf(&s->t, "from :%d\n", parent);
	if (merged)
		text_addf(&s->t, "merge :%d\n", merged);
	return s->mark;
}

static inline void put(struct stream *s, const char *path, const char *text)
{
	text_addf(&s->t, "M 100644 inline %s\ndata %zu\n%s\n", path, strlen(text), text);
}

static inline void removed(struct stream *s, const char *path)
{
	text_addf(&s->t, "D %s\n", path);
}

/* A bare repository in DIR with what the stream says; its HEAD is "primary". */
static inline void make_store(struct arena *a, const char *dir, const struct stream *s)
{
	GIT(a, dir, S(""), "init", "--quiet", "--bare", "--initial-branch=primary");
	GIT(a, dir, text_str(&s->t), "fast-import", "--quiet");
}

#endif
