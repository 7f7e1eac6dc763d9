/* parts.h - what the table's files give each other.
 *
 * All that the history is made of lies in one array of cells of 64 bytes: an object has one cell
 * for itself and a chain of cells for its contents. A cell's number is its index, counted from 1;
 * 0 is none. Freed cells are zeroed at once.
 * SPDX-License-Identifier: ISC */
#ifndef TABLE_PARTS_H
#define TABLE_PARTS_H

#include "hash.h"
#include "table.h"

#define CELL_BYTES 60u	/* of contents, behind the number of the next cell */
#define PATH_BYTES 168u /* of a whole path: the kind's folder, a slash, and a path below it */
#define NAME_BYTES 32u	/* of the kind's folder */
#define SLICE 128u	/* changes that are worked on at a time, at most */
#define STEP 32u	/* and where they may lie in as many folders */
#define NONE 0u
#define FAILED UINT32_MAX /* no memory */

/* Cells of numbers. */
struct list {
	uint32_t first, last;
};
struct list_at {
	uint32_t cell, i;
};

enum form {
	RAW = 1, /* the contents themselves */
	VALUE,	 /* a blob: the value whose text it is */
	DELTA	 /* a tree: how it differs from another one */
};

struct object {
	uint32_t next; /* in its bucket */
	struct table_id id;
	uint32_t present; /* paths of the present state that it stands at */
	uint32_t held;	  /* by commits, branches, imports and what is under way */
	uint32_t size : 20, type : 4, form : 4;
	uint32_t stored : 20, height : 12; /* bytes of its data; deltas in a row that end here */
	uint32_t data;
	uint32_t base;	  /* DELTA: against which; of a commit: its record */
	uint32_t kids;	  /* the deltas against this one ... */
	uint32_t sibling; /* ... and the next of them */
	uint32_t born;	  /* in which work */
	uint32_t weight;  /* bytes of the deltas that end here */
};

/* A commit that is kept. The oldest comes first. */
struct commit {
	uint32_t next, prev;
	uint32_t object, tree;
	uint32_t name;	  /* cell with its ref's name */
	uint32_t parents; /* how many it has */
	struct list own;  /* objects of its state that its successor's state has not */
	uint64_t seq, time;
	uint64_t parent_seq; /* of the oldest parent; 0 where one is not here */
	uint16_t flags;
	uint16_t group;	    /* number of the open branch that it is of, from 1 */
	uint32_t successor; /* while it is not merged: the commit that OWN is to be found against */
};
#define IN_PRIMARY 1u /* in the line of first parents from primary's head */
#define IN_REACH 2u   /* for a while: reached from primary's head */

/* A buffer for an object's contents; HIGH is how much of it was ever used since it was wiped. */
struct flat {
	uint8_t *p;
	size_t n, high;
};
enum {
	FLAT_OLD,
	FLAT_NEW,
	FLAT_LEFT,
	FLAT_RIGHT,
	FLAT_KID,
	FLAT_BASE,
	FLAT_DELTA,
	FLAT_TEXT,
	FLATS
};

/* One path's new object (NONE: removed); while its folder is edited, a folder's. */
struct change {
	char path[PATH_BYTES];
	size_t n;
	bool folder;
	uint32_t object;
};

/* What an edit of a tree did: the new root, the objects that it placed (each held once for it), and
 * those that were there before. */
struct edit {
	uint32_t root;
	uint32_t spare; /* uses that a tree may have and yet be stored as a delta */
	struct list news, olds, made;
};

/* A record of the log: what one put, removal or end of a commit did. */
struct record {
	uint64_t time;
	uint32_t note;
	uint16_t what;
	uint16_t folder; /* a hash of its folder's path, once it was looked at; 0: not yet */
	uint8_t key[];
};
enum { LOG_PUT = 1, LOG_REMOVE = 2, LOG_MARK = 4, LOG_PICKED = 8, LOG_DONE = 16 };

struct log {
	uint8_t *records;
	size_t size, value_at, capacity, first, used;
	size_t marks; /* records in it that end a commit */
	bool changed; /* since the last such record */
	bool lost, lost_removal, lost_mark;
	struct record *mark; /* LOST_MARK: the last of these that was lost */
};

/* An entry of the hash table. */
struct entry {
	uint32_t dirty; /* a change of it is not in the log */
	uint32_t round; /* of putting in order in which it was changed last */
	uint8_t value[];
};

struct resync {
	enum { IN_ORDER, REMOVALS, ENTRIES, END } phase;
	uint32_t round;
	bool marked;
	struct record *mark; /* MARKED: what ends the commit */
	size_t cursor;
	char path[PATH_BYTES];
	size_t path_n;
};

