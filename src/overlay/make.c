/* make.c - working trees from upstream's source and patches. SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "overlay/rebase.h"
#include "overlay/work.h"

#define PATCH_LIMIT ((size_t)64 * 1024 * 1024)

/* Whoever makes the first commit gets the same id: 2000-01-01T00:00:00Z. */
static struct git_words fixed_words(const char *message)
{
	return (struct git_words){.name = "respin",
		.email = "respin@localhost",
		.when = 946684800,
		.message = message};
}

struct git_words make_first_words(struct arena *a, const char *package, const char *version)
{
	return fixed_words(str_format(a, "%s %s\n", package, version));
}

static bool make_files(struct work *k, struct tree *source, struct err *e)
{
	return git_load(&k->git, e) && source_ensure(k->w, k->recipe, source, e) &&
	       tree_copy(source->dir, k->src, ".git", e) && k->git->create(k->src, &k->repo, e) &&
	       work_look(k, true, e);
}

static bool begin(struct work *k, struct err *e)
{
	if (!k->git->begin(k->repo, &k->upstream, e))
		return false;
	k->upstream_tree = k->head_tree = k->tree;
	k->head = k->upstream;
	k->sync = (struct sync){.version = k->recipe->version};
	return true;
}

bool make_upstream(struct work *k, struct err *e)
{
	struct tree source;
	struct git_words words = make_first_words(k->a, k->recipe->name, k->recipe->version);
	return make_files(k, &source, e) &&
	       k->git->commit(k->repo, &k->tree, NULL, &words, &k->upstream, e) && begin(k, e);
}

bool make_history(struct work *k, struct err *e)
{
	struct tree source;
	struct git_id first;
	if (!make_files(k, &source, e) ||
		!history_make(k, k->recipe, &source, &k->tree, &k->upstream, &first, e) ||
		!begin(k, e))
		return false;
	bool debian = strcmp(first.hex, k->upstream.hex) != 0;
	return !debian || k->git->point(k->repo, REF_PRISTINE, &first, e);
}

/* Why a patch does not apply, where the reason is that it is there already. */
static bool fail_known(struct work *k, const struct git_id *tree, struct str diff, struct err *e)
{
	struct err ignored;
	bool done, upstream;
	if (e->code != E_CONFLICT || !k->git->has(k->repo, tree, diff, &done, &ignored) || !done ||
		!k->git->has(k->repo, &k->upstream_tree, diff, &upstream, &ignored))
		return false;
	if (upstream)
		return fail(e, E_CONFLICT, "this is already in upstream %s", k->sync.version);
	return fail(e, E_CONFLICT, "this is already applied");
}

static bool commit_mail(struct work *k, const struct mail *m, const struct git_words *otherwise,
	struct git_id *head, struct git_id *tree, struct err *e)
{
	struct git_id after;
	if (!k->git->apply(k->repo, tree, m->diff, &after, e))
		return fail_known(k, tree, m->diff, e);
	if (!strcmp(after.hex, tree->hex))
		return fail(e, E_CONFLICT, "the patch changes nothing");
	struct git_words words = *otherwise;
	words.message = mail_message(k->a, m);
	if (m->name && m->email) {
		words.name = m->name;
		words.email = m->email;
	}
	if (m->dated) {
		words.when = m->when;
		words.offset_minutes = m->offset_minutes;
	}
	struct git_id parent = *head;
	*tree = after;
	return k->git->commit(k->repo, &after, &parent, &words, head, e);
}

bool make_commits(struct work *k, const mails *list, const struct git_words *otherwise,
	struct git_id *target, struct err *e)
{
	struct git_id head = k->head, tree = k->head_tree;
	for (size_t i = 0; i < list->n; i++) {
		const struct mail *m = &list->v[i];
		if (commit_mail(k, m, otherwise, &head, &tree, e))
			continue;
		if (m->file)
			return fail_context(e, "%s, \"%s\"", m->file, m->subject);
		if (list->n > 1)
			return fail_context(
				e, "mail %zu of %zu, \"%s\"", i + 1, list->n, m->subject);
		return fail_context(e, "\"%s\"", m->subject);
	}
	*target = head;
	return true;
}

/* A plain diff says nothing about itself: the file's name must do. */
static const char *subject_of(struct arena *a, const char *patch)
{
	const char *name = path_base(patch), *dot = strrchr(name, '.');
	return str_copy(
		a, (struct str){name, dot && dot > name ? (size_t)(dot - name) : strlen(name)});
}

