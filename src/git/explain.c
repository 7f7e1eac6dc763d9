/* explain.c - why a diff does not apply: which hunk, and what stands there instead.
 * SPDX-License-Identifier: ISC */
#include "git/patch.h"

#include <stdio.h>
#include <string.h>

typedef VEC(struct str) lines;

static void drop_entry(git_tree_entry **t)
{
	git_tree_entry_free(*t);
}

/* The lines of TEXT, each with its line end. */
static void split(struct arena *a, struct str text, lines *out)
{
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) + 1 : text.n;
		vec_push(a, out, ((struct str){text.p, n}));
		text = str_from(text, n);
	}
}

/* The lines of the file at PATH; FOUND is false where TREE has no such file. */
static bool file_lines(struct git_repo *r, struct arena *a, git_tree *tree, const char *path,
	lines *out, bool *found, struct err *e)
{
	defer(drop_entry)
	git_tree_entry *entry = NULL;
	*found = git_tree_entry_bypath(&entry, tree, path) == 0 &&
		 git_tree_entry_type(entry) == GIT_OBJECT_BLOB;
	if (!*found)
		return true;
	defer(drop_blob)
	git_blob *blob = NULL;
	if (git_blob_lookup(&blob, r->repo, git_tree_entry_id(entry)) < 0)
		return fail_git(e, "read %s", path);
	struct str bytes = {git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob)};
	split(a, (struct str){str_copy(a, bytes), bytes.n}, out);
	return true;
}

/* The lines that hunk H expects to find (OLD) or leaves behind (!OLD). A last line without line end
 * comes without it. */
static void hunk_lines(struct arena *a, git_patch *patch, size_t h, bool old, lines *out)
{
	int n = git_patch_num_lines_in_hunk(patch, h);
	for (size_t i = 0; n > 0 && i < (size_t)n; i++) {
		const git_diff_line *line;
		if (git_patch_get_line_in_hunk(&line, patch, h, i) < 0)
			return;
		char drop = old ? GIT_DIFF_LINE_ADDITION : GIT_DIFF_LINE_DELETION;
		bool text = line->origin == GIT_DIFF_LINE_CONTEXT ||
			    line->origin == GIT_DIFF_LINE_ADDITION ||
			    line->origin == GIT_DIFF_LINE_DELETION;
		if (text && line->origin != drop)
			vec_push(a, out, ((struct str){line->content, line->content_len}));
		/* "\ No newline at end of file" speaks of the line before it. */
		bool bare =
			line->origin == GIT_DIFF_LINE_CONTEXT_EOFNL ||
			line->origin == (old ? GIT_DIFF_LINE_ADD_EOFNL : GIT_DIFF_LINE_DEL_EOFNL);
		if (bare && out->n && str_ends(out->v[out->n - 1], S("\n")))
			out->v[out->n - 1].n--;
	}
}

static size_t count_equal(const lines *file, size_t at, const lines *part)
{
	size_t n = 0;
	for (size_t i = 0; i < part->n && at + i < file->n; i++)
		n += str_eq(file->v[at + i], part->v[i]);
	return n;
}

/* Where in FILE most lines of PART are found; of several such places the one closest to HINT. */
static size_t best_place(const lines *file, const lines *part, size_t hint)
{
	size_t best = hint, most = 0;
	for (size_t at = 0; at < file->n; at++) {
		size_t n = count_equal(file, at, part);
		size_t far = at < hint ? hint - at : at - hint;
		size_t best_far = best < hint ? hint - best : best - hint;
		if (n > most || (n == most && n && far < best_far)) {
			best = at;
			most = n;
		}
	}
	return best;
}

static bool fail_hunk(const char *path, const lines *file, const lines *part, size_t hunk,
	size_t hunks, size_t start, struct err *e)
{
	size_t at = best_place(file, part, start ? start - 1 : 0), i = 0;
	while (i < part->n && at + i < file->n && str_eq(file->v[at + i], part->v[i]))
		i++;
	if (i == part->n)
		return fail(e, E_CONFLICT,
			"%s: hunk %zu of %zu (line %zu) does not apply: its lines are at line %zu, "
			"but an earlier hunk took them or they are not at the end of the file",
			path, hunk, hunks, start, at + 1);
	struct str expected = str_trim(part->v[i]);
	fail(e, E_CONFLICT, "%s: hunk %zu of %zu (line %zu) does not apply: expected \"%.*s\"",
		path, hunk, hunks, start, (int)(expected.n < 200 ? expected.n : 200), expected.p);
	size_t used = strlen(e->text);
	struct str found = at + i < file->n ? str_trim(file->v[at + i]) : (struct str){NULL, 0};
	if (found.p && str_eq(found, expected))
		snprintf(e->text + used, sizeof(e->text) - used,
			", and line %zu differs from it in white space or line end", at + i + 1);
	else if (found.p)
		snprintf(e->text + used, sizeof(e->text) - used, ", but line %zu is \"%.*s\"",
			at + i + 1, (int)(found.n < 200 ? found.n : 200), found.p);
	else
		snprintf(e->text + used, sizeof(e->text) - used, ", but the file ends at line %zu",
			file->n);
	return fail_hint(e, "the patch is for another version of the file, or needs another patch "
			    "before it");
}

