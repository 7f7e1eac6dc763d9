/* history.c - what a package's edits stand on, as commits: upstream's source as released and, where
 * it is Debian's or opam's, what that adds and each of its patches. All that is in them comes from
 * the source alone, so that everybody gets the same ids. SPDX-License-Identifier: ISC */
#include <string.h>

#include "overlay/work.h"

#define TEXT_LIMIT ((size_t)64 * 1024 * 1024)
#define WORDS_LIMIT ((size_t)16 * 1024)

struct history {
	struct work *k;
	const struct recipe *recipe;
	const struct source *place;
	const char *dir; /* where the source comes to be again */
	struct snapshot seen;
	struct git_words packager; /* of this version; Debian's as debian/changelog tells */
	struct git_id first, last, tree;
	bool begun;
};

/* " -- A. Maintainer <a@example.org>  Mon, 23 Nov 2026 09:00:00 +0100" of the newest entry. */
static struct git_words read_packager(struct history *h)
{
	struct work *k = h->k;
	struct git_words words = make_first_words(k->a, h->recipe->name, h->recipe->version);
	struct str text;
	struct err ignored;
	if (!file_read(
		    k->a, path_join(k->a, h->dir, "debian/changelog"), TEXT_LIMIT, &text, &ignored))
		return words;
	while (text.p) {
		struct str line = str_cut(&text, '\n');
		if (!str_starts(line, S(" -- ")))
			continue;
		struct str date = str_from(line, 4), who = str_cut(&date, '>');
		const char *name = NULL, *email = NULL;
		mime_address(k->a, str_of(str_format(k->a, "%.*s>", STR(who))), &name, &email);
		if (name && *name && email && *email &&
			mime_date(str_trim(date), &words.when, &words.offset_minutes)) {
			words.name = name;
			words.email = email;
		}
		break;
	}
	return words;
}

/* "2024-11-23", noon, for patches that tell no other date. */
static bool read_day(struct arena *a, const char *body, int64_t *when)
{
	struct patch_facts facts;
	int offset;
	patch_facts(a, body, &facts);
	if (!facts.last_update)
		return false;
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct str rest = str_of(facts.last_update), year = str_cut(&rest, '-'),
		   month = str_cut(&rest, '-');
	uint64_t number = 0;
	if (!str_u64(month, &number) || number < 1 || number > 12)
		return false;
	const char *date = str_format(
		a, "%.*s %s %.*s 12:00:00 +0000", STR(rest), months[number - 1], STR(year));
	return mime_date(str_of(date), when, &offset);
}

/* BODY with the patch's file as a trailer: in its last paragraph, where that is trailers. */
static const char *with_name(struct arena *a, const char *body, const char *name)
{
	struct patch_facts facts;
	patch_facts(a, body, &facts);
	bool trailers = facts.origin || facts.forwarded || facts.upstream_status ||
			facts.last_update || facts.applied_upstream || facts.bugs.n;
	const char *gap = !*body ? "" : trailers ? "\n" : "\n\n";
	return str_format(a, "%s%sPatch-Name: %s", body, gap, name);
}

static bool ends_words(struct str line)
{
	return str_starts(line, S("--- ")) || str_is(line, "---") || str_starts(line, S("diff ")) ||
	       str_starts(line, S("Index: "));
}

/* The words that stand before the diff of a patch that has no fields. */
static const char *free_words(struct arena *a, struct str text)
{
	struct text out = {.a = a};
	text_addz(&out, "");
	while (text.p && out.n < WORDS_LIMIT) {
		struct str line = str_cut(&text, '\n');
		if (ends_words(line))
			break;
		text_addf(&out, "%.*s\n", STR(line));
	}
	return str_copy(a, str_trim(text_str(&out)));
}

/* A field among such words may still tell who wrote it. */
static void free_author(struct arena *a, const char *words, struct mail *m)
{
	struct str rest = str_of(words);
	while (rest.p) {
		struct str who = str_cut(&rest, '\n'), name = str_cut(&who, ':');
		if (who.p && (str_is(name, "Author") || str_is(name, "From")) && !m->name)
			mime_address(a, str_trim(who), &m->name, &m->email);
	}
}

/* Tools that cut a subject after some width leave its end to the text: "Use the epoch for". */
static void join_subject(struct arena *a, struct mail *m)
{
	static const char *const words[] = {" a", " an", " and", " as", " at", " by", " for",
		" from", " in", " into", " of", " on", " or", " that", " the", " to", " with"};
	struct str rest = str_of(m->body), line = str_cut(&rest, '\n');
	bool open = false;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		open |= str_ends(str_of(m->subject), str_of(words[i]));
	if (!open || !line.n || line.p[0] < 'a' || line.p[0] > 'z')
		return;
	m->subject = str_format(a, "%s %.*s", m->subject, STR(str_trim(line)));
	m->body = rest.p ? str_copy(a, str_trim(rest)) : "";
}

