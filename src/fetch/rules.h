/* rules.h - which names and links of an archive may become files. Pure functions over bytes.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_FETCH_RULES_H
#define RESPIN_FETCH_RULES_H

#include "base/base.h"

/* The rule that an entry called NAME breaks, in words that follow "refused: "; NULL where it may
 * be unpacked. DEPTH is the most names that a path may have. */
const char *name_refused(struct str name, size_t depth);
/* NAME without "." and empty parts; "" for the root itself. NAME must not be refused. */
const char *name_clean(struct arena *a, struct str name);
/* The same for a symbolic link at NAME (clean) that holds TARGET. *HEIGHT is how many folders below
 * the root its way stays at least: a link of height 0 leads out of the tree once the folder that
 * all entries share is stripped. */
const char *link_refused(struct str name, struct str target, size_t *height);
/* NAME for a message: control characters and bytes beyond ASCII as \xNN, cut after 200 bytes. */
const char *name_quote(struct arena *a, struct str name);

#endif
