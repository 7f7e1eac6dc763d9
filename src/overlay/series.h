/* series.h - what a project commits of an overlay: overlay.json and the patches that it lists.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_OVERLAY_SERIES_H
#define RESPIN_OVERLAY_SERIES_H

#include "overlay/mail.h"

/* overlays/PKG/overlay.json */
struct series {
	const char *version; /* upstream's */
	const char *sha256;  /* pinned checksum of upstream's source; NULL for a path */
	strings patches;     /* names of files beside overlay.json, in their order */
};

/* overlays/PKG/src/.git/respin.json: what the working tree was last in step with. */
struct sync {
	const char *version; /* upstream's, as in the series */
	const char *digest;  /* of the series on disk (series_digest) */
	const char *tree;    /* git tree that the series gives */
};

/* Reads the series in folder DIR; FOUND is false where there is no overlay.json and no patch.
 * E_INPUT where the two disagree. */
MUST_CHECK bool series_read(
	struct arena *a, const char *dir, struct series *out, bool *found, struct err *e);
/* All mails of the series. */
MUST_CHECK bool series_mails(
	struct arena *a, const char *dir, const struct series *s, mails *out, struct err *e);
/* SHA-256 of overlay.json's facts and all patches: equal exactly where two series are. */
MUST_CHECK bool series_digest(
	struct arena *a, const char *dir, const struct series *s, const char **out, struct err *e);
/* Writes overlay.json for a series without patches. DIR/STAGING is there. */
MUST_CHECK bool series_begin(
	struct arena *a, const char *dir, const struct series *s, struct err *e);
/* Replaces the series in DIR, and then the sync record in DIR/src, as one step: a crash leaves the
 * old or the new one (see series_recover). CONTENTS are the patches' bytes, TREE is what they
 * give. */
MUST_CHECK bool series_write(struct arena *a, const char *dir, const struct series *s,
	const struct str *contents, const char *tree, struct err *e);
/* Finishes or forgets what a crash interrupted. Every way in calls it first, under the lock. */
MUST_CHECK bool series_recover(struct arena *a, const char *dir, struct err *e);
/* "0001-tcp-raise-the-initial-window.patch" */
const char *series_name(struct arena *a, size_t number, const char *subject);

MUST_CHECK bool sync_read(struct arena *a, const char *src, struct sync *out, struct err *e);
MUST_CHECK bool sync_write(struct arena *a, const char *src, const struct sync *s, struct err *e);

/* Unfinished work of an overlay lies in DIR/.respin, out of git's sight. */
#define STAGING ".respin"

#endif
