/* repo.h - what the kinds of opam repositories share. SPDX-License-Identifier: ISC */
#ifndef RESPIN_OPAM_REPO_H
#define RESPIN_OPAM_REPO_H

#include "git/git.h"
#include "opam/opam.h"

enum repo_kind { REPO_FOLDER = 1, REPO_ARCHIVE, REPO_GIT };

/* By what a file is known to be the same as before. */
union repo_mark {
	struct stamp stamp; /* of folders */
	char id[48];	    /* of git: its blob's id */
};
struct repo_file {
	union repo_mark mark;
	struct str bytes; /* of archives */
};
/* Of the folder layout: packages/NAME, whose stamp tells of versions that come and go. */
struct repo_folder {
	const char *name;
	struct stamp stamp; /* all zero: never the same as before */
};
struct opam_repo {
	struct arena a;
	enum repo_kind kind;
	const char *place;
	VEC(struct opam_entry) entries;
	VEC(struct repo_file) files; /* one for each entry */
	VEC(struct repo_folder) folders;
	int64_t read_ns;   /* wall clock, before it was read */
	struct stamp root; /* of the folder packages, or of the archive */
	char commit[48];   /* of git */
	int dir;	   /* the open folder PLACE, or -1 */
	void *map;	   /* the archive's entries, to be unmapped */
	size_t map_size;
	const struct git_api *git;
	struct git_repo *git_repo;
};

/* What kind PLACE is of; 0 where it is none. */
enum repo_kind repo_kind_of(struct arena *a, const char *place);
/* Notes the file PATH if it is packages/NAME/NAME.VERSION/opam or packages/NAME.VERSION/opam, which
 * may lie in one more folder: its place in r->files; NULL where it is not. PATH must live as long
 * as R. */
struct repo_file *repo_note(struct opam_repo *r, const char *path);

MUST_CHECK bool repo_open_folder(struct opam_repo *r, struct err *e);
MUST_CHECK bool repo_open_archive(struct opam_repo *r, struct err *e);
MUST_CHECK bool repo_open_git(struct opam_repo *r, struct err *e);
/* The commit of HEAD, without libgit2 where its files tell; "" where they don't. */
void repo_git_head(struct arena *a, const char *place, char commit[48]);

#endif
