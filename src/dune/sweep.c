/* sweep.c - removes what no recent build used. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CACHE_KEPT ((uint64_t)1 << 30) /* bytes */

struct sweep {
	struct arena *a;
	const char *dir; /* STATE/dune */
	uint64_t since;
	strings used; /* names of the shadows that recent builds used */
	uint64_t *freed;
};

static uint64_t size_of(const char *path)
{
	struct stamp stamp;
	bool counts = link_stamp_at(AT_FDCWD, path, &stamp) && S_ISREG(stamp.mode);
	return counts ? stamp.size : 0;
}

static bool remove_all(struct sweep *s, const char *path, struct err *e)
{
	strings files = {0};
	if (dir_exists(path) && !tree_list(s->a, path, NULL, &files, e))
		return false;
	vec_for(file, &files)
		*s->freed += size_of(path_join(s->a, path, *file));
	*s->freed += size_of(path);
	return tree_remove(path, e);
}

/* ---- dune's cache --------------------------------------------------------------------- */

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* Files of which the cache has the only link: adds their bytes to *BYTES, or removes them. */
static bool trim(const char *path, int at, const char *name, uint64_t *bytes, struct err *e);

static bool trim_entry(const char *path, int at, const char *name, uint64_t *bytes, struct err *e)
{
	struct stat st;
	if (!strcmp(name, ".") || !strcmp(name, "..") ||
		fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return true;
	if (S_ISDIR(st.st_mode))
		return trim(path, at, name, bytes, e);
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return true;
	if (bytes)
		*bytes += (uint64_t)st.st_size;
	return bytes || unlinkat(at, name, 0) == 0 ||
	       fail_errno(e, "remove %s from %s", name, path);
}

static bool trim(const char *path, int at, const char *name, uint64_t *bytes, struct err *e)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	defer(close_dir) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return errno == ENOENT || fail_errno(e, "open %s in %s", name, path);
	}
	for (struct dirent *d; (d = readdir(dir));)
		if (!trim_entry(path, dirfd(dir), d->d_name, bytes, e))
			return false;
	return true;
}

/* A side that was not built yet will take what this one made at first: it stays, up to a size. */
bool cache_trim(struct build *b, struct err *e)
{
	const char *files = path_join(b->a, b->state, "dune/cache/db/files");
	const char *other = !strcmp(b->side, "with") ? "without" : "with";
	uint64_t bytes = 0;
	if (!b->caches)
		return true;
	if (!file_exists(trail_file(b, other))) {
		if (!trim(files, AT_FDCWD, files, &bytes, e))
			return false;
		if (bytes < CACHE_KEPT)
			return true;
	}
	return trim(files, AT_FDCWD, files, NULL, e);
}

/* What dune notes of each program that it ran. */
static bool trim_notes(struct sweep *s, struct err *e)
{
	const char *dir = path_join(s->a, s->dir, "cache/db/meta");
	strings files;
	if (!dir_exists(dir))
		return true;
	if (!tree_list(s->a, dir, NULL, &files, e))
		return false;
	vec_for(file, &files) {
		const char *path = path_join(s->a, dir, *file);
		struct stamp stamp;
		if (!link_stamp_at(AT_FDCWD, path, &stamp) ||
			(uint64_t)(stamp.mtime_ns / 1000000000 / 86400) > s->since)
			continue;
		if (!remove_all(s, path, e))
			return false;
	}
	return true;
}

/* ---- all of it ------------------------------------------------------------------------ */

/* A record's name begins with its shadow's. */
static bool sweep_record(struct sweep *s, const char *name, const char *file,
	void (*each)(void *ctx, const struct digest *object), void *ctx, struct err *e)
{
	struct trail record;
	struct stamp stamp;
	struct str rest = str_of(name), side = str_cut(&rest, '-');
	bool recent = file_stamp(file, &stamp) &&
		      (uint64_t)(stamp.mtime_ns / 1000000000 / 86400) > s->since;
	if (!recent || !trail_read(s->a, file, &record))
		return remove_all(s, file, e);
	vec_push(s->a, &s->used, str_copy(s->a, side));
	each(ctx, &record.object);
	return true;
}

static bool is_used(const struct sweep *s, const char *name)
{
	struct str rest = str_of(name), side = str_cut(&rest, '.');
	/* An image on its way into the store, when respin was killed. */
	if (str_starts(rest, S("image")))
		return false;
	vec_for(used, &s->used)
		if (str_is(side, *used))
			return true;
	/* What both sides share. */
	return s->used.n &&
	       (!strcmp(name, "records") || !strcmp(name, "installed") || !strcmp(name, "cache"));
}

bool dune_sweep(const struct workspace *w, uint64_t since,
	void (*each)(void *ctx, const struct digest *object), void *ctx, uint64_t *freed,
	struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct sweep s = {.a = &scratch, .since = since, .freed = freed};
	s.dir = path_join(&scratch, w->state, "dune");
	const char *records = path_join(&scratch, s.dir, "records");
	strings names = {0};
	if (dir_exists(records) && !dir_list(&scratch, records, &names, e))
		return false;
	vec_for(name, &names)
		if (!sweep_record(&s, *name, path_join(&scratch, records, *name), each, ctx, e))
			return false;
	names.n = 0;
	if (dir_exists(s.dir) && !dir_list(&scratch, s.dir, &names, e))
		return false;
	vec_for(name, &names)
		if (!is_used(&s, *name) && !remove_all(&s, path_join(&scratch, s.dir, *name), e))
			return false;
	return trim_notes(&s, e);
}
