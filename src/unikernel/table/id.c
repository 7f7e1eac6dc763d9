/* id.c - names of objects: the SHA-1 of type, length and contents. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <nettle/sha1.h>
#include <string.h>

static const char *const type_names[] = {
	[TABLE_COMMIT] = "commit ", [TABLE_TREE] = "tree ", [TABLE_BLOB] = "blob "};

size_t number_write(uint64_t n, char out[20])
{
	char digits[20];
	size_t k = 0;
	do
		digits[k++] = (char)('0' + n % 10);
	while (n /= 10);
	for (size_t i = 0; i < k; i++)
		out[i] = digits[k - 1 - i];
	return k;
}

void id_make(enum table_type type, const void *p, size_t n, struct table_id *out)
{
	struct sha1_ctx sha;
	char length[20];
	sha1_init(&sha);
	sha1_update(&sha, strlen(type_names[type]), (const uint8_t *)type_names[type]);
	sha1_update(&sha, number_write(n, length), (const uint8_t *)length);
	sha1_update(&sha, 1, (const uint8_t *)"");
	sha1_update(&sha, n, p);
	sha1_digest(&sha, sizeof(out->bytes), out->bytes);
}

bool id_is(const struct table_id *a, const struct table_id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void table_id_text(const struct table_id *id, char out[41])
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < sizeof(id->bytes); i++) {
		out[2 * i] = digits[id->bytes[i] >> 4];
		out[2 * i + 1] = digits[id->bytes[i] & 15];
	}
	out[40] = '\0';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool table_id_parse(const char *text, size_t n, struct table_id *out)
{
	struct table_id id;
	if (n != 2 * sizeof(id.bytes))
		return false;
	for (size_t i = 0; i < sizeof(id.bytes); i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		id.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*out = id;
	return true;
}
