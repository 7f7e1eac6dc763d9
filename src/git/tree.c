/* tree.c - stores the tree that a working tree's files make. SPDX-License-Identifier: ISC */
#include "git/inner.h"

#include <string.h>

static bool store(void *ctx, const char *type, struct str bytes, struct git_id *out, struct err *e)
{
	struct git_repo *r = ctx;
	git_oid oid;
	if (git_odb_write(&oid, r->odb, bytes.p, bytes.n, git_object_string2type(type)) < 0)
		return fail_git(e, "store an object");
	*out = id_of(&oid);
	return true;
}

static bool is_stored(void *ctx, const struct git_id *id)
{
	struct git_repo *r = ctx;
	git_oid oid;
	return id_parse(id, &oid) && git_odb_exists(r->odb, &oid);
}

bool tree_make(
	struct git_repo *r, const char *dir, git_files *files, struct git_id *out, struct err *e)
{
	const struct git_sink sink = {store, is_stored, r};
	return git_folder_to(dir, files, &sink, out, e);
}
