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
	if (!mode_is_plain(f->mode))
		return fail(e, E_UNSAFE,
			"the patch gives %s the mode %o; expected a file or a link", f->path,
			f->mode);
	return true;
}

static bool read_diff(struct str patch, git_diff **out, struct err *e)
{
	defer(arena_free)
	struct arena scratch = {0};
	struct text normal = {.a = &scratch};
	if (!normal_diff(patch, &normal, e))
		return false;
	git_error_clear();
	if (git_diff_from_buffer(out, normal.p, normal.n) < 0) {
		fail_git(e, "the diff can't be read");
		e->code = E_INPUT;
		return false;
	}
	size_t n = git_diff_num_deltas(*out);
	for (size_t i = 0; i < n; i++) {
		const git_diff_delta *d = git_diff_get_delta(*out, i);
		if (!check_side(&d->old_file, e) || !check_side(&d->new_file, e))
			return false;
	}
	return true;
}

/* How far git_apply_to_tree() came. */
struct progress {
	size_t deltas, hunks;
};

static int count_delta(const git_diff_delta *d, void *payload)
{
	(void)d;
	struct progress *p = payload;
	p->deltas++;
	p->hunks = 0;
	return 0;
}

static int count_hunk(const git_diff_hunk *h, void *payload)
{
	(void)h;
	struct progress *p = payload;
	p->hunks++;
	return 0;
}

/* A link made by the patch must not lead out of the tree: the build would follow it. */
static bool check_links(struct git_repo *r, git_diff *diff, git_index *index, struct err *e)
{
	for (size_t i = 0; i < git_diff_num_deltas(diff); i++) {
		const char *path = git_diff_get_delta(diff, i)->new_file.path;
		const git_index_entry *entry = path ? git_index_get_bypath(index, path, 0) : NULL;
		if (!entry || entry->mode != MODE_LINK)
			continue;
		defer(drop_blob)
		git_blob *blob = NULL;
		if (git_blob_lookup(&blob, r->repo, &entry->id) < 0)
			return fail_git(e, "read %s", path);
		struct str target = {git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob)};
		if (!link_is_safe(path, target))
			return fail(e, E_UNSAFE,
				"the patch makes %s a link to \"%.*s\", which leaves the tree",
				path, STR(target));
	}
	return true;
}

/* Where the patch does not speak of a file's mode, the mode stays. */
static bool keep_modes(git_tree *before, git_diff *diff, git_index *index, struct err *e)
{
	for (size_t i = 0; i < git_diff_num_deltas(diff); i++) {
		const git_diff_delta *d = git_diff_get_delta(diff, i);
		const git_index_entry *now = git_index_get_bypath(index, d->new_file.path, 0);
		git_tree_entry *old = NULL;
		if (d->new_file.mode || !now ||
			git_tree_entry_bypath(&old, before, d->old_file.path) < 0)
			continue;
		git_index_entry entry = {.mode = git_tree_entry_filemode(old),
			.id = now->id,
			.path = d->new_file.path};
		git_tree_entry_free(old);
		if (git_index_add(index, &entry) < 0)
			return fail_git(e, "%s", d->new_file.path);
	}
	return true;
}

bool patch_apply(struct git_repo *r, const struct git_id *tree, struct str patch,
	struct git_id *out, struct err *e)
{
	defer(drop_diff)
	git_diff *diff = NULL;
	defer(drop_tree)
	git_tree *before = NULL;
	defer(drop_index)
	git_index *index = NULL;
	if (!read_diff(patch, &diff, e) || !tree_lookup(r, tree, &before, e) ||
		!check_files(before, diff, e))
		return false;
	struct progress progress = {0};
	git_apply_options options;
	git_apply_options_init(&options, GIT_APPLY_OPTIONS_VERSION);
	options.delta_cb = count_delta;
	options.hunk_cb = count_hunk;
	options.payload = &progress;
	git_error_clear();
	if (git_apply_to_tree(&index, r->repo, before, diff, &options) < 0)
		return explain(r, before, diff, progress.deltas, progress.hunks, e);
	git_oid oid;
	if (!keep_modes(before, diff, index, e) || !check_links(r, diff, index, e))
		return false;
	if (git_index_write_tree_to(&oid, index, r->repo) < 0)
		return fail_git(e, "store the patched tree");
	*out = id_of(&oid);
	return true;
}

bool patch_has(
	struct git_repo *r, const struct git_id *tree, struct str patch, bool *out, struct err *e)
{
	defer(drop_diff)
	git_diff *diff = NULL;
	defer(drop_tree)
	git_tree *content = NULL;
	if (!read_diff(patch, &diff, e) || !tree_lookup(r, tree, &content, e))
		return false;
	bool has = true;
	for (size_t i = 0; has && i < git_diff_num_deltas(diff); i++)
		if (!delta_is_done(r, content, diff, i, &has, e))
			return false;
	*out = has;
	return true;
}
