/* glob.h - file name patterns in a source tree. SPDX-License-Identifier: ISC */
#ifndef RESPIN_BUILD_GLOB_H
#define RESPIN_BUILD_GLOB_H

#include "base/base.h"

/* Files of the tree DIR that match PATTERN ("src/core/[a-z]*.c"; * and ? stop at a slash and don't
 * match a leading dot), sorted by bytes, relative to DIR. LOOKED gets each folder (absolute) whose
 * change can change the answer, before it is read. */
MUST_CHECK bool glob_files(struct arena *a, const char *dir, const char *pattern, strings *out,
	bool (*looked)(void *ctx, const char *path, struct err *e), void *ctx, struct err *e);

#endif
