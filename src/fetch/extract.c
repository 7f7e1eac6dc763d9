/* extract.c - reads an archive and writes its entries into the working folder, refusing what a
 * source tree has no use for. SPDX-License-Identifier: ISC */
#include "fetch/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch/rules.h"
#include "sys/sys.h"

/* Remembered of each name that was unpacked. */
enum kind { KIND_FILE = 1, KIND_DIR, KIND_LINK };

struct extraction {
	struct arena a;
	const char *archive; /* its name, for messages */
	const struct limits *limits;
	struct archive *in, *disk;
	struct map seen; /* name -> enum kind */
	struct map tops; /* first parts of names */
	uint64_t entries;
	uint64_t bytes;	  /* of all files, holes included */
	uint64_t written; /* without holes, until now */
	int spool;	  /* the archive's own bytes, where it had to be kept whole first; or -1 */
	uint64_t spooled; /* and their number */
	const char *outward; /* the first link that leads to the root's own folder */
};

static void extraction_free(struct extraction *x)
{
	archive_read_free(x->in);
	archive_write_free(x->disk);
	close_fd(&x->spool);
	arena_free(&x->a);
}

MUST_CHECK static bool refuse(
	struct extraction *x, struct archive_entry *entry, const char *rule, struct err *e)
{
	const char *name = archive_entry_pathname(entry);
	return fail(e, E_UNSAFE, "%s: entry '%s' refused: %s", x->archive,
		name_quote(&x->a, str_of(name)), rule);
}

MUST_CHECK static bool damaged(struct extraction *x, struct archive *who, struct err *e)
{
	const char *why = archive_error_string(who);
	return fail(
		e, E_INPUT, "%s: can't be unpacked: %s", x->archive, why ? why : "it is damaged");
}

/* ---- bounds ---------------------------------------------------------------------------- */

/* Counts what an entry claims or, beyond that, brings. */
MUST_CHECK static bool count_bytes(
	struct extraction *x, struct archive_entry *entry, uint64_t more, struct err *e)
{
	if (more <= x->limits->bytes && x->bytes <= x->limits->bytes - more) {
		x->bytes += more;
		return true;
	}
	return refuse(x, entry,
		str_format(&x->a, "the archive unpacks to more than %llu bytes",
			(unsigned long long)x->limits->bytes),
		e);
}

/* Looks at what really came out until now, and what of the archive it came from. */
MUST_CHECK static bool check_ratio(struct extraction *x, struct archive_entry *entry, struct err *e)
{
	uint64_t packed = x->spooled ? x->spooled : (uint64_t)archive_filter_bytes(x->in, -1);
	uint64_t unpacked = (uint64_t)archive_filter_bytes(x->in, 0);
	if (unpacked < x->written)
		unpacked = x->written;
	if (unpacked <= x->limits->ratio_from || unpacked / x->limits->ratio <= packed)
		return true;
	return refuse(x, entry,
		str_format(&x->a, "the archive unpacks to more than %llu times its size",
			(unsigned long long)x->limits->ratio),
		e);
}

/* ---- one entry -------------------------------------------------------------------------- */

static const char *type_words(mode_t type)
{
	switch (type) {
	case AE_IFCHR:
		return "a character device";
	case AE_IFBLK:
		return "a block device";
	case AE_IFIFO:
		return "a fifo";
	case AE_IFSOCK:
		return "a socket";
	default:
		return "neither file, folder nor link";
	}
}

static const char *check_symlink(
	struct extraction *x, struct archive_entry *entry, const char *name)
{
	size_t height;
	const char *rule =
		link_refused(str_of(name), str_of(archive_entry_symlink(entry)), &height);
	if (!rule && height == 0 && strchr(name, '/') && !x->outward)
		x->outward = name;
	return rule;
}

/* A hard link's target must be a file that this very archive brought. */
static const char *check_hardlink(struct extraction *x, struct archive_entry *entry)
{
	struct str target = str_of(archive_entry_hardlink(entry));
	if (name_refused(target, x->limits->depth))
		return "a hard link that leaves the tree";
	const char *clean = name_clean(&x->a, target);
	if (map_get(&x->seen, str_of(clean)) != (void *)KIND_FILE)
		return "a hard link to what is no file of the archive before it";
	archive_entry_set_hardlink(entry, clean);
	return NULL;
}

