/* compact.c - the log moves to the other area; the facts about it. SPDX-License-Identifier: ISC */
#include "inner.h"

bool disklog_is_compacting(const struct disklog *log)
{
	return log->next.state != STREAM_CLOSED;
}

void disklog_compact_abort(struct disklog *log)
{
	log->next.state = STREAM_CLOSED;
}

bool disklog_compact_begin(struct disklog *log)
{
	if (log->read_only || log->replaying || log->group_open || disklog_is_compacting(log))
		return false;
	/* An attempt that a crash cut short may have left blocks there: a new epoch buries them. */
	struct superblock s = log->super;
	s.epoch++;
	if (!log_superblock_write(log, s))
		return false;
	struct chain first = log->live.chain;
	first.at = log_area_start(&s, 1 - s.area);
	first.epoch = s.epoch;
	log->loaded = 0;
	log_stream_start(&log->next, &first, first.at + s.area_sectors);
	return true;
}

bool disklog_compact_add(struct disklog *log, unsigned kind, unsigned store,
	const struct disklog_part *parts, size_t count)
{
	struct stream *s = &log->next;
	if (!log_stream_append(log, s, kind, store, parts, count))
		return false;
	if (!log->group_open)
		log_stream_seal(s, log->sealed);
	return true;
}

/* Makes what the new area has durable. A failed flush may have lost blocks of either area. */
static bool settle(struct disklog *log)
{
	struct stream *s = &log->next;
	if (s->state != STREAM_OK || log->group_open)
		return false;
	if (s->used > BLOCK_HEADER && !log_stream_write(log, s, false))
		return false;
	if (log->device.flush(log->device.ctx))
		return true;
	log->live.state = STREAM_FAILED;
	return false;
}

bool disklog_compact_end(struct disklog *log)
{
	struct stream *next = &log->next;
	struct superblock s = log->super;
	s.area = 1 - s.area;
	s.first_sequence = next->first.sequence;
	s.first_epoch = next->first.epoch;
	memcpy(s.first_digest, next->first.digest, DISKLOG_DIGEST);
	if (!settle(log)) {
		disklog_compact_abort(log);
		return false;
	}
	s.base = next->chain.at - next->first.at;
	if (!log_superblock_write(log, s)) {
		/* Nobody knows which area the device takes for the log now. */
		log->live.state = STREAM_FAILED;
		disklog_compact_abort(log);
		return false;
	}
	uint8_t *spare = log->live.buffer;
	log->live = *next;
	log->live.durable = log->live.chain.sequence;
	log->next = (struct stream){.buffer = spare};
	log->durable = log->sealed;
	log->compactions++;
	return true;
}

static uint64_t used_sectors(const struct disklog *log)
{
	const struct stream *s = &log->live;
	size_t open = s->used > BLOCK_HEADER ? sectors_of(s->used) : 0;
	return s->chain.at + open - s->first.at;
}

bool disklog_is_due(const struct disklog *log)
{
	if (log->read_only || log->replaying || disklog_is_compacting(log))
		return false;
	uint64_t base = log->super.base;
	uint64_t free = log->super.area_sectors - base;
	return log->live.state != STREAM_OK || used_sectors(log) - base >= free / 4 * 3;
}

enum disklog_state disklog_state(const struct disklog *log)
{
	if (log->replaying)
		return DISKLOG_REPLAYING;
	if (log->read_only)
		return DISKLOG_READING;
	if (log->live.state == STREAM_OK)
		return DISKLOG_READY;
	return log->live.state == STREAM_FULL ? DISKLOG_FULL : DISKLOG_FAILED;
}

struct disklog_stats disklog_stats(const struct disklog *log)
{
	struct disklog_stats s = {
		.epoch = log->super.epoch,
		.generation = log->super.generation,
		.area_bytes = log->super.area_sectors * DISKLOG_SECTOR,
		.used_bytes = used_sectors(log) * DISKLOG_SECTOR,
		.blocks = log->live.chain.sequence,
		.refused = log->refused,
		.compactions = log->compactions,
		.superblock_lost = log->superblock_lost,
		.damaged = log->damaged,
	};
	memcpy(s.id, log->super.id, sizeof(s.id));
	memcpy(s.digest, log->live.chain.digest, DISKLOG_DIGEST);
	return s;
}
