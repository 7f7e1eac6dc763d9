/* append.c - records into blocks, blocks onto the device. SPDX-License-Identifier: ISC */
#include "inner.h"

static void reset(struct stream *s)
{
	s->used = s->sealed = BLOCK_HEADER;
	s->count = s->sealed_count = 0;
}

void log_stream_start(struct stream *s, const struct chain *chain, uint64_t end)
{
	s->state = STREAM_OK;
	s->end = end;
	s->first = s->chain = *chain;
	s->durable = chain->sequence;
	s->spilled = false;
	reset(s);
}

bool log_stream_write(struct disklog *log, struct stream *s, bool continues)
{
	struct block b = {
		.length = (uint32_t)(s->used - BLOCK_HEADER),
		.count = s->count,
		.flags = continues ? FLAG_CONTINUES : 0,
		.epoch = log->super.epoch,
		.sequence = s->chain.sequence,
		.durable = s->durable,
	};
	size_t sectors = sectors_of(s->used);
	memcpy(b.previous, s->chain.digest, DISKLOG_DIGEST);
	log_block_finish(log->super.id, s->buffer, &b);
	memset(s->buffer + s->used, 0, sectors * DISKLOG_SECTOR - s->used);
	if (!log->device.write(log->device.ctx, s->chain.at, s->buffer, sectors)) {
		s->state = STREAM_FAILED;
		return false;
	}
	log_chain_advance(&s->chain, &b);
	s->spilled = continues;
	reset(s);
	return true;
}

/* Room for N more bytes in the open block, which may have to be a new one. */
static bool make_room(struct disklog *log, struct stream *s, size_t n)
{
	if (s->used + n > DISKLOG_BLOCK_MAX && !log_stream_write(log, s, s->sealed != s->used))
		return false;
	if (sectors_of(s->used + n) <= s->end - s->chain.at)
		return true;
	/* What was sealed before can still be flushed, unless a part of the open group precedes. */
	s->used = s->sealed;
	s->count = s->sealed_count;
	s->state = STREAM_FULL;
	return false;
}

static size_t length_of(const struct disklog_part *parts, size_t count)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].n > DISKLOG_RECORD_MAX - n)
			return SIZE_MAX;
		n += parts[i].n;
	}
	return n;
}

bool log_stream_append(struct disklog *log, struct stream *s, unsigned kind, unsigned store,
	const struct disklog_part *parts, size_t count)
{
	size_t n = length_of(parts, count);
	if (s->state != STREAM_OK || n == SIZE_MAX || kind > 255 || store > 255 ||
		!make_room(log, s, RECORD_HEADER + padded(n)))
		return false;
	uint8_t *p = s->buffer + s->used;
	memset(p, 0, RECORD_HEADER);
	put32(p, (uint32_t)n);
	p[4] = (uint8_t)kind;
	p[5] = (uint8_t)store;
	p += RECORD_HEADER;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].n > 0)
			memcpy(p, parts[i].p, parts[i].n);
		p += parts[i].n;
	}
	memset(p, 0, padded(n) - n);
	s->last = s->used;
	s->used += RECORD_HEADER + padded(n);
	s->count++;
	return true;
}

void log_stream_seal(struct stream *s, uint64_t group)
{
	if (s->state != STREAM_OK)
		return;
	if (s->used != s->sealed)
		s->buffer[s->last + 6] |= RECORD_LAST;
	s->sealed = s->used;
	s->sealed_count = s->count;
	s->group = group;
}

bool disklog_append(struct disklog *log, unsigned kind, unsigned store,
	const struct disklog_part *parts, size_t count)
{
	if (log->read_only || log->replaying)
		return false;
	log->group_open = true;
	bool taken = log_stream_append(log, &log->live, kind, store, parts, count);
	if (log->next.state == STREAM_OK)
		taken |= log_stream_append(log, &log->next, kind, store, parts, count);
	log->refused += !taken;
	return taken;
}

uint64_t disklog_seal(struct disklog *log)
{
	if (!log->group_open)
		return log->sealed;
	log->group_open = false;
	log->sealed++;
	log_stream_seal(&log->live, log->sealed);
	log_stream_seal(&log->next, log->sealed);
	return log->sealed;
}

bool disklog_flush(struct disklog *log)
{
	struct stream *s = &log->live;
	if (log->read_only || log->replaying || log->group_open || s->state == STREAM_FAILED)
		return false;
	if (s->durable == s->chain.sequence && s->used == BLOCK_HEADER)
		return log->durable == log->sealed;
	/* Full in the midst of a group that has blocks on the device: they will never count. */
	if (s->spilled && s->used == BLOCK_HEADER)
		return false;
	if (s->used > BLOCK_HEADER && !log_stream_write(log, s, false))
		return false;
	if (!log->device.flush(log->device.ctx)) {
		s->state = STREAM_FAILED;
		return false;
	}
	s->durable = s->chain.sequence;
	log->durable = s->group;
	return log->durable == log->sealed;
}

bool disklog_commit(struct disklog *log)
{
	disklog_seal(log);
	return disklog_flush(log);
}

uint64_t disklog_durable(const struct disklog *log)
{
	return log->durable;
}
