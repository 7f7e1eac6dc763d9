/* store.h - the version-controlled tables of an image: made with the limits that the boot options
 * give, and listed, so that one place can keep, seed and serve them all (state.h).
 * SPDX-License-Identifier: ISC */
#ifndef STORE_H
#define STORE_H

#include "table.h"

#define STORES_MAX 8

struct store {
	const struct table_kind *kind; /* its name is the store's */
	/* What the options NAME.entries=, NAME.history.bytes= and NAME.history.seconds= are without
	 * them. ENTRIES is what the table holds, once it is open. */
	size_t entries, entries_min, entries_max;
	size_t history_bytes;
	unsigned history_seconds;
	size_t log_records; /* changes that may wait for their commit's objects */
	bool secret;	    /* never served, whatever the options say */
	bool own;	    /* the image's alone: nobody pushes to it, nothing is pulled into it */
	bool values;	    /* on a disk each change is kept, not only commits ... */
	bool prompt;	    /* ... and before a frame of its turn leaves: others rely on it then */
	/* Entries came in from elsewhere: a push, a pull. May be NULL. */
	void (*merged)(void *ctx);
	/* Why a push may not give KEY this value; NULL: it may. May be NULL. */
	const char *(*check)(void *ctx, const void *key, const void *value);
	void *ctx;

	struct table *table; /* set by store_open() */
};

/* Makes the table and adds it to the list. DEFAULTS stays with the caller; its table, empty as yet,
 * is returned. Panics where an option makes no sense, or the machine has no memory for it. */
struct table *store_open(const struct store *defaults);
size_t store_count(void);
/* Store number I, in the order in which they were opened. */
const struct store *store_at(size_t i);
/* The store of a table that store_open() made. */
const struct store *store_of(const struct table *t);
/* Tells all tables the time, and makes objects of one waiting commit of each. True while there is
 * more to do. */
bool store_work(void);

#endif
