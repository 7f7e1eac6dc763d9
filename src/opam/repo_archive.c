/* repo_archive.c - an opam repository in an archive. SPDX-License-Identifier: ISC */
#include "fetch/fetch.h"
#include "opam/repo.h"

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
		struct repo_file *noted = repo_note(r, file->path);
		if (noted)
			noted->bytes = file->bytes;
	}
	if (r->entries.n)
		return true;
	return fail(e, E_INPUT,
		"%s is no opam repository: it holds no file packages/NAME/NAME.VERSION/opam",
		r->place);
}
