/* snapshot.h - what a working tree held when it was last read, so that the next look takes a stat
 * of each file and folder instead of a read. SPDX-License-Identifier: ISC */
#ifndef RESPIN_OVERLAY_SNAPSHOT_H
#define RESPIN_OVERLAY_SNAPSHOT_H

#include "git/git.h"

enum item_kind {
	ITEM_FILE,   /* a file or link of the tree */
	ITEM_FOLDER, /* a folder of the tree: its stamp changes when names come and go */
	ITEM_WATCHED /* any other path that answers depend on; it may be missing */
};

struct item {
	enum item_kind kind;
	struct git_file file; /* mode and id of an ITEM_FILE only */
	struct stamp stamp;   /* all zero: there was no such file */
};

struct snapshot {
	VEC(struct item) items;
	int64_t read_ns; /* wall clock before the first stamp was taken */
	strings words;	 /* the answers, as the caller likes */
};

/* Every file and folder below ROOT but .git, files sorted by bytes of their path. Ids are taken
 * over from BEFORE (may be NULL) for files that have not changed; the others are empty. */
MUST_CHECK bool snapshot_scan(struct arena *a, const char *root, const struct snapshot *before,
	struct snapshot *out, struct err *e);
/* Adds one path, relative to the root or absolute. */
void snapshot_watch(struct arena *a, struct snapshot *s, const char *root, const char *path);
/* Adds every file and folder below the folder PATH as watched. */
MUST_CHECK bool snapshot_watch_tree(
	struct arena *a, struct snapshot *s, const char *path, struct err *e);
/* The files, for git_folder_id(), which fills in ids; and the ids back. */
git_files snapshot_files(struct arena *a, const struct snapshot *s);
void snapshot_take_ids(struct snapshot *s, const git_files *files);
/* Adds the watched paths of OTHER. */
void snapshot_add_watched(struct arena *a, struct snapshot *s, const struct snapshot *other);

/* A cache: what can't be written is not kept. A file that was changed so shortly before it was read
 * that it may change again under the same stamp is kept as one that never holds. */
void snapshot_store(const char *file, const struct snapshot *s);
/* False where there is none, or a damaged one. */
bool snapshot_load(struct arena *a, const char *file, struct snapshot *out);
/* Is everything as it was? And all that is watched? */
bool snapshot_holds(const char *root, const struct snapshot *s);
bool snapshot_watched_holds(const char *root, const struct snapshot *s);

#endif
