/* inner.h - what the parts of disklog share. SPDX-License-Identifier: ISC */
#ifndef DISKLOG_INNER_H
#define DISKLOG_INNER_H

#include <string.h>

#include <nettle/sha2.h>

#include "disklog.h"

#define SLOT_SECTORS 8 /* the copies of the superblock lie 4 KiB apart */
#define AREAS_AT 16
#define BLOCK_SECTORS (DISKLOG_BLOCK_MAX / DISKLOG_SECTOR)
#define BLOCK_HEADER 112
#define RECORD_HEADER 8
#define FLAG_CONTINUES 1u /* of a block: its last group goes on in the next one */
#define RECORD_LAST 1u	  /* of a record: it ends its group */

struct superblock {
	uint8_t id[16];
	uint64_t generation;   /* the copy with the higher one counts */
	uint64_t epoch;	       /* the highest that any block may have */
	uint64_t area_sectors; /* of each of the two */
	uint64_t area;	       /* the one in use: 0 or 1 */
	uint64_t base;	       /* sectors of it that the last compaction wrote */
	/* What the area's first block must follow: a block that may be gone by now. */
	uint64_t first_sequence, first_epoch;
	uint8_t first_digest[DISKLOG_DIGEST];
};

/* A place between two blocks, and what the next block there must follow. */
struct chain {
	uint64_t at;	   /* sector */
	uint64_t sequence; /* of the next block */
	uint64_t epoch;	   /* of the last block */
	uint8_t digest[DISKLOG_DIGEST];
};

struct block {
	uint32_t length, count; /* of its records: bytes, number */
	uint16_t flags;
	uint64_t epoch, sequence;
	uint64_t durable; /* the first sequence number that was not, when this one was written */
	uint8_t previous[DISKLOG_DIGEST], digest[DISKLOG_DIGEST];
};

enum stream_state { STREAM_CLOSED, STREAM_OK, STREAM_FULL, STREAM_FAILED };

/* Blocks being written to an area. The open block is BUFFER: a header's place, then records. */
struct stream {
	enum stream_state state;
	uint64_t end;	    /* the area's, in sectors */
	struct chain first; /* where the area's first block is, and what it follows */
	struct chain chain; /* where the open block will go */
	uint64_t durable;   /* the first sequence number that is not durable */
	uint64_t group;	    /* the last sealed group in here */
	size_t used;	    /* bytes of BUFFER */
	size_t sealed;	    /* of them up to the last sealed group */
	size_t last;	    /* where the last record begins */
	uint32_t count, sealed_count;
	bool spilled; /* the open group has blocks on the device */
	uint8_t *buffer;
};

struct disklog {
	struct disklog_device device;
	struct superblock super;
	unsigned slot; /* the copy that SUPER was last written to, or read from */
	bool read_only, replaying, group_open;
	struct stream live, next; /* NEXT is the compaction's */
	uint64_t sealed, durable; /* groups */
	uint64_t refused, compactions;
	bool superblock_lost, damaged;
	/* The replay. NEXT's buffer is the window, sectors [window, window + loaded). */
	uint64_t window, loaded;
	uint64_t replay_epoch; /* the highest that a block to be replayed may have */
	uint64_t whole_until;  /* groups are known to be whole up to this sector */
	size_t offset;	       /* of the next record in the block at LIVE.chain */
	struct block block;    /* its header, where OFFSET is not 0 */
};

static inline void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v & 0xffff);
	put16(p + 2, v >> 16);
}

static inline void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}

static inline unsigned get16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static inline uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static inline uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static inline size_t padded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static inline size_t sectors_of(size_t bytes)
{
	return (bytes + DISKLOG_SECTOR - 1) / DISKLOG_SECTOR;
}

/* ---- superblock.c ---- */

uint64_t log_area_start(const struct superblock *s, uint64_t area);
/* Writes S, with the next generation, to both copies; LOG->super is S where that succeeds. */
bool log_superblock_write(struct disklog *log, struct superblock s);

/* ---- block.c ---- */

/* Fills in the header in front of LENGTH bytes of records, digest included. */
void log_block_finish(const uint8_t id[16], uint8_t *p, struct block *b);
/* Is there a whole block at P, where ROOM bytes can be read? It may be anyone's successor. */
bool log_block_parse(const uint8_t id[16], const uint8_t *p, size_t room, struct block *b);
/* How many bytes a block at P would have, by its header; 0 where it has none. */
size_t log_block_extent(const uint8_t *p);
bool log_block_follows(const struct block *b, const struct chain *c, uint64_t newest_epoch);
void log_chain_advance(struct chain *c, const struct block *b);

/* ---- append.c ---- */

void log_stream_start(struct stream *s, const struct chain *chain, uint64_t end);
bool log_stream_append(struct disklog *log, struct stream *s, unsigned kind, unsigned store,
	const struct disklog_part *parts, size_t count);
void log_stream_seal(struct stream *s, uint64_t group);
/* Writes the open block; CONTINUES where its last group is open. */
bool log_stream_write(struct disklog *log, struct stream *s, bool continues);

#endif
