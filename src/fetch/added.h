/* added.h - what opam adds to a source: files, and patches. SPDX-License-Identifier: ISC */
#ifndef RESPIN_FETCH_ADDED_H
#define RESPIN_FETCH_ADDED_H

#include "fetch/plugin.h"

/* Adds S's files to JOB->dir, and applies its patches as opam does: -p1, with the fuzz that
 * patch(1) allows. Each is kept in JOB->downloads, verified, so that it can be had again. E_INPUT
 * names the patch that does not apply, E_CHECKSUM a file that is not the pinned one. */
MUST_CHECK bool fetch_added(const struct fetch_job *job, const struct source *s, struct err *e);

#endif
