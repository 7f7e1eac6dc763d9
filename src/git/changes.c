/* changes.c - which files differ between two trees. SPDX-License-Identifier: ISC */
#include "git/inner.h"

#include <string.h>

#define DEPTH_MAX 32

struct walk {
	struct git_repo *r;
	struct arena *a; /* of the result */
	git_changes found;
	struct text path; /* of the folder that is looked at, with a slash at its end */
	int depth;
};

static bool compare(struct walk *w, const git_oid *before, const git_oid *after, struct err *e);

static bool is_folder(const git_tree_entry *entry)
{
	return entry && git_tree_entry_type(entry) == GIT_OBJECT_TREE;
}

static void add_change(
	struct walk *w, const char *name, const git_oid *before, const git_oid *after)
{
	struct git_change change = {
		.path = str_format(w->a, "%.*s%s", STR(text_str(&w->path)), name)};
	if (before)
		change.before = id_of(before);
	if (after)
		change.after = id_of(after);
	vec_push(w->a, &w->found, change);
}

/* Two entries of one name, one of which may be NULL. A folder that became a file is both. */
static bool compare_entries(
	struct walk *w, const git_tree_entry *x, const git_tree_entry *y, struct err *e)
{
	const git_oid *before = x ? git_tree_entry_id(x) : NULL;
	const git_oid *after = y ? git_tree_entry_id(y) : NULL;
	const char *name = git_tree_entry_name(x ? x : y);
	const git_oid *old = is_folder(x) ? NULL : before, *new = is_folder(y) ? NULL : after;
	if (before && after && git_oid_equal(before, after))
		return true;
	if (old || new)
		add_change(w, name, old, new);
	if (!is_folder(x) && !is_folder(y))
		return true;
	size_t length = w->path.n;
	text_addf(&w->path, "%s/", name);
	bool done = compare(w, is_folder(x) ? before : NULL, is_folder(y) ? after : NULL, e);
	w->path.n = length;
	return done;
}

static bool open_tree(struct walk *w, const git_oid *id, git_tree **out, struct err *e)
{
	if (id && git_tree_lookup(out, w->r->repo, id) < 0) {
		fail_git(e, "read a tree");
		e->code = E_CORRUPT;
		return false;
	}
	return true;
}

/* Both trees are sorted, so one walk along both pairs their entries. Folders sort as if a slash
 * followed their names: a file and a folder of one name are not side by side, and that is fine. */
static bool compare(struct walk *w, const git_oid *before, const git_oid *after, struct err *e)
{
	defer(drop_tree) git_tree *old = NULL;
	defer(drop_tree) git_tree *new = NULL;
	if (w->depth == DEPTH_MAX)
		return fail(e, E_UNSAFE, "more than %d folders within folders", DEPTH_MAX);
	if (!open_tree(w, before, &old, e) || !open_tree(w, after, &new, e))
		return false;
	size_t i = 0, k = 0;
	size_t n = old ? git_tree_entrycount(old) : 0, m = new ? git_tree_entrycount(new) : 0;
	w->depth++;
	while (i < n || k < m) {
		const git_tree_entry *x = i < n ? git_tree_entry_byindex(old, i) : NULL;
		const git_tree_entry *y = k < m ? git_tree_entry_byindex(new, k) : NULL;
		int order = !x ? 1 : !y ? -1 : git_tree_entry_cmp(x, y);
		i += order <= 0;
		k += order >= 0;
		if (!compare_entries(w, order <= 0 ? x : NULL, order >= 0 ? y : NULL, e))
			return false;
	}
	w->depth--;
	return true;
}

bool steps_changes(struct git_repo *r, struct arena *a, const struct git_id *before,
	const struct git_id *after, git_changes *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct walk w = {.r = r, .a = a, .path = {.a = &scratch}};
	git_oid old, new;
	if ((before && !id_parse(before, &old)) || (after && !id_parse(after, &new)))
		return fail(e, E_BUG, "compare trees that have no ids");
	if (before && after && git_oid_equal(&old, &new)) {
		*out = (git_changes){0};
		return true;
	}
	text_addz(&w.path, "");
	if (!compare(&w, before ? &old : NULL, after ? &new : NULL, e))
		return false;
	*out = w.found;
	return true;
}
