/* patch.c - applies unified diffs to trees, strictly. SPDX-License-Identifier: ISC */
#include "git/patch.h"

#include <string.h>

static bool mode_is_plain(uint32_t mode)
{
	return mode == 0 || mode == MODE_FILE || mode == MODE_PROGRAM || mode == MODE_LINK;
}

static bool check_side(const git_diff_file *f, struct err *e)
{
	if (!f->path || !strcmp(f->path, "/dev/null"))
		return true;
	if (!path_is_safe(f->path)) {
		fail(e, E_UNSAFE, "the patch writes to \"%s\", which is not a path within the tree",
			f->path);
		return fail_hint(e, "paths are relative, without \"..\" and without .git");
	}
	if (mode_is_plain(f->mode))
		return true;
	return fail(e, E_UNSAFE, "the patch gives %s the mode %o; expected a file or a link",
		f->path, f->mode);
}

static bool read_diff(struct str patch, git_diff **out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct text normal = {.a = &scratch};
	if (!normal_diff(patch, &normal, e))
		return false;
	git_error_clear();
	if (git_diff_from_buffer(out, normal.p, normal.n) < 0) {
		fail_git(e, "the diff can't be read");
		e->code = E_INPUT;
		return false;
	}
	for (size_t i = 0; i < git_diff_num_deltas(*out); i++) {
		const git_diff_delta *d = git_diff_get_delta(*out, i);
		if (!check_side(&d->old_file, e) || !check_side(&d->new_file, e))
			return false;
	}
	return true;
}

/* The state of a tree while a diff is applied to it, one file of the diff after the other. */
struct image {
	struct git_repo *r;
	git_index *before; /* renames and copies are from here: their order does not matter */
	git_index *now;
	git_diff *diff;
};

static void drop_image(struct image *m)
{
	git_index_free(m->before);
	git_index_free(m->now);
	git_diff_free(m->diff);
}

static bool open_image(struct git_repo *r, const struct git_id *tree, struct str patch,
	struct image *m, struct err *e)
{
	defer(drop_tree) git_tree *content = NULL;
	m->r = r;
	if (!read_diff(patch, &m->diff, e) || !tree_lookup(r, tree, &content, e))
		return false;
	if (git_index_new(&m->before) < 0 || git_index_read_tree(m->before, content) < 0 ||
		git_index_new(&m->now) < 0 || git_index_read_tree(m->now, content) < 0)
		return fail_git(e, "read tree %s", tree->hex);
	return true;
}

/* The file that delta D changes; NULL where there is none. */
static const git_index_entry *old_entry(const struct image *m, const git_diff_delta *d)
{
	bool moved = d->status == GIT_DELTA_RENAMED || d->status == GIT_DELTA_COPIED;
	return git_index_get_bypath(moved ? m->before : m->now, d->old_file.path, 0);
}

/* A file of the same name elsewhere, for "did you mean". */
static const char *same_name(const struct image *m, const char *path)
{
	for (size_t i = 0; i < git_index_entrycount(m->now); i++) {
		const char *other = git_index_get_byindex(m->now, i)->path;
		if (!strcmp(path_base(other), path_base(path)))
			return other;
	}
	return NULL;
}

static bool check_files(const struct image *m, const git_diff_delta *d, struct err *e)
{
	const char *old = d->old_file.path, *new = d->new_file.path;
	bool is_new = d->status == GIT_DELTA_ADDED;
	if (!is_new && !old_entry(m, d)) {
		const char *near = same_name(m, old);
		fail(e, E_CONFLICT, "%s: the patch changes this file, but there is no such file",
			old);
		return near && fail_hint(e,
				       "there is %s: paths of a patch are taken from the top "
				       "folder, after their first part (a/, b/)",
				       near);
	}
	bool makes = is_new || d->status == GIT_DELTA_RENAMED || d->status == GIT_DELTA_COPIED;
	if (makes && git_index_get_bypath(m->now, new, 0))
		return fail(e, E_CONFLICT, "%s: the patch makes this file, but it is there already",
			new);
	return true;
}

static bool read_blob(const struct image *m, const git_index_entry *entry, git_blob **out,
	struct str *bytes, struct err *e)
{
	*bytes = S("");
	if (!entry)
		return true;
	if (git_blob_lookup(out, m->r->repo, &entry->id) < 0)
		return fail_git(e, "read %s", entry->path);
	*bytes = (struct str){git_blob_rawcontent(*out), (size_t)git_blob_rawsize(*out)};
	return true;
}

/* Hunks are our own business (hunks.c). */
static bool apply_text(struct image *m, const git_diff_delta *d, git_patch *patch,
	const git_index_entry *old, git_oid *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	defer(drop_blob) git_blob *blob = NULL;
	struct str bytes;
	struct text after = {.a = &scratch};
	if (!read_blob(m, old, &blob, &bytes, e) ||
		!hunks_apply(patch, bytes, d->old_file.path, &after, e))
		return false;
	if (d->status == GIT_DELTA_DELETED && after.n)
		return fail(e, E_CONFLICT,
			"%s: the patch removes this file, but it has more lines than the patch "
			"says",
			d->old_file.path);
	if (git_blob_create_from_buffer(out, m->r->repo, after.p, after.n) < 0)
		return fail_git(e, "store %s", d->new_file.path);
	return true;
}

static int only_this(const git_diff_delta *d, void *payload)
{
	return d != payload;
}

static bool fail_binary(const char *path, struct err *e)
{
	fail(e, E_CONFLICT, "%s: the binary patch does not apply: the file is another one", path);
	return fail_hint(e, "a binary file must be just what the patch was made from");
}

