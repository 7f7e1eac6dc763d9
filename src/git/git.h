/* git.h - repositories, trees, commits and patches: the only user of libgit2.
 * The work is in the module respin-git.so, which is loaded when first needed; git_load() gives its
 * table. It takes nothing from the user's git configuration but the name for commits, converts no
 * line ends, and never runs hooks. Ids are SHA-1, as git's. SPDX-License-Identifier: ISC */
#ifndef RESPIN_GIT_H
#define RESPIN_GIT_H

#include "sys/sys.h"

/* An object's id: 40 lower-case hexadecimal digits; "" where there is none. */
struct git_id {
	char hex[41];
};

/* A file of a working tree. An empty ID means: not hashed yet. */
struct git_file {
	const char *path; /* relative to the working tree */
	uint32_t mode;	  /* git's: 0100644, 0100755 or 0120000 */
	struct git_id id;
};
typedef VEC(struct git_file) git_files;

/* Who wrote a commit, when, and why. */
struct git_words {
	const char *name, *email;
	int64_t when;	    /* seconds since 1970 */
	int offset_minutes; /* of the author's clock from UTC */
	const char *message;
};

/* What a three-way merge of trees gives. */
struct git_merge {
	struct git_id tree; /* empty where there are conflicts */
	strings conflicts;  /* the paths of these */
};

/* A commit, as git_api.log gives it. */
struct git_revision {
	struct git_id id, tree;
	const char *subject, *body; /* body may be "" */
	int parents;
};
typedef VEC(struct git_revision) git_revisions;

/* A commit of a history, as git_api.steps gives it. */
struct git_step {
	struct git_id id, tree;
	VEC(struct git_id) parents;   /* none at a shallow boundary */
	VEC(struct git_id) cut;	      /* the parents of a commit there, which are not there */
	const char *author, *message; /* the message without the white space at its ends */
	int64_t when;		      /* the committer's date: seconds since 1970 */
};
typedef VEC(struct git_step) git_steps;

/* A file that differs between two trees; an empty id where it is not there. */
struct git_change {
	const char *path;
	struct git_id before, after;
};
typedef VEC(struct git_change) git_changes;

struct git_ref {
	const char *name; /* "refs/heads/primary" */
	struct git_id id; /* of the commit */
};
typedef VEC(struct git_ref) git_refs;

/* How far a download is; a return of false ends it with E_INTERRUPTED. */
typedef bool git_progress(void *ctx, uint64_t objects, uint64_t total, uint64_t bytes);

struct git_repo;

struct git_api {
	/* A new, empty repository in the folder DIR, which may hold files already. */
	bool (*create)(const char *dir, struct git_repo **out, struct err *e);
	/* The repository whose .git is in DIR, whoever owns it. */
	bool (*open)(const char *dir, struct git_repo **out, struct err *e);
	void (*close)(struct git_repo **r); /* for defer(); NULL is fine */

	/* git_folder_id(), with all blobs and trees stored in R. */
	bool (*tree)(struct git_repo *r, const char *dir, git_files *files, struct git_id *out,
		struct err *e);
	/* Stores a commit with one parent, or none (NULL). The committer is the author. No branch
	 * moves. */
	bool (*commit)(struct git_repo *r, const struct git_id *tree, const struct git_id *parent,
		const struct git_words *words, struct git_id *out, struct err *e);
	/* What the name (HEAD, refs/...) points to, down to the commit; an empty id where there is
	 * no such name. TREE may be NULL. */
	bool (*find)(struct git_repo *r, const char *name, struct git_id *commit,
		struct git_id *tree, struct err *e);
	/* Commits that TO has and FROM has not, oldest first. E_CONFLICT where FROM is not an
	 * ancestor of TO. */
	bool (*log)(struct git_repo *r, struct arena *a, const struct git_id *from,
		const struct git_id *to, git_revisions *out, struct err *e);
	/* The author's words for a commit made now: from the environment (GIT_AUTHOR_NAME,
	 * GIT_AUTHOR_EMAIL), the repository's or the user's git configuration, or the login. */
	bool (*words)(struct git_repo *r, struct arena *a, const char *message,
		struct git_words *out, struct err *e);
	/* What the user is in the middle of ("a merge", "a rebase", ...); NULL if nothing. */
	const char *(*busy)(struct git_repo *r);

	/* Forgets it, once what came of it is committed. */
	bool (*calm)(struct git_repo *r, struct err *e);

	/* Branches and stashes that hold commits which HEAD has not. */
	bool (*strays)(struct git_repo *r, struct arena *a, strings *out, struct err *e);

	/* The words of a commit; its tree, and its parent's (empty for a first commit). */
	bool (*read)(struct git_repo *r, struct arena *a, const struct git_id *commit,
		struct git_words *out, struct git_id *tree, struct git_id *before, struct err *e);
	/* A commit as a mail, as git format-patch writes it; number 1 is the first. */
	bool (*mail)(struct git_repo *r, struct arena *a, const struct git_id *commit,
		struct str *out, struct err *e);
	/* Unified diff between two trees, binary files included. */
	bool (*diff)(struct git_repo *r, struct arena *a, const struct git_id *before,
		const struct git_id *after, struct str *out, struct err *e);
	/* TREE with a unified diff applied, stored as OUT. Offsets are fine, fuzz is not.
	 * E_CONFLICT names the file, the hunk, and what stands there instead; E_UNSAFE where it
	 * would write outside the tree or into .git; E_INPUT where it is no diff. */
	bool (*apply)(struct git_repo *r, const struct git_id *tree, struct str patch,
		struct git_id *out, struct err *e);
	/* Is all that the patch does done in TREE already? */
	bool (*has)(struct git_repo *r, const struct git_id *tree, struct str patch, bool *out,
		struct err *e);

