/* disk.c - stores out of the log on a machine's disk: each a bare repository. The disk is read, and
 * never written. SPDX-License-Identifier: ISC */
#include "past/past.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disklog.h"
#include "keep.h"
#include "sys/sys.h"

/* A commit whose parents may not be there: then git must be told. */
struct seen_commit {
	struct git_id id;
	VEC(struct git_id) parents;
};

struct found_store {
	const char *name; /* NULL: no such store */
	const char *dir;
	struct git_repo *repo;
	struct map ids; /* of its commits */
	VEC(struct seen_commit) commits;
};

struct reader {
	struct arena *a; /* of the names */
	struct arena scratch;
	const char *file, *dir;
	const struct git_api *git;
	int fd;
	struct found_store stores[256]; /* by number */
};

static void end_reader(struct reader *r)
{
	for (size_t i = 0; i < 256; i++)
		if (r->stores[i].repo)
			r->git->close(&r->stores[i].repo);
	close_fd(&r->fd);
	arena_free(&r->scratch);
}

/* ---- the device ------------------------------------------------------------------------------ */

static bool read_sectors(void *ctx, uint64_t sector, void *to, size_t sectors)
{
	const struct reader *r = ctx;
	char *p = to;
	size_t n = sectors * DISKLOG_SECTOR;
	for (off_t at = (off_t)(sector * DISKLOG_SECTOR); n;) {
		ssize_t got = pread(r->fd, p, n, at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		at += got;
		n -= (size_t)got;
	}
	return true;
}

static bool write_nothing(void *ctx, uint64_t sector, const void *from, size_t sectors)
{
	(void)ctx, (void)sector, (void)from, (void)sectors;
	return false;
}

static bool flush_nothing(void *ctx)
{
	(void)ctx;
	return false;
}

static bool open_log(struct reader *r, struct disklog **out, struct err *e)
{
	struct stat st;
	r->fd = open(r->file, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 || fstat(r->fd, &st) < 0)
		return fail_errno(e, "open the disk %s", r->file);
	const struct disklog_device device = {.ctx = r,
		.sectors = (uint64_t)st.st_size / DISKLOG_SECTOR,
		.read = read_sectors,
		.write = write_nothing,
		.flush = flush_nothing};
	const struct disklog_options options = {.read_only = true};
	void *memory = arena_alloc(&r->scratch, disklog_memory());
	enum disklog_verdict verdict = disklog_open(memory, &device, &options, out);
	if (verdict == DISKLOG_OPENED)
		return true;
	if (verdict == DISKLOG_BLANK)
		return fail(e, E_NOTFOUND, "the disk %s is blank", r->file);
	return fail(e, E_INPUT, "the disk %s: %s", r->file, disklog_verdict_text(verdict));
}

/* ---- records --------------------------------------------------------------------------------- */

/* It becomes a file's name. */
static bool is_plain(const char *name)
{
	return name[0] != '.' && name[0] != '-' &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-")];
}

static bool damaged(const struct reader *r, const char *what, struct err *e)
{
	return fail(e, E_CORRUPT, "the log on the disk %s has %s", r->file, what);
}

/* A compaction names stores again. */
static bool take_store(struct reader *r, const struct keep_record *k, strings *names, struct err *e)
{
	struct found_store *s = &r->stores[k->store & 255];
	if (!is_plain(k->name))
		return damaged(r, "a store with a name that is none", e);
	if (s->name)
		return !strcmp(s->name, k->name) || damaged(r, "two stores of one number", e);
	*s = (struct found_store){.name = str_copy(r->a, str_of(k->name)),
		.dir = str_format(r->a, "%s/%s.git", r->dir, k->name),
		.ids = {.a = &r->scratch}};
	vec_push(r->a, names, s->name);
	return r->git->create_bare(s->dir, "primary", &s->repo, e);
}

/* The header's lines "parent ID". */
static void take_commit(
	struct reader *r, struct found_store *s, const struct git_id *id, struct str text)
{
	const struct str mark = S("parent ");
	struct seen_commit *c = vec_add(&r->scratch, &s->commits);
	c->id = *id;
	map_put(&s->ids, str_of(id->hex));
	while (text.n) {
		struct str line = str_cut(&text, '\n');
		if (!line.n)
			return;
		if (!str_starts(line, mark) || line.n != mark.n + 40)
			continue;
		struct git_id *parent = vec_add(&r->scratch, &c->parents);
		memcpy(parent->hex, line.p + mark.n, 40);
	}
}

static bool take_object(
	struct reader *r, struct found_store *s, const struct keep_record *k, struct err *e)
{
	static const char *const types[] = {
		[TABLE_COMMIT] = "commit", [TABLE_TREE] = "tree", [TABLE_BLOB] = "blob"};
	struct str bytes = {(const char *)k->p, k->n};
	struct git_id said, is;
	table_id_text(&k->id, said.hex);
	if (!r->git->put(s->repo, types[k->type], bytes, &is, e))
		return false;
	if (strcmp(said.hex, is.hex))
		return damaged(r, "an object whose id is another", e);
	if (k->type == TABLE_COMMIT)
		take_commit(r, s, &is, bytes);
	return true;
}

static bool take_ref(
	struct reader *r, struct found_store *s, const struct keep_record *k, struct err *e)
{
	struct git_id id;
	table_id_text(&k->id, id.hex);
	return r->git->point(s->repo, str_format(&r->scratch, "refs/heads/%s", k->name), &id, e);
}

static bool take_record(
	struct reader *r, const struct disklog_record *record, strings *names, struct err *e)
{
	struct keep_record k;
	struct found_store *s = &r->stores[record->store & 255];
	if (!keep_parse(record, &k))
		return damaged(r, "a record that makes no sense", e);
	if (k.kind == KEEP_STORE)
		return take_store(r, &k, names, e);
	if (!s->name)
		return damaged(r, "a record of a store that it does not name", e);
	if (k.kind == KEEP_OBJECT)
		return take_object(r, s, &k, e);
	return k.kind != KEEP_MOVED || take_ref(r, s, &k, e);
}

/* ---- the boundary ---------------------------------------------------------------------------- */

static bool lacks_parent(const struct found_store *s, const struct seen_commit *c)
{
	vec_for(parent, &c->parents)
		if (!map_has(&s->ids, str_of(parent->hex)))
			return true;
	return false;
}

/* Git's file "shallow". */
static bool mark_boundary(struct reader *r, const struct found_store *s, struct err *e)
{
	struct text ids = {.a = &r->scratch};
	vec_for(c, &s->commits)
		if (lacks_parent(s, c))
			text_addf(&ids, "%s\n", c->id.hex);
	return !ids.n ||
	       file_write_cache(path_join(&r->scratch, s->dir, "shallow"), text_str(&ids), 0644, e);
}

bool past_from_disk(
	struct arena *a, const char *file, const char *dir, strings *names, struct err *e)
{
	defer(end_reader) struct reader r = {.a = a, .file = file, .dir = dir, .fd = -1};
	struct disklog *log;
	struct disklog_record record;
	enum disklog_next next;
	strings found = {0};
	if (!git_load(&r.git, e) || !open_log(&r, &log, e))
		return false;
	while ((next = disklog_next(log, &record)) == DISKLOG_RECORD)
		if (!take_record(&r, &record, &found, e))
			return false;
	if (next != DISKLOG_END)
		return fail(e, E_IO, "the disk %s can't be read", file);
	for (size_t i = 0; i < 256; i++)
		if (r.stores[i].name && !mark_boundary(&r, &r.stores[i], e))
			return false;
	*names = found;
	return true;
}
