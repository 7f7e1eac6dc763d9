/* shadow.c - the folder in which dune works: links to the user's files. Whatever state it is in,
 * also that which a killed respin left, it is made what it should be.
 * SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct shadow {
	struct build *b;
	struct map wanted; /* path -> struct entry *, or the shadow where it is a folder */
	strings folders;   /* those above before those below */
};

static const char *parent_of(struct arena *a, const char *path)
{
	const char *dir = path_dir(a, path);
	return strcmp(dir, ".") ? dir : "";
}

static bool is_real(const struct build *b, const char *path)
{
	return map_has(&b->real, str_of(path));
}

static void want_folder(struct shadow *s, const char *path)
{
	if (*path && !map_has(&s->wanted, str_of(path))) {
		*map_put(&s->wanted, str_of(path)) = s;
		vec_push(s->b->a, &s->folders, path);
	}
}

static int by_bytes(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

static void find_wanted(struct shadow *s)
{
	struct build *b = s->b;
	vec_for(way, &b->way.entries)
		want_folder(s, str_copy(b->a, way->key));
	vec_for(entry, &b->inputs) {
		if (entry->kind == ENTRY_FOLDER && is_real(b, entry->path))
			want_folder(s, entry->path);
		else if (is_workspace(entry->kind) && is_real(b, parent_of(b->a, entry->path)))
			*map_put(&s->wanted, str_of(entry->path)) = entry;
	}
	if (s->folders.n)
		qsort(s->folders.v, s->folders.n, sizeof(*s->folders.v), by_bytes);
}

/* ---- one thing ------------------------------------------------------------------------ */

static bool make_folder(const char *path, struct err *e)
{
	struct stat st;
	bool there = lstat(path, &st) == 0;
	if (there && S_ISDIR(st.st_mode))
		return true;
	if (there && unlink(path) < 0)
		return fail_errno(e, "remove %s", path);
	return mkdir(path, 0777) == 0 || fail_errno(e, "create the folder %s", path);
}

static bool make_link(const char *path, const char *target, struct err *e)
{
	char now[4096];
	ssize_t n = readlink(path, now, sizeof(now));
	if (n >= 0 && str_eq((struct str){now, (size_t)n}, str_of(target)))
		return true;
	if (n >= 0 || errno != ENOENT)
		if (!tree_remove(path, e))
			return false;
	return symlink(target, path) == 0 || fail_errno(e, "link %s", path);
}

/* Dune may put its own in the place of a copy: that has another time then. */
static bool is_copy(const char *path, const struct stat *source)
{
	struct stat st;
	return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == source->st_size &&
	       st.st_mtim.tv_sec == source->st_mtim.tv_sec &&
	       st.st_mtim.tv_nsec == source->st_mtim.tv_nsec;
}

static bool make_copy(struct build *b, const char *path, const char *target, struct err *e)
{
	struct stat st;
	struct str bytes;
	if (stat(target, &st) < 0)
		return fail_errno(e, "look at %s", target);
	if (is_copy(path, &st))
		return true;
	if (!tree_remove(path, e) || !file_read(b->a, target, (size_t)1 << 30, &bytes, e) ||
		!file_write_cache(path, bytes, st.st_mode & 0777, e))
		return false;
	const struct timespec times[2] = {st.st_atim, st.st_mtim};
	return utimensat(AT_FDCWD, path, times, 0) == 0 ||
	       fail_errno(e, "set the time of %s", path);
}

/* ---- all of it ------------------------------------------------------------------------ */

static bool is_copied(const struct build *b, const struct entry *entry)
{
	struct str dir = str_of(parent_of(b->a, entry->path));
	return entry->kind == ENTRY_FILE &&
	       (map_has(&b->own, dir) ||
		       (map_has(&b->opam, dir) && str_ends(str_of(entry->path), S(".opam"))));
}

static bool place(struct shadow *s, const struct entry *entry, struct err *e)
{
	struct build *b = s->b;
	const char *path = path_join(b->a, b->dir, entry->path);
	/* An image that was promoted would be a source to build contexts that don't make it: an old
	 * one, of the same name. */
	if (is_copied(b, entry) && !strcmp(entry->path, b->q->image->build.dune->target))
		return tree_remove(path, e);
	if (is_copied(b, entry))
		return make_copy(b, path, entry->real, e);
	return make_link(path, entry->real, e);
}

static bool clear(struct shadow *s, const char *folder, struct err *e)
{
	struct build *b = s->b;
	strings names;
	const char *dir = path_join(b->a, b->dir, folder);
	if (!dir_list(b->a, dir, &names, e))
		return false;
	vec_for(name, &names) {
		const char *path = path_join(b->a, folder, *name);
		bool keep =
			map_has(&s->wanted, str_of(path)) || (!*folder && !strcmp(*name, "_build"));
		if (!keep && !tree_remove(path_join(b->a, dir, *name), e))
			return false;
	}
	return true;
}

/* Says to dune that what is added is others' code. */
static bool place_vendored(struct shadow *s, struct err *e)
{
	struct build *b = s->b;
	struct str now, wanted = S("(vendored_dirs *)\n");
	struct err ignored;
	const char *path = path_join(b->a, path_join(b->a, b->dir, b->vendored), "dune");
	if (!map_has(&s->wanted, str_of(b->vendored)))
		return true;
	if (file_read(b->a, path, 64, &now, &ignored) && str_eq(now, wanted))
		return true;
	return file_write_cache(path, wanted, 0666, e);
}

bool shadow_sync(struct build *b, struct err *e)
{
	struct shadow s = {.b = b, .wanted = {.a = b->a}};
	find_wanted(&s);
	if (!dir_make(b->dir, e) || !clear(&s, "", e))
		return false;
	vec_for(folder, &s.folders)
		if (!make_folder(path_join(b->a, b->dir, *folder), e) || !clear(&s, *folder, e))
			return false;
	vec_for(wanted, &s.wanted.entries)
		if (wanted->value != &s && !place(&s, wanted->value, e))
			return false;
	return place_vendored(&s, e);
}
