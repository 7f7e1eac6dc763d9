/* disk_file.h - a disk image's file as a log's device, to be read only. SPDX-License-Identifier:
 * ISC */
#ifndef TESTS_DISK_FILE_H
#define TESTS_DISK_FILE_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disklog.h"

static inline bool disk_file_read(void *ctx, uint64_t sector, void *to, size_t sectors)
{
	const int *fd = ctx;
	size_t n = sectors * DISKLOG_SECTOR, done = 0;
	while (done < n) {
		ssize_t got = pread(
			*fd, (char *)to + done, n - done, (off_t)(sector * DISKLOG_SECTOR + done));
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

static inline bool disk_file_write(void *ctx, uint64_t sector, const void *from, size_t sectors)
{
	(void)ctx;
	(void)sector;
	(void)from;
	(void)sectors;
	return false;
}

static inline bool disk_file_flush(void *ctx)
{
	(void)ctx;
	return false;
}

/* *FD, which must stay, is set to the opened file; false where it can't be opened. */
static inline bool disk_file_open(const char *path, int *fd, struct disklog_device *device)
{
	struct stat st;
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0 || fstat(*fd, &st) != 0)
		return false;
	*device = (struct disklog_device){
		.ctx = fd,
		.sectors = (uint64_t)st.st_size / DISKLOG_SECTOR,
		.read = disk_file_read,
		.write = disk_file_write,
		.flush = disk_file_flush,
	};
	return true;
}

#endif
