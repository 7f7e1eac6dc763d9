/* stamp.c - has this file changed since it was read? SPDX-License-Identifier: ISC */
#include "sys/sys.h"

#include <fcntl.h>
#include <sys/stat.h>

/* File times advance in steps of the kernel's tick (4 ms at 250 Hz, 10 ms at 100 Hz): a file that
 * was changed less than this before it was read may change again under the same time. */
#define GRANULE_NS ((int64_t)20 * 1000 * 1000)

static int64_t nanoseconds(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool stamp_at(int dir, const char *path, int flags, struct stamp *out)
{
	struct stat st;
	if (fstatat(dir, path, &st, flags) < 0)
		return false;
	*out = (struct stamp){.mtime_ns = nanoseconds(st.st_mtim),
		.ctime_ns = nanoseconds(st.st_ctim),
		.size = (uint64_t)st.st_size,
		.inode = st.st_ino,
		.mode = st.st_mode};
	return true;
}

bool file_stamp(const char *path, struct stamp *out)
{
	return stamp_at(AT_FDCWD, path, 0, out);
}

bool file_stamp_at(int dir, const char *path, struct stamp *out)
{
	return stamp_at(dir, path, 0, out);
}

bool link_stamp_at(int dir, const char *path, struct stamp *out)
{
	return stamp_at(dir, path, AT_SYMLINK_NOFOLLOW, out);
}

bool stamp_eq(const struct stamp *a, const struct stamp *b)
{
	return a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns && a->size == b->size &&
	       a->inode == b->inode && a->mode == b->mode;
}

bool stamp_is_safe(const struct stamp *s, int64_t read_ns)
{
	return s->mtime_ns < read_ns - GRANULE_NS && s->ctime_ns < read_ns - GRANULE_NS;
}

bool stamp_holds(const struct stamp *s, const char *path, int64_t read_ns)
{
	struct stamp now;
	if (!file_stamp(path, &now))
		return s->mode == 0;
	return s->mode != 0 && stamp_eq(&now, s) && stamp_is_safe(&now, read_ns);
}
