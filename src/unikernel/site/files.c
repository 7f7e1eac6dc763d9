/* files.c - the files packed into the image, a cpio archive ("newc" format): a header of text,
 * the name, the contents, each padded to a multiple of four. SPDX-License-Identifier: ISC */
#include "files.h"
#include <stdint.h>
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

static bool read_number(const char *p, uint32_t *out)
{
	uint32_t value = 0;
	for (int i = 0; i < 8; i++) {
		char digit = p[i], letter = (char)(p[i] | 0x20);
		if (digit >= '0' && digit <= '9')
			value = value << 4 | (uint32_t)(digit - '0');
		else if (letter >= 'a' && letter <= 'f')
			value = value << 4 | (uint32_t)(letter - 'a' + 10);
		else
			return false;
	}
	*out = value;
	return true;
}

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* The entry at A->p, of whatever type; moves A behind it. */
static bool read_entry(struct archive *a, struct file *out, uint32_t *mode)
{
	size_t left = (size_t)(a->end - a->p);
	uint32_t name, size;
	if (left < HEADER || memcmp(a->p, MAGIC, strlen(MAGIC)) != 0)
		return false;
	if (!read_number(a->p + MODE, mode) || !read_number(a->p + FILE_SIZE, &size) ||
		!read_number(a->p + NAME_SIZE, &name))
		return false;
	size_t data = padded(HEADER + (size_t)name);
	if (!name || data > left || size > left - data || a->p[HEADER + name - 1])
		return false;
	*out = (struct file){a->p + HEADER, a->p + data, size};
	size_t whole = padded(data + size);
	a->p += whole < left ? whole : left;
	return true;
}

enum found files_next(struct archive *a, struct file *out)
{
	struct file f;
	uint32_t mode;
	while (read_entry(a, &f, &mode)) {
		if (strcmp(f.path, LAST) == 0)
			return FOUND_END;
		if ((mode & MODE_TYPE) != MODE_REGULAR)
			continue;
		*out = f;
		return FOUND_FILE;
	}
	return FOUND_DAMAGE;
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

bool files_find(struct archive a, const char *path, struct file *out)
{
	struct file f;
	while (files_next(&a, &f) == FOUND_FILE) {
		if (strcmp(bare(f.path), bare(path)) == 0) {
			*out = f;
			return true;
		}
	}
	return false;
}
