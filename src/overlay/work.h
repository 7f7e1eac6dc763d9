/* work.h - an overlay's working tree while it is worked on, under the workspace's overlay lock.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_OVERLAY_WORK_H
#define RESPIN_OVERLAY_WORK_H

#include "overlay/overlay.h"
#include "overlay/series.h"
#include "overlay/snapshot.h"

struct work {
	struct arena *a; /* the workspace's */
	const struct workspace *w;
	const struct recipe *recipe;
	const char *dir;   /* overlays/PKG, absolute */
	const char *src;   /* the working tree */
	const char *cache; /* file of its snapshot */
	const struct git_api *git;
	struct git_repo *repo;
	bool has_series;
	struct series series; /* on disk */
	const char *digest;   /* of that series */
	struct sync sync;
	struct git_id upstream, upstream_tree, head, head_tree;
	struct git_id tree;	 /* of the working tree as it stands, once work_look() was there */
	struct snapshot seen;	 /* what work_look() read */
	struct snapshot watched; /* stamps of what the facts above were read from */
};

/* ---- work.c ---- */

/* Turns are taken by all who change overlays of the workspace. */
MUST_CHECK bool work_lock(const struct workspace *w, int *fd, struct err *e);
/* Names and paths of an overlay; opens nothing. */
struct work work_of(const struct workspace *w, const struct recipe *r);
/* Opens the working tree, after finishing what a crash interrupted, and reads where it stands. */
MUST_CHECK bool work_open(struct work *k, struct err *e);
void work_close(struct work *k); /* for defer() */
/* Reads the working tree; with STORE its files go into the repository. */
MUST_CHECK bool work_look(struct work *k, bool store, struct err *e);
/* Fills OUT, and keeps the answer for work_recall(). */
MUST_CHECK bool work_describe(struct work *k, struct overlay *out, struct err *e);
/* The last answer, where nothing has changed since but files of the working tree: without lock and
 * without libgit2, for a stat of each file and a read of those that have changed. */
bool work_recall(struct work *k, struct overlay *out);
/* Debian's version of R's source, where that is Debian's in the first place; else NULL. */
const char *work_debian(const struct recipe *r);
/* E_CONFLICT where the recipe's version is not the overlay's. */
MUST_CHECK bool work_check_version(
	const struct recipe *r, const char *version, const char *dir, struct err *e);
/* E_CONFLICT where the user is in the middle of a merge or a rebase. */
MUST_CHECK bool work_check_idle(struct work *k, struct err *e);

/* ---- fit.c ---- */

/* E_USAGE where R is the user's own project, E_INPUT where it is installed and its source, which is
 * fetched for that, is not dune's to build. */
MUST_CHECK bool work_check_fit(const struct workspace *w, const struct recipe *r, struct err *e);

/* ---- adopt.c ---- */

/* E_CONFLICT where the recipe beside K's patches says what respin did not write into it, and the
 * project's git has not got it in its last commit. */
MUST_CHECK bool adopt_check_kept(struct work *k, struct err *e);

/* ---- folder.c ---- */

/* Makes the workspace's overlays/ one whose working trees neither git nor dune sees. */
MUST_CHECK bool make_folder(const struct workspace *w, struct err *e);
/* In a dune workspace, where respin made the folder itself: removes it once nothing of the user's
 * is in it. */
MUST_CHECK bool make_forget(const struct workspace *w, struct err *e);

/* ---- make.c ---- */

/* Makes k->src, a new folder: the source, with Debian's patches, as the first commit. */
MUST_CHECK bool make_upstream(struct work *k, struct err *e);
/* The same, but the commit is the last of history_make(). */
MUST_CHECK bool make_history(struct work *k, struct err *e);
/* Makes k->src with the series applied, or made anew where it has no unsaved edits and the series
 * or upstream has changed. *CREATED tells. */
MUST_CHECK bool make_ready(struct work *k, bool *created, struct err *e);
/* Commits each mail on top of HEAD, in the repository only: no branch, no file changes. OTHERWISE
 * are author and date of mails that have none. TARGET is the last commit. */
MUST_CHECK bool make_commits(struct work *k, const mails *list, const struct git_words *otherwise,
	struct git_id *target, struct err *e);
/* E_CONFLICT where the working tree holds what the saved series does not. */
MUST_CHECK bool make_check_saved(struct work *k, struct err *e);
/* Reads and commits a patch on top of HEAD: all of it or nothing. */
MUST_CHECK bool make_patched(struct work *k, const char *patch, struct err *e);
/* Opens the working tree as it stands, in step with the recipe or not; one that is missing is made
 * from the series and the source that it was for, where that is on disk. */
MUST_CHECK bool make_as_it_was(struct work *k, struct err *e);
/* The words of upstream's first commit. */
struct git_words make_first_words(struct arena *a, const char *package, const char *version);

/* ---- history.c ---- */

/* Stores the commits that the user's go on: *FIRST is upstream's source as released, *BASE what R
 * is without overlay (TREE, of the folder of SOURCE). They are the same but for Debian's source
 * packages: between them are the packaging and each of Debian's patches, with author, date and
 * words as the patch tells them. No name points to them. */
MUST_CHECK bool history_make(struct work *k, const struct recipe *r, const struct tree *source,
	const struct git_id *tree, struct git_id *base, struct git_id *first, struct err *e);
/* The name of *FIRST. */
#define REF_PRISTINE "refs/tags/pristine"

/* ---- save.c ---- */

/* The patches of a line of commits, named and checked: each gives back what it was made from. */
struct prepared {
	struct series series; /* without version and checksum */
	struct str *contents;
	const char *tree; /* what they give */
};
MUST_CHECK bool save_prepare(struct work *k, const git_revisions *log,
	const struct git_id *upstream_tree, struct prepared *out, struct err *e);
/* E_CONFLICT where there is a merge among them. */
MUST_CHECK bool save_check_line(struct work *k, const git_revisions *log, struct err *e);

#endif
