/* disklog.h - an append-only log on a block device that comes back whole after a power cut.
 *
 * Records are gathered into groups. A group becomes durable at once or not at all: disklog_flush()
 * returns true when all groups sealed so far will be replayed after a power cut, and a replay never
 * shows part of a group. When the log grows long, the caller writes what still matters to the
 * device's other half and the log goes on there: compaction, in steps, while records go on being
 * appended.
 *
 * On the device, all numbers little-endian:
 *   sectors 0 and 8   the superblock, twice (each in a 4 KiB block of its own): which area is in
 *                     use, and the epoch. One copy is written and flushed before the other.
 *   from sector 16    two areas of equal size, each a run of blocks.
 *   block             a header and whole records, of at most DISKLOG_BLOCK_MAX bytes, from a sector
 *                     boundary. Its SHA-256 covers the one of the block before it: a block is valid
 *                     only as the successor of the very block that it was written after. This is
 *                     the commit record: with a strong hash one flush does for payload and commit.
 *   epoch             a number, in the superblock before any block has it, that grows at each
 *                     opening and each compaction. A block of a lower epoch than its predecessor's
 *                     is not valid: what an earlier life left behind the end stays dead.
 * A replay ends at the first block that is not valid; nothing is ever skipped.
 *
 * Freestanding, synchronous, not reentrant; needs SHA-256 of nettle. The chain is no signature: it
 * shows tampering only to one who knows the digest of a later block (disklog_stats).
 * SPDX-License-Identifier: ISC */
#ifndef DISKLOG_H
#define DISKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISKLOG_SECTOR 512
#define DISKLOG_BLOCK_MAX 131072
#define DISKLOG_RECORD_MAX (DISKLOG_BLOCK_MAX - 512) /* bytes of one record's payload */
#define DISKLOG_DIGEST 32

/* A device of 512-byte sectors. Each function is false on an error. A write may become durable at
 * any time, in parts of sectors and in any order; after flush() all earlier ones are durable. */
struct disklog_device {
	void *ctx;
	uint64_t sectors;
	bool (*read)(void *ctx, uint64_t sector, void *to, size_t sectors);
	bool (*write)(void *ctx, uint64_t sector, const void *from, size_t sectors);
	bool (*flush)(void *ctx);
};

struct disklog_options {
	bool read_only;	   /* for looking only: writes nothing, neither now nor later */
	bool overwrite;	   /* a device with something else on it is formatted, not refused */
	uint8_t id[16];	   /* random bytes: the name of the log, should one be made */
	uint64_t snapshot; /* bytes of records that a compaction may have to write, at most */
};

enum disklog_verdict {
	DISKLOG_OPENED,
	DISKLOG_FORMATTED,  /* a new log was made: the device was blank, or overwrite was set */
	DISKLOG_BLANK,	    /* nothing there, and read_only */
	DISKLOG_TOO_SMALL,  /* see disklog_size() */
	DISKLOG_FOREIGN,    /* something else is there; it was left alone */
	DISKLOG_DAMAGED,    /* a log, but neither copy of its superblock is whole; left alone */
	DISKLOG_NEWER,	    /* a log of a later version of this format; left alone */
	DISKLOG_UNREADABLE, /* a read failed */
	DISKLOG_UNWRITABLE  /* a write or a flush failed */
};

struct disklog;

/* Bytes of memory for an open log. */
size_t disklog_memory(void);
/* Bytes of the smallest device for compactions of SNAPSHOT bytes. */
uint64_t disklog_size(uint64_t snapshot);
/* Opens the log in MEMORY (16-byte aligned, disklog_memory() bytes; *LOG is in there). DEVICE is
 * copied, its ctx must stay. *LOG is set with the first two verdicts only. A blank device (its
 * first and last MiB are zero) is formatted. Then call disklog_next() up to DISKLOG_END. */
enum disklog_verdict disklog_open(void *memory, const struct disklog_device *device,
	const struct disklog_options *options, struct disklog **log);
/* A few words: "the device is too small". */
const char *disklog_verdict_text(enum disklog_verdict verdict);

/* ---- replay -------------------------------------------------------------------------------- */

