/* private.h - the store's own parts. SPDX-License-Identifier: ISC */
#ifndef RESPIN_STORE_PRIVATE_H
#define RESPIN_STORE_PRIVATE_H

#include "store/seen.h"

struct store {
	struct arena *a;
	const char *dir;
	struct memories old; /* DIR/seen as it was when the store was opened */
	struct map seen;     /* path -> struct seen *, NULL where forgotten */
	bool learned;	     /* seen holds what DIR/seen doesn't */
};

/* PATH, which nobody else writes to, holds bytes with the SHA-256 D. */
MUST_CHECK bool store_know(
	struct store *s, const char *path, const struct digest *d, struct err *e);
/* Next time PATH is looked at afresh. */
void store_forget(struct store *s, const char *path);

#endif
