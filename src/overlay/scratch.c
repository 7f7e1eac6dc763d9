/* scratch.c - a working tree for one try, which leaves overlays/ alone.
 * SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "overlay/work.h"

/* What the try starts from: the overlay as it stands, or upstream. */
struct base {
	bool is_overlay;
	struct overlay overlay;
	const char *key; /* equal exactly where two bases are */
};

static bool find_base(struct work *k, struct base *out, struct err *e)
{
	bool created;
	struct tree source;
	*out = (struct base){.is_overlay = file_exists(path_join(k->a, k->dir, "overlay.json")) ||
					   file_exists(k->src)};
	if (out->is_overlay) {
		if (!work_recall(k, &out->overlay) &&
			(!make_ready(k, &created, e) || !work_describe(k, &out->overlay, e)))
			return false;
		out->key = out->overlay.tree;
		return work_check_version(k->recipe, out->overlay.version, k->dir, e);
	}
	if (!source_ensure(k->w, k->recipe, &source, e))
		return false;
	out->key = source.sha256 ? source.sha256 : source.origin;
	if (!source.is_path)
		return true;
	struct snapshot files;
	struct git_id id;
	if (!snapshot_scan(k->a, source.dir, NULL, &files, e))
		return false;
	git_files list = snapshot_files(k->a, &files);
	if (!git_folder_id(source.dir, &list, &id, e))
		return false;
	out->key = str_copy(k->a, str_of(id.hex));
	return true;
}

static bool key_of(
	struct work *k, const struct base *b, const char *patch, const char **out, struct err *e)
{
	struct digest d;
	if (!hash_file(patch, &d, e))
		return false;
	*out = str_format(k->a, "%s %s %s", b->key, k->recipe->version, digest_hex(k->a, &d));
	return true;
}

/* The answer as a list of words, for the snapshot. */
static void put_words(struct work *try, const struct overlay *o, const char *key)
{
	strings *words = &try->seen.words;
	vec_push(try->a, words, o->tree);
	vec_push(try->a, words, o->version);
	vec_push(try->a, words, key);
	vec_for(subject, &o->patches)
		vec_push(try->a, words, *subject);
}

/* The tree of the last try, where it was for the same base and patch and is still as it was: file
 * times stay, and so does what the build knows by them. */
static bool reuse(struct work *try, const char *key, struct overlay *out)
{
	struct snapshot s;
	struct err ignored;
	if (!snapshot_load(try->a, try->cache, &s) || s.words.n < 3 || strcmp(s.words.v[2], key))
		return false;
	if (!snapshot_holds(try->src, &s)) {
		if (!work_look(try, false, &ignored) || strcmp(try->tree.hex, s.words.v[0]))
			return false;
		try->seen.words = s.words;
		snapshot_store(try->cache, &try->seen);
	}
	*out = (struct overlay){.package = try->recipe->name,
		.dir = try->src,
		.tree = s.words.v[0],
		.version = s.words.v[1]};
	for (size_t i = 3; i < s.words.n; i++)
		vec_push(try->a, &out->patches, s.words.v[i]);
	return true;
}

/* The overlay's tree with its history; what is not committed there becomes a commit here. */
static bool copy_overlay(struct work *try, const struct base *b, struct err *e)
{
	struct git_words words;
	if (!tree_copy(b->overlay.dir, try->src, NULL, e) || !work_open(try, e) ||
		!work_look(try, true, e))
		return false;
	if (!strcmp(try->tree.hex, try->head_tree.hex))
		return true;
	struct git_id parent = try->head;
	return try->git->words(try->repo, try->a, "uncommitted changes\n", &words, e) &&
	       try->git->commit(try->repo, &try->tree, &parent, &words, &try->head, e) &&
	       try->git->record(try->repo, &try->head, e) && work_open(try, e);
}

static bool build(struct work *try, const struct base *b, const char *patch, git_revisions *log,
	struct err *e)
{
	if (b->is_overlay ? !copy_overlay(try, b, e) : !make_upstream(try, e))
		return false;
	return make_patched(try, patch, e) &&
	       try->git->find(try->repo, "HEAD", &try->head, &try->head_tree, e) &&
	       try->git->log(try->repo, try->a, &try->upstream, &try->head, log, e);
}

/* Built aside, so that a patch that does not apply leaves the last try as it was. */
static bool make_new(struct work *try, const struct base *b, const char *patch, git_revisions *log,
	struct err *e)
{
	struct err ignored;
	const char *place = try->src;
	try->src = str_format(try->a, "%s.new", place);
	if (!tree_remove(try->src, e) || !dir_make(path_dir(try->a, place), e))
		return false;
	bool built = build(try, b, patch, log, e);
	work_close(try);
	if (!built)
		return !tree_remove(try->src, &ignored) && false;
	if (!tree_remove(try->cache, e) || !tree_remove(place, e))
		return false;
	if (rename(try->src, place) < 0)
		return fail_errno(e, "rename %s to %s", try->src, place);
	try->src = place;
	return true;
}

static bool make_scratch(struct work *try, const struct base *b, const char *patch, const char *key,
	struct overlay *out, struct err *e)
{
	git_revisions log;
	if (!make_new(try, b, patch, &log, e) || !work_look(try, false, e))
		return false;
	struct overlay o = {.package = try->recipe->name,
		.dir = try->src,
		.version = try->recipe->version,
		.tree = str_copy(try->a, str_of(try->tree.hex))};
	vec_for(revision, &log)
		vec_push(try->a, &o.patches, revision->subject);
	put_words(try, &o, key);
	snapshot_store(try->cache, &try->seen);
	*out = o;
	return true;
}

bool overlay_scratch(const struct workspace *w, const char *package, const char *patch,
	struct overlay *out, struct err *e)
{
	struct recipe *r;
	struct base base;
	const char *key;
	defer(close_fd) int lock = -1;
	if (!recipe_find(w, package, &r, e) || !work_check_fit(w, r, e) || !work_lock(w, &lock, e))
		return false;
	defer(work_close) struct work k = work_of(w, r);
	defer(work_close) struct work try = work_of(w, r);
	try.src = str_format(w->a, "%s/try/%s", w->state, r->name);
	try.cache = str_format(w->a, "%s/try/%s.state", w->state, r->name);
	return find_base(&k, &base, e) && key_of(&k, &base, patch, &key, e) &&
	       (reuse(&try, key, out) || make_scratch(&try, &base, patch, key, out, e));
}
