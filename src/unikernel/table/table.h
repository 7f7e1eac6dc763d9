/* table.h - a version-controlled table: keys to values at the speed of a hash table, and their
 * history in git's object format. A change costs a hash table's insertion and a record in a bounded
 * log; git objects are made of the log later, by table_work(), when there is time. Every object has
 * the id that git computes for it.
 *
 * A table is one trust domain: who may read one of its entries may read them all. History has a
 * budget in time and bytes; what is older is gone, behind a shallow boundary as git knows it
 * (gitformat: "shallow"), and no byte of it stays in memory (RELIABILITY 6.5). All memory is given
 * at the start; where it is short, history is dropped, in the last resort all of it, never an entry
 * that fits the table.
 *
 * Freestanding, no clock, not reentrant: the same code in images and in the host's tests.
 * SPDX-License-Identifier: ISC */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_KEY_MAX 32
#define TABLE_VALUE_MAX 1536
#define TABLE_PATH_MAX 128     /* bytes of a path below the kind's folder */
#define TABLE_TEXT_MAX 4096    /* bytes of a value as text */
#define TABLE_MESSAGE_MAX 512  /* bytes of a commit's message */
#define TABLE_NAME_MAX 64      /* bytes of a branch's name, with the terminating NUL */
#define TABLE_OBJECT_MAX 65536 /* bytes of an object: a folder of some 1,500 entries */

struct table_id {
	uint8_t bytes[20]; /* SHA-1, as git names objects */
};

/* What the entries of a table are. Keys and values are plain bytes of one length each, compared as
 * bytes: padding must be zero. Functions that fill OUT return the number of bytes, without a NUL;
 * path() and text() must bear a key and a value of zeros, which serve as examples in messages. */
struct table_kind {
	const char *name;   /* "arp": the folder that all its paths lie in; 30 bytes at most */
	const char *author; /* of its commits: the component's name */
	size_t key_size, value_size;
	/* The path of KEY below the kind's folder: "10.0.0.2", "tcp/40/40001". Each key has its
	 * own, and none is a folder of another's. A commit costs the hashing of the folders that
	 * changed: split those of more than some hundred entries. One of more than TABLE_OBJECT_MAX
	 * bytes can't be written: commits then wait until it is smaller, and history stays as it
	 * was. An entry takes its name and 28 bytes. */
	size_t (*path)(const void *key, char out[TABLE_PATH_MAX]);
	/* The other way round, for paths of others; false where it is none of this kind. Accepts
	 * exactly what path() writes. */
	bool (*parse_path)(const char *path, size_t n, void *key);
	/* The value as text, the contents of its file: lines of words, fit for `git diff`. */
	size_t (*text)(const void *value, char out[TABLE_TEXT_MAX]);
	bool (*parse_text)(const char *text, size_t n, void *value);
	/* Both sides have a value for KEY, and they differ: writes the one that is to be, to OUT.
	 * BASE is NULL where their common ancestor has none. Must not depend on which side is
	 * which: merging is commutative and associative. */
	void (*merge)(const void *key, const void *base, const void *a, const void *b, void *out);
	/* The message of a commit that ends with the change of KEY (NULL: by table_commit(), or of
	 * a branch or a merge); VALUE is NULL at a removal. The first line is the subject; no line
	 * feed at the end. NOTE is TABLE_LATER where a branch or a merge begins and changes wait
	 * without a commit: they get one of their own. Where 0 is returned, it says "update". */
	size_t (*message)(
		unsigned note, const void *key, const void *value, char out[TABLE_MESSAGE_MAX]);
};

struct table_limits {
	size_t entries;	      /* at most so many; a put beyond it is refused */
	size_t history_bytes; /* for what is not the present state: default 2 MiB */
	uint64_t history_ns;  /* older commits are dropped: default 10 minutes */
	size_t log_records;   /* changes that wait for table_work(); beyond that they are joined */
	const uint64_t *secret; /* two random words, for the hash table */
};

struct table;

/* ---- entries ------------------------------------------------------------------------------ */

/* Bytes that a table of this kind needs in all. */
size_t table_memory(const struct table_kind *kind, const struct table_limits *limits);
/* Makes an empty table in MEMORY (zeroed, 16-byte aligned). Its history begins with the first
 * commit. KIND and LIMITS->secret must stay. */
struct table *table_open(
	void *memory, const struct table_kind *kind, const struct table_limits *limits);
/* Nanoseconds since 1970, for all that is done from now on; never goes back. */
void table_set_time(struct table *t, uint64_t ns);

/* The value of KEY, NULL where there is none. Valid until the entry is removed; changes go through
 * table_put() only. */
