/* repo.c - opam repositories, of whatever kind. SPDX-License-Identifier: ISC */
#include "opam/repo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum repo_kind repo_kind_of(struct arena *a, const char *place)
{
	struct stat st;
	if (stat(place, &st))
		return 0;
	if (S_ISREG(st.st_mode))
		return REPO_ARCHIVE;
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (dir_exists(path_join(a, place, "packages")))
		return REPO_FOLDER;
	if (file_exists(path_join(a, place, ".git")) ||
		(file_exists(path_join(a, place, "HEAD")) &&
			dir_exists(path_join(a, place, "objects"))))
		return REPO_GIT;
	return 0;
}

/* What follows "packages/": NAME/NAME.VERSION/opam or NAME.VERSION/opam. */
static bool split_path(struct str rest, struct opam_entry *out)
{
	struct str first = str_cut(&rest, '/'), second = first;
	bool nested = !str_is(rest, "opam");
	if (nested)
		second = str_cut(&rest, '/');
	return str_is(rest, "opam") && opam_name_split(second, &out->name, &out->version) &&
	       (!nested || str_eq(out->name, first));
}

struct repo_file *repo_note(struct opam_repo *r, const char *path)
{
	struct str rest = str_of(path);
	struct opam_entry entry = {.path = path};
	if (str_starts(rest, S("./")))
		rest = str_from(rest, 2);
	if (!str_starts(rest, S("packages/")))
		(void)str_cut(&rest, '/'); /* the folder that the archive is of */
	if (!str_starts(rest, S("packages/")))
		return NULL;
	if (!split_path(str_from(rest, strlen("packages/")), &entry))
		return NULL;
	vec_push(&r->a, &r->entries, entry);
	return vec_add(&r->a, &r->files);
}

/* ---- order ---------------------------------------------------------------------------------- */

struct paired {
	struct opam_entry entry;
	struct repo_file file;
};

static int by_name_and_version(const void *x, const void *y)
{
	const struct opam_entry *a = &((const struct paired *)x)->entry,
				*b = &((const struct paired *)y)->entry;
	int order = str_cmp(a->name, b->name);
	if (!order)
		order = opam_version_compare(a->version, b->version);
	if (!order)
		order = str_cmp(a->version, b->version);
	return order ? order : strcmp(a->path, b->path);
}

static bool is_twin(const struct opam_entry *a, const struct opam_entry *b)
{
	return str_eq(a->name, b->name) && str_eq(a->version, b->version);
}

/* Of two files for the same version the first path counts. */
static void sort_entries(struct opam_repo *r)
{
	defer(arena_free) struct arena scratch = {0};
	size_t n = r->entries.n, kept = 0;
	struct paired *all = NEW_ARRAY(&scratch, struct paired, n);
	for (size_t i = 0; i < n; i++)
		all[i] = (struct paired){r->entries.v[i], r->files.v[i]};
	if (n)
		qsort(all, n, sizeof(*all), by_name_and_version);
	for (size_t i = 0; i < n; i++) {
		if (i && is_twin(&all[i].entry, &all[i - 1].entry))
			continue;
		r->entries.v[kept] = all[i].entry;
		r->files.v[kept++] = all[i].file;
	}
	r->entries.n = r->files.n = kept;
}

/* ---- opening -------------------------------------------------------------------------------- */

MUST_CHECK static bool open_kind(struct opam_repo *r, struct err *e)
{
	r->kind = repo_kind_of(&r->a, r->place);
	switch (r->kind) {
	case REPO_FOLDER:
		return repo_open_folder(r, e);
	case REPO_ARCHIVE:
		return repo_open_archive(r, e);
	case REPO_GIT:
		return repo_open_git(r, e);
	}
	if (!file_exists(r->place))
		return fail(e, E_NOTFOUND, "there is no opam repository at %s", r->place);
	return fail(e, E_INPUT,
		"%s is no opam repository: expected a folder with packages/ in it, "
		"an archive of one, or a git repository",
		r->place);
}

bool opam_repo_open(const char *place, struct opam_repo **out, struct err *e)
{
	struct opam_repo *r = base_get_memory(sizeof(*r));
	if (!r)
		base_out_of_memory(sizeof(*r));
	*r = (struct opam_repo){.dir = -1, .read_ns = clock_wall_ns()};
	r->place = str_copy(&r->a, str_of(place));
	if (!open_kind(r, e)) {
		opam_repo_close(&r);
		return false;
	}
	sort_entries(r);
	*out = r;
	return true;
}

void opam_repo_close(struct opam_repo **r)
{
	if (!*r)
		return;
	if ((*r)->git_repo)
		(*r)->git->close(&(*r)->git_repo);
	if ((*r)->map)
		munmap((*r)->map, (*r)->map_size);
	close_fd(&(*r)->dir);
	arena_free(&(*r)->a);
	base_put_memory(*r);
	*r = NULL;
}

const struct opam_entry *opam_repo_entries(const struct opam_repo *r, size_t *n)
{
	*n = r->entries.n;
	return r->entries.v;
}

/* ---- reading -------------------------------------------------------------------------------- */

MUST_CHECK static bool read_file_at(
	int dir, const char *path, struct arena *a, struct str *out, struct err *e)
{
	struct stat st;
	defer(close_fd) int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return fail_errno(e, "read %s", path);
	if (!S_ISREG(st.st_mode))
		return fail(e, E_INPUT, "%s is no file", path);
	/* opam_parse() tells of what is too large. */
	bool large = (uint64_t)st.st_size > OPAM_FILE_MAX;
	size_t size = large ? OPAM_FILE_MAX + 1 : (size_t)st.st_size, n = 0;
	char *bytes = arena_alloc(a, size + 1);
	while (n < size) {
		ssize_t got = read(fd, bytes + n, size - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(e, "read %s", path);
		if (got == 0)
			break;
		n += (size_t)got;
	}
	*out = (struct str){bytes, n};
	return true;
}

bool opam_repo_read(struct opam_repo *r, size_t i, struct arena *a, struct str *out, struct err *e)
{
	const struct repo_file *file = &r->files.v[i];
	struct git_id id;
	switch (r->kind) {
	case REPO_FOLDER:
		return read_file_at(r->dir, r->entries.v[i].path, a, out, e);
	case REPO_ARCHIVE:
		*out = file->bytes;
		return true;
	case REPO_GIT:
		memcpy(id.hex, file->mark.id, sizeof(id.hex));
		return r->git->blob(r->git_repo, a, &id, out, e);
	}
	return fail(e, E_BUG, "a repository of no kind");
}
