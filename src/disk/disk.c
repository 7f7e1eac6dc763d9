/* disk.c - from a disk's records to repositories. SPDX-License-Identifier: ISC */
#include "disk/disk.h"
#include "git/git.h"
#include "sys/sys.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disklog.h"
#include "keep.h"

#define STORE_NUMBERS 256 /* of disklog's records */

struct found {
	struct disk_store store;
	struct git_repo *repo;
	struct map commits; /* ids of commits that are here; value: not NULL */
	strings parents;    /* ids that commits name as their parents, with the child */
	strings children;
};

struct export
{
	struct arena *a;
	const struct git_api *git;
	const char *path, *only, *dir;
	VEC(struct found) stores;
	size_t numbers[STORE_NUMBERS]; /* number in STORES, and one; 0: unknown, or not wanted */
};

/* ---- the disk as a device -------------------------------------------------------------------- */

static bool read_file(void *ctx, uint64_t sector, void *to, size_t sectors)
{
	size_t n = sectors * DISKLOG_SECTOR;
	return pread(*(int *)ctx, to, n, (off_t)(sector * DISKLOG_SECTOR)) == (ssize_t)n;
}

static bool refuse_write(void *ctx, uint64_t sector, const void *from, size_t sectors)
{
	(void)ctx, (void)sector, (void)from, (void)sectors;
	return false;
}

static bool refuse_flush(void *ctx)
{
	(void)ctx;
	return false;
}

static enum code code_of(enum disklog_verdict verdict)
{
	switch (verdict) {
	case DISKLOG_BLANK:
		return E_NOTFOUND;
	case DISKLOG_UNREADABLE:
		return E_IO;
	case DISKLOG_DAMAGED:
		return E_CORRUPT;
	default:
		return E_INPUT;
	}
}

static bool open_log(
	struct arena *a, int *fd, const char *path, struct disklog **log, struct err *e)
{
	struct stat st;
	if (fstat(*fd, &st) < 0)
		return fail_errno(e, "look at %s", path);
	const struct disklog_device device = {
		fd, (uint64_t)st.st_size / DISKLOG_SECTOR, read_file, refuse_write, refuse_flush};
	const struct disklog_options options = {.read_only = true};
	enum disklog_verdict verdict =
		disklog_open(arena_alloc(a, disklog_memory()), &device, &options, log);
	if (verdict == DISKLOG_OPENED)
		return true;
	return fail(e, code_of(verdict), "%s: %s", path, disklog_verdict_text(verdict));
}

/* ---- records --------------------------------------------------------------------------------- */

static bool is_secret(const char *name)
{
	return strcmp(name, "payload") == 0 || strcmp(name, "machine") == 0;
}

static bool is_wanted(const struct export *x, const char *name)
{
	return x->only ? strcmp(name, x->only) == 0 : !is_secret(name);
}

/* A name that is a folder's, too. */
static bool is_plain(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/');
}

static bool begin_store(struct export *x, const struct keep_record *r, struct err *e)
{
	size_t i = 0;
	x->numbers[r->store] = 0;
	if (!is_plain(r->name))
		return fail(e, E_CORRUPT, "%s has a store without a proper name", x->path);
	if (!is_wanted(x, r->name))
		return true;
	while (i < x->stores.n && strcmp(x->stores.v[i].store.name, r->name) != 0)
		i++;
	x->numbers[r->store] = i + 1;
	if (i < x->stores.n)
		return true;
	struct found *f = vec_add(x->a, &x->stores);
	f->store.name = str_copy(x->a, str_of(r->name));
	f->store.dir = str_format(x->a, "%s/%s.git", x->dir, r->name);
	f->commits.a = x->a;
	return x->git->bare(f->store.dir, &f->repo, e);
}

