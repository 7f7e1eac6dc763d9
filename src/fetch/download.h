/* download.h - one file from one URL, verified against its checksum while it streams by.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_FETCH_DOWNLOAD_H
#define RESPIN_FETCH_DOWNLOAD_H

#include "fetch/plugin.h"
#include "fetch/unpack.h"
#include "sys/sys.h"

struct download {
	const char *url;   /* http, https or file://PATH; NULL: only what is in FOLDER */
	const char *proxy; /* "" for none, NULL for what the environment says */
	const char *label; /* of the progress line */
	const char *folder;
	struct digest sha256;
	const char *other; /* hexadecimal digits of another KIND in its place; NULL */
	enum hash_kind kind;
	uint64_t size; /* exact; 0 where not known */
	uint64_t limit;
	struct patience patience;
};

/* FOLDER/SHA256 (of another kind "FOLDER/sha512-HEX"), where a verified file is kept. */
const char *download_path(struct arena *a, const struct download *d);
/* Gets the file to its download_path(); its bytes go to U too, in order and once, also where they
 * come from the disk: from a file verified before, or a partial one (".part"), which is gone on
 * with. E_CHECKSUM: the bytes are not the pinned ones; nothing of them is kept. *OLD tells whether
 * some of them were from before this call or from several answers, so that a fresh start may do
 * better. E_UNSAFE: more than LIMIT bytes. E_NET: whatever else the network did; the partial file
 * stays, as it does for E_INTERRUPTED. */
MUST_CHECK bool download(const struct download *d, struct unpacker *u, bool *old, struct err *e);

#endif