struct pin {
	bool taken, broken;
};

struct table_branch {
	struct table *t;
	bool open;
	char name[TABLE_NAME_MAX];
	uint32_t base, tip; /* commits; tip NONE: none yet */
	uint32_t root;
	struct list held; /* all objects made for it */
	size_t n;	  /* changes that wait */
	bool removed[STEP];
	uint8_t *keys, *values, *answer;
};

struct table_import {
	struct table *t;
	bool open;
	struct list objects;
	size_t cells;
	uint32_t recent[4]; /* large trees that came last */
	size_t turn;
	table_allows *allows; /* of each commit that comes; NULL: not looked at */
	void *ctx;
};

struct table {
	const struct table_kind *kind;
	struct table_limits limits;
	size_t name_n, key_room, value_room;
	uint64_t now;
	struct hash *live;
	struct log log;
	struct resync resync;
	struct table_stats stats;

	uint8_t *cells;
	size_t cells_floor; /* so many are for removals and for commits only */
	size_t cells_n, cells_spare, cells_high, cells_used, cells_present, cells_history;
	uint32_t cells_free;
	uint32_t *buckets, buckets_mask;
	size_t objects;
	uint32_t work;	/* number of what is being worked on */
	uint32_t reach; /* folders that a slice of the log may lie in */
	struct flat *flat;
	uint32_t *chain;
	struct change *changes; /* SLICE of them, and what they hold */
	uint32_t *change_objects;
	uint8_t *value[4]; /* for one value each; the first is what reading needs */
	uint32_t *order;   /* of commits that are taken in; room for all that memory can hold */
	size_t order_max;

	uint32_t root;	 /* the tree of the present state, as far as it is worked out */
	struct list own; /* what it replaced since the head */
	uint32_t head, oldest, newest;
	uint32_t needed; /* a commit that must stay for now */
	bool too_large;	 /* the last edit failed because a folder would be */
	bool stuck;	 /* ... and so will the next, unless an entry goes */
	bool headless;	 /* the head had to go: its id is ... */
	struct table_id last_head;
	uint64_t seq;
	struct list doomed; /* of dropped commits, to be released */
	struct pin pins[TABLE_PINS];
	struct table_branch branches[TABLE_BRANCHES];
	struct table_import import;
	struct table_watcher watcher;
	bool silent; /* the watcher is not told of objects */
};

/* ---- cells.c: memory ------------------------------------------------------------------------ */

void *cell_at(const struct table *t, uint32_t i);
uint32_t cell_take(struct table *t); /* zeroed; NONE: there is none */
void cell_free(struct table *t, uint32_t i);
size_t cells_left(const struct table *t);
bool chain_write(struct table *t, const void *p, size_t n, uint32_t *first);
void chain_read(const struct table *t, uint32_t first, size_t n, void *out);
void chain_free(struct table *t, uint32_t first);
bool list_push(struct table *t, struct list *l, uint32_t item);
/* Goes through it: AT is zero at first. Items may be NONE where they were struck out. */
uint32_t *list_next(const struct table *t, const struct list *l, struct list_at *at);
void list_join(struct table *t, struct list *to, struct list *from);
void list_free(struct table *t, struct list *l);
/* Notes that so many bytes of a buffer were used. */
void flat_used(struct flat *f, size_t n);
/* Zeroes what was in the buffers. */
void flats_wipe(const struct table *t);

/* ---- object.c: git objects by id ------------------------------------------------------------ */

struct object *object_at(const struct table *t, uint32_t i);
uint32_t object_find(const struct table *t, const struct table_id *id);
/* The object with these contents, made where it is not here; FAILED. Nobody holds it yet. */
uint32_t object_put(struct table *t, enum table_type type, const void *p, size_t n);
/* The blob with VALUE's text. */
uint32_t object_put_value(struct table *t, const void *value);
/* Its contents to OUT, of TABLE_OBJECT_MAX bytes; how many there are. */
size_t object_read(const struct table *t, uint32_t i, uint8_t *out);
void object_flat(struct table *t, uint32_t i, struct flat *f);
/* The value that a blob is the text of; false where it is none. */
bool object_value(struct table *t, uint32_t i, void *value);
void object_hold(struct table *t, uint32_t i);
void object_release(struct table *t, uint32_t i);
void object_enter(struct table *t, uint32_t i); /* one more use in the present state */
void object_leave(struct table *t, uint32_t i); /* does not free it */
void object_sweep(struct table *t, uint32_t i); /* frees it where nothing uses it */
size_t object_cells(const struct object *o);
/* Stores OLD as a delta against NEW, where that is worth it; their contents are A and B. */
void object_make_delta(
	struct table *t, uint32_t old, uint32_t new, const struct flat *a, const struct flat *b);
