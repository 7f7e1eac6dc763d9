/* inner.h - what the files of the git module share. SPDX-License-Identifier: ISC */
#ifndef RESPIN_GIT_INNER_H
#define RESPIN_GIT_INNER_H

#include <git2.h>

#include "git/git.h"

struct git_repo {
	git_repository *repo;
	git_odb *odb;
	int dir; /* descriptor of the working tree */
};

/* Where files are written before they are in their place: within .git, so that a crash leaves no
 * stray file among the sources. */
#define TEMP ".git/respin.tmp"

#define MODE_FILE 0100644u
#define MODE_PROGRAM 0100755u
#define MODE_LINK 0120000u
#define MODE_FOLDER 0040000u

/* ---- common.c ---- */

/* Readies libgit2; every way into the module calls it first. */
MUST_CHECK bool git_start(struct err *e);
/* fail() with libgit2's last words appended. */
bool fail_git(struct err *e, const char *fmt, ...) CHECK_FMT(2, 3);
struct git_id id_of(const git_oid *oid);
bool id_parse(const struct git_id *id, git_oid *out); /* false for the empty id */
MUST_CHECK bool tree_lookup(
	struct git_repo *r, const struct git_id *id, git_tree **out, struct err *e);
MUST_CHECK bool commit_lookup(
	struct git_repo *r, const struct git_id *id, git_commit **out, struct err *e);
/* Is PATH fit to be written in a working tree: relative, no "..", nothing called .git? */
bool path_is_safe(const char *path);
/* Does a link at PATH to TARGET stay within the tree? */
bool link_is_safe(const char *path, struct str target);

/* For defer(). */
void drop_tree(git_tree **t);
void drop_commit(git_commit **c);
void drop_index(git_index **i);
void drop_diff(git_diff **d);
void drop_blob(git_blob **b);
void drop_patch(git_patch **p);
void drop_reference(git_reference **r);
void drop_buf(git_buf *b);

/* ---- files.c: single files of a working tree, never through a link ---- */

/* Mode and raw id of the file at f->path; mode 0 where there is none. */
MUST_CHECK bool worktree_look(int dir, struct git_file *f, struct err *e);
/* The bytes of a file, or the target of a link. */
MUST_CHECK bool worktree_read(
	struct arena *a, int dir, const struct git_file *f, struct str *out, struct err *e);
/* Replaces the file at f->path as one step; TEMP is a path on the same file system. */
MUST_CHECK bool worktree_write(
	int dir, const char *temp, const struct git_file *f, struct str bytes, struct err *e);
/* Removes it, and the folders that get empty. */
MUST_CHECK bool worktree_remove(int dir, const char *path, struct err *e);

/* ---- clone.c: other repositories ---- */

struct transfer {
	git_progress *progress; /* or NULL */
	void *ctx;
	bool no_tags; /* none but those that are asked for */
	bool ended;   /* by the progress function, or a signal */
};
MUST_CHECK bool remote_open(git_repository *repo, const char *url, git_remote **out, struct err *e);
MUST_CHECK bool remote_fetch(
	git_remote *remote, const git_strarray *refspecs, struct transfer *t, struct err *e);
bool fail_remote(struct err *e, const char *url); /* fail_git() of a download */
void drop_remote(git_remote **r);
void drop_repository(git_repository **r);

/* ---- entries of the table, by file ---- */

bool repo_create(const char *dir, struct git_repo **out, struct err *e);
bool repo_open(const char *dir, struct git_repo **out, struct err *e);
void repo_close(struct git_repo **r);
bool repo_find(struct git_repo *r, const char *name, struct git_id *commit, struct git_id *tree,
	struct err *e);
bool repo_words(struct git_repo *r, struct arena *a, const char *message, struct git_words *out,
	struct err *e);
const char *repo_busy(struct git_repo *r);
bool repo_calm(struct git_repo *r, struct err *e);

bool tree_make(
	struct git_repo *r, const char *dir, git_files *files, struct git_id *out, struct err *e);

bool history_commit(struct git_repo *r, const struct git_id *tree, const struct git_id *parent,
	const struct git_words *words, struct git_id *out, struct err *e);
bool history_log(struct git_repo *r, struct arena *a, const struct git_id *from,
	const struct git_id *to, git_revisions *out, struct err *e);
bool history_strays(struct git_repo *r, struct arena *a, strings *out, struct err *e);
bool history_read(struct git_repo *r, struct arena *a, const struct git_id *commit,
	struct git_words *out, struct git_id *tree, struct git_id *before, struct err *e);
bool history_mail(struct git_repo *r, struct arena *a, const struct git_id *commit, struct str *out,
	struct err *e);
bool history_diff(struct git_repo *r, struct arena *a, const struct git_id *before,
	const struct git_id *after, struct str *out, struct err *e);

bool steps_refs(struct git_repo *r, struct arena *a, git_refs *out, struct err *e);
bool steps_read(struct git_repo *r, struct arena *a, git_steps *out, struct err *e);
bool steps_folder(struct git_repo *r, struct arena *a, const struct git_id *tree, git_files *out,
	struct err *e);
bool steps_changes(struct git_repo *r, struct arena *a, const struct git_id *before,
	const struct git_id *after, git_changes *out, struct err *e);
bool steps_blob(struct git_repo *r, struct arena *a, const struct git_id *id, struct str *out,
	struct err *e);

bool bare_create(const char *dir, const char *head, struct git_repo **out, struct err *e);
bool bare_put(
	struct git_repo *r, const char *type, struct str bytes, struct git_id *out, struct err *e);
bool bare_point(struct git_repo *r, const char *name, const struct git_id *id, struct err *e);

bool patch_apply(struct git_repo *r, const struct git_id *tree, struct str patch,
	struct git_id *out, struct err *e);
bool patch_has(
	struct git_repo *r, const struct git_id *tree, struct str patch, bool *out, struct err *e);

bool merge_three(struct git_repo *r, struct arena *a, const struct git_id *base,
	const struct git_id *ours, const struct git_id *theirs, struct git_merge *out,
	struct err *e);
bool merge_lay(struct git_repo *r, const struct git_id *commit, const char *ours, struct err *e);
bool merge_unresolved(
	struct git_repo *r, struct arena *a, const strings *paths, strings *out, struct err *e);

void move_hurry(struct git_repo *r);
bool move_flush(struct git_repo *r, struct err *e);
bool move_begin(struct git_repo *r, const struct git_id *commit, struct err *e);
bool move_record(struct git_repo *r, const struct git_id *commit, struct err *e);
bool move_advance(struct git_repo *r, const struct git_id *commit, struct err *e);
bool move_settle(struct git_repo *r, struct err *e);
void move_unlock(struct git_repo *r);

bool clone_commit(const char *url, const char *commit, const char *dir, git_progress *progress,
	void *ctx, struct err *e);

bool mirror_update(const char *url, const char *branch, const char *dir, git_progress *progress,
	void *ctx, struct err *e);

#endif
