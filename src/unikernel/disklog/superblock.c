/* superblock.c - the two copies of the superblock: opening, formatting, moving on.
 * SPDX-License-Identifier: ISC */
#include "inner.h"

#define VERSION 1
#define CHECKED 480 /* bytes in front of the superblock's SHA-256 */
#define MIB_SECTORS 2048
static const uint8_t magic[8] = {'r', 's', 'p', 'n', 'l', 'o', 'g', '\n'};

enum {
	VERSION_AT = 8,
	ID_AT = 16,
	GENERATION_AT = 32,
	EPOCH_AT = 40,
	AREA_SECTORS_AT = 48,
	AREA_AT = 56,
	FIRST_SEQUENCE_AT = 64,
	FIRST_EPOCH_AT = 72,
	FIRST_DIGEST_AT = 80,
	BASE_AT = 112
};

uint64_t log_area_start(const struct superblock *s, uint64_t area)
{
	return AREAS_AT + area * s->area_sectors;
}

static void checksum(const uint8_t *p, uint8_t *digest)
{
	struct sha256_ctx sha;
	sha256_init(&sha);
	sha256_update(&sha, CHECKED, p);
	sha256_digest(&sha, DISKLOG_DIGEST, digest);
}

static void encode(const struct superblock *s, uint8_t *p)
{
	memset(p, 0, DISKLOG_SECTOR);
	memcpy(p, magic, sizeof(magic));
	put32(p + VERSION_AT, VERSION);
	memcpy(p + ID_AT, s->id, sizeof(s->id));
	put64(p + GENERATION_AT, s->generation);
	put64(p + EPOCH_AT, s->epoch);
	put64(p + AREA_SECTORS_AT, s->area_sectors);
	put64(p + AREA_AT, s->area);
	put64(p + BASE_AT, s->base);
	put64(p + FIRST_SEQUENCE_AT, s->first_sequence);
	put64(p + FIRST_EPOCH_AT, s->first_epoch);
	memcpy(p + FIRST_DIGEST_AT, s->first_digest, DISKLOG_DIGEST);
	checksum(p, p + CHECKED);
}

enum slot { SLOT_ZERO, SLOT_FOREIGN, SLOT_BROKEN, SLOT_NEWER, SLOT_WHOLE };

static bool is_zero(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] != 0)
			return false;
	}
	return true;
}

/* Not what a log of ours gets to: counters that could overflow. */
static bool is_sane(const struct superblock *s)
{
	const uint64_t most = UINT64_MAX / 2;
	return s->area <= 1 && s->base <= s->area_sectors && s->first_epoch <= s->epoch &&
	       s->epoch < most && s->generation < most && s->first_sequence < most;
}

static enum slot decode(const uint8_t *p, struct superblock *s)
{
	uint8_t digest[DISKLOG_DIGEST];
	if (is_zero(p, DISKLOG_SECTOR))
		return SLOT_ZERO;
	if (memcmp(p, magic, sizeof(magic)) != 0)
		return SLOT_FOREIGN;
	checksum(p, digest);
	if (memcmp(digest, p + CHECKED, DISKLOG_DIGEST) != 0)
		return SLOT_BROKEN;
	if (get32(p + VERSION_AT) != VERSION)
		return SLOT_NEWER;
	memcpy(s->id, p + ID_AT, sizeof(s->id));
	s->generation = get64(p + GENERATION_AT);
	s->epoch = get64(p + EPOCH_AT);
	s->area_sectors = get64(p + AREA_SECTORS_AT);
	s->area = get64(p + AREA_AT);
	s->base = get64(p + BASE_AT);
	s->first_sequence = get64(p + FIRST_SEQUENCE_AT);
	s->first_epoch = get64(p + FIRST_EPOCH_AT);
	memcpy(s->first_digest, p + FIRST_DIGEST_AT, DISKLOG_DIGEST);
	return is_sane(s) ? SLOT_WHOLE : SLOT_BROKEN;
}

