/* work.c - opens a working tree and tells how it stands. SPDX-License-Identifier: ISC */
#include "overlay/work.h"

#include <string.h>

#include "overlay/rebase.h"

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
		"../overlay.json", REBASE_FILE};
	k->watched = (struct snapshot){.read_ns = clock_wall_ns()};
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		snapshot_watch(k->a, &k->watched, k->src, paths[i]);
	const char *branch = head_name(k);
	if (branch)
		snapshot_watch(k->a, &k->watched, k->src, path_join(k->a, ".git", branch));
	if (k->recipe->file)
		snapshot_watch(k->a, &k->watched, k->src, k->recipe->file);
}

static bool read_names(struct work *k, struct err *e)
{
	if (!k->git->find(k->repo, "refs/tags/upstream", &k->upstream, &k->upstream_tree, e) ||
		!k->git->find(k->repo, "HEAD", &k->head, &k->head_tree, e))
		return false;
	if (!k->upstream.hex[0]) {
		fail(e, E_CONFLICT,
			"%s has lost its tag \"upstream\", the last commit before yours", k->src);
		return fail_hint(e, "git log --oneline, and git tag upstream COMMIT: the first "
				    "commit or, where "
				    "there are Debian's patches, the last of these");
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

/* What a write that was killed has left of files that are replaced: "respin.json.XXXXXX". */
static bool sweep(
	struct work *k, const char *dir, const char *const *names, size_t n, struct err *e)
{
	strings there;
	if (!dir_exists(dir))
		return true;
	if (!dir_list(k->a, dir, &there, e))
		return false;
	vec_for(name, &there)
		for (size_t i = 0; i < n; i++) {
			struct str ending = str_of(*name);
			if (!str_starts(ending, str_of(names[i])))
				continue;
			ending = str_from(ending, strlen(names[i]));
			if (ending.n == 7 && ending.p[0] == '.' &&
				!tree_remove(path_join(k->a, dir, *name), e))
				return false;
		}
	return true;
}

static bool sweep_all(struct work *k, struct err *e)
{
	static const char *const inner[] = {"respin.json", "respin-rebase.json"};
	static const char *const outer[] = {"recipe.json"};
	return sweep(k, path_join(k->a, k->src, ".git"), inner, 2, e) &&
	       sweep(k, k->dir, outer, 1, e);
}

bool work_open(struct work *k, struct err *e)
{
	work_close(k);
	if (!series_recover(k->a, k->dir, e) || !sweep_all(k, e))
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
	if (store ? !k->git->tree(k->repo, k->src, &files, &k->tree, e)
		  : !git_folder_id(k->src, &files, &k->tree, e))
		return false;
	snapshot_take_ids(&k->seen, &files);
	return true;
}

const char *work_debian(const struct recipe *r)
{
	return r->source.n && r->source.v[0].debian ? r->source.v[0].version : NULL;
}

/* What the snapshot says beside the files: the answer, and what it takes to renew it when only
 * files have changed. Each patch is two words, its subject and its body. */
enum { WORD_TREE, WORD_VERSION, WORD_HEAD_TREE, WORD_SAVED_TREE, WORD_PATCHES };

static struct overlay answer(struct work *k, const strings *words)
{
	struct overlay o = {.package = k->recipe->name,
		.dir = k->src,
		.debian = work_debian(k->recipe),
		.tree = words->v[WORD_TREE],
		.version = words->v[WORD_VERSION]};
	o.dirty = strcmp(o.tree, words->v[WORD_HEAD_TREE]) != 0;
	o.saved = !strcmp(o.tree, words->v[WORD_SAVED_TREE]);
	for (size_t i = WORD_PATCHES; i + 1 < words->n; i += 2) {
		vec_push(k->a, &o.patches, words->v[i]);
		vec_push(k->a, &o.bodies, words->v[i + 1]);
	}
	return o;
}

bool work_recall(struct work *k, struct overlay *out)
{
	struct snapshot s;
	struct err ignored;
	if (!snapshot_load(k->a, k->cache, &s) || s.words.n < WORD_PATCHES)
		return false;
	if (!snapshot_holds(k->src, &s)) {
		/* A second look: another respin may have begun to apply a patch meanwhile. */
		if (!snapshot_watched_holds(k->src, &s) || !work_look(k, false, &ignored) ||
			!snapshot_watched_holds(k->src, &s))
			return false;
		s.words.v[WORD_TREE] = str_copy(k->a, str_of(k->tree.hex));
		k->seen.words = s.words;
		snapshot_add_watched(k->a, &k->seen, &s);
		snapshot_store(k->cache, &k->seen);
	}
	*out = answer(k, &s.words);
	return true;
}

bool work_describe(struct work *k, struct overlay *out, struct err *e)
{
	git_revisions log;
	if (!work_look(k, false, e) || !k->git->log(k->repo, k->a, &k->upstream, &k->head, &log, e))
		return false;
	bool in_step = k->has_series && !strcmp(k->digest, k->sync.digest);
	strings *words = &k->seen.words;
	vec_push(k->a, words, str_copy(k->a, str_of(k->tree.hex)));
	vec_push(k->a, words, k->sync.version);
	vec_push(k->a, words, str_copy(k->a, str_of(k->head_tree.hex)));
	vec_push(k->a, words, in_step ? k->sync.tree : "");
	vec_for(revision, &log) {
		vec_push(k->a, words, revision->subject);
		vec_push(k->a, words, revision->body);
	}
	k->seen.read_ns = k->watched.read_ns;
	snapshot_add_watched(k->a, &k->seen, &k->watched);
	snapshot_store(k->cache, &k->seen);
	*out = answer(k, words);
	return true;
}

bool work_check_version(const struct recipe *r, const char *version, const char *dir, struct err *e)
{
	if (!strcmp(version, r->version))
		return true;
	fail(e, E_CONFLICT, "the overlay of %s is for version %s, its recipe says %s", r->name,
		version, r->version);
	fail_hint(e,
		"respin overlay rebase %s moves its patches to %s; or set the recipe back to %s",
		r->name, r->version, version);
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