	/* What was done between BASE and THEIRS, done to OURS; renames are followed. Files that
	 * can't be merged are named, and nothing of the result is kept then. */
	bool (*merge)(struct git_repo *r, struct arena *a, const struct git_id *base,
		const struct git_id *ours, const struct git_id *theirs, struct git_merge *out,
		struct err *e);
	/* The same for what COMMIT did, onto HEAD, into the working tree and the index: conflicts
	 * between markers, as git cherry-pick leaves them, so that busy() says "a cherry-pick".
	 * OURS names HEAD's side. Files that are not HEAD's any more stay as they are. */
	bool (*lay)(
		struct git_repo *r, const struct git_id *commit, const char *ours, struct err *e);
	/* Paths of the index that are in conflict yet, but for those whose file is there without
	 * conflict markers and was merged as text; and those of PATHS that hold markers. */
	bool (*unresolved)(struct git_repo *r, struct arena *a, const strings *paths, strings *out,
		struct err *e);

	/* For many objects at once: what is stored from now on need not be on the disk before the
	 * next flush(), or begin(), which also end this. */
	void (*hurry)(struct git_repo *r);
	bool (*flush)(struct git_repo *r, struct err *e);
	/* The first commit: branch main and tag upstream are made; the working tree is taken to be
	 * what COMMIT says. All of it is on the disk then. */
	bool (*begin)(struct git_repo *r, const struct git_id *commit, struct err *e);
	/* Moves HEAD's branch and the index to COMMIT, whose tree is that of the working tree. */
	bool (*record)(struct git_repo *r, const struct git_id *commit, struct err *e);
	/* Moves HEAD's branch, the index and the working tree to COMMIT. Files that differ between
	 * the two are E_CONFLICT, before anything is touched, where they hold uncommitted changes;
	 * uncommitted changes elsewhere stay. What a crash interrupts is finished by settle(). */
	bool (*advance)(struct git_repo *r, const struct git_id *commit, struct err *e);
	bool (*settle)(struct git_repo *r, struct err *e);
	/* Removes the lock files that a lay() left which was killed. */
	void (*unlock)(struct git_repo *r);

	/* Any repository, bare ones and shallow ones too: its refs, sorted by name ... */
	bool (*refs)(struct git_repo *r, struct arena *a, git_refs *out, struct err *e);
	/* ... all commits that they reach, each behind its parents, else the oldest first;
	 * E_CORRUPT where one is missing ... */
	bool (*steps)(struct git_repo *r, struct arena *a, git_steps *out, struct err *e);
	/* ... the entries of one tree (their paths are names, their modes 040000 for trees) ... */
	bool (*folder)(struct git_repo *r, struct arena *a, const struct git_id *tree,
		git_files *out, struct err *e);
	/* ... what differs between two trees, however deep (NULL: an empty one), in git's order;
	 * E_UNSAFE beyond 32 folders within folders ... */
	bool (*changes)(struct git_repo *r, struct arena *a, const struct git_id *before,
		const struct git_id *after, git_changes *out, struct err *e);
	/* ... and the bytes of a file, with a NUL behind them. E_UNSAFE beyond 16 MiB. */
	bool (*blob)(struct git_repo *r, struct arena *a, const struct git_id *id, struct str *out,
		struct err *e);

	/* A new, bare repository in DIR, whose HEAD is the branch HEAD ... */
	bool (*create_bare)(
		const char *dir, const char *head, struct git_repo **out, struct err *e);
	/* ... an object in it ("commit", "tree", "blob"), as it is ... */
	bool (*put)(struct git_repo *r, const char *type, struct str bytes, struct git_id *out,
		struct err *e);
	/* ... and a ref ("refs/heads/primary"), wherever it was before; NULL takes it away. */
	bool (*point)(struct git_repo *r, const char *name, const struct git_id *id, struct err *e);

	/* The files of commit COMMIT (40 hexadecimal digits) of the repository URL, in the new
	 * folder DIR, without .git and without line end conversion. Nothing is left on failure. */
	bool (*clone_commit)(const char *url, const char *commit, const char *dir,
		git_progress *progress, void *ctx, struct err *e);
	/* A bare repository in DIR whose HEAD is the head of the repository URL, or its branch or
	 * tag BRANCH (not NULL): made, or brought up to date with what is new there. On failure it
	 * is what it was before. */
	bool (*mirror)(const char *url, const char *branch, const char *dir, git_progress *progress,
		void *ctx, struct err *e);
};

/* The id of the tree that FILES make, which lie in folder DIR and are sorted by bytes of their
 * path; reads the files whose id is empty, and fills it in. Needs neither repository nor module. */
MUST_CHECK bool git_folder_id(const char *dir, git_files *files, struct git_id *out, struct err *e);

/* What becomes of an object: its id is found, and it may be stored. */
struct git_sink {
	bool (*add)(
		void *ctx, const char *type, struct str bytes, struct git_id *out, struct err *e);
	bool (*has)(void *ctx, const struct git_id *id); /* no need to add it again */
	void *ctx;
};
/* The same, with each object handed to SINK. */
MUST_CHECK bool git_folder_to(const char *dir, git_files *files, const struct git_sink *sink,
	struct git_id *out, struct err *e);

/* Loads the module, the first time. */
MUST_CHECK bool git_load(const struct git_api **out, struct err *e);

#endif