/* What the patch says of itself, in DEP-3's fields or as a mail; its author and date are those of
 * the packager where it tells none. A text that makes no sense is no reason to fail: the patch is
 * applied already. */
static struct git_words read_patch(struct history *h, const struct source_patch *patch)
{
	struct arena *a = h->k->a;
	struct git_words words = h->packager;
	const char *name = str_copy(a, str_of(patch->name));
	struct str text;
	struct err ignored;
	mails list;
	words.message = str_format(a, "%s\n", name);
	if (!file_read(a, patch->file, TEXT_LIMIT, &text, &ignored) ||
		!mails_read(a, text, name, &list, &ignored))
		return words;
	struct mail m = list.v[0];
	if (m.subject && *m.subject) {
		join_subject(a, &m);
		m.body = with_name(a, m.body, name);
	} else {
		m.subject = name;
		m.body = *m.body ? m.body : free_words(a, text);
		free_author(a, m.body, &m);
	}
	words.message = mail_message(a, &m);
	if (m.name && *m.name && m.email && *m.email) {
		words.name = m.name;
		words.email = m.email;
	}
	if (m.dated) {
		words.when = m.when;
		words.offset_minutes = m.offset_minutes;
	} else if (read_day(a, m.body, &words.when)) {
		words.offset_minutes = 0;
	}
	return words;
}

static struct git_words stage_words(
	struct history *h, enum source_stage stage, const struct source_patch *patch)
{
	struct work *k = h->k;
	if (stage == STAGE_PATCH)
		return read_patch(h, patch);
	h->packager = make_first_words(k->a, h->recipe->name, h->recipe->version);
	if (stage == STAGE_UPSTREAM)
		return h->packager;
	if (h->place->debian)
		h->packager = read_packager(h);
	h->packager.message = h->place->debian ? str_format(k->a, "Debian's packaging, %s %s\n",
							 h->place->debian, h->place->version)
					       : str_format(k->a, "opam's files, %s %s\n",
							 h->recipe->name, h->recipe->version);
	return h->packager;
}

/* The folder as it stands becomes the next commit. */
static bool on_stage(
	void *ctx, enum source_stage stage, const struct source_patch *patch, struct err *e)
{
	struct history *h = ctx;
	struct work *k = h->k;
	struct snapshot now;
	struct git_id parent = h->last;
	if (!snapshot_scan(k->a, h->dir, h->begun ? &h->seen : NULL, &now, e))
		return false;
	git_files files = snapshot_files(k->a, &now);
	if (!k->git->tree(k->repo, h->dir, &files, &h->tree, e))
		return false;
	snapshot_take_ids(&now, &files);
	h->seen = now;
	struct git_words words = stage_words(h, stage, patch);
	if (!k->git->commit(k->repo, &h->tree, h->begun ? &parent : NULL, &words, &h->last, e))
		return false;
	if (!h->begun)
		h->first = h->last;
	h->begun = true;
	return true;
}

static bool replay(
	struct history *h, const struct tree *source, const struct git_id *tree, struct err *e)
{
	struct work *k = h->k;
	const struct source_stages stages = {on_stage, h};
	if (!source_replay(k->w, h->recipe, source, h->dir, &stages, e))
		return false;
	if (!strcmp(h->tree.hex, tree->hex))
		return true;
	fail(e, E_CONFLICT, "%s is not what its archives give: it was changed", source->dir);
	return fail_hint(e, "remove that folder; respin makes it again");
}

/* All of it as one commit. */
static bool commit_whole(struct work *k, const struct recipe *r, const struct git_id *tree,
	struct git_id *base, struct git_id *first, struct err *e)
{
	struct git_words words = make_first_words(k->a, r->name, r->version);
	if (!k->git->commit(k->repo, tree, NULL, &words, base, e))
		return false;
	*first = *base;
	return true;
}

bool history_make(struct work *k, const struct recipe *r, const struct tree *source,
	const struct git_id *tree, struct git_id *base, struct git_id *first, struct err *e)
{
	if (!source->place || !source_has_stages(source->place))
		return commit_whole(k, r, tree, base, first, e);
	struct err later;
	const char *staging = path_join(k->a, k->dir, STAGING);
	struct history h = {.k = k,
		.recipe = r,
		.place = source->place,
		.dir = path_join(k->a, staging, "stages")};
	bool ok = tree_remove(h.dir, e) && dir_make(staging, e) && replay(&h, source, tree, e);
	if (!tree_remove(h.dir, ok ? e : &later))
		return false;
	/* The source is there, without a network and the archives that it came from. */
	if (!ok && (e->code == E_NET || e->code == E_NOTFOUND || e->code == E_ABSENT)) {
		term_warn("%s patches of %s are one commit with upstream's source: %s",
			source->place->debian ? "Debian's" : "opam's", r->name, e->text);
		return commit_whole(k, r, tree, base, first, e);
	}
	if (!ok)
		return false;
	*base = h.last;
	*first = h.first;
	return true;
}
