/* disk_sim.h - a simulated disk with a volatile cache: it records every write and flush, gives the
 * contents that a power cut at any moment may leave, and fails when told to.
 * SPDX-License-Identifier: ISC */
#ifndef TESTS_DISK_SIM_H
#define TESTS_DISK_SIM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "disklog.h"

#define SECTOR ((size_t)DISKLOG_SECTOR)

/* One thing that was asked of the disk, or a mark of the test's. */
struct disk_event {
	enum { DISK_WRITE, DISK_FLUSH, DISK_NO_FLUSH, DISK_MARK } what;
	uint64_t sector; /* of a mark: its number */
	size_t n;	 /* sectors; of a mark: which counter */
	uint8_t *data;
};

struct disk {
	uint8_t *bytes; /* what reads give */
	uint64_t sectors;
	struct disk_event *events;
	size_t count, room;
	bool recording;
	/* Faults. */
	uint64_t operations;		/* so far: reads, writes, flushes */
	uint64_t fail_from, fail_until; /* operations that fail: [from, until) */
	bool fail_late;			/* a write that fails has been done, not half of it */
	bool failed;			/* one has */
	bool ignore_flush;		/* a lying disk */
};

/* ---- random numbers: the same sequence for the same seed (splitmix64) ---- */

static inline uint64_t next_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static inline uint64_t random_below(uint64_t *seed, uint64_t n)
{
	return next_random(seed) % n;
}

/* ---- the disk ---- */

static inline void disk_make(struct disk *d, uint64_t sectors)
{
	*d = (struct disk){.sectors = sectors, .bytes = calloc(sectors, SECTOR)};
}

static inline void disk_forget(struct disk *d)
{
	for (size_t i = 0; i < d->count; i++)
		free(d->events[i].data);
	d->count = 0;
}

static inline void disk_free(struct disk *d)
{
	disk_forget(d);
	free(d->events);
	free(d->bytes);
}

static inline void disk_record(struct disk *d, struct disk_event e, const void *data)
{
	if (!d->recording)
		return;
	if (d->count == d->room) {
		d->room = d->room ? 2 * d->room : 64;
		d->events = realloc(d->events, d->room * sizeof(*d->events));
	}
	if (data) {
		e.data = malloc(e.n * SECTOR);
		memcpy(e.data, data, e.n * SECTOR);
	}
	d->events[d->count++] = e;
}

/* Remembers that the counter WHICH, of DISK_MARKS, was at NUMBER here. */
#define DISK_MARKS 4
static inline void disk_mark(struct disk *d, size_t which, uint64_t number)
{
	disk_record(d, (struct disk_event){.what = DISK_MARK, .sector = number, .n = which}, NULL);
}

static inline bool disk_fails(struct disk *d)
{
	uint64_t i = d->operations++;
	bool fails = i >= d->fail_from && i < d->fail_until;
	d->failed |= fails;
	return fails;
}

static inline bool disk_read(void *ctx, uint64_t sector, void *to, size_t n)
{
	struct disk *d = ctx;
	if (n == 0 || sector > d->sectors || n > d->sectors - sector)
		abort(); /* nobody may ask for that */
	if (disk_fails(d))
		return false;
	memcpy(to, d->bytes + sector * SECTOR, n * SECTOR);
	return true;
}

static inline bool disk_write(void *ctx, uint64_t sector, const void *from, size_t n)
{
	struct disk *d = ctx;
	if (n == 0 || sector > d->sectors || n > d->sectors - sector)
		abort();
	bool fails = disk_fails(d);
	if (fails && !d->fail_late)
		n /= 2;
	if (n > 0) {
		memcpy(d->bytes + sector * SECTOR, from, n * SECTOR);
		disk_record(d, (struct disk_event){DISK_WRITE, sector, n, NULL}, from);
	}
	return !fails;
}

static inline bool disk_flush(void *ctx)
{
	struct disk *d = ctx;
	bool fails = disk_fails(d);
	if (!d->ignore_flush)
		disk_record(
			d, (struct disk_event){.what = fails ? DISK_NO_FLUSH : DISK_FLUSH}, NULL);
	return !fails;
}

static inline struct disklog_device disk_device(struct disk *d)
{
	return (struct disklog_device){
		.ctx = d,
		.sectors = d->sectors,
		.read = disk_read,
		.write = disk_write,
		.flush = disk_flush,
	};
}

/* ---- power cuts ---- */

enum cut {
	CUT_PREFIX, /* all that was written before the cut is there */
	CUT_TORN,   /* the same, but each sector of the last write is there or not */
	CUT_LOST,   /* each write since the last flush is there or not */
	CUT_LOSSY,  /* each sector written since the last flush is there or not */
	CUT_KINDS
};

/* One moment after another: DURABLE is what a flush has made sure at event AT. */
struct cutter {
	const struct disk *disk;
	uint8_t *durable;
	size_t at, flushed; /* events before AT; those before FLUSHED are settled */
	uint64_t seed;
	uint64_t marks[DISK_MARKS]; /* the last of each kind */
};

/* START is the contents at the first event: N bytes. */
static inline void cutter_start(struct cutter *c, const struct disk *disk, const uint8_t *start)
{
	*c = (struct cutter){.disk = disk, .durable = malloc(disk->sectors * SECTOR)};
	memcpy(c->durable, start, disk->sectors * SECTOR);
}

static inline void cutter_end(struct cutter *c)
{
	free(c->durable);
}

static inline void disk_apply(uint8_t *to, const struct disk_event *e)
{
	if (e->what == DISK_WRITE)
		memcpy(to + e->sector * SECTOR, e->data, e->n * SECTOR);
}

/* What a flush that worked has made sure; or a failed one, behind which any of the writes may be
 * gone for good, though reads still give them. */
static inline void cutter_settle(struct cutter *c, bool worked)
{
	for (; c->flushed < c->at; c->flushed++) {
		if (worked || (next_random(&c->seed) & 1))
			disk_apply(c->durable, &c->disk->events[c->flushed]);
	}
}

/* On to the moment behind the next event; false at the end. */
static inline bool cutter_next(struct cutter *c)
{
	if (c->at == c->disk->count)
		return false;
	const struct disk_event *e = &c->disk->events[c->at++];
	if (e->what == DISK_MARK)
		c->marks[e->n] = e->sector;
	if (e->what == DISK_FLUSH || e->what == DISK_NO_FLUSH)
		cutter_settle(c, e->what == DISK_FLUSH);
	return true;
}

static inline void apply_some(uint8_t *to, const struct disk_event *e, uint64_t *seed)
{
	for (size_t i = 0; i < e->n; i++) {
		if (next_random(seed) & 1)
			memcpy(to + (e->sector + i) * SECTOR, e->data + i * SECTOR, SECTOR);
	}
}

/* What the disk may hold after a power cut at this moment. */
static inline void cutter_image(
	const struct cutter *c, enum cut cut, uint64_t *seed, uint8_t *image)
{
	memcpy(image, c->durable, c->disk->sectors * SECTOR);
	for (size_t i = c->flushed; i < c->at; i++) {
		const struct disk_event *e = &c->disk->events[i];
		if (e->what != DISK_WRITE)
			continue;
		if (cut == CUT_LOSSY || (cut == CUT_TORN && i + 1 == c->at))
			apply_some(image, e, seed);
		else if (cut != CUT_LOST || (next_random(seed) & 1))
			disk_apply(image, e);
	}
}

#endif
