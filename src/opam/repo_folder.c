/* repo_folder.c - an opam repository as a folder. SPDX-License-Identifier: ISC */
#include "opam/repo.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void drop_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static bool may_be_folder(const struct dirent *d)
{
	return d->d_name[0] != '.' &&
	       (d->d_type == DT_DIR || d->d_type == DT_LNK || d->d_type == DT_UNKNOWN);
}

/* The file PATH/opam, if it is there. */
static bool note_file(struct opam_repo *r, const char *folder)
{
	const char *path = str_format(&r->a, "%s/opam", folder);
	struct stamp stamp;
	if (!file_stamp_at(r->dir, path, &stamp) || !S_ISREG(stamp.mode))
		return false;
	struct repo_file *file = repo_note(r, path);
	if (file)
		file->mark.stamp = stamp;
	return true;
}

/* The versions in packages/NAME. A version's folder without its file may get it any time, which
 * nobody above would see: the folder's stamp does not count then. */
MUST_CHECK static bool read_versions(struct opam_repo *r, const char *name, struct err *e)
{
	struct stamp stamp = {0};
	const char *folder = str_format(&r->a, "packages/%s", name);
	(void)file_stamp_at(r->dir, folder, &stamp);
	int fd = openat(r->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	defer(drop_dir) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		close_fd(&fd);
		return fail_errno(e, "open the folder %s/%s", r->place, folder);
	}
	for (struct dirent *entry; (entry = readdir(d));) {
		struct str version, own = S("");
		if (!may_be_folder(entry) ||
			!opam_name_split(str_of(entry->d_name), &own, &version) ||
			!str_is(own, name))
			continue;
		if (!note_file(r, str_format(&r->a, "%s/%s", folder, entry->d_name)))
			stamp = (struct stamp){0};
	}
	vec_push(&r->a, &r->folders, ((struct repo_folder){name, stamp}));
	return true;
}

MUST_CHECK static bool read_names(struct opam_repo *r, DIR *d, struct err *e)
{
	for (struct dirent *entry; (entry = readdir(d));) {
		struct str name, version;
		if (!may_be_folder(entry))
			continue;
		const char *copy = str_copy(&r->a, str_of(entry->d_name));
		if (opam_name_valid(str_of(copy))) {
			if (entry->d_type != DT_DIR &&
				!dir_exists(str_format(&r->a, "%s/packages/%s", r->place, copy)))
				continue;
			if (!read_versions(r, copy, e))
				return false;
		} else if (opam_name_split(str_of(copy), &name, &version)) {
			if (!note_file(r, str_format(&r->a, "packages/%s", copy)))
				r->root = (struct stamp){0};
		}
	}
	return true;
}

static int by_name(const void *x, const void *y)
{
	return strcmp(((const struct repo_folder *)x)->name, ((const struct repo_folder *)y)->name);
}

bool repo_open_folder(struct opam_repo *r, struct err *e)
{
	r->dir = open(r->place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir < 0 || !file_stamp_at(r->dir, "packages", &r->root))
		return fail_errno(e, "open the folder %s", r->place);
	int fd = openat(r->dir, "packages", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	defer(drop_dir) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		close_fd(&fd);
		return fail_errno(e, "open the folder %s/packages", r->place);
	}
	if (!read_names(r, d, e))
		return false;
	if (r->folders.n)
		qsort(r->folders.v, r->folders.n, sizeof(*r->folders.v), by_name);
	return true;
}
