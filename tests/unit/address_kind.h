/* address_kind.h - a kind of table for tests and benchmarks: IPv4 addresses to MAC addresses that
 * expire, in one flat folder or in a folder for each byte. SPDX-License-Identifier: ISC */
#ifndef RESPIN_TESTS_ADDRESS_KIND_H
#define RESPIN_TESTS_ADDRESS_KIND_H

#include <stdio.h>
#include <string.h>

#include "table.h"

#define SECOND UINT64_C(1000000000)
#define START (UINT64_C(1700000000) * SECOND)

struct address {
	uint8_t bytes[4];
};
struct holder {
	uint64_t expires;
	uint8_t mac[6], zero[2];
};

enum note { NOTE_LATER = TABLE_LATER, NOTE_ADDED, NOTE_EXPIRED, NOTE_MERGED, NOTE_OTHER };

static inline struct address address(unsigned n)
{
	return (struct address){{10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}};
}

static inline struct holder holder(unsigned mac, uint64_t expires)
{
	return (struct holder){.expires = expires,
		.mac = {2, 0, 0, (uint8_t)(mac >> 16), (uint8_t)(mac >> 8), (uint8_t)mac}};
}

static inline size_t write_path(const void *key, char *out, char separator)
{
	const uint8_t *b = ((const struct address *)key)->bytes;
	return (size_t)snprintf(out, TABLE_PATH_MAX, "%u%c%u%c%u%c%u", b[0], separator, b[1],
		separator, b[2], separator, b[3]);
}

static inline size_t flat_path(const void *key, char out[TABLE_PATH_MAX])
{
	return write_path(key, out, '.');
}

static inline size_t fanned_path(const void *key, char out[TABLE_PATH_MAX])
{
	return write_path(key, out, '/');
}

static inline bool read_path(const char *path, size_t n, void *key, char separator)
{
	char text[TABLE_PATH_MAX], again[TABLE_PATH_MAX], format[] = "%u.%u.%u.%u";
	unsigned b[4];
	if (n >= sizeof(text))
		return false;
	memcpy(text, path, n);
	text[n] = '\0';
	format[2] = format[5] = format[8] = separator;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (sscanf(text, format, &b[0], &b[1], &b[2], &b[3]) != 4)
		return false;
#pragma GCC diagnostic pop
	for (size_t i = 0; i < 4; i++)
		((struct address *)key)->bytes[i] = (uint8_t)b[i];
	return write_path(key, again, separator) == n && memcmp(again, path, n) == 0;
}

static inline bool flat_parse_path(const char *path, size_t n, void *key)
{
	return read_path(path, n, key, '.');
}

static inline bool fanned_parse_path(const char *path, size_t n, void *key)
{
	return read_path(path, n, key, '/');
}

static inline size_t write_holder(const void *value, char out[TABLE_TEXT_MAX])
{
	const struct holder *h = value;
	return (size_t)snprintf(out, TABLE_TEXT_MAX,
		"mac %02x:%02x:%02x:%02x:%02x:%02x\nexpires %llu\n", h->mac[0], h->mac[1],
		h->mac[2], h->mac[3], h->mac[4], h->mac[5], (unsigned long long)h->expires);
}

/* More spaces than needed are no error, so that there are texts which are not written so. */
static inline bool read_holder(const char *text, size_t n, void *value)
{
	char copy[128];
	unsigned m[6];
	unsigned long long expires;
	int end = 0;
	struct holder h = {0};
	if (n >= sizeof(copy))
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (sscanf(copy, "mac %2x:%2x:%2x:%2x:%2x:%2x expires %llu%n", &m[0], &m[1], &m[2], &m[3],
		    &m[4], &m[5], &expires, &end) != 7 ||
		strcmp(copy + end, "\n") != 0)
		return false;
	for (size_t i = 0; i < 6; i++)
		h.mac[i] = (uint8_t)m[i];
	h.expires = expires;
	*(struct holder *)value = h;
	return true;
}

/* The later expiry; of two alike the greater address. */
static inline void later_holder(
	const void *key, const void *base, const void *a, const void *b, void *out)
{
	(void)key;
	(void)base;
	const struct holder *x = a, *y = b;
	bool first =
		x->expires != y->expires ? x->expires > y->expires : memcmp(x->mac, y->mac, 6) > 0;
	*(struct holder *)out = first ? *x : *y;
}

static inline size_t write_message(
	unsigned note, const void *key, const void *value, char out[TABLE_MESSAGE_MAX])
{
	static const char *const notes[] = {"", "entry", "expired", "merge", "other"};
	char path[TABLE_PATH_MAX] = "", text[TABLE_TEXT_MAX] = "gone";
	if (note == NOTE_LATER || note > NOTE_OTHER)
		return 0;
	if (key)
		write_path(key, path, '.');
	if (value)
		write_holder(value, text);
	text[strcspn(text, "\n")] = '\0';
	return (size_t)snprintf(
		out, TABLE_MESSAGE_MAX, key ? "%s: %s -> %s" : "%s", notes[note], path, text);
}

#define ADDRESS_KIND(layout)                                                                       \
	{                                                                                          \
		"arp", "arp", sizeof(struct address), sizeof(struct holder), layout##_path,        \
			layout##_parse_path, write_holder, read_holder, later_holder,              \
			write_message                                                              \
	}
static const struct table_kind flat_kind = ADDRESS_KIND(flat);
static const struct table_kind fanned_kind = ADDRESS_KIND(fanned);

static const uint64_t test_secret[2] = {1, 2};

#endif
