/* rebase_step.c - moves the patches of an overlay one step after the other. The record on disk is
 * written before each step that changes files; a step that is taken up again finds out how far it
 * came. SPDX-License-Identifier: ISC */
#include "overlay/rebase.h"

#include <string.h>

#define REF_KEPT "refs/respin/kept"
#define REF_BEFORE "refs/respin/before"

static const char *first_line(struct work *k, const char *message)
{
	struct str rest = str_of(message);
	return str_copy(k->a, str_cut(&rest, '\n'));
}

static bool find_head(struct work *k, struct err *e)
{
	return k->git->find(k->repo, "HEAD", &k->head, &k->head_tree, e);
}

static bool head_is(const struct work *k, const char *hex)
{
	return hex && !strcmp(k->head.hex, hex);
}

static bool tree_of(struct work *k, const char *commit, struct git_id *out, struct err *e)
{
	struct git_words words;
	struct git_id id = id_from(commit), before;
	return k->git->read(k->repo, k->a, &id, &words, out, &before, e);
}

static void drop_patch(struct work *k, struct rebase *s, const char *subject, const char *why)
{
	vec_push(k->a, &s->order, "dropped");
	vec_push(k->a, &s->dropped, subject);
	vec_push(k->a, &s->reasons, why);
}

/* ---- going: in the repository alone -------------------------------------------------------- */

/* A commit that is to be moved. */
struct picked {
	struct git_id id, tree, before;
	struct git_words words;
};

static bool read_picked(struct work *k, const char *hex, struct picked *out, struct err *e)
{
	out->id = id_from(hex);
	return k->git->read(k->repo, k->a, &out->id, &out->words, &out->tree, &out->before, e);
}

static const char *why_dropped(struct work *k, const struct rebase *s, const struct picked *p)
{
	struct err ignored;
	struct git_id upstream;
	struct git_merge merged;
	bool there =
		tree_of(k, s->upstream, &upstream, &ignored) &&
		k->git->merge(k->repo, k->a, &p->before, &upstream, &p->tree, &merged, &ignored) &&
		!strcmp(merged.tree.hex, upstream.hex);
	return there ? str_format(k->a, "upstream %s has it", s->to)
		     : "the patches before it leave nothing of it";
}

static bool commit_on_tip(struct work *k, struct rebase *s, const struct git_id *tree,
	const struct git_words *words, struct err *e)
{
	struct git_id tip = id_from(s->tip), new;
	if (!k->git->commit(k->repo, tree, &tip, words, &new, e))
		return false;
	s->tip = hex_of(k, &new);
	vec_push(k->a, &s->order, "moved");
	vec_push(k->a, &s->moved, first_line(k, words->message));
	return true;
}

/* One patch onto the tip. *STOP: it conflicts, and is s->current now. */
static bool move_one(struct work *k, struct rebase *s, const char *hex, bool *stop, struct err *e)
{
	struct picked p;
	struct git_id tip;
	struct git_merge merged;
	*stop = false;
	if (!read_picked(k, hex, &p, e) || !tree_of(k, s->tip, &tip, e) ||
		!k->git->merge(k->repo, k->a, &p.before, &tip, &p.tree, &merged, e))
		return false;
	const char *subject = first_line(k, p.words.message);
	if (!strcmp(merged.tree.hex, tip.hex))
		return drop_patch(k, s, subject, why_dropped(k, s, &p)), true;
	if (!merged.conflicts.n)
		return commit_on_tip(k, s, &merged.tree, &p.words, e);
	s->current = hex;
	s->subject = subject;
	s->conflicts = merged.conflicts;
	*stop = true;
	return true;
}

static void pop_todo(struct work *k, struct rebase *s)
{
	strings rest = {0};
	for (size_t i = 1; i < s->todo.n; i++)
		vec_push(k->a, &rest, s->todo.v[i]);
	s->todo = rest;
}

/* ---- stopping: the conflict gets into the files --------------------------------------------- */

