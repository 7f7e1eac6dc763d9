/* object_file.c - reads those parts of the compiler's files that name units: bytecode itself, of
 * many megabytes, is passed over. SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ocaml/objects.h"
#include "sys/sys.h"

#define HEAD_SIZE 16 /* magic number and the table's place */

MUST_CHECK static bool read_at(
	int fd, const char *path, char *to, size_t n, size_t from, struct err *e)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(fd, to + done, n - done, (off_t)(from + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(e, "read %s", path);
		if (got == 0)
			return fail(e, E_INPUT, "%s became shorter while it was read", path);
		done += (size_t)got;
	}
	return true;
}

/* Where the table starts in a file of SIZE bytes; HEAD_SIZE where all of it is wanted. */
static size_t table_start(const char *head, size_t size)
{
	const unsigned char *p = (const unsigned char *)head + 12;
	size_t start = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	bool has_table = !memcmp(head, "Caml1999A", 9) || !memcmp(head, "Caml1999O", 9);
	return has_table && start >= HEAD_SIZE && start <= size ? start : HEAD_SIZE;
}

bool object_read(struct arena *a, const char *path, struct str *out, struct err *e)
{
	defer(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char head[HEAD_SIZE];
	if (fd < 0 || fstat(fd, &st) != 0)
		return fail_errno(e, "open %s", path);
	if (st.st_size < HEAD_SIZE)
		return fail(e, E_INPUT, "it is cut off");
	size_t size = (size_t)st.st_size;
	if (!read_at(fd, path, head, sizeof(head), 0, e))
		return false;
	size_t start = table_start(head, size), rest = size - start;
	if (rest > OBJECT_MAX_SIZE)
		return fail(e, E_INPUT, "expected at most 256 MiB");
	char *bytes = arena_alloc(a, HEAD_SIZE + rest);
	memcpy(bytes, head, sizeof(head));
	if (start != HEAD_SIZE)
		memcpy(bytes + 12, "\0\0\0\x10", 4);
	if (!read_at(fd, path, bytes + HEAD_SIZE, rest, start, e))
		return false;
	*out = (struct str){bytes, HEAD_SIZE + rest};
	return true;
}
