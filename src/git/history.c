/* history.c - commits: make, list, write as mails and diffs. SPDX-License-Identifier: ISC */
#include "git/inner.h"

#include <string.h>

static void drop_signature(git_signature **s)
{
	git_signature_free(*s);
}

static void drop_walk(git_revwalk **w)
{
	git_revwalk_free(*w);
}

bool history_commit(struct git_repo *r, const struct git_id *tree, const struct git_id *parent,
	const struct git_words *words, struct git_id *out, struct err *e)
{
	defer(drop_signature) git_signature *author = NULL;
	if (git_signature_new(
		    &author, words->name, words->email, words->when, words->offset_minutes) < 0)
		return fail_git(e, "author \"%s <%s>\"", words->name, words->email);
	defer(drop_tree) git_tree *content = NULL;
	if (!tree_lookup(r, tree, &content, e))
		return false;
	defer(drop_commit) git_commit *before = NULL;
	if (parent && !commit_lookup(r, parent, &before, e))
		return false;
	const git_commit *parents[] = {before};
	git_oid oid;
	if (git_commit_create(&oid, r->repo, NULL, author, author, NULL, words->message, content,
		    before ? 1 : 0, parents) < 0)
		return fail_git(e, "store a commit");
	*out = id_of(&oid);
	return true;
}

static bool add_revision(
	struct git_repo *r, struct arena *a, const git_oid *oid, git_revisions *out, struct err *e)
{
	defer(drop_commit) git_commit *c = NULL;
	if (git_commit_lookup(&c, r->repo, oid) < 0)
		return fail_git(e, "read a commit");
	*vec_add(a, out) = (struct git_revision){
		.id = id_of(oid),
		.tree = id_of(git_commit_tree_id(c)),
		.subject = str_copy(a, str_of(git_commit_summary(c))),
		.body = str_copy(a, str_of(git_commit_body(c))),
		.parents = (int)git_commit_parentcount(c),
	};
	return true;
}

bool history_log(struct git_repo *r, struct arena *a, const struct git_id *from,
	const struct git_id *to, git_revisions *out, struct err *e)
{
	git_oid start, end;
	if (!id_parse(from, &start) || !id_parse(to, &end))
		return fail(e, E_BUG, "log between \"%s\" and \"%s\"", from->hex, to->hex);
	int descends =
		strcmp(from->hex, to->hex) ? git_graph_descendant_of(r->repo, &end, &start) : 1;
	if (descends < 0)
		return fail_git(e, "read the history");
	if (!descends)
		return fail(e, E_CONFLICT, "commit %.10s does not descend from %.10s", to->hex,
			from->hex);
	defer(drop_walk) git_revwalk *walk = NULL;
	if (git_revwalk_new(&walk, r->repo) < 0 || git_revwalk_push(walk, &end) < 0 ||
		git_revwalk_hide(walk, &start) < 0 ||
		git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL | GIT_SORT_REVERSE) < 0)
		return fail_git(e, "read the history");
	git_revisions found = {0};
	git_oid oid;
	int next;
	while ((next = git_revwalk_next(&oid, walk)) == 0)
		if (!add_revision(r, a, &oid, &found, e))
			return false;
	if (next != GIT_ITEROVER)
		return fail_git(e, "read the history");
	*out = found;
	return true;
}

static bool is_stray(
	struct git_repo *r, const char *name, const struct git_id *head, bool *out, struct err *e)
{
	struct git_id id;
	git_oid tip, end;
	*out = false;
	if (!repo_find(r, name, &id, NULL, e))
		return false;
	if (!id_parse(&id, &tip) || !id_parse(head, &end) || git_oid_equal(&tip, &end))
		return true;
	int reached = git_graph_descendant_of(r->repo, &end, &tip);
	if (reached < 0)
		return fail_git(e, "read the history of %s", name);
	*out = !reached;
	return true;
}

static void drop_names(git_strarray *names)
{
	git_strarray_dispose(names);
}

