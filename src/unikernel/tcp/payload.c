/* payload.c - bytes on their way, as values of a table that is never served.
 * SPDX-License-Identifier: ISC */
#include "key.h"
#include <string.h>

#define PER_LINE 32

_Static_assert(sizeof(struct tcp_chunk_key) == 20, "keys are compared as bytes: no padding");
_Static_assert(sizeof(struct tcp_chunk) == 2 + TCP_CHUNK, "and so are values");

static size_t path(const void *key, char out[TABLE_PATH_MAX])
{
	const struct tcp_chunk_key *k = key;
	struct tcp_text w = {out, 0, TABLE_PATH_MAX};
	tcp_key_write(&w, &k->connection);
	tcp_text_add(&w, k->direction == TCP_OUT ? "/out/" : "/in/");
	tcp_text_number(&w, k->seq);
	return w.n;
}

static bool parse_path(const char *p, size_t n, void *key)
{
	struct tcp_reading r = {p, n};
	struct tcp_chunk_key k;
	uint64_t seq;
	memset(&k, 0, sizeof(k));
	if (!tcp_key_read(&r, &k.connection) || !tcp_read_word(&r, "/"))
		return false;
	k.direction = TCP_OUT;
	if (!tcp_read_word(&r, "out/")) {
		k.direction = TCP_IN;
		if (!tcp_read_word(&r, "in/"))
			return false;
	}
	if (!tcp_read_number(&r, UINT32_MAX, &seq) || r.n)
		return false;
	k.seq = (uint32_t)seq;
	memcpy(key, &k, sizeof(k));
	return true;
}

static size_t text(const void *value, char out[TABLE_TEXT_MAX])
{
	const struct tcp_chunk *c = value;
	struct tcp_text w = {out, 0, TABLE_TEXT_MAX};
	for (size_t i = 0; i < c->n && i < TCP_CHUNK; i += PER_LINE) {
		tcp_text_hex(&w, c->bytes + i, c->n - i < PER_LINE ? c->n - i : PER_LINE);
		tcp_text_add(&w, "\n");
	}
	return w.n;
}

static bool parse_text(const char *p, size_t n, void *value)
{
	struct tcp_reading r = {p, n};
	struct tcp_chunk c;
	memset(&c, 0, sizeof(c));
	while (r.n) {
		size_t line = r.n > 2 * PER_LINE ? PER_LINE : r.n / 2;
		if (c.n % PER_LINE || !line || c.n + line > TCP_CHUNK ||
			!tcp_read_hex(&r, c.bytes + c.n, line) || !tcp_read_word(&r, "\n"))
			return false;
		c.n = (uint16_t)(c.n + line);
	}
	if (!c.n)
		return false;
	memcpy(value, &c, sizeof(c));
	return true;
}

/* Of two chunks with the same beginning the longer one, any where they are as long. */
static void merge(const void *key, const void *base, const void *a, const void *b, void *out)
{
	const struct tcp_chunk *x = a, *y = b;
	(void)key;
	(void)base;
	bool first = x->n != y->n ? x->n > y->n : memcmp(x, y, sizeof(*x)) > 0;
	memmove(out, first ? a : b, sizeof(struct tcp_chunk));
}

static size_t message(
	unsigned note, const void *key, const void *value, char out[TABLE_MESSAGE_MAX])
{
	struct tcp_text w = {out, 0, TABLE_MESSAGE_MAX};
	(void)note;
	(void)key;
	(void)value;
	tcp_text_add(&w, "payload");
	return w.n;
}

const struct table_kind tcp_payload_kind = {
	.name = "payload",
	.author = "tcp",
	.key_size = sizeof(struct tcp_chunk_key),
	.value_size = sizeof(struct tcp_chunk),
	.path = path,
	.parse_path = parse_path,
	.text = text,
	.parse_text = parse_text,
	.merge = merge,
	.message = message,
};
