/* store.h - what builds made, kept by content: objects under their SHA-256, results of actions
 * under their key; and the SHA-256 of files outside, remembered as long as their stamps stay.
 *
 *   DIR/objects/ab/cdef...   bytes, read-only; the name is their SHA-256
 *   DIR/results/ab/cdef...   what the action with this key made (the builder's own text)
 *   DIR/seen                 path, stamp -> SHA-256, one table
 *
 * Every file appears by rename, complete: kill -9 at any point leaves a valid store. What a power
 * cut truncates is noticed by its checksum and counts as missing: all of it can be made again.
 * Writers take turns by a lock of their own (build.h); readers need none.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_STORE_H
#define RESPIN_STORE_H

#include "sys/sys.h"

struct store;

/* The store in folder DIR, made if missing. Lives in the arena. */
MUST_CHECK bool store_open(struct arena *a, const char *dir, struct store **out, struct err *e);
/* Writes what was learned about files outside (DIR/seen), if anything new was. */
MUST_CHECK bool store_save(struct store *s, struct err *e);

/* ---- objects -------------------------------------------------------------------------- */

/* Where the object D is or would be; in the arena. */
const char *store_path(const struct store *s, struct arena *a, const struct digest *d);
/* True where the object is there, whole: it is hashed again if its stamp is not the one that it
 * was stored with. A damaged one is removed. */
bool store_has(struct store *s, const struct digest *d);
/* Stores BYTES. */
MUST_CHECK bool store_put(struct store *s, struct str bytes, struct digest *out, struct err *e);
/* Moves FILE (on the same file system) into the store; a program stays one. */
MUST_CHECK bool store_take(struct store *s, const char *file, struct digest *out, struct err *e);

/* ---- results of actions --------------------------------------------------------------- */

/* False where there is none, or only a damaged one. OUT is in the arena. */
bool store_get_result(
	const struct store *s, struct arena *a, const struct digest *key, struct str *out);
/* Replaces it as one step. */
MUST_CHECK bool store_put_result(
	struct store *s, const struct digest *key, struct str bytes, struct err *e);

/* ---- files outside -------------------------------------------------------------------- */

/* A file or folder as it was when this process looked first. */
struct seen {
	bool exists;
	bool safe;	      /* it can't have changed since without its stamp changing too */
	int64_t when_ns;      /* wall-clock time of that look */
	struct stamp stamp;   /* where it exists */
	struct digest digest; /* of a regular file; zero for a folder */
};
/* PATH as it is; hashes it only where neither this process nor DIR/seen knows its stamp.
 * A missing file is no error. *OUT is valid as long as S. */
MUST_CHECK bool store_see(
	struct store *s, const char *path, const struct seen **out, struct err *e);
/* Looks at PATH again. *SAME: its bytes are those that store_see() told. If not, store_see() tells
 * the new ones from now on. */
MUST_CHECK bool store_see_again(struct store *s, const char *path, bool *same, struct err *e);

/* ---- cleaning and checking ------------------------------------------------------------ */

/* Removes the objects and results for which KEEP is false, leftovers of interrupted writes, and
 * what is remembered of files that are gone. Adds the bytes to *FREED. */
MUST_CHECK bool store_sweep(struct store *s, bool (*keep)(void *ctx, const struct digest *d),
	void *ctx, uint64_t *freed, struct err *e);
/* Calls EACH for every result that can be read. */
MUST_CHECK bool store_each_result(struct store *s,
	bool (*each)(void *ctx, const struct digest *key, struct str bytes, struct err *e),
	void *ctx, struct err *e);

#endif
