/* inner.h - what keep's files give each other. SPDX-License-Identifier: ISC */
#ifndef KEEP_INNER_H
#define KEEP_INNER_H

#include <string.h>

#include "hash.h"
#include "keep.h"

#define STACK 4096     /* folders and files of one commit that wait to be visited */
#define QUEUE 256      /* commits that wait: lines of history side by side */
#define PENDING 64     /* refs that moved and are not in the log yet */
#define STEP 16	       /* objects or entries for each keep_work() */
#define PAUSE_LEAST 64 /* calls of keep_work() after a compaction that failed */
#define PAUSE_MOST 65536

struct object_key {
	struct table_id id;
	uint8_t store, zero[3];
};

/* What is known of an object: the hash's value. */
struct mark {
	uint64_t address; /* of its record in the log; THERE where that is not needed; 0: none */
	uint32_t queued;  /* in which walk it was found last */
	uint32_t walked;  /* in which generation all that it names was found to be in the log */
};
#define THERE 1u

struct item {
	struct table_id id;
	enum table_type type;
};

enum step { STEP_MORE, STEP_DONE, STEP_MISSING, STEP_REFUSED };

/* A walk over all that a commit reaches, newest first. */
struct walk {
	unsigned store;
	uint32_t number;
	bool open;  /* COMMIT's folders are being visited */
	bool holes; /* something that an older commit names is not here */
	bool first; /* COMMIT is the one that the walk began with */
	struct table_id commit;
	size_t stacked, queue_first, queued;
	struct item stack[STACK];
	struct table_id queue[QUEUE];
};

struct pending {
	unsigned store;
	struct table_ref ref;
};

/* Where a walk's objects come from and go to. */
struct keep;
struct traffic {
	/* The object's contents; valid until the next call. */
	bool (*read)(struct keep *k, const struct table_id *id, const struct mark *m,
		enum table_type *type, const uint8_t **p, size_t *n);
	/* False where it was not taken: the walk can't go on. */
	bool (*write)(struct keep *k, const struct table_id *id, struct mark *m,
		enum table_type type, const uint8_t *p, size_t n);
	bool everything; /* objects that are in the log already, too */
};

struct store {
	struct keep_store is;
	struct keep *keep;
	unsigned number;
	/* While restoring: the address of each key's value. NULL: the log does not tell of all. */
	struct hash *overlay;
	void *overlay_memory;
	bool known;	/* it is in the log ... */
	bool fits;	/* ... its values have our sizes ... */
	bool as_wanted; /* ... and it is there as we would write it */
	bool overflow;	/* the log has more than there is room for */
	bool has_head;
	struct table_id head; /* what primary was at last */
	enum keep_restored result;
	const char *why;
	char text[TABLE_MESSAGE_MAX]; /* WHY may lie here */
};

enum phase { PHASE_NONE, PHASE_STORES, PHASE_VALUES, PHASE_REFS };

struct keep {
	struct disklog *log;
	size_t count;
	struct store stores[KEEP_STORES];
	int map[256]; /* a store's number in the log -> index; -1 */
	struct keep_options options;
	struct hash *marks;
	void *marks_memory;
	uint32_t walks, generation;
	struct walk walk;
	bool walking;
	int pin;
	struct table_import *import;
	struct pending pending[PENDING];
	size_t pendings;
	bool all_refs;	    /* more moved than PENDING has room for, or a compaction wants all */
	bool listing;	    /* all refs are being gone through: AT, CURSOR */
	struct pending now; /* what is being walked */
	size_t objects;	    /* in the log, and known to be there */
	size_t base;	    /* marks after the last compaction */
	bool synced;	    /* MARKS tells what the log has; else a compaction must write all */
	/* The compaction. */
	enum phase phase;
	size_t at; /* store */
	size_t cursor;
	uint32_t pause, wait; /* calls of keep_work() between attempts that failed */
	struct keep_stats stats;
	uint8_t object[TABLE_OBJECT_MAX];
};

/* ---- record.c ---- */

/* Adds a record of keep's to the log, or to a compaction's new area. */
bool keep_put(struct keep *k, enum keep_kind kind, unsigned store, const struct disklog_part *parts,
	size_t count);
bool keep_put_store(struct keep *k, unsigned store);
bool keep_put_object(struct keep *k, unsigned store, const struct table_id *id,
	enum table_type type, const uint8_t *p, size_t n);
bool keep_put_moved(struct keep *k, unsigned store, const struct table_ref *ref);

/* ---- walk.c ---- */

struct mark *keep_mark(struct keep *k, unsigned store, const struct table_id *id);
void keep_walk_start(struct keep *k, unsigned store, const struct table_id *commit);
/* Visits an object. STEP_MISSING: the commit that the walk began with is not whole. */
enum step keep_walk_step(struct keep *k, const struct traffic *traffic);

/* ---- live.c ---- */

void keep_watch(struct keep *k);
/* A step of taking refs to the log; false where there are none. REFUSED: one could not be. */
bool keep_refs_step(struct keep *k, bool *refused);
void keep_refs_stop(struct keep *k);

/* ---- compact.c ---- */

void keep_marks_clear(struct keep *k);
/* A step of the compaction, where one is due or under way; true while there is more. */
bool keep_compact_step(struct keep *k);

#endif
