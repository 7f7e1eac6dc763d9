/* bare.c - repositories made of objects that are there already. SPDX-License-Identifier: ISC */
#include "git/inner.h"

#include <string.h>
#include <unistd.h>

bool bare_create(const char *dir, const char *head, struct git_repo **out, struct err *e)
{
	if (!git_start(e))
		return false;
	git_repository *repo = NULL;
	git_repository_init_options options;
	git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	options.flags = GIT_REPOSITORY_INIT_NO_REINIT | GIT_REPOSITORY_INIT_MKDIR |
			GIT_REPOSITORY_INIT_BARE;
	options.initial_head = head;
	if (git_repository_init_ext(&repo, dir, &options) < 0)
		return fail_git(e, "create a git repository in %s", dir);
	git_repository_free(repo);
	if (!repo_open(dir, out, e))
		return false;
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 0); /* it can be made again */
	return true;
}

bool bare_put(
	struct git_repo *r, const char *type, struct str bytes, struct git_id *out, struct err *e)
{
	git_oid oid;
	if (git_odb_write(&oid, r->odb, bytes.p, bytes.n, git_object_string2type(type)) < 0)
		return fail_git(e, "store a %s", type);
	*out = id_of(&oid);
	return true;
}

/* Names that we set are nobody else's: a lock of one is left from a killed program. */
static void drop_lock(struct git_repo *r, const char *name)
{
	defer(arena_free) struct arena scratch = {0};
	unlink(str_format(&scratch, "%s%s.lock", git_repository_path(r->repo), name));
}

bool bare_point(struct git_repo *r, const char *name, const struct git_id *id, struct err *e)
{
	defer(drop_reference) git_reference *ref = NULL;
	git_oid oid;
	drop_lock(r, name);
	if (!id)
		return git_reference_remove(r->repo, name) == 0 ||
		       fail_git(e, "remove the ref %s", name);
	if (!id_parse(id, &oid) || git_reference_create(&ref, r->repo, name, &oid, 1, NULL) < 0)
		return fail_git(e, "make the ref %s", name);
	return true;
}
