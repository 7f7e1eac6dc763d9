/* keep.h - keeps tables on a disk: their history in git objects and, where wanted, each change of
 * an entry, in a log that survives power cuts. At boot the tables come back: the same commits under
 * the same ids, and the entries as they were.
 *
 * The calls of a main loop, in this order:
 *   keep_turn()   where a turn's changes are complete: they are durable together. The number that
 *                 it returns is durable when disklog_durable() has reached it.
 *   keep_work()   takes what table_work() made to the log, and moves the log to the device's other
 *                 half when it gets long, a bit at a time.
 *   disklog_flush()  where something waits to be durable.
 * The log's state (disklog_state) tells whether the disk goes along. It never holds anything up:
 * where it is full or fails, the tables live on in memory, and keep_work() tries from time to time
 * to write all anew.
 *
 * Freestanding, not reentrant. SPDX-License-Identifier: ISC */
#ifndef KEEP_H
#define KEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "disklog.h"
#include "table.h"

#define KEEP_STORES 8
#define KEEP_NAME_MAX 32 /* bytes of a store's name, with the terminating NUL */

struct keep_store {
	const char *name; /* on the disk: "arp". A table is found again by its name */
	struct table *table;
	const struct table_kind *kind;
	size_t entries; /* the table's limit */
	/* Each change is kept with its turn; else the table comes back as its last commit has it.
	 */
	bool values;
};

struct keep_options {
	size_t objects;		/* in the log, at most: some times what all histories have */
	const uint64_t *secret; /* two random words, for hash tables; must stay */
};

/* ---- opening ------------------------------------------------------------------------------------
 */

struct keep;

/* Bytes of memory; COUNT is at most KEEP_STORES. */
size_t keep_memory(
	const struct keep_store *stores, size_t count, const struct keep_options *options);
/* Ties empty tables to a log that disklog_open() has just opened. MEMORY is zeroed, 16-byte
 * aligned; names, kinds, tables and log must stay. It becomes the tables' watcher. */
struct keep *keep_open(void *memory, struct disklog *log, const struct keep_store *stores,
	size_t count, const struct keep_options *options);

enum keep_restored {
	KEEP_NEW,      /* the log had no such store */
	KEEP_RESTORED, /* all is as it was */
	KEEP_CUT,      /* the same, but for old history that is damaged or had no room */
	KEEP_LOST /* the last commit could not be restored; the entries, where values are kept */
};
/* Replays the log into the tables. False where the device fails: nothing may have been restored,
 * and the log can't be used. */
bool keep_restore(struct keep *k);
/* What keep_restore() did for store number I; WHY (may be NULL) is set to a few words. */
enum keep_restored keep_result(const struct keep *k, size_t i, const char **why);

/* ---- in the main loop
 * ---------------------------------------------------------------------------- */

uint64_t keep_turn(struct keep *k);
/* A step: some objects. True while there is more to do. */
bool keep_work(struct keep *k);
/* Are there commits that the log does not have yet? Those that it has are durable with the next
 * group. It may stay so: where the disk fails, or the log is too small for what the tables have. */
bool keep_is_behind(const struct keep *k);

struct keep_stats {
	size_t objects; /* in the log, and known to be there */
	uint64_t moves; /* of refs written */
	uint64_t compactions_failed;
	unsigned unknown; /* stores in the log that no table here has the name of */
};
struct keep_stats keep_stats(const struct keep *k);

/* ---- the log's records, for those who read it without tables
 * ---------------------------------------- */

enum keep_kind {
	KEEP_STORE = 1, /* from here on, this number is the store NAME */
	KEEP_OBJECT,	/* a git object */
	KEEP_MOVED,	/* the ref NAME is at ID; all that it reaches precedes */
	KEEP_VALUE,	/* an entry's value */
	KEEP_REMOVED,	/* an entry was removed */
	KEEP_CLEAR	/* no entries: the values that follow are all there are */
};
struct keep_record {
	enum keep_kind kind;
	unsigned store; /* number */
	char name[TABLE_NAME_MAX];
	size_t key_size, value_size; /* STORE */
	bool values;		     /* STORE: changes of entries are kept */
	struct table_id id;	     /* OBJECT, MOVED */
	enum table_type type;	     /* OBJECT */
	const uint8_t *p; /* OBJECT: its contents; VALUE: key and value; REMOVED: the key */
	size_t n;
};
/* False where RECORD is none of keep's. */
bool keep_parse(const struct disklog_record *record, struct keep_record *out);

#endif