const void *table_get(const struct table *t, const void *key);
size_t table_count(const struct table *t);
/* As hash_next(). */
bool table_next(const struct table *t, size_t *cursor, const void **key, const void **value);

/* A change's NOTE: TABLE_LATER leaves it to the next commit; any other ends a commit with this
 * change and all those that waited, and goes to the kind's message(). */
#define TABLE_LATER 0u
/* Notes whose message the table writes itself: what came in from elsewhere. */
#define TABLE_PUSHED 0xfffffff0u /* "Arp.push: Merge pushed changes" */
#define TABLE_SEEDED 0xfffffff1u /* "Arp.create: Merge seed repository" */
enum table_change {
	TABLE_CHANGED,
	TABLE_SAME, /* the table had it so already: nothing is recorded */
	TABLE_FULL
};
enum table_change table_put(struct table *t, const void *key, const void *value, unsigned note);
enum table_change table_remove(struct table *t, const void *key, unsigned note);
/* Ends a commit, where anything changed since the last one; else does nothing and is false. The
 * first commit of all may be of an empty table. What is the same as in the last commit when its
 * turn comes is no commit. */
bool table_commit(struct table *t, unsigned note);

/* ---- branches ------------------------------------------------------------------------------ */

/* The table itself is the branch "primary". A branch begins as what primary is now (changes that
 * wait are committed first), is changed on its own and merged back; its ref stays as long as its
 * commit does, or until a branch of the same name has one. Off the packet path: these make objects
 * at once, a beginning and a merge those of the whole log (2,048 changes in a folder of 1,500
 * entries: some four milliseconds). While a branch is open, no history from its beginning on is
 * dropped: close it soon. */
#define TABLE_BRANCHES 4
struct table_branch;
/* NULL where TABLE_BRANCHES are open or one of that name is, memory is short, or NAME is none:
 * letters, digits, "_", "-" and "." as git takes them, and not "primary". */
struct table_branch *table_branch(struct table *t, const char *name);
/* Valid until the branch is used again. */
const void *table_branch_get(const struct table_branch *b, const void *key);
/* TABLE_FULL: no memory, or its folder would be too large. */
enum table_change table_branch_put(struct table_branch *b, const void *key, const void *value);
enum table_change table_branch_remove(struct table_branch *b, const void *key);
/* A commit on the branch, where anything changed. */
bool table_branch_commit(struct table_branch *b, unsigned note);
/* Commits what it has not, with NOTE, merges it into primary and closes it: forwards primary where
 * that did not move since, else a merge commit with NOTE. A branch without changes vanishes. Per
 * key: what one side alone changed is taken; removed by one and changed by the other stays; changed
 * by both is the kind's merge(). Where there is no memory for its commits, its changes become an
 * ordinary commit of primary; an entry that the table has no room for is refused. */
void table_branch_merge(struct table_branch *b, unsigned note);
/* Closes it without merging; its commits and its ref go, and pins break. */
void table_branch_drop(struct table_branch *b);

/* ---- history ------------------------------------------------------------------------------- */

/* Makes the objects of one waiting commit, or of a part of it where it changed more than some ten
 * folders or a hundred entries; or drops a step of what is too old. One change in small folders
 * costs some tens of microseconds. True while there is more to do; false also where memory is
 * short or a folder too large, which only entries that go can change: then table_is_behind(). */
bool table_work(struct table *t);
/* table_work() until nothing waits. Changes without a commit keep waiting for theirs. */
void table_flush(struct table *t);
/* Are there changes whose commit table_work() has not made yet? */
bool table_is_behind(const struct table *t);

struct table_stats {
	uint64_t changes;	  /* of entries, since the start */
	size_t entries, refused;  /* puts refused because it was full */
	uint64_t commits;	  /* made since the start */
	uint64_t commits_dropped; /* by budget or age */
	uint64_t changes_joined;  /* whose own commits were lost because the log was full */
	uint64_t too_large;	  /* times that commits had to wait for a folder to get smaller */
	size_t history_bytes, objects;
};
struct table_stats table_stats(const struct table *t);

struct table_ref {
	char name[TABLE_NAME_MAX]; /* "primary", "expire_1429688434.645130" */
	struct table_id id;
};
/* Ref number I of the commits made so far, primary first; false behind the last. */
bool table_ref(const struct table *t, size_t i, struct table_ref *out);
/* Commit number I not all of whose parents are here: git's shallow boundary. */
bool table_shallow(const struct table *t, size_t i, struct table_id *out);

