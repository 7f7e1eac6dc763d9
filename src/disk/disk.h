/* disk.h - the stores on an image's disk, as git repositories: reads the log that images keep
 * there (unikernel/disklog, unikernel/keep), and changes nothing on it. The disk's bytes come from
 * a machine that nobody vouches for. SPDX-License-Identifier: ISC */
#ifndef RESPIN_DISK_H
#define RESPIN_DISK_H

#include "base/base.h"

struct disk_store {
	const char *name; /* "arp" */
	const char *dir;  /* a bare repository, shallow where its history is */
	size_t entries;	  /* changes of entries that are newer than its last commit */
};
typedef VEC(struct disk_store) disk_stores;

/* Makes DIR/NAME.git of each store on the disk in the file PATH; of the one called ONLY, where that
 * is not NULL. What images never serve is exported by name only: "payload", bytes that TCP
 * connections had under way, and "machine", the secret of their sequence numbers. E_NOTFOUND: no
 * such store, or a blank disk; E_INPUT: no image's disk; E_CORRUPT: what is left of it can't be
 * read. */
MUST_CHECK bool disk_export(struct arena *a, const char *path, const char *only, const char *dir,
	disk_stores *out, struct err *e);

#endif
