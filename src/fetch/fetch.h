/* fetch.h - a recipe's source as a verified folder. Downloads, hashes and unpacks in one streaming
 * pass; nothing stands in its place before its checksum held.
 * The work itself is in the module respin-fetch.so (libcurl, libarchive), loaded when a source is
 * not there yet. SPDX-License-Identifier: ISC */
#ifndef RESPIN_FETCH_H
#define RESPIN_FETCH_H

#include "recipe/recipe.h"

/* A source as it lies on disk. Fetched ones are in STATE/sources/NAME-VERSION-CHECKSUM; the
 * archives that they came from, verified, in STATE/downloads/SHA256. Both may be deleted. */
struct tree {
	const char *dir;    /* absolute folder */
	const char *origin; /* "debian lwip 2.1.3+dfsg1-2", "path ../../src/unikernel/lwip", ...;
			     * of places with the same checksum the first; of what a lock
			     * file had pulled into the project, with its checksum: "url
			     * https://... sha256 HEX, vendored in duniverse/lib" */
	const char *sha256; /* source_pin(); NULL for a path */
	bool is_path;	    /* the user's own folder, that may change at any time */
	const struct source *place; /* where the recipe has it from */
};

/* Where R's upstream source is, without fetching: the first of its places that is on disk, fetched
 * before or a path. OUT->dir is NULL where none is (the other fields are those of the first place
 * then). E_INPUT where the recipe names no source. */
MUST_CHECK bool source_locate(
	const struct workspace *w, const struct recipe *r, struct tree *out, struct err *e);
/* The same, fetched if need be: the recipe's places in order, each failure noted; the first that
 * gives the right checksum wins. Where none does the error tells what each place answered; its
 * code is that of the last.
 * Two programs that want the same source take turns. After E_INTERRUPTED (^C) nothing is left but
 * partial downloads, with which the next call goes on. */
MUST_CHECK bool source_ensure(
	const struct workspace *w, const struct recipe *r, struct tree *out, struct err *e);
/* What S is pinned to: its checksum (git: the commit id); of one that files are added to, a SHA-256
 * over its checksum and theirs. NULL where it is not known, and of a path. */
const char *source_pin(struct arena *a, const struct source *s);
/* How a Debian source package, or one that opam adds files to, comes to be in its folder. */
enum source_stage {
	STAGE_UPSTREAM,	 /* upstream's tarballs are unpacked */
	STAGE_PACKAGING, /* the folder debian/ is there, in place of upstream's if it had one;
			  * opam's files are there */
	STAGE_PATCH	 /* one more patch is applied */
};
/* A patch that was applied. */
struct source_patch {
	const char *name; /* "fix.patch", as its series or opam file has it */
	const char *file; /* absolute, good until ON_STAGE returns */
};
struct source_stages {
	/* PATCH is NULL but at STAGE_PATCH. */
	bool (*on_stage)(void *ctx, enum source_stage stage, const struct source_patch *patch,
		struct err *e);
	void *ctx;
};
/* Does source_replay() have stages of S? */
bool source_has_stages(const struct source *s);
/* Makes T, a tree of R that has stages, again in the new folder DIR, stage by stage. Archives that
 * are not on disk any more are fetched: E_NET, E_NOTFOUND or E_ABSENT where they can't be had. A
 * native package has the first stage alone. What a failure leaves at DIR is the caller's to remove.
 */
MUST_CHECK bool source_replay(const struct workspace *w, const struct recipe *r,
	const struct tree *t, const char *dir, const struct source_stages *stages, struct err *e);
/* The Debian source package PACKAGE in VERSION, Debian's ("2.1.3+dfsg1-2") or upstream's ("2.1.3"),
 * as this machine's apt knows it: fills in OUT's version and sha256. E_NOTFOUND where apt has no
 * such version, E_ABSENT where it has no index of sources at all; E_USAGE where there are several.
 */
MUST_CHECK bool source_find_debian(struct arena *a, const char *package, const char *version,
	struct source *out, struct err *e);
/* Upstream's part of a Debian version (deb-version(7)), without its word for a repacked archive:
 * "1:1.2.13.dfsg-1" -> "1.2.13". */
const char *debian_upstream(struct arena *a, const char *version);

/* Files of an archive, in memory. */
struct archive_file {
	const char *path;
	struct str bytes;
};
struct archive_contents {
	VEC(struct archive_file) files; /* in the archive's order */
	void *map;			/* of SIZE bytes, that the caller unmaps; or NULL */
	size_t size;
};
/* The regular files of the archive at PATH (tar, plain or under gzip, bzip2, xz or zstd, or zip)
 * whose paths end with SUFFIX. The archive is read in a confined process, as sources are. E_UNSAFE
 * beyond the bounds for sources, E_INPUT where it is no archive, or damaged. */
MUST_CHECK bool archive_load(struct arena *a, const char *path, const char *suffix,
	struct archive_contents *out, struct err *e);

#endif
