/* bare.c - bare repositories made of objects that came from elsewhere. SPDX-License-Identifier: ISC
 */
#include "git/inner.h"

bool bare_create(const char *dir, struct git_repo **out, struct err *e)
{
	if (!git_start(e))
		return false;
	git_repository *repo = NULL;
	git_repository_init_options options;
	git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	options.flags = GIT_REPOSITORY_INIT_NO_REINIT | GIT_REPOSITORY_INIT_MKDIR |
			GIT_REPOSITORY_INIT_BARE;
	options.initial_head = "primary";
	if (git_repository_init_ext(&repo, dir, &options) < 0)
		return fail_git(e, "create a git repository in %s", dir);
	return repo_wrap(repo, dir, out, e);
}

bool bare_put(
	struct git_repo *r, const char *type, struct str bytes, struct git_id *out, struct err *e)
{
	git_oid id;
	if (git_odb_write(&id, r->odb, bytes.p, bytes.n, git_object_string2type(type)) < 0)
		return fail_git(e, "write a %s", type);
	*out = id_of(&id);
	return true;
}

bool bare_point(struct git_repo *r, const char *name, const struct git_id *id, struct err *e)
{
	git_oid oid;
	defer(drop_reference) git_reference *ref = NULL;
	if (!id_parse(id, &oid) || git_reference_create(&ref, r->repo, name, &oid, 1, NULL) < 0)
		return fail_git(e, "set %s to %s", name, id->hex);
	return true;
}