bool explain(struct git_repo *r, git_tree *tree, git_diff *diff, size_t deltas, size_t hunks,
	struct err *e)
{
	const git_error *last = git_error_last();
	defer(arena_free)
	struct arena scratch = {0};
	const char *words = str_copy(&scratch, str_of(last ? last->message : "it does not apply"));
	defer(drop_patch)
	git_patch *patch = NULL;
	if (!deltas || git_patch_from_diff(&patch, diff, deltas - 1) < 0 || !patch)
		return fail(e, E_CONFLICT, "the patch does not apply: %s", words);
	const git_diff_delta *delta = git_patch_get_delta(patch);
	lines file = {0}, part = {0};
	const git_diff_hunk *hunk = NULL;
	bool found = false;
	if (hunks &&
		(git_patch_get_hunk(&hunk, NULL, patch, hunks - 1) < 0 ||
			!file_lines(r, &scratch, tree, delta->old_file.path, &file, &found, e)))
		return fail_git(e, "%s", delta->old_file.path);
	if (!hunk || !found)
		return fail(e, E_CONFLICT, "%s: the patch does not apply: %s", delta->new_file.path,
			words);
	hunk_lines(&scratch, patch, hunks - 1, true, &part);
	return fail_hunk(delta->old_file.path, &file, &part, hunks, git_patch_num_hunks(patch),
		(size_t)(hunk->old_start > 0 ? hunk->old_start : 0), e);
}

/* A file of the same name elsewhere in the tree, for "did you mean". */
struct search {
	const char *name;
	char found[512];
};

static int look_for_name(const char *root, const git_tree_entry *entry, void *payload)
{
	struct search *s = payload;
	if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB ||
		strcmp(git_tree_entry_name(entry), s->name))
		return 0;
	snprintf(s->found, sizeof(s->found), "%s%s", root, s->name);
	return -1;
}

static bool fail_missing(git_tree *tree, const char *path, struct err *e)
{
	struct search s = {.name = path_base(path)};
	git_tree_walk(tree, GIT_TREEWALK_PRE, look_for_name, &s);
	fail(e, E_CONFLICT, "%s: the patch changes this file, but there is no such file", path);
	if (s.found[0])
		fail_hint(e,
			"there is %s: paths of a patch are taken below the top folder, after their "
			"first part (a/, b/)",
			s.found);
	return false;
}

static bool tree_has(git_tree *tree, const char *path)
{
	defer(drop_entry)
	git_tree_entry *entry = NULL;
	return git_tree_entry_bypath(&entry, tree, path) == 0;
}

bool check_files(git_tree *tree, git_diff *diff, struct err *e)
{
	for (size_t i = 0; i < git_diff_num_deltas(diff); i++) {
		const git_diff_delta *d = git_diff_get_delta(diff, i);
		bool makes = d->status == GIT_DELTA_ADDED || d->status == GIT_DELTA_RENAMED ||
			     d->status == GIT_DELTA_COPIED;
		bool made_earlier = false, gone_earlier = false;
		for (size_t k = 0; k < i; k++) {
			const git_diff_delta *other = git_diff_get_delta(diff, k);
			made_earlier |= !strcmp(other->new_file.path, d->old_file.path);
			gone_earlier |= (other->status == GIT_DELTA_DELETED ||
						other->status == GIT_DELTA_RENAMED) &&
					!strcmp(other->old_file.path, d->new_file.path);
		}
		if (d->status != GIT_DELTA_ADDED && !made_earlier &&
			!tree_has(tree, d->old_file.path))
			return fail_missing(tree, d->old_file.path, e);
		if (makes && !gone_earlier && tree_has(tree, d->new_file.path))
			return fail(e, E_CONFLICT,
				"%s: the patch makes this file, but it is there already",
				d->new_file.path);
	}
	return true;
}

static bool holds(const lines *file, const lines *part)
{
	for (size_t at = 0; at + part->n <= file->n; at++)
		if (count_equal(file, at, part) == part->n)
			return true;
	return false;
}

bool delta_is_done(
	struct git_repo *r, git_tree *tree, git_diff *diff, size_t i, bool *out, struct err *e)
{
	defer(drop_patch)
	git_patch *patch = NULL;
	if (git_patch_from_diff(&patch, diff, i) < 0)
		return fail_git(e, "read the diff");
	const git_diff_delta *d = git_diff_get_delta(diff, i);
	defer(arena_free)
	struct arena scratch = {0};
	lines file = {0};
	bool found;
	*out = false;
	if (!file_lines(r, &scratch, tree, d->new_file.path, &file, &found, e))
		return false;
	if (d->status == GIT_DELTA_DELETED || !found || !patch) {
		*out = d->status == GIT_DELTA_DELETED && !found;
		return true;
	}
	size_t hunks = git_patch_num_hunks(patch);
	for (size_t h = 0; h < hunks; h++) {
		lines after = {0};
		hunk_lines(&scratch, patch, h, false, &after);
		if (!after.n || !holds(&file, &after))
			return true;
	}
	*out = hunks > 0;
	return true;
}