static bool lay_conflict(struct work *k, struct rebase *s, struct err *e)
{
	struct git_id tip = id_from(s->tip), current = id_from(s->current);
	const char *ours = str_format(k->a, "%s %s", k->recipe->name, s->to);
	if (!find_head(k, e))
		return false;
	if (!head_is(k, s->tip) && !head_is(k, s->at)) {
		fail(e, E_CONFLICT, "HEAD of %s was moved during the rebase", k->src);
		return fail_hint(e, "git -C %s reset --soft %.10s puts it back", k->src, s->at);
	}
	if (!head_is(k, s->tip) && !k->git->advance(k->repo, &tip, e))
		return false;
	if (!k->git->lay(k->repo, &current, ours, e))
		return false;
	s->phase = PHASE_STOPPED;
	s->at = s->tip;
	return rebase_write(k, s, e);
}

static bool stop(struct work *k, struct rebase *s, struct err *e)
{
	s->phase = PHASE_STOPPING;
	return rebase_write(k, s, e) && lay_conflict(k, s, e);
}

/* ---- ending --------------------------------------------------------------------------------- */

/* *WRITE: the recipe is to be changed yet. One that was set to the new version by hand is fine. */
static bool check_recipe(struct work *k, const struct rebase *s, bool *write, struct err *e)
{
	struct str now = S("");
	if (s->recipe_after && !file_read(k->a, k->recipe->file, (size_t)1 << 20, &now, e))
		return false;
	*write = s->recipe_after && str_is(now, s->recipe_before);
	if (*write || !strcmp(k->recipe->version, s->to))
		return true;
	fail(e, E_CONFLICT, "the recipe was changed during the rebase to %s; it says %s now", s->to,
		k->recipe->version);
	fail_hint(e, "set it to %s, or respin overlay rebase --abort %s", s->to, k->recipe->name);
	return fail_where(e, "%s", k->recipe->file);
}

/* The name is there only where the first commit is not the base itself. */
static bool point_pristine(struct work *k, const struct rebase *s, struct err *e)
{
	struct git_id first = id_from(s->pristine), there;
	bool named = s->pristine && strcmp(s->pristine, s->upstream) != 0;
	if (named)
		return k->git->point(k->repo, REF_PRISTINE, &first, e);
	return k->git->find(k->repo, REF_PRISTINE, &there, NULL, e) &&
	       (!there.hex[0] || k->git->point(k->repo, REF_PRISTINE, NULL, e));
}

/* The series on disk, the working tree and the recipe, in this order; each time all of it. */
static bool end(struct work *k, struct rebase *s, const struct prepared *p, struct err *e)
{
	bool write;
	struct git_id tip = id_from(s->tip), old = id_from(s->old_head);
	struct git_id upstream = id_from(s->upstream);
	struct series series = {s->to, s->sha256, p->series.patches};
	if (!check_recipe(k, s, &write, e) || !find_head(k, e))
		return false;
	if (!head_is(k, s->tip) && !k->git->advance(k->repo, &tip, e))
		return false;
	return k->git->point(k->repo, REF_BEFORE, &old, e) &&
	       k->git->point(k->repo, "refs/tags/upstream", &upstream, e) &&
	       point_pristine(k, s, e) &&
	       series_write(k->a, k->dir, &series, p->contents, p->tree, e) &&
	       (!write || file_write(k->recipe->file, str_of(s->recipe_after), 0644, e)) &&
	       rebase_forget(k, e) && k->git->point(k->repo, REF_OLD, NULL, e) &&
	       k->git->point(k->repo, REF_NEW, NULL, e);
}

static bool prepare_end(struct work *k, const struct rebase *s, struct prepared *p, struct err *e)
{
	git_revisions log;
	struct git_id upstream = id_from(s->upstream), tip = id_from(s->tip), tree;
	return tree_of(k, s->upstream, &tree, e) &&
	       k->git->log(k->repo, k->a, &upstream, &tip, &log, e) &&
	       save_check_line(k, &log, e) && save_prepare(k, &log, &tree, p, e);
}

static bool begin_end(struct work *k, struct rebase *s, struct err *e)
{
	struct prepared p;
	bool write;
	if (!prepare_end(k, s, &p, e) || !check_recipe(k, s, &write, e))
		return false;
	s->phase = PHASE_ENDING;
	return rebase_write(k, s, e) && end(k, s, &p, e);
}

/* ---- all the way ---------------------------------------------------------------------------- */