bool make_patched(struct work *k, const char *patch, struct err *e)
{
	struct str text;
	mails list;
	struct git_words words;
	struct git_id target;
	if (!file_read(k->a, patch, PATCH_LIMIT, &text, e)) {
		/* As what holds no patch. */
		if (e->code == E_ABSENT)
			e->code = E_INPUT;
		return false;
	}
	if (!mails_read(k->a, text, patch, &list, e) ||
		!k->git->words(k->repo, k->a, "", &words, e))
		return false;
	vec_for(m, &list)
		if (!m->subject)
			m->subject = subject_of(k->a, patch);
	if (!make_commits(k, &list, &words, &target, e) || !k->git->advance(k->repo, &target, e))
		return fail_where(e, "%s", patch);
	return true;
}

static bool apply_series(struct work *k, struct err *e)
{
	mails list = {0};
	struct git_id target;
	struct git_words words = fixed_words("");
	if (!series_mails(k->a, k->dir, &k->series, &list, e) ||
		!make_commits(k, &list, &words, &target, e) ||
		!k->git->advance(k->repo, &target, e) ||
		!k->git->find(k->repo, "HEAD", &k->head, &k->head_tree, e))
		return fail_where(e, "%s/overlay.json", k->dir);
	k->sync.tree = k->head_tree.hex;
	return true;
}

/* The checksum that the series pins, of the place that the source came from. */
static bool write_first_series(struct work *k, struct err *e)
{
	struct tree source;
	if (!source_locate(k->w, k->recipe, &source, e))
		return false;
	k->series = (struct series){.version = k->recipe->version, .sha256 = source.sha256};
	return series_begin(k->a, k->dir, &k->series, e);
}

static bool is_pin(const struct work *k, const char *pin)
{
	return pin && !strcmp(pin, k->series.sha256);
}

static bool check_source(const struct work *k, struct err *e)
{
	bool known = false;
	if (!k->series.sha256)
		return true;
	vec_for(s, &k->recipe->source)
		known |= s->path || (s->debian && !s->sha256) ||
			 (s->sha256 && !strcasecmp(s->sha256, k->series.sha256)) ||
			 is_pin(k, s->commit) || is_pin(k, s->sha512) || is_pin(k, s->md5) ||
			 (s->added.n && is_pin(k, source_pin(k->a, s)));
	if (known)
		return true;
	fail(e, E_CONFLICT,
		"the overlay of %s is for the source with SHA-256 %s, which its recipe does not "
		"name",
		k->recipe->name, k->series.sha256);
	fail_hint(e,
		"respin overlay rebase %s moves it there; where the new source is the same but for "
		"its packing, set \"sha256\" in overlay.json",
		k->recipe->name);
	return fail_where(e, "%s/overlay.json", k->dir);
}

/* What a tree that came to nothing leaves: of a new overlay, no folder either. Returns false. */
static bool take_away(struct work *k, const char *staging)
{
	struct err ignored;
	bool gone = tree_remove(staging, &ignored) && rmdir(k->dir) == 0;
	return gone && make_forget(k->w, &ignored) && false;
}

/* Builds the new tree aside and puts it in its place by renames; a crash before the last one
 * leaves a series without a tree, which the next call makes good. */
static bool make_tree(struct work *k, struct err *e)
{
	struct work new = *k;
	const char *staging = path_join(k->a, k->dir, STAGING);
	const char *old = path_join(k->a, staging, "old");
	new.src = path_join(k->a, staging, "src");
	new.repo = NULL;
	if (!series_read(k->a, k->dir, &new.series, &new.has_series, e))
		return false;
	if (new.has_series && (!work_check_version(k->recipe, new.series.version, k->dir, e) ||
				      !check_source(&new, e)))
		return false;
	if (!tree_remove(staging, e) || !dir_make(staging, e) || !make_folder(k->w, e))
		return false;
	bool made = make_history(&new, e) && (new.has_series || write_first_series(&new, e)) &&
		    apply_series(&new, e) &&
		    series_digest(k->a, k->dir, &new.series, &new.sync.digest, e) &&
		    sync_write(k->a, new.src, &new.sync, e);
	work_close(&new);
	if (!made)
		return take_away(k, staging);
	if ((file_exists(k->src) && rename(k->src, old) < 0) || rename(new.src, k->src) < 0)
		return fail_errno(e, "rename %s to %s", new.src, k->src);
	return tree_remove(staging, e);
}

