/* debian.h - Debian source packages. SPDX-License-Identifier: ISC */
#ifndef RESPIN_FETCH_DEBIAN_H
#define RESPIN_FETCH_DEBIAN_H

#include "fetch/plugin.h"

/* Fills JOB->dir with S, a package of source format 3.0, from the mirrors of apt's configuration.
 * The pinned checksum is the .dsc's, which holds those of all other files. */
MUST_CHECK bool fetch_debian(const struct fetch_job *job, const struct source *s, struct err *e);

#endif