static bool check_unchanged(struct work *k, const struct rebase *s, struct err *e)
{
	if (!find_head(k, e) || !work_look(k, false, e))
		return false;
	if (head_is(k, s->at) && !strcmp(k->tree.hex, k->head_tree.hex))
		return true;
	fail(e, E_CONFLICT, "%s was changed during the rebase", k->src);
	return fail_hint(e,
		"take these changes back (git -C %s status), or --abort, which keeps "
		"them as " REF_KEPT,
		k->src);
}

/* From "going" to the end or the next conflict. */
bool rebase_go_on(struct work *k, struct rebase *s, struct err *e)
{
	bool stopped = false;
	if (!check_unchanged(k, s, e))
		return false;
	while (s->todo.n && !stopped) {
		if (signals_pending()) {
			fail(e, E_INTERRUPTED, "interrupted");
			return fail_hint(
				e, "respin overlay rebase --continue %s goes on", k->recipe->name);
		}
		if (!move_one(k, s, s->todo.v[0], &stopped, e))
			return false;
		pop_todo(k, s);
	}
	return stopped ? stop(k, s, e) : begin_end(k, s, e);
}

/* ---- stopped: the user's answer ------------------------------------------------------------- */

/* What the user has committed since. */
static bool take_commits(struct work *k, struct rebase *s, struct err *e)
{
	git_revisions log;
	struct git_id tip = id_from(s->tip);
	if (!k->git->log(k->repo, k->a, &tip, &k->head, &log, e) || !save_check_line(k, &log, e))
		return false;
	vec_for(revision, &log) {
		vec_push(k->a, &s->order, "moved");
		vec_push(k->a, &s->moved, revision->subject);
	}
	s->tip = hex_of(k, &k->head);
	return true;
}

static bool check_resolved(struct work *k, const struct rebase *s, struct err *e)
{
	strings left;
	struct text names = {.a = k->a};
	const char *busy = k->git->busy(k->repo);
	if (busy && strcmp(busy, "a cherry-pick") != 0 && !work_check_idle(k, e))
		return false;
	if (!k->git->unresolved(k->repo, k->a, &s->conflicts, &left, e))
		return false;
	vec_for(path, &left)
		text_addf(&names, "%s%s", names.n ? ", " : "", *path);
	if (!left.n)
		return true;
	fail(e, E_CONFLICT, "\"%s\" still conflicts in %s", s->subject, names.p);
	fail_hint(e,
		"edit the files until no conflict markers are left; git add FILE or git rm "
		"FILE settles one without markers; then respin overlay rebase --continue %s",
		k->recipe->name);
	return fail_where(e, "%s", k->src);
}

/* The files as they stand become the commit. */
static bool take_files(struct work *k, struct rebase *s, struct err *e)
{
	struct picked p;
	struct git_id before = k->head_tree;
	if (!work_look(k, true, e) || !read_picked(k, s->current, &p, e))
		return false;
	bool committed = !head_is(k, s->tip), edited = strcmp(k->tree.hex, before.hex) != 0;
	if (committed && edited) {
		fail(e, E_CONFLICT, "%s holds uncommitted changes on top of your commit", k->src);
		return fail_hint(e, "git -C %s commit --amend --all takes them in", k->src);
	}
	if (committed)
		return take_commits(k, s, e);
	if (edited)
		return commit_on_tip(k, s, &k->tree, &p.words, e);
	return drop_patch(k, s, s->subject, "its resolution changes nothing"), true;
}

static bool resolve(struct work *k, struct rebase *s, struct err *e)
{
	if (!check_resolved(k, s, e) || !find_head(k, e) || !take_files(k, s, e))
		return false;
	struct git_id tip = id_from(s->tip);
	if (!k->git->record(k->repo, &tip, e) || !k->git->calm(k->repo, e))
		return false;
	s->phase = PHASE_GOING;
	s->at = s->tip;
	s->current = s->subject = NULL;
	s->conflicts = (strings){0};
	return rebase_write(k, s, e) && rebase_go_on(k, s, e);
}

/* ---- back: skip and abort ------------------------------------------------------------------- */

/* REF_KEPT, "REF_KEPT-2", ...: the first that names nothing else. */
static bool kept_name(struct work *k, const char **out, struct err *e)
{
	for (size_t n = 1;; n++) {
		struct git_id commit, tree;
		*out = n == 1 ? REF_KEPT : str_format(k->a, REF_KEPT "-%zu", n);
		if (!k->git->find(k->repo, *out, &commit, &tree, e))
			return false;
		if (!*commit.hex || !strcmp(tree.hex, k->tree.hex))
			return true;
	}
}

