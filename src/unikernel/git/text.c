/* text.c - words, numbers and pkt-lines, written and read. SPDX-License-Identifier: ISC */
#include "parts.h"

#include <string.h>

static const char digits[] = "0123456789abcdef";

void git_out_bytes(struct out *o, const void *p, size_t n)
{
	if (n > o->room - o->n) {
		o->overfull = true;
		return;
	}
	if (n)
		memcpy(o->p + o->n, p, n);
	o->n += n;
}

void git_out_text(struct out *o, const char *text)
{
	git_out_bytes(o, text, strlen(text));
}

void git_out_number(struct out *o, uint64_t value)
{
	char text[20];
	size_t at = sizeof(text);
	do {
		text[--at] = digits[value % 10];
		value /= 10;
	} while (value);
	git_out_bytes(o, text + at, sizeof(text) - at);
}

void git_out_id(struct out *o, const struct table_id *id)
{
	char text[41];
	table_id_text(id, text);
	git_out_bytes(o, text, 40);
}

void git_four_digits(uint8_t *to, size_t value)
{
	for (size_t i = 0; i < 4; i++)
		to[i] = (uint8_t)digits[(value >> (12 - 4 * i)) & 15];
}

size_t git_packet_begin(struct out *o)
{
	size_t begin = o->n;
	git_out_text(o, "0000");
	return begin;
}

void git_packet_end(struct out *o, size_t begin)
{
	if (!o->overfull)
		git_four_digits(o->p + begin, o->n - begin);
}

void git_packet_flush(struct out *o)
{
	git_out_text(o, "0000");
}

void git_packet_id(struct out *o, const char *keyword, const struct table_id *id, const char *after)
{
	size_t begin = git_packet_begin(o);
	git_out_text(o, keyword);
	git_out_text(o, " ");
	git_out_id(o, id);
	git_out_text(o, after);
	git_packet_end(o, begin);
}

bool git_text_is(const char *p, size_t n, const char *text)
{
	return n == strlen(text) && memcmp(p, text, n) == 0;
}

bool git_text_begins(const char *p, size_t n, const char *prefix)
{
	size_t length = strlen(prefix);
	return n >= length && memcmp(p, prefix, length) == 0;
}

bool git_has_word(const char *p, size_t n, const char *word)
{
	size_t length = strlen(word);
	for (size_t at = 0; at < n; at++) {
		const char *end = memchr(p + at, ' ', n - at);
		size_t part = end ? (size_t)(end - p) - at : n - at;
		if (part == length && memcmp(p + at, word, length) == 0)
			return true;
		at += part;
	}
	return false;
}

bool git_text_number(const char *p, size_t n, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;
	if (!n || n > 19) /* 19 digits always fit */
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(p[i] - '0');
	}
	*out = value;
	return value <= max;
}

int git_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	char lower = (char)(c | 32);
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool packet_length(struct packets *k)
{
	size_t length = 0;
	for (size_t i = 0; i < 4; i++) {
		int digit = git_hex_digit((char)k->head[i]);
		if (digit < 0)
			return false;
		length = length * 16 + (size_t)digit;
	}
	k->need = length;
	return length == 0 || (length >= 4 && length - 4 < PACKET_MAX);
}

static void packet_take_head(struct packets *k, const uint8_t **p, size_t *n)
{
	while (k->head_n < 4 && *n) {
		k->head[k->head_n++] = **p;
		++*p;
		--*n;
	}
}

enum packet git_packets_take(struct packets *k, const uint8_t **p, size_t *n)
{
	if (k->head_n < 4) {
		packet_take_head(k, p, n);
		if (k->head_n < 4)
			return PACKET_NONE;
		if (!packet_length(k))
			return PACKET_BAD;
		k->n = 0;
		if (!k->need) {
			k->head_n = 0;
			return PACKET_FLUSH;
		}
	}
	size_t part = k->need - 4 - k->n;
	part = part < *n ? part : *n;
	memcpy(k->line + k->n, *p, part);
	k->n += part;
	*p += part;
	*n -= part;
	if (k->n < k->need - 4)
		return PACKET_NONE;
	k->head_n = 0;
	return PACKET_LINE;
}

bool git_packets_is_between(const struct packets *k)
{
	return k->head_n == 0;
}