struct disklog_record {
	unsigned kind, store; /* as given to disklog_append() */
	bool last;	      /* of its group */
	const uint8_t *p;     /* valid until the next call, 8-byte aligned */
	size_t n;
	uint64_t address; /* for disklog_read() */
};
enum disklog_next {
	DISKLOG_RECORD,
	DISKLOG_END,	 /* what was durable has been replayed; now records can be appended */
	DISKLOG_NOT_READ /* the device could not read: the log stays in replay; call again to retry
			  */
};
/* The records of all whole groups, oldest first. */
enum disklog_next disklog_next(struct disklog *log, struct disklog_record *record);
/* A replayed record again. Not during a compaction, and not after one; false on a read error or
 * where there is no such record. */
bool disklog_read(struct disklog *log, uint64_t address, struct disklog_record *record);

/* ---- appending ----------------------------------------------------------------------------- */

enum disklog_state {
	DISKLOG_REPLAYING, /* not yet at DISKLOG_END */
	DISKLOG_READY,
	DISKLOG_FULL,	/* no room: appends are refused until a compaction has ended */
	DISKLOG_FAILED, /* a write or flush failed: refused until a compaction succeeds */
	DISKLOG_READING /* opened to be read only */
};
enum disklog_state disklog_state(const struct disklog *log);

struct disklog_part {
	const void *p;
	size_t n;
};
/* Adds a record, COUNT parts in a row, to the open group. KIND and STORE are below 256. Touches the
 * device only when the memory for a block is full. False where it is not taken (see the state): its
 * group will then never be durable, nor any later one before a compaction has ended. A record that
 * is longer than DISKLOG_RECORD_MAX is not taken either; nothing else follows from that. */
bool disklog_append(struct disklog *log, unsigned kind, unsigned store,
	const struct disklog_part *parts, size_t count);
/* Ends the open group, if it has records. The number of the last group sealed: what must not be
 * told before it is durable waits until disklog_durable() has reached it. Only memory is touched.
 */
uint64_t disklog_seal(struct disklog *log);
/* Makes all sealed groups durable. False where that failed, or a group is open. */
bool disklog_flush(struct disklog *log);
/* The number of the last group that is durable, with all before it. */
uint64_t disklog_durable(const struct disklog *log);
/* disklog_seal() and disklog_flush(). */
bool disklog_commit(struct disklog *log);

/* ---- compaction ---------------------------------------------------------------------------- */

/* Three quarters of what was free after the last compaction are used, or the log can't go on. */
bool disklog_is_due(const struct disklog *log);
/* Starts a compaction: from here to its end appended records go to both areas. False where a group
 * is open, a compaction is under way or the device fails; the log is as before then. */
bool disklog_compact_begin(struct disklog *log);
/* Adds a record to the new area only. What all these records say together must be what a replay of
 * the log up to some moment between begin and now would give; records appended since begin come in
 * between, and must do no harm there. False where the compaction can't succeed any more. */
bool disklog_compact_add(struct disklog *log, unsigned kind, unsigned store,
	const struct disklog_part *parts, size_t count);
/* Makes the new area durable, then the one in use; all sealed groups are durable then. False where
 * that failed or a group is open: the log goes on in the old area, the compaction is over. */
bool disklog_compact_end(struct disklog *log);
/* Drops a compaction that is under way. */
void disklog_compact_abort(struct disklog *log);
bool disklog_is_compacting(const struct disklog *log);

/* ---- facts --------------------------------------------------------------------------------- */

struct disklog_stats {
	uint8_t id[16];
	uint64_t epoch, generation; /* of the superblock */
	uint64_t area_bytes, used_bytes;
	uint64_t blocks;      /* in the log since it was made */
	uint64_t refused;     /* records, by disklog_append() */
	uint64_t compactions; /* since it was opened */
	bool superblock_lost; /* one copy was not whole at opening; it has been written anew */
	bool damaged;	      /* behind the replay's end there is a block that was written after the
				 missing one was durable: the medium has lost something */
	uint8_t digest[DISKLOG_DIGEST]; /* of the last block */
};
struct disklog_stats disklog_stats(const struct disklog *log);

#endif