/* What stands in the files, as a commit under a name of its own: nothing that was written goes. */
static bool keep_files(struct work *k, struct rebase *s, struct err *e)
{
	struct git_words words;
	struct git_id kept;
	const char *name;
	if (!find_head(k, e) || !work_look(k, true, e))
		return false;
	s->kept = hex_of(k, &k->head);
	if (!strcmp(k->tree.hex, k->head_tree.hex))
		return true;
	if (!kept_name(k, &name, e) ||
		!k->git->words(k->repo, k->a,
			"the files before respin overlay rebase --abort or --skip\n", &words, e) ||
		!k->git->commit(k->repo, &k->tree, &k->head, &words, &kept, e) ||
		!k->git->point(k->repo, name, &kept, e))
		return false;
	s->kept = hex_of(k, &kept);
	vec_push(k->a, &s->notes,
		str_format(k->a, "what was in the files is kept: git -C %s show %s", k->src, name));
	return true;
}

/* Files, index and HEAD to those of TARGET: from HEAD's, or from those that were kept. */
static bool go_back(struct work *k, const struct rebase *s, const char *target, struct err *e)
{
	struct git_id to = id_from(target), from = id_from(s->kept), kept_tree;
	if (!find_head(k, e) || !work_look(k, false, e) || !tree_of(k, s->kept, &kept_tree, e))
		return false;
	if (!strcmp(k->tree.hex, k->head_tree.hex)) {
		from = k->head;
	} else if (strcmp(k->tree.hex, kept_tree.hex) != 0) {
		fail(e, E_CONFLICT, "%s was changed during the way back", k->src);
		return fail_hint(
			e, "git -C %s checkout %.10s . restores the files", k->src, s->kept);
	}
	return k->git->record(k->repo, &from, e) && k->git->advance(k->repo, &to, e) &&
	       k->git->calm(k->repo, e);
}

static bool abort_now(struct work *k, struct rebase *s, struct err *e)
{
	return go_back(k, s, s->old_head, e) && rebase_forget(k, e) &&
	       k->git->point(k->repo, REF_OLD, NULL, e) && k->git->point(k->repo, REF_NEW, NULL, e);
}

static bool skip_now(struct work *k, struct rebase *s, struct err *e)
{
	if (!go_back(k, s, s->tip, e))
		return false;
	drop_patch(k, s, s->subject, "skipped");
	s->phase = PHASE_GOING;
	s->at = s->tip;
	s->current = s->subject = s->kept = NULL;
	s->conflicts = (strings){0};
	return rebase_write(k, s, e) && rebase_go_on(k, s, e);
}

/* ---- verbs ---------------------------------------------------------------------------------- */

bool rebase_carry_on(struct work *k, struct rebase *s, struct err *e)
{
	struct prepared p;
	if (in_phase(s, PHASE_STOPPING))
		return lay_conflict(k, s, e);
	if (in_phase(s, PHASE_STOPPED))
		return resolve(k, s, e);
	if (in_phase(s, PHASE_ABORTING))
		return abort_now(k, s, e);
	if (in_phase(s, PHASE_SKIPPING))
		return skip_now(k, s, e);
	if (in_phase(s, PHASE_ENDING))
		return prepare_end(k, s, &p, e) && end(k, s, &p, e);
	return rebase_go_on(k, s, e);
}

bool rebase_turn_back(struct work *k, struct rebase *s, const char *phase, struct err *e)
{
	if (in_phase(s, PHASE_ENDING)) {
		fail(e, E_CONFLICT, "the rebase is done but for its last steps");
		return fail_hint(e,
			"respin overlay rebase --continue %s ends it; the old commits "
			"are then in " REF_BEFORE,
			k->recipe->name);
	}
	if (in_phase(s, PHASE_ABORTING))
		return abort_now(k, s, e);
	if (!strcmp(phase, PHASE_SKIPPING) && !s->current)
		return fail(
			e, E_CONFLICT, "no patch has stopped the rebase: there is none to skip");
	if (!in_phase(s, PHASE_SKIPPING) && !keep_files(k, s, e))
		return false;
	s->phase = phase;
	return rebase_write(k, s, e) && rebase_carry_on(k, s, e);
}