static const char *check_kind(
	struct extraction *x, struct archive_entry *entry, const char *name, enum kind *kind)
{
	if (archive_entry_hardlink(entry)) {
		*kind = KIND_FILE;
		return check_hardlink(x, entry);
	}
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		*kind = KIND_FILE;
		return NULL;
	case AE_IFDIR:
		*kind = KIND_DIR;
		return NULL;
	case AE_IFLNK:
		*kind = KIND_LINK;
		return check_symlink(x, entry, name);
	default:
		return type_words(archive_entry_filetype(entry));
	}
}

/* Notes NAME and the folders above it, which are made where no entry brings them. */
static const char *note_name(struct extraction *x, const char *name, enum kind kind)
{
	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		void **above = map_put(&x->seen, (struct str){name, (size_t)(slash - name)});
		if (*above && *above != (void *)KIND_DIR)
			return "it lies below what is no folder";
		*above = (void *)KIND_DIR;
	}
	struct str whole = str_of(name);
	void **place = map_put(&x->seen, whole);
	if (*place && !(*place == (void *)KIND_DIR && kind == KIND_DIR))
		return "its name is there already";
	*place = (void *)(uintptr_t)kind;
	map_put(&x->tops, str_cut(&whole, '/'));
	return NULL;
}

/* Checks an entry and makes it fit to be written. *NAME is "" for the root itself. */
MUST_CHECK static bool admit(
	struct extraction *x, struct archive_entry *entry, const char **name, struct err *e)
{
	const char *raw = archive_entry_pathname(entry);
	const char *rule = name_refused(str_of(raw), x->limits->depth);
	if (!rule && ++x->entries > x->limits->entries)
		rule = str_format(&x->a, "the archive has more than %llu entries",
			(unsigned long long)x->limits->entries);
	if (rule)
		return refuse(x, entry, rule, e);
	*name = name_clean(&x->a, str_of(raw));
	enum kind kind = KIND_DIR;
	rule = check_kind(x, entry, *name, &kind);
	if (!rule && !**name && kind != KIND_DIR)
		rule = "it would replace the root";
	if (!rule && **name)
		rule = note_name(x, *name, kind);
	if (rule)
		return refuse(x, entry, rule, e);
	bool runs = kind == KIND_DIR || (archive_entry_perm(entry) & S_IXUSR);
	archive_entry_set_perm(entry, runs ? 0755 : 0644);
	if (**name)
		archive_entry_set_pathname(entry, *name);
	return true;
}

MUST_CHECK static bool copy_data(struct extraction *x, struct archive_entry *entry, struct err *e)
{
	/* What the entry claims was counted already; zip entries may claim nothing. */
	uint64_t counted =
		archive_entry_size_is_set(entry) ? (uint64_t)archive_entry_size(entry) : 0;
	for (;;) {
		const void *bytes;
		size_t n;
		la_int64_t at;
		int r = archive_read_data_block(x->in, &bytes, &n, &at);
		if (r == ARCHIVE_EOF)
			return true;
		if (r < ARCHIVE_OK)
			return damaged(x, x->in, e);
		uint64_t end = (uint64_t)at + n;
		uint64_t more = end > counted ? end - counted : 0;
		counted += more;
		x->written += n;
		if (!count_bytes(x, entry, more, e) || !check_ratio(x, entry, e))
			return false;
		if (archive_write_data_block(x->disk, bytes, n, at) < ARCHIVE_OK)
			return damaged(x, x->disk, e);
	}
}

MUST_CHECK static bool extract_entry(
	struct extraction *x, struct archive_entry *entry, struct err *e)
{
	const char *name = "";
	if (!admit(x, entry, &name, e))
		return false;
	if (!*name)
		return true;
	bool has_size = archive_entry_size_is_set(entry) && archive_entry_size(entry) > 0;
	uint64_t size = has_size ? (uint64_t)archive_entry_size(entry) : 0;
	if (!count_bytes(x, entry, size, e) || !check_ratio(x, entry, e))
		return false;
	if (archive_write_header(x->disk, entry) < ARCHIVE_OK)
		return damaged(x, x->disk, e);
	if (!copy_data(x, entry, e))
		return false;
	if (archive_write_finish_entry(x->disk) < ARCHIVE_OK)
		return damaged(x, x->disk, e);
	return true;
}

