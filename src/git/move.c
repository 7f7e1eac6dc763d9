/* move.c - moves branch, index and working tree to a commit, as one step that a crash can't halve:
 * the target stands in the name refs/respin/next until all is done. SPDX-License-Identifier: ISC */
#include "git/inner.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define NEXT "refs/respin/next"

static bool set_name(struct git_repo *r, const char *name, const git_oid *oid, struct err *e)
{
	defer(drop_reference) git_reference *ref = NULL;
	if (git_reference_create(&ref, r->repo, name, oid, 1, "respin") < 0)
		return fail_git(e, "set %s", name);
	return true;
}

/* A killed program leaves its lock files. Nobody else sets NEXT; while it is set, the others are
 * ours too. */
static void drop_locks(struct git_repo *r, bool moving)
{
	defer(drop_reference) git_reference *head = NULL;
	defer(arena_free) struct arena scratch = {0};
	static const char *const names[] = {"index", "HEAD", "packed-refs"};
	unlinkat(r->dir, ".git/" NEXT ".lock", 0);
	if (!moving)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlinkat(r->dir, str_format(&scratch, ".git/%s.lock", names[i]), 0);
	if (git_repository_head(&head, r->repo) == 0)
		unlinkat(r->dir, str_format(&scratch, ".git/%s.lock", git_reference_name(head)), 0);
}

/* HEAD's branch, or HEAD itself where it is detached. */
static bool move_head(struct git_repo *r, const git_oid *oid, struct err *e)
{
	defer(drop_reference) git_reference *head = NULL;
	defer(drop_reference) git_reference *moved = NULL;
	if (git_repository_head(&head, r->repo) < 0 ||
		git_reference_set_target(&moved, head, oid, "respin") < 0)
		return fail_git(e, "move HEAD");
	return true;
}

/* All files of TREE; that they are in the working tree too is the caller's word. */
static bool write_index(struct git_repo *r, const git_tree *tree, struct err *e)
{
	defer(drop_index) git_index *index = NULL;
	if (git_repository_index(&index, r->repo) < 0 || git_index_read_tree(index, tree) < 0 ||
		git_index_write(index) < 0)
		return fail_git(e, "write the index");
	return true;
}

static bool commit_tree(struct git_repo *r, const struct git_id *commit, git_oid *oid,
	git_tree **out, struct err *e)
{
	defer(drop_commit) git_commit *c = NULL;
	if (!commit_lookup(r, commit, &c, e))
		return false;
	*oid = *git_commit_id(c);
	return git_commit_tree(out, c) == 0 || fail_git(e, "read commit %.10s", commit->hex);
}

/* One call for the whole file system is far quicker than an fsync of each of 1,000 files. */
void move_hurry(struct git_repo *r)
{
	(void)r;
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 0);
}

bool move_flush(struct git_repo *r, struct err *e)
{
	defer(close_fd) int fd = openat(r->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	if (fd < 0 || syncfs(fd) < 0)
		return fail_errno(e, "write the working tree to the disk");
	return true;
}

bool move_begin(struct git_repo *r, const struct git_id *commit, struct err *e)
{
	git_oid oid;
	defer(drop_tree) git_tree *tree = NULL;
	return commit_tree(r, commit, &oid, &tree, e) && write_index(r, tree, e) &&
	       set_name(r, "refs/tags/upstream", &oid, e) &&
	       set_name(r, "refs/heads/main", &oid, e) && move_flush(r, e);
}

/* What is between HEAD and a commit. */
struct step {
	git_oid target;
	git_diff *diff; /* without renames: each delta is one path */
	git_index *index;
};

static void drop_step(struct step *s)
{
	git_diff_free(s->diff);
	git_index_free(s->index);
}

static bool plan_step(
	struct git_repo *r, const struct git_id *commit, struct step *s, struct err *e)
{
	struct git_id head;
	git_oid unused;
	defer(drop_tree) git_tree *before = NULL;
	defer(drop_tree) git_tree *after = NULL;
	if (!repo_find(r, "HEAD", &head, NULL, e) || !commit_tree(r, &head, &unused, &before, e) ||
		!commit_tree(r, commit, &s->target, &after, e))
		return false;
	git_diff_options options;
	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
	if (git_diff_tree_to_tree(&s->diff, r->repo, before, after, &options) < 0 ||
		git_repository_index(&s->index, r->repo) < 0)
		return fail_git(e, "compare with commit %.10s", commit->hex);
	return true;
}

static bool side_is(const git_diff_file *side, const struct git_file *f)
{
	bool exists = side->mode != 0;
	return exists ? f->mode == side->mode && str_is(str_of(f->id.hex), id_of(&side->id).hex)
		      : f->mode == 0;
}

static bool index_is(git_index *index, const git_diff_file *side)
{
	const git_index_entry *entry = git_index_get_bypath(index, side->path, 0);
	return side->mode
		       ? entry && entry->mode == side->mode && git_oid_equal(&entry->id, &side->id)
		       : !entry;
}

/* May the folder at PATH make room for a file? All that is in it must be about to go. */
static bool folder_goes(struct git_repo *r, const struct step *s, const char *path)
{
	defer(arena_free) struct arena scratch = {0};
	struct err ignored;
	strings files;
	const char *dir = str_format(&scratch, "/proc/self/fd/%d/%s", r->dir, path);
	if (!tree_list(&scratch, dir, NULL, &files, &ignored))
		return false;
	vec_for(file, &files) {
		const char *full = path_join(&scratch, path, *file);
		bool goes = false;
		for (size_t i = 0; i < git_diff_num_deltas(s->diff); i++) {
			const git_diff_delta *d = git_diff_get_delta(s->diff, i);
			goes |= !d->new_file.mode && !strcmp(d->old_file.path, full);
		}
		if (!goes)
			return false;
	}
	return true;
}

/* Nothing that the step touches may hold changes that are not in HEAD. A step that is taken up
 * again may find files that it has changed already. */
static bool check_clean(struct git_repo *r, const struct step *s, bool again, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct text dirty = {.a = &scratch};
	for (size_t i = 0; i < git_diff_num_deltas(s->diff); i++) {
		const git_diff_delta *d = git_diff_get_delta(s->diff, i);
		struct git_file f = {.path = d->new_file.path};
		if (!worktree_look(r->dir, &f, e))
			return false;
		bool room = f.mode == MODE_FOLDER && folder_goes(r, s, f.path);
		bool old = (room || side_is(&d->old_file, &f)) &&
			   (again || index_is(s->index, &d->old_file));
		if (!old && !(again && side_is(&d->new_file, &f)))
			text_addf(&dirty, "%s%s", dirty.n ? ", " : "", f.path);
	}
	if (!dirty.n)
		return true;
	fail(e, E_CONFLICT, "uncommitted changes are in the way: %s", dirty.p);
	return fail_hint(e, "commit them first, or take them back");
}

static bool write_side(struct git_repo *r, const git_diff_file *side, struct err *e)
{
	defer(drop_blob) git_blob *blob = NULL;
	if (git_blob_lookup(&blob, r->repo, &side->id) < 0)
		return fail_git(e, "read %s", side->path);
	struct git_file f = {.path = side->path, .mode = side->mode};
	struct str bytes = {git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob)};
	return worktree_write(r->dir, TEMP, &f, bytes, e);
}

