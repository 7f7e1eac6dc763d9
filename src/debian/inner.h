/* inner.h - what the files of debian share. SPDX-License-Identifier: ISC */
#ifndef RESPIN_DEBIAN_INNER_H
#define RESPIN_DEBIAN_INNER_H

#include "debian/debian.h"

/* The name in a Source field ("zlib (1:1.2)"), PACKAGE where that is empty. */
struct str source_name(struct str source, struct str package);
/* The version there, VERSION where it has none of its own. */
struct str source_version(struct str source, struct str version);
/* The files that apt's lists are in: those made by CREATED ("Packages", "Sources"). */
MUST_CHECK bool lists_find(struct arena *a, strings *packages, strings *sources, struct err *e);
/* The text of such a file, unpacked. */
MUST_CHECK bool lists_read(struct arena *a, const char *file, struct str *out, struct err *e);

#endif
