/* trial.c - each patch of an overlay on its own: does it apply, and what is there without it? In a
 * scratch tree; overlays/ stays as it is. SPDX-License-Identifier: ISC */
#include <string.h>

#include "overlay/rebase.h"

/* A patch as it is taken in. */
struct step {
	struct git_id before, after; /* trees; the same where it does not apply */
	struct git_id without;	     /* the commit of all others; empty where there is none */
};

struct overlay_trial {
	struct work work; /* of the scratch tree */
	int lock;
	mails list;
	VEC(struct step) steps;
	struct git_id full;
};

/* The patches as mails: of the working tree's commits, else of the series. */
static bool read_patches(struct work *k, mails *out, bool *dirty, struct err *e)
{
	git_revisions log;
	*dirty = false;
	if (!file_exists(k->src)) {
		if (!series_read(k->a, k->dir, &k->series, &k->has_series, e))
			return false;
		if (!k->has_series)
			return fail(e, E_NOTFOUND, "there is no overlay of %s", k->recipe->name);
		return series_mails(k->a, k->dir, &k->series, out, e);
	}
	if (!work_open(k, e) || !work_look(k, false, e) ||
		!k->git->log(k->repo, k->a, &k->upstream, &k->head, &log, e) ||
		!save_check_line(k, &log, e))
		return false;
	*dirty = strcmp(k->tree.hex, k->head_tree.hex) != 0;
	vec_for(revision, &log) {
		struct str text;
		mails one;
		if (!k->git->mail(k->repo, k->a, &revision->id, &text, e) ||
			!mails_read(k->a, text, revision->subject, &one, e))
			return false;
		one.v[0].subject = revision->subject;
		one.v[0].body = revision->body;
		vec_push(k->a, out, one.v[0]);
	}
	return true;
}

/* In words, why DIFF does not apply to what is there. */
static const char *why_not(struct work *try, const struct mail *m, const struct err *e)
{
	struct err ignored;
	bool there;
	if (try->git->has(try->repo, &try->upstream_tree, m->diff, &there, &ignored) && there)
		return str_format(try->a, "upstream %s has it already", try->recipe->version);
	return str_copy(try->a, str_of(e->text));
}

static bool take_in(struct work *try, const struct mail *m, struct git_id *tree, struct step *s,
	struct trial_patch *p, struct err *e)
{
	struct err why = {0};
	s->before = s->after = *tree;
	if (!try->git->apply(try->repo, tree, m->diff, &s->after, &why)) {
		if (why.code != E_CONFLICT && why.code != E_INPUT && why.code != E_UNSAFE) {
			*e = why;
			return false;
		}
		s->after = *tree;
		p->why = why_not(try, m, &why);
		return true;
	}
	p->applies = strcmp(s->after.hex, tree->hex) != 0;
	if (!p->applies)
		p->why = "it changes nothing";
	*tree = s->after;
	return true;
}

static bool commit_tree(
	struct work *try, const struct git_id *tree, struct git_id *out, struct err *e)
{
	struct git_words words =
		make_first_words(try->a, try->recipe->name, "with some of its patches");
	return try->git->commit(try->repo, tree, &try->upstream, &words, out, e);
}

/* All but one: taken back from the whole by three-way merge, as others may stand on top. */
static bool take_out(struct work *try, const struct git_id *full, struct step *s,
	struct trial_patch *p, struct err *e)
{
	struct git_merge merged;
	if (!p->applies)
		return true;
	if (!try->git->merge(try->repo, try->a, &s->after, full, &s->before, &merged, e))
		return false;
	p->separable = !merged.conflicts.n;
	if (!p->separable)
		p->why = str_format(
			try->a, "later patches stand on it, in %s", merged.conflicts.v[0]);
	return !p->separable || commit_tree(try, &merged.tree, &s->without, e);
}

static bool take_all(struct overlay_trial *t, trial_patches *out, struct err *e)
{
	struct work *try = &t->work;
	struct git_id tree = try->upstream_tree;
	vec_for(m, &t->list) {
		struct trial_patch *p = vec_add(try->a, out);
		p->subject = m->subject;
		p->body = m->body;
		if (!take_in(try, m, &tree, vec_add(try->a, &t->steps), p, e))
			return false;
	}
	for (size_t i = 0; i < out->n; i++)
		if (!take_out(try, &tree, &t->steps.v[i], &out->v[i], e))
			return false;
	return commit_tree(try, &tree, &t->full, e);
}

static void say_waiting(void *ctx)
{
	(void)ctx;
	term_note("waiting for another respin that verifies patches");
}

static bool open_trial(
	struct overlay_trial *t, struct work *k, bool *dirty, trial_patches *out, struct err *e)
{
	const char *place = path_join(k->a, k->w->state, "verify");
	const char *lock = path_join(k->a, k->w->state, "verify.lock");
	struct work *try = &t->work;
	*try = work_of(k->w, k->recipe);
	try->src = path_join(k->a, place, k->recipe->name);
	try->cache = str_format(k->a, "%s/%s.state", place, k->recipe->name);
	return dir_make(k->w->state, e) && file_lock(lock, say_waiting, NULL, &t->lock, e) &&
	       tree_remove(place, e) && dir_make(place, e) && rebase_check_none(k, e) &&
	       series_recover(k->a, k->dir, e) && read_patches(k, &t->list, dirty, e) &&
	       make_upstream(try, e) && take_all(t, out, e);
}

bool trial_open(const struct workspace *w, const char *package, struct overlay_trial **out,
	trial_patches *patches, bool *dirty, struct err *e)
{
	struct recipe *r;
	defer(close_fd) int lock = -1;
	if (!recipe_find(w, package, &r, e) || !work_lock(w, &lock, e))
		return false;
	defer(work_close) struct work k = work_of(w, r);
	struct overlay_trial *t = NEW(w->a, struct overlay_trial);
	trial_patches found = {0};
	t->lock = -1;
	if (!open_trial(t, &k, dirty, &found, e)) {
		trial_close(&t);
		return false;
	}
	*out = t;
	*patches = found;
	return true;
}

bool trial_set(struct overlay_trial *t, const trial_patches *patches, size_t without,
	struct overlay *out, struct err *e)
{
	struct work *try = &t->work;
	bool all = without >= patches->n;
	const struct git_id *commit = all ? &t->full : &t->steps.v[without].without;
	if (!try->git->advance(try->repo, commit, e) || !work_look(try, false, e))
		return false;
	*out = (struct overlay){.package = try->recipe->name,
		.dir = try->src,
		.version = try->recipe->version,
		.tree = str_copy(try->a, str_of(try->tree.hex))};
	for (size_t i = 0; i < patches->n; i++)
		if (i != without && patches->v[i].applies)
			vec_push(try->a, &out->patches, patches->v[i].subject);
	return true;
}

void trial_close(struct overlay_trial **t)
{
	struct err ignored;
	if (!*t)
		return;
	work_close(&(*t)->work);
	if ((*t)->lock >= 0 && (*t)->work.src &&
		!tree_remove(path_dir((*t)->work.a, (*t)->work.src), &ignored))
		term_warn("%s", ignored.text);
	close_fd(&(*t)->lock);
	*t = NULL;
}
