/* merge.c - three-way merges, for moving a commit to another base: in the repository alone, or
 * with their conflicts in the working tree. SPDX-License-Identifier: ISC */
#include "git/inner.h"

#include <git2/sys/index.h>
#include <string.h>

static void drop_conflicts(git_index_conflict_iterator **i)
{
	git_index_conflict_iterator_free(*i);
}

static void drop_merged(git_merge_file_result *m)
{
	git_merge_file_result_free(m);
}

static bool merge_index(struct git_repo *r, const struct git_id *base, const struct git_id *ours,
	const struct git_id *theirs, git_index **out, struct err *e)
{
	defer(drop_tree) git_tree *from = NULL;
	defer(drop_tree) git_tree *our = NULL;
	defer(drop_tree) git_tree *their = NULL;
	git_merge_options options;
	git_merge_options_init(&options, GIT_MERGE_OPTIONS_VERSION);
	if (!tree_lookup(r, base, &from, e) || !tree_lookup(r, ours, &our, e) ||
		!tree_lookup(r, theirs, &their, e))
		return false;
	return git_merge_trees(out, r->repo, from, our, their, &options) == 0 ||
	       fail_git(e, "merge tree %.10s into %.10s", theirs->hex, ours->hex);
}

/* One conflict: each side may be NULL. */
struct clash {
	const git_index_entry *from, *ours, *theirs;
};

static const char *clash_path(const struct clash *c)
{
	return c->ours ? c->ours->path : c->theirs ? c->theirs->path : c->from->path;
}

/* A renamed file stands in the index under each of its names. All sides of it go to the name that
 * it has on our side; false under the others. */
static bool join_sides(git_index *index, struct clash *c)
{
	const char *path = clash_path(c);
	for (size_t i = 0; i < git_index_name_entrycount(index); i++) {
		const git_index_name_entry *n = git_index_name_get_byindex(index, i);
		if (!n->ancestor || !n->ours || !n->theirs)
			continue;
		const git_index_entry *from = git_index_get_bypath(index, n->ancestor, 1);
		const git_index_entry *ours = git_index_get_bypath(index, n->ours, 2);
		const git_index_entry *theirs = git_index_get_bypath(index, n->theirs, 3);
		if (!ours || !theirs)
			continue;
		if (!strcmp(path, n->ours)) {
			*c = (struct clash){from, ours, theirs};
			return true;
		}
		if (!strcmp(path, n->ancestor) || !strcmp(path, n->theirs))
			return false;
	}
	return true;
}

typedef bool on_clash(void *ctx, const struct clash *c, struct err *e);

static bool each_clash(git_index *index, on_clash *call, void *ctx, struct err *e)
{
	defer(drop_conflicts) git_index_conflict_iterator *i = NULL;
	if (!git_index_has_conflicts(index))
		return true;
	if (git_index_conflict_iterator_new(&i, index) < 0)
		return fail_git(e, "list the conflicts");
	for (;;) {
		struct clash c;
		int next = git_index_conflict_next(&c.from, &c.ours, &c.theirs, i);
		if (next == GIT_ITEROVER)
			return true;
		if (next < 0)
			return fail_git(e, "list the conflicts");
		if (join_sides(index, &c) && !call(ctx, &c, e))
			return false;
	}
}

struct listing {
	struct arena *a;
	int dir; /* of the working tree */
	strings *paths;
};

static void list_once(struct listing *l, const char *path)
{
	vec_for(z, l->paths)
		if (!strcmp(*z, path))
			return;
	vec_push(l->a, l->paths, str_copy(l->a, str_of(path)));
}

static bool list_clash(void *ctx, const struct clash *c, struct err *e)
{
	(void)e;
	list_once(ctx, clash_path(c));
	return true;
}

bool merge_three(struct git_repo *r, struct arena *a, const struct git_id *base,
	const struct git_id *ours, const struct git_id *theirs, struct git_merge *out,
	struct err *e)
{
	git_oid oid;
	struct git_merge found = {0};
	struct listing l = {.a = a, .paths = &found.conflicts};
	defer(drop_index) git_index *index = NULL;
	if (!merge_index(r, base, ours, theirs, &index, e) || !each_clash(index, list_clash, &l, e))
		return false;
	if (!found.conflicts.n) {
		if (git_index_write_tree_to(&oid, index, r->repo) < 0)
			return fail_git(e, "store the merged tree");
		found.tree = id_of(&oid);
	}
	*out = found;
	return true;
}

/* ---- into the working tree ----------------------------------------------------------------- */

struct laying {
	struct git_repo *r;
	git_index *head;     /* of HEAD's tree */
	git_index *index;    /* the repository's */
	const char *ours;    /* names of the sides */
	const char *subject; /* of the commit */
};

