/* replay.c - reading a log from its first block to its last whole group.
 * SPDX-License-Identifier: ISC */
#include "inner.h"

/* Loads the window, from sector FROM up to the area's end or as much as it holds. */
static bool window_load(struct disklog *log, uint64_t from)
{
	uint64_t n = log->live.end - from < BLOCK_SECTORS ? log->live.end - from : BLOCK_SECTORS;
	log->window = from;
	log->loaded = 0;
	if (n > 0 && !log->device.read(log->device.ctx, from, log->next.buffer, (size_t)n))
		return false;
	log->loaded = n;
	return true;
}

static bool window_has(const struct disklog *log, uint64_t sector, uint64_t n)
{
	return sector >= log->window && sector - log->window <= log->loaded &&
	       n <= log->loaded - (sector - log->window);
}

static uint8_t *window_at(const struct disklog *log, uint64_t sector)
{
	return log->next.buffer + (sector - log->window) * DISKLOG_SECTOR;
}

/* ---- blocks -------------------------------------------------------------------------------- */

enum found { FOUND_BLOCK, FOUND_NONE, FOUND_ERROR };

/* The block behind C, into the window. */
static enum found find_block(struct disklog *log, const struct chain *c, struct block *b)
{
	if (c->at >= log->live.end)
		return FOUND_NONE;
	if (!window_has(log, c->at, 1) && !window_load(log, c->at))
		return FOUND_ERROR;
	size_t n = sectors_of(log_block_extent(window_at(log, c->at)));
	if (n == 0 || n > log->live.end - c->at)
		return FOUND_NONE;
	if (!window_has(log, c->at, n) && !window_load(log, c->at))
		return FOUND_ERROR;
	bool valid = log_block_parse(log->super.id, window_at(log, c->at), n * DISKLOG_SECTOR, b) &&
		     log_block_follows(b, c, log->replay_epoch);
	return valid ? FOUND_BLOCK : FOUND_NONE;
}

/* B, at the live chain, begins a group that goes on behind it: does that group end? */
static enum found find_end(struct disklog *log, struct block b)
{
	struct chain c = log->live.chain;
	while (b.flags & FLAG_CONTINUES) {
		log_chain_advance(&c, &b);
		enum found found = find_block(log, &c, &b);
		if (found != FOUND_BLOCK)
			return found;
	}
	log->whole_until = c.at + 1;
	return FOUND_BLOCK;
}

/* Was the block at SECTOR, if there is one, written when the one that C lacks was durable already?
 */
static enum found look_at(struct disklog *log, const struct chain *c, uint64_t sector)
{
	struct block b;
	if (!window_load(log, sector))
		return FOUND_ERROR;
	bool is = log_block_parse(log->super.id, window_at(log, sector),
			  (size_t)log->loaded * DISKLOG_SECTOR, &b) &&
		  b.epoch >= c->epoch && b.epoch <= log->replay_epoch && b.durable > c->sequence;
	return is ? FOUND_BLOCK : FOUND_NONE;
}

/* Looks for signs of a loss where the next block but one would begin. */
static enum found look_behind(struct disklog *log)
{
	const struct chain *c = &log->live.chain;
	enum found found = FOUND_NONE;
	for (uint64_t i = 1; i < BLOCK_SECTORS && found == FOUND_NONE; i++) {
		uint64_t sector = c->at + i;
		if (sector >= log->live.end)
			break;
		if (!window_has(log, sector, 1) && !window_load(log, sector))
			return FOUND_ERROR;
		if (log_block_extent(window_at(log, sector)) > 0)
			found = look_at(log, c, sector);
	}
	return found;
}

static enum disklog_next finish(struct disklog *log)
{
	enum found behind = look_behind(log);
	if (behind == FOUND_ERROR)
		return DISKLOG_NOT_READ;
	log->damaged = behind == FOUND_BLOCK;
	log->live.durable = log->live.chain.sequence;
	log->replaying = false;
	return DISKLOG_END;
}

/* The next block with records to replay: DISKLOG_RECORD where there is one. */
static enum disklog_next next_block(struct disklog *log)
{
	enum found found = find_block(log, &log->live.chain, &log->block);
	if (found == FOUND_BLOCK && log->live.chain.at >= log->whole_until) {
		found = find_end(log, log->block);
		/* That may have moved the window. */
		if (found == FOUND_BLOCK)
			found = find_block(log, &log->live.chain, &log->block);
	}
	if (found == FOUND_ERROR)
		return DISKLOG_NOT_READ;
	if (found == FOUND_NONE)
		return finish(log);
	log->offset = BLOCK_HEADER;
	return DISKLOG_RECORD;
}

/* ---- records ------------------------------------------------------------------------------- */

static void record_at(const uint8_t *p, uint64_t address, struct disklog_record *r)
{
	r->n = get32(p);
	r->kind = p[4];
	r->store = p[5];
	r->last = p[6] & RECORD_LAST;
	r->p = p + RECORD_HEADER;
	r->address = address;
}

enum disklog_next disklog_next(struct disklog *log, struct disklog_record *record)
{
	while (log->replaying) {
		if (log->offset == 0) {
			enum disklog_next next = next_block(log);
			if (next != DISKLOG_RECORD)
				return next;
		}
		if (log->offset < BLOCK_HEADER + log->block.length) {
			uint64_t at = log->live.chain.at;
			record_at(window_at(log, at) + log->offset,
				at * DISKLOG_SECTOR + log->offset, record);
			log->offset += RECORD_HEADER + padded(record->n);
			return DISKLOG_RECORD;
		}
		log_chain_advance(&log->live.chain, &log->block);
		log->offset = 0;
	}
	return DISKLOG_END;
}

/* Loads the window around SECTOR: whoever reads a history goes backwards. */
static bool window_around(struct disklog *log, uint64_t sector)
{
	uint64_t first = log->live.first.at;
	uint64_t behind = BLOCK_SECTORS - BLOCK_SECTORS / 4;
	return window_load(log, sector - first > behind ? sector - behind : first);
}

bool disklog_read(struct disklog *log, uint64_t address, struct disklog_record *record)
{
	uint64_t sector = address / DISKLOG_SECTOR;
	size_t offset = address % DISKLOG_SECTOR;
	if (log->replaying || log->next.state != STREAM_CLOSED || log->compactions > 0 ||
		offset % 8 != 0 || sector < log->live.first.at || sector >= log->live.chain.at)
		return false;
	if (!window_has(log, sector, 1) && !window_around(log, sector))
		return false;
	size_t n = get32(window_at(log, sector) + offset);
	if (n > DISKLOG_RECORD_MAX)
		return false;
	size_t whole = sectors_of(offset + RECORD_HEADER + n);
	if (!window_has(log, sector, whole) &&
		(!window_load(log, sector) || !window_has(log, sector, whole)))
		return false;
	record_at(window_at(log, sector) + offset, address, record);
	return true;
}
