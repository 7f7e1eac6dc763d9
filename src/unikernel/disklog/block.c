/* block.c - a block's header and what makes it valid. SPDX-License-Identifier: ISC */
#include "inner.h"

#define VERSION 1
static const uint8_t magic[8] = {'r', 's', 'p', 'b', 'l', 'o', 'c', 'k'};

/* Where the header's fields lie; the digest covers the log's id and all but itself. */
enum {
	MAGIC_AT = 0,
	VERSION_AT = 8,
	FLAGS_AT = 10,
	LENGTH_AT = 12,
	COUNT_AT = 16, /* four bytes of zero behind it */
	EPOCH_AT = 24,
	SEQUENCE_AT = 32,
	DURABLE_AT = 40,
	PREVIOUS_AT = 48,
	DIGEST_AT = 80
};

static void digest_of(const uint8_t id[16], const uint8_t *p, size_t length, uint8_t *digest)
{
	struct sha256_ctx sha;
	sha256_init(&sha);
	sha256_update(&sha, 16, id);
	sha256_update(&sha, DIGEST_AT, p);
	sha256_update(&sha, length, p + BLOCK_HEADER);
	sha256_digest(&sha, DISKLOG_DIGEST, digest);
}

void log_block_finish(const uint8_t id[16], uint8_t *p, struct block *b)
{
	memset(p, 0, BLOCK_HEADER);
	memcpy(p + MAGIC_AT, magic, sizeof(magic));
	put16(p + VERSION_AT, VERSION);
	put16(p + FLAGS_AT, b->flags);
	put32(p + LENGTH_AT, b->length);
	put32(p + COUNT_AT, b->count);
	put64(p + EPOCH_AT, b->epoch);
	put64(p + SEQUENCE_AT, b->sequence);
	put64(p + DURABLE_AT, b->durable);
	memcpy(p + PREVIOUS_AT, b->previous, DISKLOG_DIGEST);
	digest_of(id, p, b->length, b->digest);
	memcpy(p + DIGEST_AT, b->digest, DISKLOG_DIGEST);
}

size_t log_block_extent(const uint8_t *p)
{
	uint32_t length = get32(p + LENGTH_AT);
	if (memcmp(p, magic, sizeof(magic)) != 0 || get16(p + VERSION_AT) != VERSION ||
		length > DISKLOG_BLOCK_MAX - BLOCK_HEADER || length % 8 != 0)
		return 0;
	return BLOCK_HEADER + length;
}

/* Are the records COUNT whole ones? They are where we wrote them; an image may be anyone's. */
static bool records_fit(const uint8_t *p, uint32_t length, uint32_t count)
{
	size_t at = 0;
	while (count > 0 && length - at >= RECORD_HEADER) {
		uint32_t n = get32(p + at);
		if (n > length - at - RECORD_HEADER)
			return false;
		at += RECORD_HEADER + padded(n);
		count--;
	}
	return count == 0 && at == length;
}

bool log_block_parse(const uint8_t id[16], const uint8_t *p, size_t room, struct block *b)
{
	uint8_t digest[DISKLOG_DIGEST];
	size_t extent = log_block_extent(p);
	if (extent == 0 || extent > room)
		return false;
	b->flags = (uint16_t)get16(p + FLAGS_AT);
	b->length = get32(p + LENGTH_AT);
	b->count = get32(p + COUNT_AT);
	b->epoch = get64(p + EPOCH_AT);
	b->sequence = get64(p + SEQUENCE_AT);
	b->durable = get64(p + DURABLE_AT);
	memcpy(b->previous, p + PREVIOUS_AT, DISKLOG_DIGEST);
	memcpy(b->digest, p + DIGEST_AT, DISKLOG_DIGEST);
	digest_of(id, p, b->length, digest);
	return memcmp(digest, b->digest, DISKLOG_DIGEST) == 0 &&
	       records_fit(p + BLOCK_HEADER, b->length, b->count);
}

bool log_block_follows(const struct block *b, const struct chain *c, uint64_t newest_epoch)
{
	return b->sequence == c->sequence && b->epoch >= c->epoch && b->epoch <= newest_epoch &&
	       memcmp(b->previous, c->digest, DISKLOG_DIGEST) == 0;
}

void log_chain_advance(struct chain *c, const struct block *b)
{
	c->at += sectors_of(BLOCK_HEADER + b->length);
	c->sequence = b->sequence + 1;
	c->epoch = b->epoch;
	memcpy(c->digest, b->digest, DISKLOG_DIGEST);
}