enum table_type { TABLE_COMMIT = 1, TABLE_TREE = 2, TABLE_BLOB = 3 }; /* as in pack files */
/* The object's contents, without git's header, into OUT (TABLE_OBJECT_MAX bytes). False where there
 * is no such object. */
bool table_read(const struct table *t, const struct table_id *id, enum table_type *type,
	uint8_t *out, size_t *n);

/* While a pin is set, what the refs reach at that time stays, even where it grows too old or more
 * than history_bytes; where memory gets short, the pin breaks instead. Readers that take more than
 * one turn set one. */
#define TABLE_PINS 8
int table_pin(struct table *t); /* -1: too many */
bool table_pin_holds(const struct table *t, int pin);
void table_unpin(struct table *t, int pin);

/* ---- states from elsewhere: pulls, pushes, disks --------------------------------------------- */

/* Takes objects in, apart from the table's own until the merge. One at a time (else NULL). They may
 * take the place of half the history, and all that entries do not need. */
struct table_import *table_import(struct table *t);
/* False where it can't be kept: too large, no memory, or not a well-formed object (git's fsck
 * rules: sorted trees without duplicates, regular files and folders only). */
bool table_import_add(struct table_import *im, enum table_type type, const uint8_t *p, size_t n,
	struct table_id *id);
/* May PATH be changed? */
typedef bool table_allows(void *ctx, const char *path);
/* Of objects from those who are not trusted, before the merge: it is refused where any commit that
 * would come into the history changes a path that is no entry's, or that ALLOWS says no of, even
 * where a later commit undoes that. A change is what differs from the first parent (where that is
 * not here, from nothing) and is neither another parent's nor so in the present state. */
void table_import_guard(struct table_import *im, table_allows *allows, void *ctx);
/* As table_read(), of the imported objects and the table's own. */
bool table_import_read(const struct table_import *im, const struct table_id *id,
	enum table_type *type, uint8_t *out, size_t *n);

enum table_won { TABLE_OURS, TABLE_THEIRS, TABLE_BOTH }; /* BOTH: a value made of the two */
/* What is to become of one path that both sides have changed, or that THEIRS has changed alone:
 * VALUE, NULL where it is to be removed. Told of all of them before anything is changed; where it
 * returns why this can't be, in place of NULL, nothing will be. */
typedef const char *table_report(
	void *ctx, const char *path, enum table_won won, const void *key, const void *value);
enum table_merge_result {
	TABLE_MERGED,	  /* a merge commit, or a fast forward of an empty table */
	TABLE_UP_TO_DATE, /* nothing that is not here already */
	TABLE_REFUSED	  /* nothing was changed; WHY says what is wrong, and at which path */
};
/* Merges the commit THEIRS into primary, by the rules of table_branch_merge(), as one commit with
 * NOTE. The base is the newest commit that both have; without one, the empty table. Commits of
 * theirs whose trees did not come whole stay away. Texts are written anew as text() does. */
enum table_merge_result table_import_merge(struct table_import *im, const struct table_id *theirs,
	unsigned note, table_report *report, void *ctx, char why[TABLE_MESSAGE_MAX]);
/* Makes the commit HEAD the state of a table that is still empty: entries, history as far as its
 * objects are here, primary. */
bool table_import_restore(
	struct table_import *im, const struct table_id *head, char why[TABLE_MESSAGE_MAX]);
void table_import_close(struct table_import *im);

/* Told of everything that must outlive the machine; each may be NULL. */
struct table_watcher {
	void *ctx;
	/* A change of primary, at once; VALUE is NULL at a removal. */
	void (*changed)(void *ctx, const void *key, const void *value);
	/* A new object ... */
	void (*object)(void *ctx, enum table_type type, const uint8_t *p, size_t n);
	/* ... and a ref that moved, after all objects that it reaches; primary last of all. An id
	 * of zeros: the ref is gone. */
	void (*moved)(void *ctx, const struct table_ref *ref);
};
/* From now on; of the empty tree, which every table has, it is told at once. */
void table_watch(struct table *t, const struct table_watcher *w);

/* "68216f3..." in 40 lower-case digits, NUL-terminated. */
void table_id_text(const struct table_id *id, char out[41]);
bool table_id_parse(const char *text, size_t n, struct table_id *out);

/* ---- for kinds whose texts have times ---- */

#define TABLE_STAMP 19 /* characters of "2026-11-26T05:00:00" */
/* Seconds since 1970, in UTC, by RFC 3339 without the zone; not later than 9999. */
void table_stamp_write(uint64_t seconds, char out[TABLE_STAMP]);
/* False where P does not begin with just that. */
bool table_stamp_read(const char *p, size_t n, uint64_t *seconds);

#endif
