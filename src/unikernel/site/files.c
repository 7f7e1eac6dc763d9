/* files.c - the files packed into the image, a cpio archive ("newc" format): a header of text,
 * the name, the contents, each padded to a multiple of four. SPDX-License-Identifier: ISC */
#include "files.h"
#include "platform.h"
#include <string.h>

#define MAGIC "070701"
#define HEADER 110
#define FIELD(n) (6 + 8 * (n)) /* thirteen numbers of eight hexadecimal digits */
#define MODE FIELD(1)
#define FILE_SIZE FIELD(6)
#define NAME_SIZE FIELD(11)
#define LAST "TRAILER!!!"
#define MODE_TYPE 0170000
#define MODE_REGULAR 0100000

extern const char files_start[], files_end[];

static _Noreturn void damaged(const char *place)
{
	panic("the packed files are damaged at byte %zu", (size_t)(place - files_start));
}

static size_t number(const char *entry, size_t field)
{
	size_t value = 0;
	for (const char *p = entry + field; p < entry + field + 8; p++) {
		char c = *p;
		if (c >= '0' && c <= '9')
			value = value * 16 + (size_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value * 16 + (size_t)((c | 0x20) - 'a' + 10);
		else
			damaged(p);
	}
	return value;
}

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* The entry at PLACE; returns where the next one begins. */
static const char *read_entry(const char *place, struct file *out, size_t *mode)
{
	size_t left = (size_t)(files_end - place);
	if (left < HEADER || memcmp(place, MAGIC, 6) != 0)
		damaged(place);
	size_t name_size = number(place, NAME_SIZE), size = number(place, FILE_SIZE);
	size_t data = padded(HEADER + name_size);
	if (!name_size || data > left || size > left - data || place[HEADER + name_size - 1])
		damaged(place);
	*mode = number(place, MODE);
	*out = (struct file){place + HEADER, place + data, size};
	size_t whole = padded(data + size);
	return whole < left ? place + whole : files_end;
}

bool files_next(const char **place, struct file *out)
{
	const char *p = *place ? *place : files_start;
	size_t mode = 0;
	while (p < files_end) {
		struct file f;
		p = read_entry(p, &f, &mode);
		if (strcmp(f.path, LAST) == 0)
			return false;
		if ((mode & MODE_TYPE) != MODE_REGULAR)
			continue;
		*place = p;
		*out = f;
		return true;
	}
	return false;
}

/* "./a/b", "/a/b" and "a/b" are the same file. */
static const char *bare(const char *path)
{
	if (path[0] == '.' && path[1] == '/')
		path++;
	while (*path == '/')
		path++;
	return path;
}

bool files_find(const char *path, struct file *out)
{
	const char *place = NULL;
	struct file f;
	while (files_next(&place, &f)) {
		if (strcmp(bare(f.path), bare(path)) == 0) {
			*out = f;
			return true;
		}
	}
	return false;
}
