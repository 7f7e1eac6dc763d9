/* collect.c - reads files out of an archive into memory. SPDX-License-Identifier: ISC */
#include "fetch/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/collect.h"
#include "sys/sys.h"

struct collector {
	const struct collection *what;
	const struct limits *limits;
	struct archive *in;
	int to;
	uint64_t entries, bytes;
	char buffer[65536]; /* on the way to TO */
	size_t held;
};

static void collector_free(struct collector *c)
{
	archive_read_free(c->in);
}

MUST_CHECK static bool damaged(struct collector *c, struct err *e)
{
	const char *why = archive_error_string(c->in);
	if (archive_format(c->in) == 0)
		return fail(e, E_INPUT,
			"%s: is neither a tar (plain or under gzip, bzip2, xz or zstd) nor a zip "
			"archive",
			c->what->archive);
	return fail(e, E_INPUT, "%s: can't be unpacked: %s", c->what->archive,
		why ? why : "it is damaged");
}

MUST_CHECK static bool flush(struct collector *c, struct err *e)
{
	for (size_t at = 0; at < c->held;) {
		ssize_t n = write(c->to, c->buffer + at, c->held - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail_errno(e, "%s: can't be kept", c->what->archive);
		at += (size_t)n;
	}
	c->held = 0;
	return true;
}

MUST_CHECK static bool put(struct collector *c, const void *bytes, size_t n, struct err *e)
{
	for (size_t part; n; bytes = (const char *)bytes + part, n -= part) {
		part = sizeof(c->buffer) - c->held;
		if (part > n)
			part = n;
		memcpy(c->buffer + c->held, bytes, part);
		c->held += part;
		if (c->held == sizeof(c->buffer) && !flush(c, e))
			return false;
	}
	return true;
}

/* Counts what comes out, of the files that are passed over too. */
MUST_CHECK static bool within_limits(struct collector *c, struct err *e)
{
	uint64_t packed = (uint64_t)archive_filter_bytes(c->in, -1);
	uint64_t unpacked = (uint64_t)archive_filter_bytes(c->in, 0);
	if (unpacked < c->bytes)
		unpacked = c->bytes;
	if (c->entries > c->limits->entries)
		return fail(e, E_UNSAFE, "%s: the archive has more than %llu entries",
			c->what->archive, (unsigned long long)c->limits->entries);
	if (unpacked > c->limits->bytes)
		return fail(e, E_UNSAFE, "%s: the archive unpacks to more than %llu bytes",
			c->what->archive, (unsigned long long)c->limits->bytes);
	if (unpacked > c->limits->ratio_from && unpacked / c->limits->ratio > packed)
		return fail(e, E_UNSAFE, "%s: the archive unpacks to more than %llu times its size",
			c->what->archive, (unsigned long long)c->limits->ratio);
	return true;
}

/* The size that the entry claims is what comes, or the archive is damaged. */
MUST_CHECK static bool put_data(struct collector *c, uint32_t size, struct err *e)
{
	char part[16384];
	uint32_t left = size;
	while (left) {
		la_ssize_t n =
			archive_read_data(c->in, part, left < sizeof(part) ? left : sizeof(part));
		if (n <= 0)
			return damaged(c, e);
		left -= (uint32_t)n;
		c->bytes += (uint64_t)n;
		if (!within_limits(c, e) || !put(c, part, (size_t)n, e))
			return false;
	}
	return true;
}

MUST_CHECK static bool take_entry(struct collector *c, struct archive_entry *entry, struct err *e)
{
	struct str path = str_of(archive_entry_pathname(entry));
	c->entries++;
	if (!within_limits(c, e))
		return false;
	if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) ||
		!str_ends(path, str_of(c->what->suffix)))
		return true;
	la_int64_t size = archive_entry_size(entry);
	if (!archive_entry_size_is_set(entry) || size < 0 || (uint64_t)size > c->limits->bytes ||
		path.n > 65535 || size > UINT32_MAX)
		return fail(
			e, E_UNSAFE, "%s: entry of a size that is not allowed", c->what->archive);
	uint32_t head[2] = {(uint32_t)path.n, (uint32_t)size};
	return put(c, head, sizeof(head), e) && put(c, path.p, path.n, e) &&
	       put_data(c, head[1], e);
}

bool collect_archive(
	const struct collection *what, int from, int to, const struct limits *limits, struct err *e)
{
	char magic[2] = "";
	bool is_zip = pread(from, magic, 2, 0) == 2 && memcmp(magic, "PK", 2) == 0;
	defer(collector_free) struct collector c = {
		.what = what, .limits = limits, .to = to, .in = archive_read_new()};
	if (!c.in)
		base_out_of_memory(0);
	archive_formats(c.in, is_zip);
	if (archive_read_open_fd(c.in, from, 65536) < ARCHIVE_OK)
		return damaged(&c, e);
	for (;;) {
		struct archive_entry *entry;
		int r = archive_read_next_header(c.in, &entry);
		if (r == ARCHIVE_EOF)
			break;
		if (r < ARCHIVE_WARN)
			return damaged(&c, e);
		if (!take_entry(&c, entry, e))
			return false;
	}
	return flush(&c, e);
}

/* ---- the parent's part ----------------------------------------------------------------------- */

MUST_CHECK static bool list_files(
	struct arena *a, struct str bytes, struct archive_contents *out, struct err *e)
{
	uint32_t head[2];
	while (bytes.n) {
		if (bytes.n < sizeof(head))
			return fail(e, E_CHILD, "the unpacking process was cut off");
		memcpy(head, bytes.p, sizeof(head));
		bytes = str_from(bytes, sizeof(head));
		if (bytes.n < (uint64_t)head[0] + head[1])
			return fail(e, E_CHILD, "the unpacking process was cut off");
		struct str path = {bytes.p, head[0]}, content = {bytes.p + head[0], head[1]};
		vec_push(a, &out->files, ((struct archive_file){str_copy(a, path), content}));
		bytes = str_from(bytes, (size_t)head[0] + head[1]);
	}
	return true;
}

bool collect_files(struct arena *a, const struct collection *what, int from,
	struct archive_contents *out, struct err *e)
{
	static const struct limits limits = LIMITS_DEFAULT;
	struct archive_contents found = {0};
	struct stat st;
	defer(unpack_stop) struct unpacker u = {0};
	defer(close_fd) int memory = memfd_create("archive", MFD_CLOEXEC);
	if (memory < 0)
		return fail_errno(e, "%s: can't be unpacked into memory", what->archive);
	if (!collect_start(&u, what, from, memory, &limits, e) || !unpack_end(&u, e))
		return false;
	if (fstat(memory, &st))
		return fail_errno(e, "%s: can't be read", what->archive);
	if (st.st_size == 0)
		return *out = found, true;
	found.size = (size_t)st.st_size;
	found.map = mmap(NULL, found.size, PROT_READ, MAP_PRIVATE, memory, 0);
	if (found.map == MAP_FAILED)
		return fail_errno(e, "%s: can't be read", what->archive);
	if (!list_files(a, (struct str){found.map, found.size}, &found, e)) {
		munmap(found.map, found.size);
		return false;
	}
	*out = found;
	return true;
}