bool history_strays(struct git_repo *r, struct arena *a, strings *out, struct err *e)
{
	strings found = {0};
	struct git_id head;
	defer(drop_names) git_strarray names = {0};
	if (!repo_find(r, "HEAD", &head, NULL, e))
		return false;
	if (git_reference_list(&names, r->repo) < 0)
		return fail_git(e, "list the branches");
	for (size_t i = 0; i < names.count; i++) {
		const char *name = names.strings[i];
		bool stray = false;
		if (!str_starts(str_of(name), S("refs/heads/")) && strcmp(name, "refs/stash"))
			continue;
		if (!is_stray(r, name, &head, &stray, e))
			return false;
		if (stray)
			vec_push(a, &found, str_copy(a, str_of(name)));
	}
	*out = found;
	return true;
}

static struct str copy_buf(struct arena *a, const git_buf *b)
{
	return (struct str){str_copy(a, (struct str){b->ptr, b->size}), b->size};
}

bool history_read(struct git_repo *r, struct arena *a, const struct git_id *commit,
	struct git_words *out, struct git_id *tree, struct git_id *before, struct err *e)
{
	defer(drop_commit) git_commit *c = NULL;
	defer(drop_commit) git_commit *parent = NULL;
	if (!commit_lookup(r, commit, &c, e))
		return false;
	if (git_commit_parentcount(c) && git_commit_parent(&parent, c, 0) < 0)
		return fail_git(e, "read the parent of commit %.10s", commit->hex);
	const git_signature *author = git_commit_author(c);
	*out = (struct git_words){.name = str_copy(a, str_of(author->name)),
		.email = str_copy(a, str_of(author->email)),
		.when = author->when.time,
		.offset_minutes = author->when.offset,
		.message = str_copy(a, str_of(git_commit_message(c)))};
	*tree = id_of(git_commit_tree_id(c));
	*before = (struct git_id){""};
	if (parent)
		*before = id_of(git_commit_tree_id(parent));
	return true;
}

/* Whole ids, and no numbers in subjects: a patch's bytes depend on that patch alone. */
bool history_mail(struct git_repo *r, struct arena *a, const struct git_id *commit, struct str *out,
	struct err *e)
{
	defer(drop_commit) git_commit *c = NULL;
	if (!commit_lookup(r, commit, &c, e))
		return false;
	git_email_create_options options = {.version = GIT_EMAIL_CREATE_OPTIONS_VERSION};
	git_diff_options_init(&options.diff_opts, GIT_DIFF_OPTIONS_VERSION);
	git_diff_find_options_init(&options.diff_find_opts, GIT_DIFF_FIND_OPTIONS_VERSION);
	options.flags = GIT_EMAIL_CREATE_OMIT_NUMBERS;
	options.diff_opts.flags = GIT_DIFF_SHOW_BINARY;
	options.diff_opts.id_abbrev = GIT_OID_HEXSZ;
	defer(drop_buf) git_buf mail = {0};
	if (git_email_create_from_commit(&mail, c, &options) < 0)
		return fail_git(e, "write commit %.10s as a mail", commit->hex);
	*out = copy_buf(a, &mail);
	return true;
}

bool history_diff(struct git_repo *r, struct arena *a, const struct git_id *before,
	const struct git_id *after, struct str *out, struct err *e)
{
	defer(drop_tree) git_tree *old = NULL;
	defer(drop_tree) git_tree *new = NULL;
	if (!tree_lookup(r, before, &old, e) || !tree_lookup(r, after, &new, e))
		return false;
	defer(drop_diff) git_diff *diff = NULL;
	defer(drop_buf) git_buf text = {0};
	git_diff_options options;
	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_SHOW_BINARY;
	options.id_abbrev = GIT_OID_HEXSZ;
	if (git_diff_tree_to_tree(&diff, r->repo, old, new, &options) < 0 ||
		git_diff_find_similar(diff, NULL) < 0 ||
		git_diff_to_buf(&text, diff, GIT_DIFF_FORMAT_PATCH) < 0)
		return fail_git(e, "compare trees %.10s and %.10s", before->hex, after->hex);
	*out = copy_buf(a, &text);
	return true;
}
