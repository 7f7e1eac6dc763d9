/* rebase.c - begins a rebase, or takes one up. SPDX-License-Identifier: ISC */
#include "overlay/rebase.h"

#include <string.h>

/* Only what is committed is moved; each commit must make a patch. */
static bool check_start(struct work *k, git_revisions *log, struct err *e)
{
	struct prepared unused;
	if (!work_check_idle(k, e) || !work_look(k, false, e))
		return false;
	if (strcmp(k->tree.hex, k->head_tree.hex)) {
		fail(e, E_CONFLICT, "%s holds uncommitted changes", k->src);
		return fail_hint(e, "git -C %s commit --all (or stash) first", k->src);
	}
	return k->git->log(k->repo, k->a, &k->upstream, &k->head, log, e) &&
	       save_check_line(k, log, e) && save_prepare(k, log, &k->upstream_tree, &unused, e);
}

/* The new source as commits without a name. */
static bool import(struct work *k, const struct recipe *target, const struct tree *source,
	struct git_id *base, struct git_id *first, struct err *e)
{
	struct snapshot files;
	struct git_id tree;
	struct err later;
	if (!snapshot_scan(k->a, source->dir, NULL, &files, e))
		return false;
	git_files list = snapshot_files(k->a, &files);
	k->git->hurry(k->repo);
	bool ok = k->git->tree(k->repo, source->dir, &list, &tree, e) &&
		  history_make(k, target, source, &tree, base, first, e);
	return k->git->flush(k->repo, ok ? e : &later) && ok;
}

/* Debian's version that the working tree is of, as the commit of its packaging has it; the recipe
 * may be of the next one already. */
static bool find_debian(struct work *k, const char **out, struct err *e)
{
	struct git_id first;
	git_revisions log = {0};
	*out = !strcmp(k->sync.version, k->recipe->version) ? work_debian(k->recipe) : NULL;
	if (!k->git->find(k->repo, REF_PRISTINE, &first, NULL, e))
		return false;
	if (!first.hex[0])
		return true;
	if (!k->git->log(k->repo, k->a, &first, &k->upstream, &log, e))
		return false;
	const char *subject = log.n ? log.v[0].subject : "";
	const char *version = strrchr(subject, ' ');
	if (str_starts(str_of(subject), S("Debian's packaging, ")) && version)
		*out = version + 1;
	return true;
}

/* The recipe's text is made first: what is no recipe is not fetched. */
static bool plan(struct work *k, const struct rebase_request *q, struct rebase *s,
	struct recipe *target, struct err *e)
{
	struct str before, after;
	struct tree source;
	struct git_id new, first;
	if (!find_debian(k, &s->debian_from, e) || !rebase_target(k, q, target, &s->about, e))
		return false;
	if (target->source.v != k->recipe->source.v) {
		if (!recipe_edit(
			    k->a, k->recipe, target->version, &target->source, &before, &after, e))
			return false;
		s->recipe_before = before.p;
		s->recipe_after = after.p;
	}
	if (!source_ensure(k->w, target, &source, e) ||
		!import(k, target, &source, &new, &first, e))
		return false;
	s->from = k->sync.version;
	s->to = target->version;
	s->debian_to = source.place && source.place->debian ? source.place->version : NULL;
	s->sha256 = source.sha256;
	s->upstream = s->tip = hex_of(k, &new);
	s->pristine = hex_of(k, &first);
	return true;
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool start(struct work *k, const struct rebase_request *q, struct rebase *s, bool *nothing,
	struct err *e)
{
	git_revisions log;
	struct recipe target;
	*s = (struct rebase){.phase = PHASE_GOING};
	if (!make_as_it_was(k, e) || !check_start(k, &log, e) || !plan(k, q, s, &target, e))
		return false;
	*nothing = !strcmp(s->upstream, k->upstream.hex) && same(s->from, s->to) &&
		   same(s->sha256, k->series.sha256) && !s->recipe_after;
	if (*nothing)
		return true;
	s->old_head = s->at = hex_of(k, &k->head);
	vec_for(revision, &log)
		vec_push(k->a, &s->todo, hex_of(k, &revision->id));
	struct git_id new = id_from(s->upstream);
	return k->git->point(k->repo, REF_OLD, &k->head, e) &&
	       k->git->point(k->repo, REF_NEW, &new, e) && rebase_write(k, s, e) &&
	       rebase_go_on(k, s, e);
}

/* What was under way, if anything. */
static bool take_up(struct work *k, const struct rebase_request *q, struct rebase *s, struct err *e)
{
	bool found;
	if (!rebase_read(k, s, &found, e))
		return false;
	if (!found)
		return fail(e, E_CONFLICT, "no rebase of %s is under way", k->recipe->name);
	if (!work_open(k, e))
		return false;
	if (in_phase(s, PHASE_STOPPING))
		k->git->unlock(k->repo);
	return q->verb == REBASE_CONTINUE
		       ? rebase_carry_on(k, s, e)
		       : rebase_turn_back(k, s,
				 q->verb == REBASE_ABORT ? PHASE_ABORTING : PHASE_SKIPPING, e);
}

bool overlay_rebase(const struct workspace *w, const struct rebase_request *q,
	struct overlay_rebase *out, struct err *e)
{
	struct recipe *r;
	struct rebase s = {0};
	bool nothing = false;
	defer(close_fd) int lock = -1;
	if (!recipe_find(w, q->package, &r, e) || !work_lock(w, &lock, e))
		return false;
	defer(work_close) struct work k = work_of(w, r);
	bool ok = q->verb == REBASE_START
			  ? rebase_check_none(&k, e) && start(&k, q, &s, &nothing, e)
			  : take_up(&k, q, &s, e);
	if (!ok)
		return false;
	if (in_phase(&s, PHASE_ABORTING) && strcmp(r->version, s.from) != 0)
		vec_push(k.a, &s.notes,
			str_format(k.a, "the recipe says %s yet: set it back to %s", r->version,
				s.from));
	*out = rebase_words(&k, &s);
	out->done = nothing || in_phase(&s, PHASE_ENDING);
	out->aborted = in_phase(&s, PHASE_ABORTING);
	return true;
}
