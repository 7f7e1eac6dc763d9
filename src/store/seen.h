/* seen.h - the file that remembers the SHA-256 of files by their stamps, private to store.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_STORE_SEEN_H
#define RESPIN_STORE_SEEN_H

#include "store/store.h"

/* One remembered file, as it lies in the table on disk. */
struct memory {
	uint64_t hash; /* of the path; 0: a free slot */
	struct stamp stamp;
	struct digest digest;
	uint32_t path, path_n; /* in the bytes behind the slots */
};

struct memories {
	const struct memory *slots; /* NULL: nothing remembered */
	size_t n_slots;
	const char *paths;
};

/* Reads FILE into the arena; a missing or damaged one gives an empty M. */
void memories_read(struct arena *a, const char *file, struct memories *m);
/* NULL where PATH isn't remembered. */
const struct memory *memories_find(const struct memories *m, struct str path);

/* A file to remember. */
struct remembered {
	struct str path;
	struct stamp stamp;
	struct digest digest;
};
typedef VEC(struct remembered) remembereds;
/* Replaces FILE. Of equal paths in ALL the first one counts. */
MUST_CHECK bool memories_write(const char *file, const remembereds *all, struct err *e);
struct str memory_path(const struct memories *m, const struct memory *one);

#endif
