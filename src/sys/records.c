/* records.c - files of sorted records that are mapped. SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/sys.h"

struct str file_map(const char *path)
{
	const struct str none = {NULL, 0};
	struct stat st;
	defer(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) || st.st_size <= 0)
		return none;
	size_t n = (size_t)st.st_size;
	void *map = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
	return map == MAP_FAILED ? none : (struct str){map, n};
}

void file_unmap(struct str bytes)
{
	if (bytes.p)
		munmap((void *)(uintptr_t)bytes.p, bytes.n);
}

bool records_find(const struct records_format *f, struct str bytes, const char **at)
{
	uint64_t size, end = f->header;
	if (bytes.n < f->header || memcmp(bytes.p, f->magic, 8) != 0)
		return false;
	memcpy(&size, bytes.p + 8, sizeof(size));
	if (size != bytes.n)
		return false;
	const uint32_t *count = (const void *)(bytes.p + f->counts);
	for (size_t i = 0; i < f->sections; i++) {
		at[i] = bytes.p + end;
		end += (uint64_t)count[i] * f->sizes[i];
		if (end > bytes.n)
			return false;
	}
	return end == bytes.n && count[f->sections - 1] && !bytes.p[bytes.n - 1];
}

/* The first record whose name is not before NAME (or, with AFTER, behind it). */
static size_t bound(const void *list, size_t n, record_name *name_of, struct str name, bool after)
{
	size_t low = 0, high = n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_cmp(str_of(name_of(list, middle)), name);
		if (order < 0 || (after && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t records_named(
	const void *list, size_t n, record_name *name_of, struct str name, size_t *first)
{
	*first = bound(list, n, name_of, name, false);
	return bound(list, n, name_of, name, true) - *first;
}

/* Four lanes, so that one multiplication need not wait for the one before. */
uint64_t records_sum(struct str bytes)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t lane[4] = {bytes.n, 1, 2, 3}, word[4] = {0};
	size_t at = 0;
	for (; bytes.n - at >= sizeof(word); at += sizeof(word)) {
		memcpy(word, bytes.p + at, sizeof(word));
		for (int i = 0; i < 4; i++) {
			lane[i] = (lane[i] ^ word[i]) * odd;
			lane[i] ^= lane[i] >> 29;
		}
	}
	memset(word, 0, sizeof(word));
	if (at < bytes.n)
		memcpy(word, bytes.p + at, bytes.n - at);
	for (int i = 0; i < 4; i++)
		lane[0] = (lane[0] ^ lane[i] ^ word[i]) * odd + (lane[0] >> 31);
	return lane[0];
}