static void drop_laying(struct laying *l)
{
	git_index_free(l->head);
	git_index_free(l->index);
}

/* Is the file that which HEAD has? What else stands there is somebody's work. */
static bool is_heads(struct laying *l, const char *path, bool *out, struct err *e)
{
	struct git_file f = {.path = path};
	const git_index_entry *entry = git_index_get_bypath(l->head, path, 0);
	if (!worktree_look(l->r->dir, &f, e))
		return false;
	*out = entry ? f.mode == entry->mode && !strcmp(f.id.hex, id_of(&entry->id).hex)
		     : f.mode == 0;
	return true;
}

static bool put_file(
	struct laying *l, const char *path, uint32_t mode, struct str bytes, struct err *e)
{
	bool free;
	struct git_file f = {.path = path, .mode = mode};
	if (!is_heads(l, path, &free, e))
		return false;
	return !free || worktree_write(l->r->dir, TEMP, &f, bytes, e);
}

static bool put_blob(struct laying *l, const git_index_entry *entry, struct err *e)
{
	defer(drop_blob) git_blob *blob = NULL;
	if (git_blob_lookup(&blob, l->r->repo, &entry->id) < 0)
		return fail_git(e, "read %s", entry->path);
	struct str bytes = {git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob)};
	return put_file(l, entry->path, entry->mode, bytes, e);
}

static bool is_text(struct git_repo *r, const git_index_entry *entry)
{
	defer(drop_blob) git_blob *blob = NULL;
	return entry->mode != MODE_LINK && git_blob_lookup(&blob, r->repo, &entry->id) == 0 &&
	       !git_blob_is_binary(blob);
}

static bool is_mergeable(struct git_repo *r, const struct clash *c)
{
	return c->ours && c->theirs && is_text(r, c->ours) && is_text(r, c->theirs) &&
	       (!c->from || is_text(r, c->from));
}

/* All sides under one path, also where upstream has renamed the file: it is one conflict. */
static bool stage_clash(struct laying *l, const struct clash *c, struct err *e)
{
	const git_index_entry *const sides[] = {c->from, c->ours, c->theirs};
	git_index_entry staged[3] = {{.mode = 0}};
	for (size_t i = 0; i < 3; i++)
		if (sides[i])
			staged[i] = (git_index_entry){
				.mode = sides[i]->mode, .id = sides[i]->id, .path = clash_path(c)};
	return git_index_conflict_add(l->index, c->from ? &staged[0] : NULL,
		       c->ours ? &staged[1] : NULL, c->theirs ? &staged[2] : NULL) == 0 ||
	       fail_git(e, "note the conflict of %s", clash_path(c));
}

/* Text gets markers. Where upstream has no such file the patch's is put there; where it has one
 * that can't be merged, that stays. */
static bool lay_clash(void *ctx, const struct clash *c, struct err *e)
{
	struct laying *l = ctx;
	defer(drop_merged) git_merge_file_result m = {0};
	if (!stage_clash(l, c, e))
		return false;
	if (!is_mergeable(l->r, c))
		return c->ours || !c->theirs || put_blob(l, c->theirs, e);
	git_merge_file_options options;
	git_merge_file_options_init(&options, GIT_MERGE_FILE_OPTIONS_VERSION);
	options.our_label = l->ours;
	options.their_label = l->subject;
	options.ancestor_label = "where the patch comes from";
	options.flags = GIT_MERGE_FILE_STYLE_DIFF3;
	if (git_merge_file_from_index(&m, l->r->repo, c->from, c->ours, c->theirs, &options) < 0)
		return fail_git(e, "merge %s", clash_path(c));
	return put_file(l, c->ours->path, c->ours->mode, (struct str){m.ptr, m.len}, e);
}

/* What merged well, and is not as HEAD has it. */
static bool lay_merged(struct laying *l, git_index *merged, struct err *e)
{
	for (size_t i = 0; i < git_index_entrycount(merged); i++) {
		const git_index_entry *entry = git_index_get_byindex(merged, i);
		const git_index_entry *old = git_index_get_bypath(l->head, entry->path, 0);
		if (git_index_entry_stage(entry) ||
			(old && old->mode == entry->mode && git_oid_equal(&old->id, &entry->id)))
			continue;
		git_index_entry new = {.mode = entry->mode, .id = entry->id, .path = entry->path};
		if (git_index_add(l->index, &new) < 0)
			return fail_git(e, "stage %s", entry->path);
		if (!put_blob(l, entry, e))
			return false;
	}
	return true;
}

