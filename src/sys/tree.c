/* tree.c - whole folders: list, copy, remove. Links are never followed.
 * SPDX-License-Identifier: ISC */
#include "sys/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static DIR *open_dir_at(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d && fd >= 0)
		close(fd);
	return d;
}

static bool remove_at(int at, const char *name);

static bool remove_below(int at, const char *name)
{
	/* A folder without permissions can be in the way of its own removal. */
	fchmodat(at, name, 0700, 0);
	defer(close_dir) DIR *d = open_dir_at(at, name);
	if (!d)
		return false;
	for (struct dirent *entry; (entry = readdir(d));)
		if (!is_dots(entry->d_name) && !remove_at(dirfd(d), entry->d_name))
			return false;
	return true;
}

static bool remove_at(int at, const char *name)
{
	if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
		return true;
	if (errno != EISDIR && errno != EPERM)
		return false;
	return remove_below(at, name) && unlinkat(at, name, AT_REMOVEDIR) == 0;
}

bool tree_remove(const char *path, struct err *e)
{
	return remove_at(AT_FDCWD, path) || fail_errno(e, "remove %s", path);
}

/* Bytes copied by plain reads and writes, 0 at the end, -1 with errno. */
static ssize_t copy_some(int in, int out)
{
	char buffer[65536];
	ssize_t got = read(in, buffer, sizeof(buffer));
	for (ssize_t done = 0; done < got;) {
		ssize_t n = write(out, buffer + done, (size_t)(got - done));
		if (n < 0)
			return -1;
		done += n;
	}
	return got;
}

/* In the kernel where it can: not between all file systems. */
static bool copy_bytes(int in, int out)
{
	ssize_t n;
	do
		n = copy_file_range(in, NULL, out, NULL, 1 << 30, 0);
	while (n > 0);
	if (n == 0)
		return true;
	if (errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS)
		return false;
	do
		n = copy_some(in, out);
	while (n > 0);
	return n == 0;
}

static bool copy_file(int from, int to, const struct stat *st, const char *name, struct err *e)
{
	defer(close_fd) int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (in < 0)
		return fail_errno(e, "open %s", name);
	defer(close_fd) int out =
		openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st->st_mode & 0777);
	if (out < 0)
		return fail_errno(e, "create %s", name);
	return copy_bytes(in, out) || fail_errno(e, "copy %s", name);
}

static bool copy_link(int from, int to, const char *name, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);
	if (n < 0)
		return fail_errno(e, "read link %s", name);
	target[n] = '\0';
	return symlinkat(target, to, name) == 0 || fail_errno(e, "create link %s", name);
}

static bool copy_below(int from, int to, const char *skip, struct err *e);

static bool copy_entry(int from, int to, const char *name, const char *skip, struct err *e)
{
	struct stat st;
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(e, "stat %s", name);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, name, e);
	if (S_ISREG(st.st_mode))
		return copy_file(from, to, &st, name, e);
	if (!S_ISDIR(st.st_mode))
		return fail(e, E_UNSAFE, "%s is neither file, folder nor link", name);
	if (mkdirat(to, name, (st.st_mode & 0777) | 0700) < 0)
		return fail_errno(e, "create folder %s", name);
	defer(close_fd) int in =
		openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	defer(close_fd) int out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (in < 0 || out < 0)
		return fail_errno(e, "open folder %s", name);
	return copy_below(in, out, skip, e);
}

static bool copy_below(int from, int to, const char *skip, struct err *e)
{
	defer(close_dir) DIR *d = open_dir_at(from, ".");
	if (!d)
		return fail_errno(e, "open folder");
	for (struct dirent *entry; (entry = readdir(d));) {
		if (is_dots(entry->d_name) || (skip && !strcmp(entry->d_name, skip)))
			continue;
		if (!copy_entry(from, to, entry->d_name, skip, e))
			return false;
	}
	return true;
}

bool tree_copy(const char *from, const char *to, const char *skip, struct err *e)
{
	if (mkdir(to, 0777) < 0)
		return fail_errno(e, "create folder %s", to);
	defer(close_fd) int in = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	defer(close_fd) int out = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in < 0 || out < 0)
		return fail_errno(e, "open folder %s", in < 0 ? from : to);
	if (!copy_below(in, out, skip, e))
		return fail_context(e, "copy %s to %s", from, to);
	return true;
}

static bool list_below(struct arena *a, int at, const char *name, const char *prefix,
	const char *skip, strings *out, struct err *e)
{
	defer(close_dir) DIR *d = open_dir_at(at, name);
	if (!d)
		return fail_errno(e, "open folder %s", *prefix ? prefix : name);
	for (struct dirent *entry; (entry = readdir(d));) {
		if (is_dots(entry->d_name) || (skip && !strcmp(entry->d_name, skip)))
			continue;
		const char *path = path_join(a, prefix, entry->d_name);
		struct stat st;
		if (fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			return fail_errno(e, "stat %s", path);
		if (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))
			vec_push(a, out, path);
		else if (S_ISDIR(st.st_mode) &&
			 !list_below(a, dirfd(d), entry->d_name, path, skip, out, e))
			return false;
	}
	return true;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool tree_list(struct arena *a, const char *root, const char *skip, strings *out, struct err *e)
{
	strings found = {0};
	defer(close_fd) int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(e, "open folder %s", root);
	if (!list_below(a, fd, ".", "", skip, &found, e))
		return fail_context(e, "list %s", root);
	if (found.n)
		qsort(found.v, found.n, sizeof(*found.v), by_bytes);
	*out = found;
	return true;
}
