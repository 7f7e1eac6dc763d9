/* repo_archive.c - an opam repository in an archive. SPDX-License-Identifier: ISC */
#include "fetch/fetch.h"
#include "opam/repo.h"

/* "packages/..." or "something/packages/..." */
static bool below_packages(const char *path)
{
	struct str rest = str_of(path);
	struct str first = str_cut(&rest, '/');
	if (str_is(first, "."))
		first = str_cut(&rest, '/');
	if (!str_is(first, "packages"))
		first = str_cut(&rest, '/');
	return str_is(first, "packages");
}

bool repo_open_archive(struct opam_repo *r, struct err *e)
{
	struct archive_contents contents;
	if (!file_stamp(r->place, &r->root))
		return fail_errno(e, "look at %s", r->place);
	if (!archive_load(&r->a, r->place, "/opam", &contents, e))
		return false;
	r->map = contents.map;
	r->map_size = contents.size;
	vec_for(file, &contents.files) {
		struct repo_file *noted =
			below_packages(file->path) ? repo_note(r, file->path) : NULL;
		if (noted)
			noted->bytes = file->bytes;
	}
	if (r->entries.n)
		return true;
	return fail(e, E_INPUT,
		"%s is no opam repository: it holds no file packages/NAME/NAME.VERSION/opam",
		r->place);
}