static bool write_slot(struct disklog *log, unsigned slot, const struct superblock *s)
{
	uint8_t sector[DISKLOG_SECTOR];
	encode(s, sector);
	return log->device.write(log->device.ctx, slot * SLOT_SECTORS, sector, 1) &&
	       log->device.flush(log->device.ctx);
}

/* The copy that is sure to be whole is written last. Both are written each time: where one is lost
 * later, the other one is no older. */
bool log_superblock_write(struct disklog *log, struct superblock s)
{
	s.generation = ++log->super.generation;
	if (!write_slot(log, 1 - log->slot, &s) || !write_slot(log, log->slot, &s))
		return false;
	log->super = s;
	return true;
}

/* ---- formatting ---------------------------------------------------------------------------- */

/* Sectors of an area for compactions of SNAPSHOT bytes: with room for the blocks' headers, and for
 * the log to go on for a while. */
static uint64_t area_needed(uint64_t snapshot)
{
	uint64_t bytes = snapshot + snapshot / 64 + 2 * DISKLOG_BLOCK_MAX;
	return (bytes / DISKLOG_SECTOR + SLOT_SECTORS) / SLOT_SECTORS * SLOT_SECTORS;
}

uint64_t disklog_size(uint64_t snapshot)
{
	return (AREAS_AT + 2 * area_needed(snapshot)) * DISKLOG_SECTOR;
}

/* Is the device zero in sectors [FROM, FROM + COUNT), as far as it goes? */
static enum disklog_verdict check_zero(struct disklog *log, uint64_t from, uint64_t count)
{
	uint8_t *p = log->next.buffer;
	uint64_t end = from + count < log->device.sectors ? from + count : log->device.sectors;
	while (from < end) {
		size_t n = end - from < BLOCK_SECTORS ? (size_t)(end - from) : BLOCK_SECTORS;
		if (!log->device.read(log->device.ctx, from, p, n))
			return DISKLOG_UNREADABLE;
		if (!is_zero(p, n * DISKLOG_SECTOR))
			return DISKLOG_FOREIGN;
		from += n;
	}
	return DISKLOG_BLANK;
}

/* File systems and partition tables have their marks near one of a device's ends. */
static enum disklog_verdict check_blank(struct disklog *log)
{
	uint64_t sectors = log->device.sectors;
	enum disklog_verdict v = check_zero(log, 0, MIB_SECTORS);
	if (v != DISKLOG_BLANK || sectors <= MIB_SECTORS)
		return v;
	return check_zero(log, sectors - MIB_SECTORS, MIB_SECTORS);
}

static enum disklog_verdict format(struct disklog *log, const struct disklog_options *options)
{
	struct superblock s = {.epoch = 1, .first_epoch = 1};
	if (log->device.sectors < disklog_size(options->snapshot) / DISKLOG_SECTOR)
		return DISKLOG_TOO_SMALL;
	memcpy(s.id, options->id, sizeof(s.id));
	s.area_sectors = (log->device.sectors - AREAS_AT) / 2 / SLOT_SECTORS * SLOT_SECTORS;
	return log_superblock_write(log, s) ? DISKLOG_FORMATTED : DISKLOG_UNWRITABLE;
}

/* ---- opening ------------------------------------------------------------------------------- */

