/* snapshot.c - reads a working tree's names and stamps. SPDX-License-Identifier: ISC */
#include "overlay/snapshot.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static uint32_t git_mode(uint32_t mode)
{
	return S_ISLNK(mode) ? 0120000 : mode & 0100 ? 0100755 : 0100644;
}

/* Reads the folder NAME of the open folder AT; PATH is what to call it. */
static bool scan_folder(struct arena *a, int at, const char *name, const char *path,
	struct snapshot *out, struct err *e)
{
	struct item folder = {.kind = ITEM_FOLDER, .file = {.path = *path ? path : "."}};
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	defer(close_dir) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d || !link_stamp_at(fd, ".", &folder.stamp))
		return fail_errno(e, "read folder %s", *path ? path : name);
	vec_push(a, &out->items, folder);
	for (struct dirent *entry; (entry = readdir(d));) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
			!strcmp(entry->d_name, ".git"))
			continue;
		struct item item = {.kind = ITEM_FILE};
		item.file.path = path_join(a, path, entry->d_name);
		if (!link_stamp_at(fd, entry->d_name, &item.stamp))
			return fail_errno(e, "stat %s", item.file.path);
		uint32_t mode = item.stamp.mode;
		item.file.mode = git_mode(mode);
		if (S_ISDIR(mode)) {
			if (!scan_folder(a, fd, entry->d_name, item.file.path, out, e))
				return false;
		} else if (S_ISREG(mode) || S_ISLNK(mode)) {
			vec_push(a, &out->items, item);
		}
	}
	return true;
}

static int by_kind_and_path(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	return a->kind != b->kind ? (int)a->kind - (int)b->kind
				  : strcmp(a->file.path, b->file.path);
}

/* Both are sorted by kind and path. */
static void take_over(struct snapshot *new, const struct snapshot *old)
{
	size_t k = 0;
	vec_for(item, &new->items) {
		while (k < old->items.n && by_kind_and_path(&old->items.v[k], item) < 0)
			k++;
		if (k < old->items.n && !by_kind_and_path(&old->items.v[k], item) &&
			stamp_eq(&old->items.v[k].stamp, &item->stamp))
			item->file.id = old->items.v[k].file.id;
	}
}

bool snapshot_scan(struct arena *a, const char *root, const struct snapshot *before,
	struct snapshot *out, struct err *e)
{
	struct snapshot s = {.read_ns = clock_wall_ns()};
	if (!scan_folder(a, AT_FDCWD, root, "", &s, e))
		return false;
	qsort(s.items.v, s.items.n, sizeof(*s.items.v), by_kind_and_path);
	if (before)
		take_over(&s, before);
	*out = s;
	return true;
}

static void add_watch(struct arena *a, struct snapshot *s, int root, const char *path)
{
	struct item item = {.kind = ITEM_WATCHED, .file = {.path = path}};
	if (!link_stamp_at(root, path, &item.stamp))
		item.stamp = (struct stamp){0};
	vec_push(a, &s->items, item);
}

void snapshot_watch(struct arena *a, struct snapshot *s, const char *root, const char *path)
{
	defer(close_fd) int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	add_watch(a, s, fd, path);
}

bool snapshot_watch_tree(struct arena *a, struct snapshot *s, const char *path, struct err *e)
{
	struct snapshot other;
	if (!snapshot_scan(a, path, NULL, &other, e))
		return false;
	vec_for(item, &other.items) {
		item->kind = ITEM_WATCHED;
		item->file.path = path_join(a, path, item->file.path);
		vec_push(a, &s->items, *item);
	}
	return true;
}

git_files snapshot_files(struct arena *a, const struct snapshot *s)
{
	git_files files = {0};
	vec_for(item, &s->items)
		if (item->kind == ITEM_FILE)
			vec_push(a, &files, item->file);
	return files;
}

void snapshot_take_ids(struct snapshot *s, const git_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		s->items.v[i].file.id = files->v[i].id;
}

void snapshot_add_watched(struct arena *a, struct snapshot *s, const struct snapshot *other)
{
	vec_for(item, &other->items)
		if (item->kind == ITEM_WATCHED)
			vec_push(a, &s->items, *item);
}

static bool holds(const char *root, const struct snapshot *s, bool all)
{
	static const struct stamp missing = {0};
	defer(close_fd) int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	vec_for(item, &s->items) {
		struct stamp now;
		if (!all && item->kind != ITEM_WATCHED)
			continue;
		if (!link_stamp_at(fd, item->file.path, &now))
			now = missing;
		if (!stamp_eq(&now, &item->stamp))
			return false;
	}
	return true;
}

bool snapshot_holds(const char *root, const struct snapshot *s)
{
	return holds(root, s, true);
}

bool snapshot_watched_holds(const char *root, const struct snapshot *s)
{
	return holds(root, s, false);
}
