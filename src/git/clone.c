/* clone.c - the files of one commit of a remote repository. SPDX-License-Identifier: ISC */
#include "git/inner.h"

#include <string.h>

void drop_remote(git_remote **r)
{
	git_remote_free(*r);
}

void drop_repository(git_repository **r)
{
	git_repository_free(*r);
}

static int on_transfer(const git_indexer_progress *stats, void *payload)
{
	struct transfer *t = payload;
	t->ended = signals_pending() ||
		   (t->progress && !t->progress(t->ctx, stats->received_objects,
					   stats->total_objects, stats->received_bytes));
	return t->ended ? -1 : 0;
}

bool remote_open(git_repository *repo, const char *url, git_remote **out, struct err *e)
{
	git_remote_create_options create;
	git_remote_create_options_init(&create, GIT_REMOTE_CREATE_OPTIONS_VERSION);
	/* No configuration may lead us elsewhere; the look-up would leak memory, too. */
	create.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF;
	create.repository = repo;
	return git_remote_create_with_opts(out, url, &create) == 0 || fail_remote(e, url);
}

bool fail_remote(struct err *e, const char *url)
{
	fail_git(e, "download %s", url);
	if (e->code == E_IO)
		e->code = E_NET;
	return false;
}

bool remote_fetch(
	git_remote *remote, const git_strarray *refspecs, struct transfer *t, struct err *e)
{
	git_fetch_options options;
	git_fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
	options.callbacks.transfer_progress = on_transfer;
	options.callbacks.payload = t;
	if (t->no_tags)
		options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;
	if (git_remote_fetch(remote, refspecs, &options, NULL) == 0)
		return true;
	if (t->ended)
		return fail(e, E_INTERRUPTED, "download of %s was ended", git_remote_url(remote));
	return fail_remote(e, git_remote_url(remote));
}

/* All branches and tags: a server gives single commits only where it wants to. */
static bool download(git_repository *repo, const char *url, struct transfer *t, struct err *e)
{
	static char all[] = "+refs/heads/*:refs/heads/*", tags[] = "+refs/tags/*:refs/tags/*";
	char *specs[] = {all, tags};
	git_strarray refspecs = {specs, 2};
	defer(drop_remote) git_remote *remote = NULL;
	return remote_open(repo, url, &remote, e) && remote_fetch(remote, &refspecs, t, e);
}

static int check_entry(const char *root, const git_tree_entry *entry, void *payload)
{
	defer(arena_free) struct arena scratch = {0};
	git_tree *tree = payload;
	const char *path = path_join(&scratch, root, git_tree_entry_name(entry));
	if (!path_is_safe(path))
		return -1;
	if (git_tree_entry_filemode(entry) != GIT_FILEMODE_LINK)
		return 0;
	defer(drop_blob) git_blob *blob = NULL;
	if (git_blob_lookup(&blob, git_tree_owner(tree), git_tree_entry_id(entry)) < 0)
		return -1;
	struct str target = {git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob)};
	return link_is_safe(path, target) ? 0 : -1;
}

static bool write_files(
	git_repository *repo, const char *url, const char *commit, const char *dir, struct err *e)
{
	git_oid oid;
	defer(drop_commit) git_commit *c = NULL;
	defer(drop_tree) git_tree *tree = NULL;
	if (git_oid_fromstr(&oid, commit) < 0 || git_commit_lookup(&c, repo, &oid) < 0) {
		fail(e, E_NOTFOUND, "%s has no commit %s", url, commit);
		return fail_hint(e, "it must be reachable from a branch or a tag");
	}
	if (git_commit_tree(&tree, c) < 0)
		return fail_git(e, "read commit %s", commit);
	if (git_tree_walk(tree, GIT_TREEWALK_PRE, check_entry, tree) < 0)
		return fail(e, E_UNSAFE,
			"commit %s of %s holds a path or link that leaves the tree", commit, url);
	git_checkout_options options;
	git_checkout_options_init(&options, GIT_CHECKOUT_OPTIONS_VERSION);
	options.checkout_strategy = GIT_CHECKOUT_FORCE | GIT_CHECKOUT_DONT_UPDATE_INDEX;
	options.disable_filters = 1;
	options.target_directory = dir;
	if (git_checkout_tree(repo, (git_object *)tree, &options) < 0)
		return fail_git(e, "write commit %s to %s", commit, dir);
	return true;
}

bool clone_commit(const char *url, const char *commit, const char *dir, git_progress *progress,
	void *ctx, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const char *objects = str_format(&scratch, "%s.git", dir);
	struct transfer t = {.progress = progress, .ctx = ctx};
	defer(drop_repository) git_repository *repo = NULL;
	if (file_exists(dir))
		return fail(e, E_CONFLICT, "%s is there already", dir);
	if (!git_start(e) || !tree_remove(objects, e) || !dir_make(dir, e))
		return false;
	struct err later;
	bool done;
	if (git_repository_init(&repo, objects, 1) < 0)
		done = fail_git(e, "create a git repository in %s", objects);
	else
		done = download(repo, url, &t, e) && write_files(repo, url, commit, dir, e);
	bool removed = tree_remove(objects, done ? e : &later);
	if (!done || !removed)
		return !tree_remove(dir, &later) && false;
	return true;
}
