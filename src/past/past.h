/* past.h - the history of a store of network state, kept as a git repository: read, judged by what
 * a recipe's state checks say, and compared with another. It knows nothing of machines.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_PAST_H
#define RESPIN_PAST_H

#include "git/git.h"
#include "recipe/recipe.h"

struct past {
	struct arena *a;
	const struct git_api *git;
	struct git_repo *repo;
	git_steps steps; /* all commits, each behind its parents */
	git_refs refs;
	struct map by_id;      /* number in STEPS, and one */
	struct git_id tip;     /* of the branch that the state itself is; "" where there is none */
	const char *primary;   /* that branch's name without refs/heads/, or NULL */
	git_changes **changes; /* per step, from its first parent on; NULL: not looked at yet */
	VEC(size_t)
	line; /* numbers in STEPS: the tip's first parents, the oldest first, tip last */
};
/* Reads all commits of the repository in DIR. The branch that counts is HEAD's, or "primary".
 * E_INPUT where there is no repository, E_CORRUPT where it is damaged. */
MUST_CHECK bool past_open(struct arena *a, const char *dir, struct past *out, struct err *e);
void past_close(struct past *p); /* for defer() */

/* Makes a bare repository of each store that the log on a machine's disk (or an image of it) has:
 * "DIR/arp.git" of the store "arp" in *NAMES. The file is only read. E_NOTFOUND where the disk is
 * blank, E_INPUT where it holds something else, E_CORRUPT where the log makes no sense. */
MUST_CHECK bool past_from_disk(
	struct arena *a, const char *file, const char *dir, strings *names, struct err *e);
/* The first parent of commit number I; -1: it has none here. */
ptrdiff_t past_parent(const struct past *p, size_t i);
/* What commit number I changed in its first parent's tree. */
MUST_CHECK bool past_changed(struct past *p, size_t i, const git_changes **out, struct err *e);

/* An entry of the state: a file of the tree. */
struct past_entry {
	const char *path; /* "arp/10.0.0.2" */
	struct git_id id; /* of its text */
};
typedef VEC(struct past_entry) past_entries;
/* All entries of a tree, sorted by path. */
MUST_CHECK bool past_list(struct past *p, struct arena *a, const struct git_id *tree,
	past_entries *out, struct err *e);
/* An entry's text, with a NUL behind it. */
MUST_CHECK bool past_text(
	struct past *p, struct arena *a, const struct git_id *id, struct str *out, struct err *e);
/* Does PATTERN mean the entry at PATH? "arp/10.0.0.*", "nat/". */
bool past_matches(const char *pattern, const char *path);
/* What follows FIELD on the line of TEXT that begins with that word; p is NULL without one. */
struct str past_field(struct str text, const char *field);

/* ---- judging ------------------------------------------------------------------------------- */

/* A stretch of time, in nanoseconds since 1970. Commits have dates of whole seconds: those of
 * FROM's and TO's own seconds count; those of UNTIL's second do not, as they may have come behind
 * it. */
struct past_window {
	int64_t from_ns, to_ns;
	int64_t until_ns; /* 0: none */
};
struct judgement {
	bool holds;
	const char *why;  /* one line; where it does not hold, with commit, time, path and values */
	size_t commits;	  /* in the window */
	const char *last; /* "commit 68216f3 (2015-...)": the state at its end; NULL: none yet */
};
/* What the state check C asks of P, within W. */
MUST_CHECK bool past_judge(struct past *p, const struct check *c, const struct past_window *w,
	struct judgement *out, struct err *e);

/* ---- comparing ----------------------------------------------------------------------------- */

/* Words that differ from run to run without meaning: each time (ISO 8601), each number of four and
 * more digits (ports, times, sequence numbers) and each folder with a number for a name
 * ("nat/tcp/10/2576") becomes "#". */
const char *past_plain(struct arena *a, struct str text);
/* An entry that two states have in different ways: paths and texts, NULL on the side where it is
 * not. */
struct past_change {
	const char *path_before, *path_after, *before, *after;
};
typedef VEC(struct past_change) past_changes;
/* What has changed from a tree of X to one of Y, which may be the same history; NULL trees are
 * empty. PLAIN: entries pair by plain path, and are the same where their plain texts are. */
MUST_CHECK bool past_diff(struct arena *a, struct past *x, const struct git_id *tree_x,
	struct past *y, const struct git_id *tree_y, bool plain, past_changes *out, struct err *e);
/* The tree of the newest state; NULL where there is none yet. */
const struct git_id *past_tree(const struct past *p);
/* What a commit's message tells of, without whom: its words before the first that has a digit. */
const char *past_kind(struct arena *a, const char *message);

#endif
