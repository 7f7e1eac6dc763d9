/* fuzz_import.c - objects from elsewhere: a stream of them is taken in and merged. What is taken
 * must be read back the same, whatever was refused. SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t path(const void *key, char out[TABLE_PATH_MAX])
{
	return (size_t)snprintf(out, TABLE_PATH_MAX, "%u", *(const uint8_t *)key);
}

static bool parse_number(const char *p, size_t n, unsigned max, uint8_t *out)
{
	unsigned number = 0;
	if (n == 0 || n > 3 || (*p == '0' && n > 1))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		number = number * 10 + (unsigned)(p[i] - '0');
	}
	*out = (uint8_t)number;
	return number <= max;
}

static bool parse_path(const char *p, size_t n, void *key)
{
	return parse_number(p, n, 255, key);
}

static bool parse_text(const char *p, size_t n, void *value)
{
	return n > 0 && p[n - 1] == '\n' && parse_number(p, n - 1, 255, value);
}

static size_t text(const void *value, char out[TABLE_TEXT_MAX])
{
	return (size_t)snprintf(out, TABLE_TEXT_MAX, "%u\n", *(const uint8_t *)value);
}

static void larger(const void *key, const void *base, const void *a, const void *b, void *out)
{
	(void)key;
	(void)base;
	const uint8_t *x = a, *y = b;
	*(uint8_t *)out = *x > *y ? *x : *y;
}

static size_t message(
	unsigned note, const void *key, const void *value, char out[TABLE_MESSAGE_MAX])
{
	(void)key;
	(void)value;
	return (size_t)snprintf(out, TABLE_MESSAGE_MAX, "note %u", note);
}

static const struct table_kind kind = {
	"n", "fuzz", 1, 1, path, parse_path, text, parse_text, larger, message};
static const uint64_t secret[2] = {1, 2};
static const struct table_limits limits = {
	.entries = 16, .history_bytes = 20000, .log_records = 8, .secret = secret};

/* Two bytes of type and length, then the contents; where an id is to be, "@" and a letter give that
 * of an earlier object. False at the end. */
struct input {
	const uint8_t *p, *end;
	struct table_id ids[26];
};

static void put_id(
	const struct input *in, enum table_type type, uint8_t which, uint8_t *out, size_t *n)
{
	const struct table_id *id = &in->ids[which % 26];
	char hex[41];
	if (type == TABLE_TREE) {
		memcpy(out + *n, id->bytes, 20);
		*n += 20;
		return;
	}
	table_id_text(id, hex);
	memcpy(out + *n, hex, 40);
	*n += 40;
}

static size_t next(struct input *in, enum table_type *type, uint8_t *out)
{
	size_t n = 0, left = in->p[1];
	*type = (enum table_type)(1 + in->p[0] % 3);
	for (in->p += 2; left && in->p < in->end; left--) {
		uint8_t c = *in->p++;
		if (c == '@' && *type != TABLE_BLOB && in->p < in->end)
			put_id(in, *type, *in->p++, out, &n);
		else
			out[n++] = c;
	}
	return n;
}

static void check_back(
	const struct table_import *im, const struct table_id *id, const uint8_t *p, size_t n)
{
	static uint8_t back[TABLE_OBJECT_MAX];
	enum table_type type;
	size_t back_n;
	if (!table_import_read(im, id, &type, back, &back_n) || back_n != n ||
		memcmp(back, p, n) != 0)
		__builtin_trap();
}

static void take_all(struct table *t, struct input *in)
{
	struct table_import *im = table_import(t);
	char why[TABLE_MESSAGE_MAX];
	unsigned letter = 0;
	while (in->end - in->p > 2) {
		enum table_type type;
		uint8_t contents[256 * 40];
		struct table_id *id = &in->ids[letter % 26];
		size_t n = next(in, &type, contents);
		if (!table_import_add(im, type, contents, n, id))
			continue;
		check_back(im, id, contents, n);
		letter++;
		if (type == TABLE_COMMIT)
			table_import_merge(im, id, 1, NULL, NULL, why);
	}
	table_import_close(im);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {.p = data, .end = data + size};
	void *memory = calloc(1, table_memory(&kind, &limits));
	struct table *t = table_open(memory, &kind, &limits);
	table_set_time(t, UINT64_C(1700000000000000000));
	table_put(t, (const uint8_t[1]){7}, (const uint8_t[1]){7}, 1);
	table_flush(t);
	take_all(t, &in);
	table_flush(t);
	if (table_is_behind(t) || table_count(t) > limits.entries)
		__builtin_trap();
	free(memory);
	return 0;
}