bool make_check_saved(struct work *k, struct err *e)
{
	strings strays;
	if (!work_look(k, false, e) || !k->git->strays(k->repo, k->a, &strays, e))
		return false;
	const char *what = NULL;
	if (strcmp(k->tree.hex, k->head_tree.hex))
		what = "uncommitted changes";
	else if (strcmp(k->tree.hex, k->sync.tree))
		what = "commits that are not in the saved patches";
	else if (!k->has_series)
		what = "the only copy of its patches: overlay.json is gone";
	else if (strays.n)
		what = str_format(k->a, "commits of its own in %s", strays.v[0]);
	return !what || fail(e, E_CONFLICT, "%s holds %s", k->src, what);
}

/* Has upstream changed below the overlay? Only a folder of the user's can. */
static bool source_changed(struct work *k, bool *out, struct err *e)
{
	struct tree source;
	struct snapshot files;
	struct git_id id;
	*out = false;
	if (!source_locate(k->w, k->recipe, &source, e))
		return false;
	if (!source.dir || !source.is_path)
		return true;
	if (!snapshot_watch_tree(k->a, &k->watched, source.dir, e) ||
		!snapshot_scan(k->a, source.dir, NULL, &files, e))
		return false;
	git_files list = snapshot_files(k->a, &files);
	if (!git_folder_id(source.dir, &list, &id, e))
		return false;
	*out = strcmp(id.hex, k->upstream_tree.hex) != 0;
	return true;
}

/* Is the working tree still that of the series and upstream on disk? */
static bool in_step(struct work *k, const char **why, struct err *e)
{
	bool changed;
	*why = NULL;
	if (!source_changed(k, &changed, e))
		return false;
	if (changed)
		*why = "the source it was made from has changed";
	else if (k->has_series && strcmp(k->digest, k->sync.digest))
		*why = "the patch series on disk has changed (git pull?)";
	return true;
}

/* The source that the series is for, as a recipe that can only find it on disk. */
static struct recipe old_recipe(struct work *k)
{
	struct recipe old = *k->recipe;
	if (!k->series.sha256)
		return old;
	struct source gone = {.url = "https:", .sha256 = k->series.sha256};
	old.version = k->series.version;
	old.source = (source_list){0};
	vec_push(k->a, &old.source, gone);
	return old;
}

static bool make_old(struct work *k, struct err *e)
{
	struct tree source;
	if (!series_read(k->a, k->dir, &k->series, &k->has_series, e))
		return false;
	if (!k->has_series)
		return fail(e, E_NOTFOUND, "there is no overlay of %s", k->recipe->name);
	struct recipe old = old_recipe(k);
	bool path_moved = !k->series.sha256 && strcmp(k->series.version, k->recipe->version) != 0;
	if (!source_locate(k->w, &old, &source, e))
		return false;
	if (!source.dir || path_moved) {
		fail(e, E_CONFLICT,
			"the overlay of %s is for version %s, whose source is not on disk",
			k->recipe->name, k->series.version);
		return fail_hint(e,
			"set the recipe back to %s, respin overlay add %s, then rebase it",
			k->series.version, k->recipe->name);
	}
	const struct recipe *now = k->recipe;
	k->recipe = &old;
	bool made = make_tree(k, e);
	k->recipe = now;
	return made;
}

bool make_as_it_was(struct work *k, struct err *e)
{
	return series_recover(k->a, k->dir, e) && (file_exists(k->src) || make_old(k, e)) &&
	       work_open(k, e);
}

bool make_ready(struct work *k, bool *created, struct err *e)
{
	const char *why = NULL;
	*created = false;
	if (!rebase_check_none(k, e) || !series_recover(k->a, k->dir, e))
		return false;
	bool there = file_exists(k->src);
	if (there) {
		if (!work_open(k, e) || !in_step(k, &why, e))
			return false;
		const char *version = k->has_series ? k->series.version : k->sync.version;
		if (!work_check_version(k->recipe, version, k->dir, e) ||
			(k->has_series && !check_source(k, e)))
			return false;
	}
	if (why && !make_check_saved(k, e)) {
		fail_context(e, "%s", why);
		return fail_hint(e,
			"keep your edits: git -C %s format-patch upstream -o DIR; then respin "
			"overlay drop --force, add and apply them",
			k->src);
	}
	if (there && !why)
		return true;
	work_close(k);
	if (!make_tree(k, e)) {
		if (why && e->code == E_CONFLICT)
			fail_hint(e, "%s: respin overlay rebase %s merges what does not apply", why,
				k->recipe->name);
		return false;
	}
	*created = !there;
	return work_open(k, e) && in_step(k, &why, e);
}
