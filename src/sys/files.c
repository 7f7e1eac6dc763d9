/* files.c - single files and folders. SPDX-License-Identifier: ISC */
#include "sys/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

bool file_read(struct arena *a, const char *path, size_t limit, struct str *out, struct err *e)
{
	defer(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(e, "open %s", path);
	struct stat st;
	if (fstat(fd, &st) < 0)
		return fail_errno(e, "stat %s", path);
	if (S_ISDIR(st.st_mode))
		return fail(e, E_INPUT, "%s is a folder, expected a file", path);
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > limit)
		return fail(e, E_INPUT, "%s is larger than %zu bytes", path, limit);
	/* Files of /proc say that they are empty; others may grow while they are read. */
	size_t cap = (size_t)st.st_size + 4096, n = 0;
	char *p = arena_alloc(a, cap + 1);
	for (;;) {
		if (n == cap) {
			char *bigger = arena_alloc(a, cap * 2 + 1);
			memcpy(bigger, p, n);
			p = bigger;
			cap *= 2;
		}
		ssize_t got = read(fd, p + n, cap - n);
		if (got < 0)
			return fail_errno(e, "read %s", path);
		if (got == 0)
			break;
		n += (size_t)got;
		if (n > limit)
			return fail(e, E_INPUT, "%s is larger than %zu bytes", path, limit);
	}
	p[n] = '\0';
	*out = (struct str){p, n};
	return true;
}

static bool write_all(int fd, struct str bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes = str_from(bytes, (size_t)n);
	}
	return true;
}

static bool sync_dir(const char *path, struct err *e)
{
	defer(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return fail_errno(e, "fsync folder %s", path);
	return true;
}

static mode_t mask;

/* Before there are threads: it can't be read without being set. */
__attribute__((constructor)) static void read_mask(void)
{
	mask = umask(0);
	umask(mask);
}

static bool write_temp(char *temp, struct str bytes, mode_t mode, bool durable, struct err *e)
{
	defer(close_fd) int fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0)
		return fail_errno(e, "create %s", temp);
	if (!write_all(fd, bytes) || fchmod(fd, mode & ~mask) < 0 || (durable && fsync(fd) < 0)) {
		fail_errno(e, "write %s", temp);
		unlink(temp);
		return false;
	}
	return true;
}

static bool replace_file(
	const char *path, struct str bytes, mode_t mode, bool durable, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	char *temp = str_format(&scratch, "%s.XXXXXX", path);
	if (!write_temp(temp, bytes, mode, durable, e))
		return false;
	if (rename(temp, path) < 0) {
		fail_errno(e, "rename %s to %s", temp, path);
		unlink(temp);
		return false;
	}
	return !durable || sync_dir(path_dir(&scratch, path), e);
}

bool file_write(const char *path, struct str bytes, mode_t mode, struct err *e)
{
	return replace_file(path, bytes, mode, true, e);
}

bool file_write_cache(const char *path, struct str bytes, mode_t mode, struct err *e)
{
	return replace_file(path, bytes, mode, false, e);
}

void file_keep_cache(const char *path, struct str bytes)
{
	static bool was_told;
	defer(arena_free) struct arena scratch = {0};
	struct err e;
	if (dir_make(path_dir(&scratch, path), &e) && file_write_cache(path, bytes, 0644, &e))
		return;
	if (!was_told)
		term_warn("what was read can't be kept, so it is read each time: %s", e.text);
	was_told = true;
}

bool dir_make(const char *path, struct err *e)
{
	if (mkdir(path, 0777) == 0)
		return true;
	if (errno == EEXIST && dir_exists(path))
		return true;
	if (errno != ENOENT)
		return fail_errno(e, "create folder %s", path);
	defer(arena_free) struct arena scratch = {0};
	const char *parent = path_dir(&scratch, path);
	if (!strcmp(parent, path))
		return fail(e, E_ABSENT, "create folder %s: there is nothing above it", path);
	if (!dir_make(parent, e))
		return false;
	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		return fail_errno(e, "create folder %s", path);
	return true;
}

bool dir_make_temp(struct arena *a, const char *prefix, const char **out, struct err *e)
{
	char *name = str_format(a, "%sXXXXXX", prefix);
	if (!mkdtemp(name))
		return fail_errno(e, "create folder %s", name);
	*out = name;
	return true;
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool dir_list(struct arena *a, const char *path, strings *out, struct err *e)
{
	defer(close_dir) DIR *d = opendir(path);
	if (!d)
		return fail_errno(e, "open folder %s", path);
	strings names = {0};
	for (struct dirent *entry; (entry = readdir(d));)
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			vec_push(a, &names, str_copy(a, str_of(entry->d_name)));
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), by_bytes);
	*out = names;
	return true;
}

bool file_exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

bool dir_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool path_real(struct arena *a, const char *path, const char **out, struct err *e)
{
	char real[PATH_MAX];
	if (!realpath(path, real))
		return fail_errno(e, "find %s", path);
	*out = str_copy(a, str_of(real));
	return true;
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

const char *path_dir(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return ".";
	size_t n = slash == path ? 1 : (size_t)(slash - path);
	return str_copy(a, (struct str){path, n});
}

bool file_lock(const char *path, void (*waiting)(void *ctx), void *ctx, int *fd, struct err *e)
{
	defer(close_fd) int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (lock < 0)
		return fail_errno(e, "open %s", path);
	if (flock(lock, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return fail_errno(e, "lock %s", path);
		if (waiting)
			waiting(ctx);
		while (flock(lock, LOCK_EX) < 0) {
			if (errno != EINTR)
				return fail_errno(e, "lock %s", path);
			if (signals_pending())
				return fail(
					e, E_INTERRUPTED, "interrupted while waiting for %s", path);
		}
	}
	*fd = lock;
	lock = -1;
	return true;
}