/* Lets go each object of the list, and frees the list. */
void objects_release(struct table *t, struct list *l);

/* ---- delta.c: how one tree differs from another ---------------------------------------------- */

/* How to make TO out of FROM, in at most ROOM bytes to OUT; 0 where that does not fit. */
size_t delta_make(const uint8_t *from, size_t from_n, const uint8_t *to, size_t to_n, uint8_t *out,
	size_t room);
/* Does it: BUFFER has N bytes and room for TABLE_OBJECT_MAX. The new length. */
size_t delta_apply(const uint8_t *delta, size_t delta_n, uint8_t *buffer, size_t n);

/* ---- tree.c: folders in git's form ----------------------------------------------------------- */

struct tree_entry {
	const char *name;
	size_t name_n;
	bool folder;
	const struct table_id *id;
	size_t size; /* of the whole entry */
};
/* The entry at byte AT of a well-formed tree; false at its end. */
bool tree_entry(const uint8_t *tree, size_t n, size_t at, struct tree_entry *e);
/* <0, 0, >0, in git's order. */
int tree_compare(
	const char *a, size_t a_n, bool a_folder, const char *b, size_t b_n, bool b_folder);
size_t tree_entry_write(
	uint8_t *to, const char *name, size_t name_n, bool folder, const struct table_id *id);
/* What the tree has under the name; NONE: nothing, or an object that is not here. */
uint32_t tree_child(struct table *t, uint32_t tree, const char *name, size_t n, bool *folder);
/* What it has at a path. */
uint32_t tree_at(struct table *t, uint32_t tree, const char *path, size_t n);

/* ---- edit.c: changes of a tree ----------------------------------------------------------------
 */

/* Makes the changes (any order, each path once; they are scratch afterwards) to the tree ROOT.
 * False where memory is short or a folder gets too large (too_large): then nothing has changed. */
bool edit_tree(
	struct table *t, uint32_t root, uint32_t spare, struct change *c, size_t n, struct edit *e);
/* Makes E's new root the present state. */
void edit_take(struct table *t, struct edit *e);
/* "arp/10.0.0.2" of KEY. */
void change_path(const struct table *t, const void *key, struct change *c);

/* ---- walk.c: differences between two trees -----------------------------------------------------
 */

/* A difference at a path: objects at either side, NONE where there is none. FOLDER: it is a folder
 * at one side at least. MISSING: an object that should be here is not. False ends the walk. */
struct difference {
	const char *path;
	size_t n;
	uint32_t left, right;
	bool folder, missing;
};
typedef bool walk_visit(void *ctx, const struct difference *d);
/* Visits all differences between two trees (each may be NONE: empty) in the order of paths,
 * folders before what is in them. False where a visit ended it. */
bool walk(struct table *t, uint32_t left, uint32_t right, walk_visit *visit, void *ctx);
/* The same, of what is behind the path FROM only. */
bool walk_from(struct table *t, uint32_t left, uint32_t right, const char *from, size_t from_n,
	walk_visit *visit, void *ctx);
/* Adds the objects of LEFT's state that RIGHT's has not at the same path to L, and holds them. */
bool walk_own(struct table *t, uint32_t left, uint32_t right, struct list *l);

/* ---- log.c: changes that wait -------------------------------------------------------------------
 */

/* Notes what was done to KEY; E is its entry, NULL where it was removed. */
void log_add(struct table *t, uint32_t what, const void *key, const void *value, unsigned note,
	struct entry *e);
/* Record number I of those that wait. */
struct record *log_at(const struct table *t, size_t i);
const void *log_value(const struct table *t, const struct record *r);
bool log_ends_commit(const struct record *r);
void log_pop(struct table *t);
/* Loses all of it. */
void log_give_up(struct table *t);

/* ---- work.c, resync.c: from changes to commits
 * --------------------------------------------------- */

/* Edits the present state's tree. The changes have their objects and are at most SLICE. */
bool work_edit(struct table *t, size_t n);
/* Makes change number I one of KEY to VALUE, NULL: removed. False where memory is short. */
bool work_change(struct table *t, size_t i, const void *key, const void *value);
/* The same, of a change that has its path. */
bool work_value(struct table *t, size_t i, const void *value);
/* Drops the changes' hold of their objects. */
void work_clear(struct table *t, size_t n);
/* Commits the present state as R says, where it is not the head's. */
bool work_commit(struct table *t, const struct record *r);
/* Works out one slice of the log. False where memory is short. */
bool work_log(struct table *t);
/* Commits what waits and works out all of it, so that head, root and entries agree. */
bool work_settle(struct table *t);
/* Works out changes without a commit too, until the log is empty. */
bool work_drain(struct table *t);
/* What the log lost is found in the entries. */
void resync_start(struct table *t);
/* It can't be done now: all that it was to find is lost again. */
void resync_give_up(struct table *t);
bool resync_step(struct table *t);