static bool is_in(git_index *index, const char *path)
{
	for (int stage = 0; stage <= 3; stage++)
		if (git_index_get_bypath(index, path, stage))
			return true;
	return false;
}

static bool lay_removed(struct laying *l, git_index *merged, struct err *e)
{
	for (size_t i = 0; i < git_index_entrycount(l->head); i++) {
		const char *path = git_index_get_byindex(l->head, i)->path;
		bool free;
		if (is_in(merged, path))
			continue;
		if (git_index_remove(l->index, path, 0) < 0)
			return fail_git(e, "stage the removal of %s", path);
		if (!is_heads(l, path, &free, e) || (free && !worktree_remove(l->r->dir, path, e)))
			return false;
	}
	return true;
}

/* For git status, git commit and git cherry-pick --continue. */
static bool write_notes(
	struct laying *l, const struct git_id *commit, const char *message, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const char *git = git_repository_path(l->r->repo);
	const char *id = str_format(&scratch, "%s\n", commit->hex);
	return file_write(path_join(&scratch, git, "MERGE_MSG"), str_of(message), 0644, e) &&
	       file_write(path_join(&scratch, git, "CHERRY_PICK_HEAD"), str_of(id), 0644, e);
}

static bool open_laying(struct laying *l, const struct git_id *ours, struct err *e)
{
	defer(drop_tree) git_tree *tree = NULL;
	if (!tree_lookup(l->r, ours, &tree, e))
		return false;
	return (git_index_new(&l->head) == 0 && git_index_read_tree(l->head, tree) == 0 &&
		       git_repository_index(&l->index, l->r->repo) == 0 &&
		       git_index_read_tree(l->index, tree) == 0) ||
	       fail_git(e, "read tree %.10s", ours->hex);
}

bool merge_lay(struct git_repo *r, const struct git_id *commit, const char *ours, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	defer(drop_index) git_index *merged = NULL;
	defer(drop_laying) struct laying l = {.r = r, .ours = ours};
	struct git_words words;
	struct git_id head, head_tree, tree, before;
	if (!history_read(r, &scratch, commit, &words, &tree, &before, e) ||
		!repo_find(r, "HEAD", &head, &head_tree, e) || !open_laying(&l, &head_tree, e) ||
		!merge_index(r, &before, &head_tree, &tree, &merged, e))
		return false;
	struct str message = str_of(words.message);
	l.subject = str_copy(&scratch, str_cut(&message, '\n'));
	if (!write_notes(&l, commit, words.message, e) || !lay_removed(&l, merged, e) ||
		!lay_merged(&l, merged, e) || !each_clash(merged, lay_clash, &l, e))
		return false;
	return git_index_write(l.index) == 0 || fail_git(e, "write the index");
}

/* ---- is it resolved? ------------------------------------------------------------------------ */

static bool has_line(struct str text, struct str start)
{
	while (text.p)
		if (str_starts(str_cut(&text, '\n'), start))
			return true;
	return false;
}

/* A missing file holds no markers, and nothing that was merged. */
static bool look_at(struct listing *l, const char *path, bool *there, bool *marked, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct git_file f = {.path = path};
	struct str text;
	*there = *marked = false;
	if (!worktree_look(l->dir, &f, e))
		return false;
	*there = f.mode == MODE_FILE || f.mode == MODE_PROGRAM;
	if (!*there)
		return true;
	if (!worktree_read(&scratch, l->dir, &f, &text, e))
		return false;
	*marked = has_line(text, S("<<<<<<< ")) && has_line(text, S(">>>>>>> "));
	return true;
}

struct question {
	struct git_repo *r;
	struct listing l;
};

static bool ask_clash(void *ctx, const struct clash *c, struct err *e)
{
	struct question *q = ctx;
	bool there, marked;
	if (!look_at(&q->l, clash_path(c), &there, &marked, e))
		return false;
	if (marked || !there || !is_mergeable(q->r, c))
		list_once(&q->l, clash_path(c));
	return true;
}

bool merge_unresolved(
	struct git_repo *r, struct arena *a, const strings *paths, strings *out, struct err *e)
{
	strings found = {0};
	struct question q = {r, {.a = a, .dir = r->dir, .paths = &found}};
	defer(drop_index) git_index *index = NULL;
	if (git_repository_index(&index, r->repo) < 0 || git_index_read(index, 1) < 0)
		return fail_git(e, "read the index");
	vec_for(path, paths) {
		bool there, marked;
		if (!look_at(&q.l, *path, &there, &marked, e))
			return false;
		if (marked)
			list_once(&q.l, *path);
	}
	if (!each_clash(index, ask_clash, &q, e))
		return false;
	*out = found;
	return true;
}