/* Which copy counts? */
static enum disklog_verdict choose(struct disklog *log)
{
	struct superblock s[2] = {{.generation = 0}, {.generation = 0}};
	enum slot slot[2];
	for (unsigned i = 0; i < 2; i++) {
		uint8_t sector[DISKLOG_SECTOR];
		if (!log->device.read(log->device.ctx, i * SLOT_SECTORS, sector, 1))
			return DISKLOG_UNREADABLE;
		slot[i] = decode(sector, &s[i]);
	}
	if (slot[0] == SLOT_NEWER || slot[1] == SLOT_NEWER)
		return DISKLOG_NEWER;
	if (slot[0] != SLOT_WHOLE && slot[1] != SLOT_WHOLE) {
		if (slot[0] == SLOT_BROKEN || slot[1] == SLOT_BROKEN)
			return DISKLOG_DAMAGED;
		return check_blank(log);
	}
	if (slot[0] == SLOT_WHOLE && slot[1] == SLOT_WHOLE)
		log->slot = s[1].generation > s[0].generation;
	else
		log->slot = slot[1] == SLOT_WHOLE;
	log->super = s[log->slot];
	log->superblock_lost = slot[1 - log->slot] != SLOT_WHOLE;
	return DISKLOG_OPENED;
}

/* Takes a log that is there into use: no block of this opening has the epoch of an earlier one.
 * The flushes make all durable that a replay is going to see, whoever wrote it. */
static enum disklog_verdict take(struct disklog *log)
{
	struct superblock s = log->super;
	uint64_t room = log->device.sectors - AREAS_AT;
	if (s.area_sectors < 2 * BLOCK_SECTORS || s.area_sectors > room / 2)
		return DISKLOG_TOO_SMALL;
	log->replay_epoch = s.epoch++;
	if (log->read_only || log_superblock_write(log, s))
		return DISKLOG_OPENED;
	return DISKLOG_UNWRITABLE;
}

static enum disklog_verdict decide(struct disklog *log, const struct disklog_options *options)
{
	if (log->device.sectors < AREAS_AT)
		return DISKLOG_TOO_SMALL;
	enum disklog_verdict v = choose(log);
	if (v == DISKLOG_OPENED)
		return take(log);
	bool make = v == DISKLOG_BLANK ||
		    (options->overwrite &&
			    (v == DISKLOG_FOREIGN || v == DISKLOG_DAMAGED || v == DISKLOG_NEWER));
	return make && !log->read_only ? format(log, options) : v;
}

size_t disklog_memory(void)
{
	return ((sizeof(struct disklog) + 15) & ~(size_t)15) + 2 * DISKLOG_BLOCK_MAX;
}

enum disklog_verdict disklog_open(void *memory, const struct disklog_device *device,
	const struct disklog_options *options, struct disklog **out)
{
	struct disklog *log = memory;
	uint8_t *buffers = (uint8_t *)memory + disklog_memory() - 2 * DISKLOG_BLOCK_MAX;
	memset(log, 0, sizeof(*log));
	log->device = *device;
	log->read_only = options->read_only;
	log->live.buffer = buffers;
	log->next.buffer = buffers + DISKLOG_BLOCK_MAX;
	enum disklog_verdict v = decide(log, options);
	if (v != DISKLOG_OPENED && v != DISKLOG_FORMATTED)
		return v;
	const struct superblock *s = &log->super;
	struct chain first = {log_area_start(s, s->area), s->first_sequence, s->first_epoch, {0}};
	memcpy(first.digest, s->first_digest, DISKLOG_DIGEST);
	log_stream_start(&log->live, &first, first.at + s->area_sectors);
	log->replaying = true;
	*out = log;
	return v;
}

const char *disklog_verdict_text(enum disklog_verdict verdict)
{
	static const char *const texts[] = {
		[DISKLOG_OPENED] = "opened",
		[DISKLOG_FORMATTED] = "a new log was made",
		[DISKLOG_BLANK] = "the device is blank",
		[DISKLOG_TOO_SMALL] = "the device is too small",
		[DISKLOG_FOREIGN] = "there is something else on the device",
		[DISKLOG_DAMAGED] = "both superblocks of the log are damaged",
		[DISKLOG_NEWER] = "the log has a later version of the format",
		[DISKLOG_UNREADABLE] = "the device can't be read",
		[DISKLOG_UNWRITABLE] = "the device can't be written",
	};
	return texts[verdict];
}
