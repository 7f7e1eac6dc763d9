/* mirror.c - one branch of a remote repository, kept up to date here. SPDX-License-Identifier: ISC
 */
#include "git/inner.h"

#include <stdio.h>
#include <string.h>

#define MIRROR_REF "refs/heads/mirror"

/* The full name of BRANCH, a branch or a tag, on the remote; of its HEAD where BRANCH is NULL. */
static bool find_ref(
	struct arena *a, git_remote *remote, const char *branch, const char **out, struct err *e)
{
	const char *url = git_remote_url(remote);
	const char *const kinds[] = {"refs/heads/", "refs/tags/"};
	const git_remote_head **heads;
	size_t n;
	if (git_remote_ls(&heads, &n, remote) < 0)
		return fail_remote(e, url);
	for (size_t k = 0; branch && k < 2; k++) {
		const char *wanted = str_format(a, "%s%s", kinds[k], branch);
		for (size_t i = 0; i < n; i++)
			if (!strcmp(heads[i]->name, wanted))
				return *out = wanted, true;
	}
	if (branch)
		return fail(e, E_NOTFOUND, "%s has no branch or tag %s", url, branch);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(heads[i]->name, "HEAD"))
			return *out = "HEAD", true;
	return fail(e, E_NOTFOUND, "%s has no commit", url);
}

static bool update(git_repository *repo, const char *url, const char *branch, struct transfer *t,
	struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	defer(drop_remote) git_remote *remote = NULL;
	const char *name = NULL;
	if (!remote_open(repo, url, &remote, e))
		return false;
	if (git_remote_connect(remote, GIT_DIRECTION_FETCH, NULL, NULL, NULL) < 0)
		return fail_remote(e, url);
	if (!find_ref(&scratch, remote, branch, &name, e))
		return false;
	char *spec = str_format(&scratch, "+%s:" MIRROR_REF, name);
	git_strarray refspecs = {&spec, 1};
	return remote_fetch(remote, &refspecs, t, e);
}

static bool create(
	const char *dir, const char *url, const char *branch, struct transfer *t, struct err *e)
{
	git_repository_init_options options;
	git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	options.flags = GIT_REPOSITORY_INIT_NO_REINIT | GIT_REPOSITORY_INIT_MKDIR |
			GIT_REPOSITORY_INIT_BARE;
	options.initial_head = "mirror";
	defer(drop_repository) git_repository *repo = NULL;
	if (git_repository_init_ext(&repo, dir, &options) < 0)
		return fail_git(e, "create a git repository in %s", dir);
	return update(repo, url, branch, t, e);
}

/* A new one is made beside its place, and moved there when it is whole. */
static bool create_beside(
	const char *dir, const char *url, const char *branch, struct transfer *t, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const char *beside = str_format(&scratch, "%s.new", dir);
	struct err later;
	if (!tree_remove(beside, e))
		return false;
	bool done = create(beside, url, branch, t, e);
	if (done && rename(beside, dir)) {
		fail_errno(e, "rename %s", beside);
		done = false;
	}
	return done || (!tree_remove(beside, &later) && false);
}

bool mirror_update(const char *url, const char *branch, const char *dir, git_progress *progress,
	void *ctx, struct err *e)
{
	struct transfer t = {.progress = progress, .ctx = ctx, .no_tags = true};
	defer(drop_repository) git_repository *repo = NULL;
	if (!git_start(e))
		return false;
	if (!file_exists(dir))
		return create_beside(dir, url, branch, &t, e);
	if (git_repository_open_ext(&repo, dir, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL) < 0)
		return fail_git(e, "open the git repository in %s", dir);
	return update(repo, url, branch, &t, e);
}