/* Binary patches are libgit2's; but removing a file by one leaks memory there. */
static bool apply_binary(
	struct image *m, size_t i, const git_index_entry *old, git_oid *out, struct err *e)
{
	const git_diff_delta *d = git_diff_get_delta(m->diff, i);
	if (d->status == GIT_DELTA_DELETED)
		return !git_oid_ncmp(&d->old_file.id, &old->id, d->old_file.id_abbrev) ||
		       fail_binary(d->old_file.path, e);
	git_oid tree_id;
	defer(drop_tree) git_tree *tree = NULL;
	defer(drop_index) git_index *result = NULL;
	git_apply_options options;
	git_apply_options_init(&options, GIT_APPLY_OPTIONS_VERSION);
	options.delta_cb = only_this;
	options.payload = (void *)(uintptr_t)d;
	if (git_index_write_tree_to(&tree_id, m->now, m->r->repo) < 0 ||
		git_tree_lookup(&tree, m->r->repo, &tree_id) < 0)
		return fail_git(e, "store a tree");
	if (git_apply_to_tree(&result, m->r->repo, tree, m->diff, &options) < 0)
		return fail_binary(d->old_file.path, e);
	const git_index_entry *entry = git_index_get_bypath(result, d->new_file.path, 0);
	if (entry)
		*out = entry->id;
	return true;
}

/* A link made by the patch must not lead out of the tree: the build would follow it. */
static bool check_link(const struct image *m, const git_index_entry *entry, struct err *e)
{
	defer(drop_blob) git_blob *blob = NULL;
	struct str target;
	if (entry->mode != MODE_LINK)
		return true;
	if (!read_blob(m, entry, &blob, &target, e))
		return false;
	return link_is_safe(entry->path, target) ||
	       fail(e, E_UNSAFE, "the patch makes %s a link to \"%.*s\", which leaves the tree",
		       entry->path, STR(target));
}

static bool put_result(struct image *m, const git_diff_delta *d, uint32_t old_mode,
	const git_oid *content, struct err *e)
{
	bool gone = d->status == GIT_DELTA_DELETED || d->status == GIT_DELTA_RENAMED;
	if (gone && git_index_remove(m->now, d->old_file.path, 0) < 0)
		return fail_git(e, "%s", d->old_file.path);
	if (d->status == GIT_DELTA_DELETED)
		return true;
	/* Where the patch does not speak of the mode, it stays. */
	uint32_t mode = d->new_file.mode ? d->new_file.mode : old_mode ? old_mode : MODE_FILE;
	git_index_entry entry = {.mode = mode, .id = *content, .path = d->new_file.path};
	if (!check_link(m, &entry, e))
		return false;
	return git_index_add(m->now, &entry) == 0 || fail_git(e, "%s", d->new_file.path);
}

static bool apply_delta(struct image *m, size_t i, struct err *e)
{
	const git_diff_delta *d = git_diff_get_delta(m->diff, i);
	defer(drop_patch) git_patch *patch = NULL;
	if (git_patch_from_diff(&patch, m->diff, i) < 0)
		return fail_git(e, "read the diff of %s", d->new_file.path);
	if (!check_files(m, d, e))
		return false;
	const git_index_entry *old = d->status == GIT_DELTA_ADDED ? NULL : old_entry(m, d);
	uint32_t mode = old ? old->mode : 0;
	git_oid content;
	bool done = (d->flags & GIT_DIFF_FLAG_BINARY) ? apply_binary(m, i, old, &content, e)
						      : apply_text(m, d, patch, old, &content, e);
	return done && put_result(m, d, mode, &content, e);
}

bool patch_apply(struct git_repo *r, const struct git_id *tree, struct str patch,
	struct git_id *out, struct err *e)
{
	defer(drop_image) struct image m = {0};
	git_oid oid;
	if (!open_image(r, tree, patch, &m, e))
		return false;
	for (size_t i = 0; i < git_diff_num_deltas(m.diff); i++)
		if (!apply_delta(&m, i, e))
			return false;
	if (git_index_write_tree_to(&oid, m.now, r->repo) < 0)
		return fail_git(e, "store the patched tree");
	*out = id_of(&oid);
	return true;
}

static bool delta_is_done(struct image *m, size_t i, bool *out, struct err *e)
{
	const git_diff_delta *d = git_diff_get_delta(m->diff, i);
	const git_index_entry *entry = git_index_get_bypath(m->now, d->new_file.path, 0);
	defer(drop_patch) git_patch *patch = NULL;
	defer(drop_blob) git_blob *blob = NULL;
	struct str bytes;
	*out = d->status == GIT_DELTA_DELETED && !entry;
	if (!entry || d->status == GIT_DELTA_DELETED || (d->flags & GIT_DIFF_FLAG_BINARY))
		return true;
	if (git_patch_from_diff(&patch, m->diff, i) < 0)
		return fail_git(e, "read the diff");
	if (!read_blob(m, entry, &blob, &bytes, e))
		return false;
	if (d->status == GIT_DELTA_ADDED)
		*out = hunks_make(patch, bytes);
	else
		*out = git_patch_num_hunks(patch) > 0 && hunks_are_in(patch, bytes);
	return true;
}

bool patch_has(
	struct git_repo *r, const struct git_id *tree, struct str patch, bool *out, struct err *e)
{
	defer(drop_image) struct image m = {0};
	bool has = true;
	if (!open_image(r, tree, patch, &m, e))
		return false;
	for (size_t i = 0; has && i < git_diff_num_deltas(m.diff); i++)
		if (!delta_is_done(&m, i, &has, e))
			return false;
	*out = has;
	return true;
}