/* Remembers which commits are here, and which are named as parents. */
static void note_commit(struct export *x, struct found *f, const struct git_id *id, struct str text)
{
	*map_put(&f->commits, str_of(id->hex)) = f;
	for (struct str line = str_cut(&text, '\n'); line.n; line = str_cut(&text, '\n')) {
		if (!str_starts(line, S("parent ")))
			continue;
		vec_push(x->a, &f->parents, str_copy(x->a, str_from(line, strlen("parent "))));
		vec_push(x->a, &f->children, str_copy(x->a, str_of(id->hex)));
	}
}

static bool add_object(
	struct export *x, struct found *f, const struct keep_record *r, struct err *e)
{
	static const char *const types[] = {
		[TABLE_COMMIT] = "commit", [TABLE_TREE] = "tree", [TABLE_BLOB] = "blob"};
	const struct str bytes = {(const char *)r->p, r->n};
	struct git_id id;
	if (!x->git->put(f->repo, types[r->type], bytes, &id, e))
		return false;
	if (r->type == TABLE_COMMIT)
		note_commit(x, f, &id, bytes);
	return true;
}

static bool move_ref(struct export *x, struct found *f, const struct keep_record *r, struct err *e)
{
	struct git_id id;
	const char *name = str_format(x->a, "refs/heads/%s", r->name);
	table_id_text(&r->id, id.hex);
	f->store.entries = 0;
	return x->git->point(f->repo, name, &id, e);
}

static bool take_record(struct export *x, const struct disklog_record *record, struct err *e)
{
	struct keep_record r;
	if (!keep_parse(record, &r))
		return fail(e, E_CORRUPT, "%s has a record that is none of an image's", x->path);
	if (r.kind == KEEP_STORE)
		return begin_store(x, &r, e);
	if (!x->numbers[r.store])
		return true;
	struct found *f = &x->stores.v[x->numbers[r.store] - 1];
	switch (r.kind) {
	case KEEP_OBJECT:
		return add_object(x, f, &r, e);
	case KEEP_MOVED:
		return move_ref(x, f, &r, e);
	default:
		f->store.entries++;
		return true;
	}
}

static bool take_all(struct export *x, struct disklog *log, struct err *e)
{
	struct disklog_record record;
	enum disklog_next next;
	while ((next = disklog_next(log, &record)) == DISKLOG_RECORD)
		if (!take_record(x, &record, e))
			return fail_hint(
				e, "stock git can look at what was read so far in %s", x->dir);
	return next == DISKLOG_END || fail(e, E_IO, "%s can't be read", x->path);
}

/* Commits without all of their parents are git's shallow boundary. */
static bool finish_store(struct export *x, struct found *f, struct err *e)
{
	struct text shallow = {.a = x->a};
	struct map told = {.a = x->a};
	for (size_t i = 0; i < f->parents.n; i++) {
		struct str child = str_of(f->children.v[i]);
		if (map_has(&f->commits, str_of(f->parents.v[i])) || map_has(&told, child))
			continue;
		*map_put(&told, child) = f;
		text_addf(&shallow, "%s\n", f->children.v[i]);
	}
	x->git->close(&f->repo);
	return !shallow.n ||
	       file_write(path_join(x->a, f->store.dir, "shallow"), text_str(&shallow), 0644, e);
}

static void close_export(struct export *x)
{
	vec_for(f, &x->stores)
		x->git->close(&f->repo);
}

bool disk_export(struct arena *a, const char *path, const char *only, const char *dir,
	disk_stores *out, struct err *e)
{
	defer(close_export) struct export x = {.a = a, .path = path, .only = only, .dir = dir};
	defer(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct disklog *log;
	if (fd < 0)
		return fail_errno(e, "open %s", path);
	if (!git_load(&x.git, e) || !open_log(a, &fd, path, &log, e) || !take_all(&x, log, e))
		return false;
	if (!x.stores.n)
		return only ? fail(e, E_NOTFOUND, "%s has no store '%s'", path, only)
			    : fail(e, E_NOTFOUND, "%s has no stores yet", path);
	disk_stores stores = {0};
	vec_for(f, &x.stores) {
		if (!finish_store(&x, f, e))
			return false;
		*vec_add(a, &stores) = f->store;
	}
	*out = stores;
	return true;
}
