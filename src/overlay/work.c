/* work.c - opens a working tree and tells how it stands. SPDX-License-Identifier: ISC */
#include "overlay/work.h"

#include <string.h>

static void say_waiting(void *ctx)
{
	(void)ctx;
	term_note("waiting for another respin that works on the overlays");
}

bool work_lock(const struct workspace *w, int *fd, struct err *e)
{
	return dir_make(w->state, e) &&
	       file_lock(path_join(w->a, w->state, "overlays.lock"), say_waiting, NULL, fd, e);
}

struct work work_of(const struct workspace *w, const struct recipe *r)
{
	const char *dir = path_join(w->a, w->overlays, r->name);
	return (struct work){.a = w->a,
		.w = w,
		.recipe = r,
		.dir = dir,
		.src = path_join(w->a, dir, "src"),
		.cache = str_format(w->a, "%s/overlay-%s.state", w->state, r->name)};
}

/* "refs/heads/main" where that is what HEAD names. */
static const char *head_name(struct work *k)
{
	struct str text;
	struct err ignored;
	if (!file_read(k->a, path_join(k->a, k->src, ".git/HEAD"), 4096, &text, &ignored) ||
		!str_starts(text, S("ref: ")))
		return NULL;
	return str_copy(k->a, str_trim(str_from(text, 5)));
}

/* The stamps come before what is read: a change in between is seen next time. */
static void watch(struct work *k)
{
	static const char *const paths[] = {".git/HEAD", ".git/packed-refs",
		".git/refs/tags/upstream", ".git/refs/respin/next", ".git/respin.json", "..",
		"../overlay.json"};
	k->watched = (struct snapshot){.read_ns = clock_wall_ns()};
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		snapshot_watch(k->a, &k->watched, k->src, paths[i]);
	const char *branch = head_name(k);
	if (branch)
		snapshot_watch(k->a, &k->watched, k->src, path_join(k->a, ".git", branch));
}

static bool read_names(struct work *k, struct err *e)
{
	if (!k->git->find(k->repo, "refs/tags/upstream", &k->upstream, &k->upstream_tree, e) ||
		!k->git->find(k->repo, "HEAD", &k->head, &k->head_tree, e))
		return false;
	if (!k->upstream.hex[0]) {
		fail(e, E_CONFLICT, "%s has lost its tag \"upstream\", the first commit", k->src);
		return fail_hint(e, "git tag upstream $(git rev-list --max-parents=0 HEAD)");
	}
	if (!k->head.hex[0])
		return fail(e, E_CONFLICT, "HEAD of %s is no commit", k->src);
	return true;
}

static bool read_series(struct work *k, struct err *e)
{
	if (!series_read(k->a, k->dir, &k->series, &k->has_series, e) ||
		!sync_read(k->a, k->src, &k->sync, e))
		return false;
	vec_for(name, &k->series.patches)
		snapshot_watch(k->a, &k->watched, k->src, path_join(k->a, "..", *name));
	return series_digest(k->a, k->dir, &k->series, &k->digest, e);
}

bool work_open(struct work *k, struct err *e)
{
	work_close(k);
	if (!series_recover(k->a, k->dir, e))
		return false;
	watch(k);
	return read_series(k, e) && git_load(&k->git, e) && k->git->open(k->src, &k->repo, e) &&
	       k->git->settle(k->repo, e) && read_names(k, e);
}

void work_close(struct work *k)
{
	if (k->repo)
		k->git->close(&k->repo);
}

bool work_look(struct work *k, bool store, struct err *e)
{
	struct snapshot before;
	bool known = snapshot_load(k->a, k->cache, &before);
	if (!snapshot_scan(k->a, k->src, known ? &before : NULL, &k->seen, e))
		return false;
	git_files files = snapshot_files(k->a, &k->seen);
	if (!k->git->tree(store ? k->repo : NULL, k->src, &files, &k->tree, e))
		return false;
	snapshot_take_ids(&k->seen, &files);
	return true;
}

/* The answer as a list of words, for the snapshot. */
static void put_words(struct work *k, const struct overlay *o)
{
	strings *words = &k->seen.words;
	vec_push(k->a, words, o->tree);
	vec_push(k->a, words, o->version);
	vec_push(k->a, words, o->dirty ? "dirty" : "clean");
	vec_push(k->a, words, o->saved ? "saved" : "unsaved");
	vec_for(subject, &o->patches)
		vec_push(k->a, words, *subject);
}

bool work_recall(const struct work *k, struct overlay *out)
{
	struct snapshot s;
	if (!snapshot_load(k->a, k->cache, &s) || s.words.n < 4 || !snapshot_holds(k->src, &s))
		return false;
	const char **words = s.words.v;
	*out = (struct overlay){.package = k->recipe->name,
		.dir = k->src,
		.tree = words[0],
		.version = words[1],
		.dirty = !strcmp(words[2], "dirty"),
		.saved = !strcmp(words[3], "saved")};
	for (size_t i = 4; i < s.words.n; i++)
		vec_push(k->a, &out->patches, words[i]);
	return true;
}

bool work_describe(struct work *k, struct overlay *out, struct err *e)
{
	git_revisions log;
	if (!work_look(k, false, e) || !k->git->log(k->repo, k->a, &k->upstream, &k->head, &log, e))
		return false;
	struct overlay o = {.package = k->recipe->name, .dir = k->src, .version = k->sync.version};
	o.tree = str_copy(k->a, str_of(k->tree.hex));
	o.dirty = strcmp(k->tree.hex, k->head_tree.hex) != 0;
	o.saved = k->has_series && !strcmp(k->tree.hex, k->sync.tree) &&
		  !strcmp(k->digest, k->sync.digest);
	vec_for(revision, &log)
		vec_push(k->a, &o.patches, revision->subject);
	put_words(k, &o);
	k->seen.read_ns = k->watched.read_ns;
	vec_for(item, &k->watched.items)
		vec_push(k->a, &k->seen.items, *item);
	snapshot_store(k->cache, &k->seen);
	*out = o;
	return true;
}

bool work_check_version(const struct recipe *r, const char *version, const char *dir, struct err *e)
{
	if (!strcmp(version, r->version))
		return true;
	fail(e, E_CONFLICT, "the overlay of %s is for version %s, its recipe says %s", r->name,
		version, r->version);
	fail_hint(e, "set the recipe back to %s, or drop the overlay and apply its patches to %s",
		version, r->version);
	return fail_where(e, "%s/overlay.json", dir);
}

bool work_check_idle(struct work *k, struct err *e)
{
	const char *busy = k->git->busy(k->repo);
	if (!busy)
		return true;
	fail(e, E_CONFLICT, "%s is under way in %s", busy, k->src);
	return fail_hint(e, "finish it there first");
}
