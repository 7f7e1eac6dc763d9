/* body.c - the body of a request: chunked or not, gzip or not (RFC 9112 section 7, RFC 1952).
 * SPDX-License-Identifier: ISC */
#include "parts.h"

#define TRAILER_MAX 4096

/* Bytes of the body proper. */
static int give_plain(struct body *b, const uint8_t *p, size_t n, body_sink *sink, void *ctx)
{
	b->plain += n;
	if (b->plain > b->limit)
		return 413;
	return sink(ctx, p, n) ? 0 : 400;
}

static int give_inflated(struct body *b, const uint8_t *p, size_t n, body_sink *sink, void *ctx)
{
	uint8_t part[1024];
	b->z->next_in = (z_const Bytef *)(uintptr_t)p;
	b->z->avail_in = (uInt)n;
	do {
		b->z->next_out = part;
		b->z->avail_out = sizeof(part);
		int result = b->gzip_ended ? Z_DATA_ERROR : inflate(b->z, Z_NO_FLUSH);
		if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
			return 400;
		b->gzip_ended = result == Z_STREAM_END;
		int status = give_plain(b, part, sizeof(part) - b->z->avail_out, sink, ctx);
		if (status)
			return status;
	} while (b->z->avail_in || (!b->z->avail_out && !b->gzip_ended));
	return 0;
}

static int give(struct body *b, const uint8_t *p, size_t n, body_sink *sink, void *ctx)
{
	b->coded += n;
	if (b->coded > b->limit)
		return 413;
	if (!n)
		return 0;
	return b->gzip ? give_inflated(b, p, n, sink, ctx) : give_plain(b, p, n, sink, ctx);
}

/* A line of chunked coding ends with CR LF, nothing else. -1: it goes on. */
static int line_end(struct body *b, char c)
{
	if (b->has_cr)
		return c == '\n' ? 0 : 400;
	if (c == '\n')
		return 400;
	b->has_cr = c == '\r';
	return -1;
}

static void begin_line(struct body *b, enum chunk_state state)
{
	b->state = state;
	b->digits = 0;
	b->has_cr = false;
}

static int size_ended(struct body *b)
{
	if (!b->digits)
		return 400;
	if (b->left + b->coded > b->limit)
		return 413;
	begin_line(b, b->left ? CHUNK_DATA : CHUNK_TRAILER);
	return 0;
}

static int take_size(struct body *b, char c)
{
	int digit = git_hex_digit(c);
	if (digit >= 0 && !b->has_cr) {
		b->left = b->left * 16 + (uint64_t)digit;
		return ++b->digits > 8 ? 413 : 0;
	}
	if (c == ';' && b->digits && !b->has_cr) {
		b->state = CHUNK_EXTENSION;
		return 0;
	}
	int status = line_end(b, c);
	if (status < 0)
		return b->has_cr ? 0 : 400;
	return status ? status : size_ended(b);
}

static int take_extension(struct body *b, char c)
{
	int status = ++b->trailer > TRAILER_MAX ? 413 : line_end(b, c);
	if (status < 0)
		return 0;
	return status ? status : size_ended(b);
}

static int take_data_end(struct body *b, char c)
{
	int status = line_end(b, c);
	if (status < 0)
		return b->has_cr ? 0 : 400;
	if (status)
		return status;
	begin_line(b, CHUNK_SIZE);
	b->left = 0;
	return 0;
}

/* Fields behind the last chunk say nothing to us. */
static int take_trailer(struct body *b, char c)
{
	int status = ++b->trailer > TRAILER_MAX ? 413 : line_end(b, c);
	if (status < 0) {
		b->digits += !b->has_cr;
		return 0;
	}
	if (status)
		return status;
	b->whole = !b->digits;
	begin_line(b, CHUNK_TRAILER);
	return 0;
}

static int take_framing(struct body *b, char c)
{
	switch (b->state) {
	case CHUNK_SIZE:
		return take_size(b, c);
	case CHUNK_EXTENSION:
		return take_extension(b, c);
	case CHUNK_DATA_END:
		return take_data_end(b, c);
	default:
		return take_trailer(b, c);
	}
}

static int take_data(struct body *b, const uint8_t **p, size_t *n, body_sink *sink, void *ctx)
{
	size_t part = b->left < *n ? (size_t)b->left : *n;
	const uint8_t *from = *p;
	*p += part;
	*n -= part;
	b->left -= part;
	if (!b->left && b->chunked)
		begin_line(b, CHUNK_DATA_END);
	return give(b, from, part, sink, ctx);
}

int git_body_take(struct body *b, const uint8_t **p, size_t *n, body_sink *sink, void *ctx)
{
	int status = 0;
	while (!status && !b->whole && (*n || (!b->chunked && !b->left))) {
		if (!b->chunked || b->state == CHUNK_DATA) {
			status = take_data(b, p, n, sink, ctx);
			b->whole = !b->chunked && !b->left;
		} else {
			char c = (char)**p;
			++*p;
			--*n;
			status = take_framing(b, c);
		}
	}
	if (!status && b->whole && b->gzip && !b->gzip_ended)
		status = 400;
	return status;
}
