/* target.c - which source a rebase goes to, and what the recipe says of it then.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "overlay/rebase.h"

/* TEXT with each OLD replaced by NEW; NULL where there is none. */
static const char *with_version(struct arena *a, const char *text, const char *old, const char *new)
{
	struct text out = {.a = a};
	struct str rest = str_of(text);
	ptrdiff_t at;
	if (!*old || str_find(rest, str_of(old)) < 0)
		return NULL;
	while ((at = str_find(rest, str_of(old))) >= 0) {
		text_add(&out, (struct str){rest.p, (size_t)at});
		text_addz(&out, new);
		rest = str_from(rest, (size_t)at + strlen(old));
	}
	text_add(&out, rest);
	return out.p;
}

struct aim {
	struct work *k;
	const struct rebase_request *q;
	struct recipe *target;
	bool pinned; /* --sha256 was used */
	strings *notes;
	struct text unknown; /* why places were left out */
};

static void leave_out(struct aim *m, const char *place, const char *why)
{
	text_addf(&m->unknown, "%s%s: %s", m->unknown.n ? "; " : "", place, why);
	vec_push(m->k->a, m->notes,
		str_format(m->k->a, "left out of the recipe: %s: %s", place, why));
}

static struct source aim_path(struct aim *m, const struct source *s)
{
	struct source new = *s;
	const struct recipe *r = m->k->recipe;
	const char *path = with_version(m->k->a, s->path, r->version, m->q->version);
	if (path && dir_exists(path_join(m->k->a, r->dir, path)))
		new.path = path;
	new.in_root = NULL;
	return new;
}

static bool aim_url(struct aim *m, const struct source *s, struct source *new)
{
	const char *url = with_version(m->k->a, s->url, m->k->recipe->version, m->q->version);
	*new = *s;
	new->url = m->q->url ? m->q->url : url;
	new->sha256 = m->q->sha256;
	if (!new->url)
		leave_out(m, s->url, "the version is not in it: --url");
	else if (!new->sha256 || m->pinned)
		leave_out(m, new->url, "its checksum is not known: --sha256");
	else
		return m->pinned = true;
	return false;
}

static bool aim_git(struct aim *m, const struct source *s, struct source *new)
{
	*new = *s;
	new->commit = m->q->commit;
	if (!new->commit)
		leave_out(m, s->git, "its commit is not known: --commit");
	return new->commit != NULL;
}

/* With --sha256 the version is Debian's own; else apt knows both. */
static bool aim_debian(struct aim *m, const struct source *s, struct source *new)
{
	struct err why = {0};
	*new = *s;
	if (source_find_debian(m->k->a, s->debian, m->q->version, new, &why))
		return true;
	if (m->q->sha256 && !m->pinned && !m->q->url && m->target->source.n == 0 &&
		strchr(m->q->version, '-')) {
		new->version = m->q->version;
		new->sha256 = m->q->sha256;
		return m->pinned = true;
	}
	const char *words = *why.hint ? str_format(m->k->a, "%s; %s", why.text, why.hint)
				      : str_copy(m->k->a, str_of(why.text));
	leave_out(m, str_format(m->k->a, "debian %s", s->debian), words);
	return false;
}

static bool aim_one(struct aim *m, const struct source *s, struct source *new)
{
	if (s->path)
		return *new = aim_path(m, s), true;
	if (s->url)
		return aim_url(m, s, new);
	return s->git ? aim_git(m, s, new) : aim_debian(m, s, new);
}

/* What the next try has to say: that of a git repository, or of an archive, which any source can be
 * replaced by. */
static const char *missing_words(const struct aim *m)
{
	const struct source *first = m->k->recipe->source.n ? m->k->recipe->source.v : NULL;
	if (first && first->git && !m->q->url)
		return "--commit ID";
	return str_format(m->k->a, "--url %s --sha256 %s", m->q->url ? m->q->url : "URL",
		m->q->sha256 ? m->q->sha256 : "HEX");
}

