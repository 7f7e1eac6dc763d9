/* archive.h - a URL becomes a verified folder, in one pass. SPDX-License-Identifier: ISC */
#ifndef RESPIN_FETCH_ARCHIVE_H
#define RESPIN_FETCH_ARCHIVE_H

#include "fetch/download.h"

/* Downloads D (or takes it from the disk) and unpacks it on the way into the new folder DIR; with
 * DIR NULL it only downloads. On failure nothing is at DIR, and a wrong checksum goes before what
 * the unpacker thought of the wrong bytes. A leading folder that all entries share is stripped. */
MUST_CHECK bool archive_get(
	const struct download *d, const char *dir, const struct limits *limits, struct err *e);

#endif
