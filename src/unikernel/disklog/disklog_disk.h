/* disklog_disk.h - the platform's disk as a log's device, for images. SPDX-License-Identifier: ISC
 */
#ifndef DISKLOG_DISK_H
#define DISKLOG_DISK_H

#include "disklog.h"
#include "platform.h"

static inline bool disklog_disk_read(void *ctx, uint64_t sector, void *to, size_t sectors)
{
	(void)ctx;
	return disk_read(sector, to, sectors);
}

static inline bool disklog_disk_write(void *ctx, uint64_t sector, const void *from, size_t sectors)
{
	(void)ctx;
	return disk_write(sector, from, sectors);
}

static inline bool disklog_disk_flush(void *ctx)
{
	(void)ctx;
	return disk_flush();
}

/* The disk that disk_open() told about. */
static inline struct disklog_device disklog_disk(const struct disk_info *info)
{
	return (struct disklog_device){
		.sectors = info->sectors,
		.read = disklog_disk_read,
		.write = disklog_disk_write,
		.flush = disklog_disk_flush,
	};
}

#endif
