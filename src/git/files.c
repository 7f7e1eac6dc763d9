/* files.c - single files of a working tree, never reached through a link.
 * SPDX-License-Identifier: ISC */
#include "git/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Source files are small; what is larger is a mistake that would fill the memory. */
#define FILE_LIMIT ((off_t)1 << 30)

/* A path taken apart: NAME in the open folder FD. */
struct place {
	int fd;
	const char *name;
};

static void close_place(struct place *p)
{
	close_fd(&p->fd);
}

/* Opens the folder that holds PATH, step by step, so that a link in the way is an error. With MAKE
 * the folders are made. */
static bool walk(int dir, const char *path, bool make, struct place *out)
{
	char name[NAME_MAX + 1];
	*out = (struct place){.fd = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC)};
	for (const char *slash; out->fd >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
		size_t n = (size_t)(slash - path);
		if (n > NAME_MAX) {
			errno = ENAMETOOLONG;
			return false;
		}
		memcpy(name, path, n);
		name[n] = '\0';
		if (make && mkdirat(out->fd, name, 0777) < 0 && errno != EEXIST)
			return false;
		int next = openat(out->fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close_fd(&out->fd);
		out->fd = next;
	}
	out->name = path;
	return out->fd >= 0;
}

static bool read_link(struct arena *a, const struct place *p, struct str *out)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(p->fd, p->name, target, sizeof(target));
	if (n < 0)
		return false;
	*out = (struct str){str_copy(a, (struct str){target, (size_t)n}), (size_t)n};
	return true;
}

static bool read_file(struct arena *a, const struct place *p, struct str *out)
{
	defer(close_fd) int fd =
		openat(p->fd, p->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	if (st.st_size > FILE_LIMIT) {
		errno = EFBIG;
		return false;
	}
	struct text bytes = {.a = a};
	char block[32768];
	for (ssize_t n; (n = read(fd, block, sizeof(block))) != 0;) {
		if (n < 0)
			return false;
		text_add(&bytes, (struct str){block, (size_t)n});
	}
	*out = bytes.p ? text_str(&bytes) : S("");
	return true;
}

bool worktree_read(
	struct arena *a, int dir, const struct git_file *f, struct str *out, struct err *e)
{
	defer(close_place) struct place p = {.fd = -1};
	if (!walk(dir, f->path, false, &p) ||
		!(f->mode == MODE_LINK ? read_link : read_file)(a, &p, out))
		return fail_errno(e, "read %s", f->path);
	return true;
}

/* A file or link where a folder would be: what lies below is not there. */
static bool is_missing(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

bool worktree_look(int dir, struct git_file *f, struct err *e)
{
	defer(close_place) struct place p = {.fd = -1};
	struct stat st;
	f->id = (struct git_id){""};
	f->mode = 0;
	if (!walk(dir, f->path, false, &p) || fstatat(p.fd, p.name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (is_missing(errno))
			return true;
		return fail_errno(e, "stat %s", f->path);
	}
	if (S_ISDIR(st.st_mode))
		return f->mode = MODE_FOLDER, true;
	if (!S_ISLNK(st.st_mode) && !S_ISREG(st.st_mode))
		return fail(e, E_CONFLICT, "%s is neither a file nor a link", f->path);
	f->mode = S_ISLNK(st.st_mode) ? MODE_LINK : st.st_mode & 0100 ? MODE_PROGRAM : MODE_FILE;
	defer(arena_free) struct arena scratch = {0};
	struct str bytes;
	if (!worktree_read(&scratch, dir, f, &bytes, e))
		return false;
	hash_git("blob", bytes, f->id.hex);
	return true;
}

static bool write_file(int dir, const char *temp, uint32_t mode, struct str bytes)
{
	defer(close_fd) int fd =
		openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			mode == MODE_PROGRAM ? 0777 : 0666);
	if (fd < 0)
		return false;
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);
		if (n < 0 && errno != EINTR)
			return false;
		bytes = str_from(bytes, n < 0 ? 0 : (size_t)n);
	}
	return fsync(fd) == 0;
}

bool worktree_write(
	int dir, const char *temp, const struct git_file *f, struct str bytes, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	defer(close_place) struct place p = {.fd = -1};
	if (!walk(dir, f->path, true, &p))
		return fail_errno(e, "create the folder of %s", f->path);
	if (unlinkat(dir, temp, 0) < 0 && errno != ENOENT)
		return fail_errno(e, "remove %s", temp);
	bool written = f->mode == MODE_LINK ? symlinkat(str_copy(&scratch, bytes), dir, temp) == 0
					    : write_file(dir, temp, f->mode, bytes);
	if (!written || renameat(dir, temp, p.fd, p.name) < 0) {
		fail_errno(e, "write %s", f->path);
		unlinkat(dir, temp, 0);
		return false;
	}
	return true;
}

bool worktree_remove(int dir, const char *path, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	defer(close_place) struct place p = {.fd = -1};
	if ((!walk(dir, path, false, &p) || unlinkat(p.fd, p.name, 0) < 0) && !is_missing(errno))
		return fail_errno(e, "remove %s", path);
	const char *folder = path_dir(&scratch, path);
	while (strcmp(folder, ".") && (unlinkat(dir, folder, AT_REMOVEDIR) == 0 || errno == ENOENT))
		folder = path_dir(&scratch, folder);
	return true;
}
