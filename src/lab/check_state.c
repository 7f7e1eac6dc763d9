/* check_state.c - what must hold in the history of a store; and at the end of a run, that all of
 * them can be read. SPDX-License-Identifier: ISC */
#include "lab/checks.h"
#include "lab/stores.h"
#include "lab/words.h"
#include "past/past.h"

#include <string.h>

/* A machine's clock is behind ours by the time that its start took. */
#define CLOCK_BEHIND_NS ((int64_t)500 * 1000000)

/* What a machine serves is not trusted: where it makes no sense, that is the check's failure. */
static bool is_its_fault(const struct err *e)
{
	return e->code == E_CORRUPT || e->code == E_UNSAFE || e->code == E_INPUT;
}

/* ---- one store's history ------------------------------------------------------------------- */

/* When the first packet behind W's AFTER matched FILTER; 0: none did. */
static bool packet_time(
	struct trial *t, const struct window *w, const char *filter, int64_t *ns, struct err *e)
{
	struct str frame = {0};
	*ns = 0;
	return packets_first(t->s->a, w, filter, &frame, ns, e);
}

/* The part of the run that the check is about. *MISSING: the filter that no packet matched. */
static bool window_of(struct trial *t, struct past_window *out, const char **missing, struct err *e)
{
	struct recording *r = &t->s->lans[t->c->at].recording;
	const struct span *during = trial_span(t, t->c->during);
	const struct span *since = during ? during : trial_span(t, t->c->since);
	struct window packets = {r->path, 0, r->n, NULL, NULL};
	struct past_window w = {0, clock_wall_ns(), 0};
	*missing = NULL;
	if (since) {
		w.from_ns = since->from_ns;
		packets.from = since->from[t->c->at];
	}
	if (during) {
		w.to_ns = during->to_ns;
		packets.to = during->to[t->c->at];
	}
	if ((t->c->after || t->c->until) && !recording_flush(r, e))
		return false;
	if (t->c->after) {
		if (!packet_time(t, &packets, t->c->after, &w.from_ns, e))
			return false;
		*missing = w.from_ns ? NULL : t->c->after;
		packets.after = t->c->after;
	}
	if (t->c->until && !packet_time(t, &packets, t->c->until, &w.until_ns, e))
		return false;
	if (w.until_ns)
		w.until_ns -= CLOCK_BEHIND_NS;
	*out = w;
	return true;
}

static bool judge_store(struct trial *t, const char *dir, struct err *e)
{
	struct past_window window;
	struct judgement j;
	const char *missing;
	defer(past_close) struct past past = {0};
	if (!window_of(t, &window, &missing, e))
		return false;
	if (missing)
		return fails(t, "no packet matches '%s' (after)", missing);
	if (!past_open(t->s->a, dir, &past, e) || !past_judge(&past, t->c, &window, &j, e))
		return is_its_fault(e) && fails(t, "%s", e->text);
	if (!j.holds)
		return fails(t, "%s", j.why);
	return passes(t, "%zu commit%s%s%s", j.commits, plural(j.commits),
		j.last ? "; at the end " : "", j.last ? j.last : "");
}

/* ---- all stores, at the end ----------------------------------------------------------------- */

static bool fsck_store(struct trial *t, const char *dir, const char **why, struct err *e)
{
	const char *const argv[] = {"git", "-c", "safe.directory=*", "--git-dir", dir, "fsck",
		"--strict", "--no-dangling", "--no-progress", NULL};
	const struct command git = {.argv = argv, .output_limit = (size_t)1024 * 1024};
	enum waited how;
	struct outcome out;
	if (!session_run(t->s, 0, &git, t->c->timeout_ms, &how, &out, e))
		return false;
	*why = NULL;
	if (how == WAIT_DONE && out.exit_code)
		*why = str_format(t->s->a, "git fsck: %s", last_line(t->s->a, out.output, 300));
	else if (how != WAIT_DONE)
		*why = "git fsck did not end";
	return true;
}

static bool measure_store(
	struct trial *t, const char *dir, struct kept_store *kept, const char **why, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	defer(past_close) struct past past = {0};
	past_entries entries = {0};
	bool read = past_open(&scratch, dir, &past, e);
	const struct git_id *tree = read ? past_tree(&past) : NULL;
	if (!read || (tree && !past_list(&past, &scratch, tree, &entries, e))) {
		*why = str_copy(t->s->a, str_of(e->text));
		return is_its_fault(e);
	}
	kept->commits = past.steps.n;
	kept->entries = entries.n;
	return true;
}

static bool keep_store(
	struct trial *t, const char *store, int64_t number, const char **why, struct err *e)
{
	struct session *s = t->s;
	struct kept_store kept = {.store = store, .machine = number};
	const char *dir = stores_dir(s->a, s->dir, store, number);
	kept.path = dir + strlen(s->dir) + 1;
	if (!stores_take(s, (size_t)s->how->state->at, store, number, t->c->timeout_ms, why, e))
		return false;
	if (*why)
		return true;
	if (!fsck_store(t, dir, why, e) || (!*why && !measure_store(t, dir, &kept, why, e)))
		return false;
	if (!*why)
		*vec_add(s->a, &s->kept) = kept;
	return true;
}

/* "arp: 12 commits, 5 entries" of all machines. */
static void add_words(struct trial *t, const char *store, struct text *out)
{
	size_t commits = 0, entries = 0;
	vec_for(kept, &t->s->kept) {
		if (strcmp(kept->store, store) == 0) {
			commits += kept->commits;
			entries += kept->entries;
		}
	}
	text_addf(out, "%s%s: %zu commit%s, %zu entr%s", out->n ? "; " : "", store, commits,
		plural(commits), entries, entries == 1 ? "y" : "ies");
}

static bool keep_stores(struct trial *t, struct err *e)
{
	struct session *s = t->s;
	const char *why = NULL;
	struct text words = {.a = s->a};
	vec_for(store, &s->how->state->stores) {
		for (size_t k = 1; k <= s->machine_count; k++) {
			if (!keep_store(t, *store, (int64_t)k, &why, e))
				return false;
			if (why && s->machine_count > 1)
				return fails(t, "machine %zu, %s: %s", k, *store, why);
			if (why)
				return fails(t, "%s: %s", *store, why);
		}
		add_words(t, *store, &words);
	}
	return passes(t, "%s", words.p);
}

/* ---- public -----------------------------------------------------------------------------------
 */

bool check_state(struct trial *t, struct err *e)
{
	struct session *s = t->s;
	const char *why;
	if (!t->c->store)
		return keep_stores(t, e);
	int64_t number = trial_machine(t);
	if (!stores_take(
		    s, (size_t)s->how->state->at, t->c->store, number, t->c->timeout_ms, &why, e))
		return false;
	if (why)
		return fails(t, "%s", why);
	return judge_store(t, stores_dir(s->a, s->dir, t->c->store, number), e);
}
