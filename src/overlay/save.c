/* save.c - working tree to patch series. SPDX-License-Identifier: ISC */
#include <string.h>

#include "overlay/work.h"

/* What is not committed yet becomes the last commit. */
static bool commit_rest(struct work *k, const char *message, struct err *e)
{
	struct git_words words;
	if (!work_look(k, message != NULL, e))
		return false;
	if (!strcmp(k->tree.hex, k->head_tree.hex))
		return true;
	if (!message) {
		fail(e, E_CONFLICT, "%s holds uncommitted changes", k->src);
		return fail_hint(e,
			"commit them there, or give a message: respin overlay save %s -m TEXT",
			k->recipe->name);
	}
	struct git_id parent = k->head;
	const char *text = str_format(k->a, "%.*s\n", STR(str_trim(str_of(message))));
	return k->git->words(k->repo, k->a, text, &words, e) &&
	       k->git->commit(k->repo, &k->tree, &parent, &words, &k->head, e) &&
	       k->git->record(k->repo, &k->head, e) && work_open(k, e);
}

bool save_check_line(struct work *k, const git_revisions *log, struct err *e)
{
	vec_for(revision, log) {
		if (revision->parents == 1)
			continue;
		fail(e, E_CONFLICT, "%s has a merge, \"%s\": patches are a line", k->src,
			revision->subject);
		return fail_hint(e, "git -C %s rebase upstream", k->src);
	}
	return true;
}

/* A saved patch must give back what it was made from: its text may hold a line that ends the
 * message early, its subject nothing at all. */
static bool check_patch(struct work *k, struct str mail, const struct git_revision *revision,
	const struct git_id *parent_tree, struct err *e)
{
	mails list;
	struct git_id tree;
	if (!strcmp(revision->tree.hex, parent_tree->hex)) {
		fail(e, E_CONFLICT, "commit \"%s\" changes nothing: it makes no patch",
			revision->subject);
		return fail_hint(e, "git -C %s rebase -i upstream, and drop it", k->src);
	}
	if (!mails_read(k->a, mail, revision->subject, &list, e) ||
		!k->git->apply(k->repo, parent_tree, list.v[0].diff, &tree, e))
		return fail_context(
			e, "commit \"%s\" can't be saved as a patch", revision->subject);
	const char *subject = list.v[0].subject;
	bool whole = list.n == 1 && subject && !strcmp(subject, revision->subject) &&
		     !strcmp(list.v[0].body, revision->body);
	if (whole && !strcmp(tree.hex, revision->tree.hex))
		return true;
	fail(e, E_CONFLICT,
		"commit \"%s\" can't be saved as a patch: its %s would come back different",
		revision->subject, whole ? "files" : "message");
	return fail_hint(e,
		"a message can't hold a line \"---\" or the start of a diff: git -C %s rebase -i "
		"upstream, and reword it",
		k->src);
}

bool save_prepare(struct work *k, const git_revisions *log, const struct git_id *upstream_tree,
	struct prepared *out, struct err *e)
{
	struct prepared p = {.contents = NEW_ARRAY(k->a, struct str, log->n + 1)};
	const struct git_id *parent = upstream_tree;
	for (size_t i = 0; i < log->n; i++) {
		const struct git_revision *revision = &log->v[i];
		if (!k->git->mail(k->repo, k->a, &revision->id, &p.contents[i], e) ||
			!check_patch(k, p.contents[i], revision, parent, e))
			return false;
		vec_push(k->a, &p.series.patches, series_name(k->a, i + 1, revision->subject));
		parent = &revision->tree;
	}
	p.tree = str_copy(k->a, str_of(parent->hex));
	*out = p;
	return true;
}

static bool write_patches(struct work *k, const git_revisions *log, struct err *e)
{
	struct prepared p;
	struct tree source;
	if (!save_prepare(k, log, &k->upstream_tree, &p, e))
		return false;
	p.series.version = k->sync.version;
	p.series.sha256 = k->series.sha256;
	if (!k->has_series) {
		if (!source_locate(k->w, k->recipe, &source, e))
			return false;
		p.series.sha256 = source.sha256;
	}
	return series_write(k->a, k->dir, &p.series, p.contents, p.tree, e);
}

bool overlay_save(const struct workspace *w, const char *package, const char *message,
	struct overlay *out, struct err *e)
{
	struct recipe *r;
	bool created;
	git_revisions log;
	defer(close_fd) int lock = -1;
	if (!recipe_find(w, package, &r, e) || !work_lock(w, &lock, e))
		return false;
	defer(work_close) struct work k = work_of(w, r);
	if (!make_ready(&k, &created, e) || !work_check_idle(&k, e) || !commit_rest(&k, message, e))
		return false;
	if (!k.git->log(k.repo, k.a, &k.upstream, &k.head, &log, e) ||
		!save_check_line(&k, &log, e) || !write_patches(&k, &log, e))
		return false;
	return work_open(&k, e) && work_describe(&k, out, e);
}
