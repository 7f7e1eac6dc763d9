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

#endif