/* ---- commit.c, history.c
 * -------------------------------------------------------------------------- */

struct commit *commit_at(const struct table *t, uint32_t i);
/* The kind's message to FLAT_TEXT. */
void commit_message(struct table *t, unsigned note, const void *key, const void *value);
/* A commit with this tree and the message in FLAT_TEXT, at the end of those that are kept; FAILED.
 */
uint32_t commit_make(
	struct table *t, uint32_t tree, const uint32_t *parents, size_t n, uint64_t time);
/* Puts a commit object that is here among those that are kept; FAILED. */
uint32_t commit_keep(struct table *t, uint32_t object, uint64_t time);
void commit_forget(struct table *t, uint32_t i);
/* Gives it a ref's name, which no other one has from then on. */
bool commit_name(struct table *t, uint32_t i, const char *name);
/* Makes it primary's head; OWN becomes the former head's. */
void commit_advance(struct table *t, uint32_t i);
/* The record of a commit that is kept; NONE. */
uint32_t commit_of(const struct table *t, const struct table_id *id);
/* Calls the watcher about a ref. */
void commit_told(struct table *t, const char *name, uint32_t i);
/* Parent number K of a commit's text. */
bool commit_parent(const uint8_t *text, size_t n, size_t k, struct table_id *out);
bool commit_tree(const uint8_t *text, size_t n, struct table_id *out);
uint64_t commit_seconds(const uint8_t *text, size_t n);

/* Is there a step of what is too old or too much to be dropped? */
bool history_is_due(const struct table *t);
void history_step(struct table *t);
/* Drops history until so many cells are free; breaks pins. False where that is not enough. */
bool history_make_room(struct table *t, size_t cells);

/* ---- merge.c, fit.c, check.c
 * ------------------------------------------------------------------------------- */

/* The folders that lie open, the root first, and how large they would be. */
struct fit {
	char path[PATH_BYTES]; /* the last one that changed, in the innermost of them */
	size_t n, depth;
	uint32_t trees[PATH_BYTES / 2];
	size_t bytes[PATH_BYTES / 2];
};
void fit_begin(struct fit *f, const struct table *t);
/* A path comes to the present state, or goes. False, with the reason in WHY, where a folder that
 * is behind it would be too large. */
bool fit_change(struct fit *f, struct table *t, const char *path, size_t n, bool adds, char *why);
bool fit_end(struct fit *f, char *why);

struct merge {
	struct table *t;
	table_report *report;
	void *ctx;
	bool dry;	    /* only looks whether it can be done */
	bool only_removals; /* takes nothing else */
	size_t added, removed;
	struct fit *fit; /* DRY */
	char *why;	 /* TABLE_MESSAGE_MAX bytes */
};
/* The key of a path; false where it is no entry's. KEY is zeroed and has TABLE_KEY_MAX bytes. */
bool merge_key(const struct table *t, const char *path, size_t n, void *key);
/* Takes what THEIRS changed since BASE into the entries, without a commit. */
bool merge_trees(struct merge *m, uint32_t base, uint32_t theirs);
/* The same of one entry: THEIRS (NULL: removed) in place of the blob BASE (NONE: there was none).
 */
void merge_value(struct merge *m, const void *key, uint32_t base, const void *theirs);
/* Each commit keeps what its successor has not; one without has TREE's state for it. False where
 * memory is short: then none keeps anything. */
bool merge_own(struct table *t, const uint32_t *commits, size_t n, uint32_t tree);
/* Makes the present state a merge of the head and TIP or, FORWARD, makes TIP the head, with a
 * commit on top where the present state is not TIP's. */
bool merge_commit(struct table *t, uint32_t tip, bool forward, unsigned note);
/* "PATH: WHAT" to WHY. */
void merge_refuse(char *why, const char *path, size_t n, const char *what);

bool check_tree(const uint8_t *p, size_t n);
bool check_commit(const uint8_t *p, size_t n);

/* ---- id.c
 * --------------------------------------------------------------------------------------------- */

void id_make(enum table_type type, const void *p, size_t n, struct table_id *out);
bool id_is(const struct table_id *a, const struct table_id *b);
size_t number_write(uint64_t n, char out[20]);

#endif
