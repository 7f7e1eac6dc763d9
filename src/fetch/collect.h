/* collect.h - the wanted files of an archive, in memory. SPDX-License-Identifier: ISC */
#ifndef RESPIN_FETCH_COLLECT_H
#define RESPIN_FETCH_COLLECT_H

#include "fetch/fetch.h"
#include "fetch/unpack.h"

/* The files that WHAT wants of the archive in the file FROM, read by a confined child. */
MUST_CHECK bool collect_files(struct arena *a, const struct collection *what, int from,
	struct archive_contents *out, struct err *e);

#endif
