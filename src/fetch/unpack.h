/* unpack.h - an archive, fed piece by piece, becomes a folder: in a confined child process, so that
 * what a hostile archive could do to its parser stays there. SPDX-License-Identifier: ISC */
#ifndef RESPIN_FETCH_UNPACK_H
#define RESPIN_FETCH_UNPACK_H

#include <sys/types.h>

#include "fetch/plugin.h"

struct unpacker {
	pid_t child;	   /* 0: none */
	int feed, answers; /* ends of the way in, and of the way that its error comes back */
};

/* Starts a child that unpacks into DIR, an empty folder. Tar (plain, gzip, bzip2, xz, zstd) and
 * zip. ARCHIVE is its name in messages. */
MUST_CHECK bool unpack_start(struct unpacker *u, const char *archive, const char *dir,
	const struct limits *limits, struct err *e);
/* The archive's next bytes. A child that has ended, in error or not, takes no more: fine here. */
void unpack_feed(struct unpacker *u, struct str bytes);
/* No more bytes: waits for the child. E_UNSAFE names archive, entry and the rule that it breaks;
 * E_INPUT where it is no archive, or damaged; E_INTERRUPTED after ^C. DIR keeps what was unpacked
 * by then. */
MUST_CHECK bool unpack_end(struct unpacker *u, struct err *e);
/* Ends the child where it is not yet; fit for defer(). */
void unpack_stop(struct unpacker *u);

/* The child's part, for whoever is confined already: unpacks what comes from FD into the working
 * folder. */
MUST_CHECK bool unpack_archive(
	int fd, const char *archive, const struct limits *limits, struct err *e);

/* Which files of an archive are wanted: those whose paths end with SUFFIX. */
struct collection {
	const char *archive; /* its name in messages */
	const char *suffix;
};
/* Starts a child, to be ended by unpack_end(), that reads the archive from the file FROM and writes
 * the wanted files to TO: for each its path's length and its own size, two uint32_t of this
 * machine, then both. */
MUST_CHECK bool collect_start(struct unpacker *u, const struct collection *what, int from, int to,
	const struct limits *limits, struct err *e);
/* The child's part. */
MUST_CHECK bool collect_archive(const struct collection *what, int from, int to,
	const struct limits *limits, struct err *e);

struct archive;
/* Makes IN read the formats and codecs that sources come in, and no others. */
void archive_formats(struct archive *in, bool is_zip);

#endif