/* ---- the archive ------------------------------------------------------------------------ */

/* A zip's directory is at its end: it is kept whole in a file without a name first. */
MUST_CHECK static bool spool(struct extraction *x, int fd, struct err *e)
{
	x->spool = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (x->spool < 0)
		return fail_errno(e, "%s: can't make a temporary file", x->archive);
	char bytes[65536];
	ssize_t n;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		if (write(x->spool, bytes, (size_t)n) != n)
			return fail_errno(e, "%s: can't be kept", x->archive);
		x->spooled += (uint64_t)n;
	}
	if (n < 0 || lseek(x->spool, 0, SEEK_SET) != 0)
		return fail_errno(e, "%s: can't be read", x->archive);
	return true;
}

/* No header could be read: it is no archive at all, or a damaged one. */
MUST_CHECK static bool unreadable(struct extraction *x, struct err *e)
{
	if (archive_format(x->in) != 0)
		return damaged(x, x->in, e);
	return fail(e, E_INPUT,
		"%s: is neither a tar (plain or under gzip, bzip2, xz or zstd) nor a zip archive",
		x->archive);
}

/* Only the formats and codecs that sources come in: those left out have been the ones with holes,
 * and libarchive's "all" even runs programs from PATH. */
void archive_formats(struct archive *in, bool is_zip)
{
	if (is_zip) {
		archive_read_support_format_zip_seekable(in);
		return;
	}
	archive_read_support_format_tar(in);
	archive_read_support_filter_gzip(in);
	archive_read_support_filter_bzip2(in);
	archive_read_support_filter_xz(in);
	archive_read_support_filter_zstd(in);
}

MUST_CHECK static bool open_archive(struct extraction *x, int fd, struct err *e)
{
	char magic[2] = "";
	ssize_t n = recv(fd, magic, sizeof(magic), MSG_PEEK | MSG_WAITALL);
	bool is_zip = n == 2 && memcmp(magic, "PK", 2) == 0;
	if (is_zip && !spool(x, fd, e))
		return false;
	x->in = archive_read_new();
	x->disk = archive_write_disk_new();
	if (!x->in || !x->disk)
		base_out_of_memory(0);
	archive_formats(x->in, is_zip);
	archive_write_disk_set_options(
		x->disk, ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_NO_OVERWRITE |
				 ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
				 ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS);
	if (archive_read_open_fd(x->in, is_zip ? x->spool : fd, 65536) < ARCHIVE_OK)
		return unreadable(x, e);
	return true;
}

/* Where all entries share one folder it is stripped; a link that led out of it would lead out of
 * the tree then. */
MUST_CHECK static bool check_whole(struct extraction *x, struct err *e)
{
	if (x->entries == 0)
		return fail(e, E_INPUT, "%s: the archive is empty", x->archive);
	if (x->outward && x->tops.entries.n == 1)
		return fail(e, E_UNSAFE,
			"%s: entry '%s' refused: a link that leads out of the tree", x->archive,
			name_quote(&x->a, str_of(x->outward)));
	return true;
}

bool unpack_archive(int fd, const char *archive, const struct limits *limits, struct err *e)
{
	defer(extraction_free) struct extraction x = {
		.archive = archive, .limits = limits, .spool = -1};
	x.seen.a = x.tops.a = &x.a;
	if (!open_archive(&x, fd, e))
		return false;
	for (;;) {
		struct archive_entry *entry;
		int r = archive_read_next_header(x.in, &entry);
		if (r == ARCHIVE_EOF)
			break;
		if (r < ARCHIVE_WARN)
			return unreadable(&x, e);
		if (!extract_entry(&x, entry, e))
			return false;
	}
	if (archive_write_close(x.disk) < ARCHIVE_OK)
		return damaged(&x, x.disk, e);
	return check_whole(&x, e);
}