static bool fail_unknown(struct aim *m, struct err *e)
{
	const char *name = m->k->recipe->name;
	fail(e, E_USAGE, "where is version %s of %s? %s", m->q->version, name,
		m->unknown.n ? m->unknown.p : "the recipe names no source");
	return fail_hint(e,
		"say it: respin overlay rebase %s %s %s; "
		"or edit the recipe yourself, then: respin overlay rebase %s",
		name, m->q->version, missing_words(m), name);
}

static bool is_hex(const char *text, size_t digits)
{
	return strlen(text) == digits && strspn(text, "0123456789abcdef") == digits;
}

static bool check_words(struct work *k, const struct rebase_request *q, bool *edit, struct err *e)
{
	bool pins = q->sha256 || q->commit || q->url;
	*edit = q->version && (pins || strcmp(q->version, k->recipe->version) != 0);
	if (q->version && !*q->version)
		return fail(e, E_USAGE, "the version is empty");
	if (q->sha256 && !is_hex(q->sha256, 64))
		return fail(e, E_USAGE,
			"--sha256: expected 64 hexadecimal digits in lower case, found '%s'",
			q->sha256);
	if (q->commit && !is_hex(q->commit, 40))
		return fail(e, E_USAGE,
			"--commit: expected a commit id of 40 hexadecimal digits, found '%s'",
			q->commit);
	if (q->url && strncmp(q->url, "https://", 8) != 0 && strncmp(q->url, "http://", 7) != 0)
		return fail(e, E_USAGE,
			"--url: expected a URL that begins with https:// or http://, found '%s'",
			q->url);
	if (q->version || !pins)
		return true;
	fail(e, E_USAGE, "--sha256, --commit and --url are of a new version: which?");
	return fail_hint(e, "usage: respin overlay rebase %s VERSION", k->recipe->name);
}

/* A URL for a recipe that has none so far. */
static void add_url(struct aim *m)
{
	struct source new = {.url = m->q->url, .sha256 = m->q->sha256};
	vec_for(s, &m->k->recipe->source)
		if (s->url)
			return;
	if (!m->q->url)
		return;
	if (!new.sha256)
		leave_out(m, new.url, "its checksum is not known: --sha256");
	else if (!m->pinned)
		vec_push(m->k->a, &m->target->source, new);
}

/* There is no recipe to be changed: whoever brought the source here brings the next one, too. */
static bool fail_made(const struct recipe *r, struct err *e)
{
	const struct source *s = r->source.n ? r->source.v : NULL;
	const char *place = r->build.dune ? r->build.dune->place : ".";
	fail(e, E_USAGE, "the version of %s is that of its source in this project", r->name);
	if (s && s->path && *s->path != '/')
		return fail_hint(e,
			"get the new version into %s first (by opam-monorepo: lock, then pull); "
			"then: "
			"respin overlay rebase %s",
			place, r->name);
	return fail_hint(e, "install the new version first (by %s); then: respin overlay rebase %s",
		s && s->debian ? "apt-get" : "opam", r->name);
}

bool rebase_target(struct work *k, const struct rebase_request *q, struct recipe *out,
	strings *notes, struct err *e)
{
	bool edit = false;
	const struct recipe *r = k->recipe;
	*out = *r;
	if (!check_words(k, q, &edit, e))
		return false;
	if (!edit)
		return true;
	if (r->is_made)
		return fail_made(r, e);
	struct aim m = {k, q, out, false, notes, {.a = k->a}};
	out->source = (source_list){0};
	out->version = q->version;
	vec_for(s, &r->source) {
		struct source new;
		bool known = aim_one(&m, s, &new);
		if (signals_pending())
			return fail(e, E_INTERRUPTED, "interrupted");
		if (!known)
			continue;
		vec_push(k->a, &out->source, new);
		if (new.debian)
			out->version = debian_upstream(k->a, new.version);
	}
	add_url(&m);
	if (!out->source.n)
		return fail_unknown(&m, e);
	vec_push(k->a, notes,
		str_format(k->a, "%s: version %s -> %s, with its source", r->file, r->version,
			out->version));
	return true;
}