/* Old files go before new ones come: a file may make room for a folder of its name. */
static bool change_files(struct git_repo *r, const struct step *s, struct err *e)
{
	size_t n = git_diff_num_deltas(s->diff);
	for (size_t i = 0; i < n; i++) {
		const git_diff_delta *d = git_diff_get_delta(s->diff, i);
		if (!d->new_file.mode && !worktree_remove(r->dir, d->old_file.path, e))
			return false;
	}
	for (size_t i = 0; i < n; i++) {
		const git_diff_delta *d = git_diff_get_delta(s->diff, i);
		struct git_file f = {.path = d->new_file.path};
		if (!d->new_file.mode)
			continue;
		if (!worktree_look(r->dir, &f, e) ||
			(!side_is(&d->new_file, &f) && !write_side(r, &d->new_file, e)))
			return false;
	}
	return true;
}

/* Only the paths of the step: what the user has staged elsewhere stays staged. */
static bool change_index(const struct step *s, struct err *e)
{
	size_t n = git_diff_num_deltas(s->diff);
	int result = 0;
	for (size_t i = 0; result == 0 && i < n; i++) {
		const git_diff_file *old = &git_diff_get_delta(s->diff, i)->old_file;
		if (old->mode && git_index_get_bypath(s->index, old->path, 0))
			result = git_index_remove(s->index, old->path, 0);
	}
	for (size_t i = 0; result == 0 && i < n; i++) {
		const git_diff_file *new = &git_diff_get_delta(s->diff, i)->new_file;
		git_index_entry entry = {.mode = new->mode, .id = new->id, .path = new->path};
		if (new->mode)
			result = git_index_add(s->index, &entry);
	}
	if (result < 0 || git_index_write(s->index) < 0)
		return fail_git(e, "write the index");
	return true;
}

static bool forget_next(struct git_repo *r, struct err *e)
{
	return git_reference_remove(r->repo, NEXT) == 0 || fail_git(e, "remove " NEXT);
}

static bool finish(struct git_repo *r, const struct step *s, struct err *e)
{
	return change_files(r, s, e) && change_index(s, e) && move_head(r, &s->target, e) &&
	       forget_next(r, e);
}

bool move_advance(struct git_repo *r, const struct git_id *commit, struct err *e)
{
	defer(drop_step) struct step s = {0};
	return plan_step(r, commit, &s, e) && check_clean(r, &s, false, e) &&
	       set_name(r, NEXT, &s.target, e) && finish(r, &s, e);
}

bool move_record(struct git_repo *r, const struct git_id *commit, struct err *e)
{
	git_oid oid;
	defer(drop_tree) git_tree *tree = NULL;
	return commit_tree(r, commit, &oid, &tree, e) && set_name(r, NEXT, &oid, e) &&
	       write_index(r, tree, e) && move_head(r, &oid, e) && forget_next(r, e);
}

bool move_settle(struct git_repo *r, struct err *e)
{
	struct git_id next;
	if (!repo_find(r, NEXT, &next, NULL, e))
		return false;
	drop_locks(r, next.hex[0]);
	if (!next.hex[0])
		return true;
	defer(drop_step) struct step s = {0};
	if (!plan_step(r, &next, &s, e))
		return false;
	if (!check_clean(r, &s, true, e)) {
		fail_context(e, "a patch was being applied when respin was ended");
		return fail_hint(e, "take these changes back, or keep all files as they are: git "
				    "update-ref -d " NEXT);
	}
	return finish(r, &s, e);
}

void move_unlock(struct git_repo *r)
{
	drop_locks(r, true);
}
