/* hunks.c - text hunks: where they go, and why they don't. libgit2 takes a hunk only at the very
 * line that it names, hence our own. SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "git/patch.h"

typedef VEC(struct str) lines;

/* The lines of TEXT, each with its line end. */
static lines split(struct arena *a, struct str text)
{
	lines all = {0};
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) + 1 : text.n;
		vec_push(a, &all, ((struct str){text.p, n}));
		text = str_from(text, n);
	}
	return all;
}

struct hunk {
	lines old, new;	      /* what it expects, and what it leaves */
	size_t start;	      /* first old line, counted from 0 */
	size_t before, after; /* lines of context at its ends */
	size_t number, number_of;
};

/* "\ No newline at end of file" speaks of the line before it. */
static void cut_end(lines *l)
{
	if (l->n && str_ends(l->v[l->n - 1], S("\n")))
		l->v[l->n - 1].n--;
}

/* LAST is the origin of the line before. */
static void add_line(struct arena *a, struct hunk *h, const git_diff_line *line, char last)
{
	struct str text = {line->content, line->content_len};
	switch (line->origin) {
	case GIT_DIFF_LINE_CONTEXT:
		vec_push(a, &h->old, text);
		vec_push(a, &h->new, text);
		h->before += h->before + 1 == h->old.n && h->before + 1 == h->new.n;
		h->after++;
		break;
	case GIT_DIFF_LINE_DELETION:
		vec_push(a, &h->old, text);
		h->after = 0;
		break;
	case GIT_DIFF_LINE_ADDITION:
		vec_push(a, &h->new, text);
		h->after = 0;
		break;
	case GIT_DIFF_LINE_CONTEXT_EOFNL:
	case GIT_DIFF_LINE_ADD_EOFNL:
	case GIT_DIFF_LINE_DEL_EOFNL:
		if (last != GIT_DIFF_LINE_ADDITION)
			cut_end(&h->old);
		if (last != GIT_DIFF_LINE_DELETION)
			cut_end(&h->new);
		break;
	default:
		break;
	}
}

static struct hunk read_hunk(struct arena *a, git_patch *p, size_t number)
{
	const git_diff_hunk *head;
	size_t n = 0;
	char last = 0;
	struct hunk h = {.number = number + 1, .number_of = git_patch_num_hunks(p)};
	if (git_patch_get_hunk(&head, &n, p, number) < 0)
		return h;
	for (size_t i = 0; i < n; i++) {
		const git_diff_line *line;
		if (git_patch_get_line_in_hunk(&line, p, number, i) < 0)
			continue;
		add_line(a, &h, line, last);
		last = line->origin;
	}
	/* A hunk without old lines names the line that it goes behind. */
	h.start = (size_t)head->old_start - (head->old_start > 0 && h.old.n > 0);
	return h;
}

static size_t count_equal(const lines *file, size_t at, const lines *part)
{
	size_t n = 0;
	for (size_t i = 0; i < part->n && at + i < file->n; i++)
		n += str_eq(file->v[at + i], part->v[i]);
	return n;
}

static bool is_at(const lines *file, const lines *part, size_t at)
{
	if (at > file->n || part->n > file->n - at)
		return false;
	for (size_t i = 0; i < part->n; i++)
		if (!str_eq(file->v[at + i], part->v[i]))
			return false;
	return true;
}

/* As git apply: a hunk that begins at the first line, or has no context at its end, was made at the
 * very start or end of the file, and goes nowhere else. One without any context goes exactly
 * where it says. */
static bool may_go(const lines *file, const struct hunk *h, size_t at)
{
	if (!h->before && !h->after)
		return at == h->start && is_at(file, &h->old, at);
	return (h->start || !at) && (h->after || at + h->old.n == file->n) &&
	       is_at(file, &h->old, at);
}

/* The place for H nearest to where it is expected, not before line FROM. */
static bool find_place(
	const lines *file, const struct hunk *h, size_t from, size_t expected, size_t *out)
{
	for (size_t far = 0; far <= file->n; far++) {
		if (expected >= far && expected - far >= from && may_go(file, h, expected - far))
			return *out = expected - far, true;
		if (may_go(file, h, expected + far))
			return *out = expected + far, expected + far >= from;
	}
	return false;
}

/* Where most lines of the hunk are found, for the message. */
static size_t best_place(const lines *file, const struct hunk *h)
{
	size_t best = h->start, most = 0;
	for (size_t at = 0; at < file->n; at++) {
		size_t n = count_equal(file, at, &h->old);
		size_t far = at < h->start ? h->start - at : at - h->start;
		size_t best_far = best < h->start ? h->start - best : best - h->start;
		if (n > most || (n == most && n && far < best_far)) {
			best = at;
			most = n;
		}
	}
	return best;
}

#define SHOWN(s) (int)((s).n < 200 ? (s).n : 200), (s).p

static bool fail_hunk(const char *path, const lines *file, const struct hunk *h, struct err *e)
{
	size_t at = best_place(file, h), i = 0;
	char found[480];
	while (i < h->old.n && at + i < file->n && str_eq(file->v[at + i], h->old.v[i]))
		i++;
	fail_hint(e, "the patch is for another version of the file, or needs another before it");
	if (i == h->old.n)
		return fail(e, E_CONFLICT,
			"%s: hunk %zu of %zu (line %zu) does not apply: its lines are at line %zu, "
			"where "
			"it may not go: it was made at the start or end of the file, or after the "
			"hunk before it",
			path, h->number, h->number_of, h->start + 1, at + 1);
	struct str expected = str_trim(h->old.v[i]), line = {NULL, 0};
	if (at + i < file->n)
		line = str_trim(file->v[at + i]);
	if (!line.p)
		snprintf(found, sizeof(found), "but the file ends at line %zu", file->n);
	else if (str_eq(line, expected))
		snprintf(found, sizeof(found),
			"and line %zu differs from it in white space or line end", at + i + 1);
	else
		snprintf(found, sizeof(found), "but line %zu is \"%.*s\"", at + i + 1, SHOWN(line));
	fail(e, E_CONFLICT, "%s: hunk %zu of %zu (line %zu) does not apply: expected \"%.*s\", %s",
		path, h->number, h->number_of, h->start + 1, SHOWN(expected), found);
	return fail_hint(
		e, "the patch is for another version of the file, or needs another before it");
}

static void add_lines(struct text *out, const lines *l, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		text_add(out, l->v[i]);
}

bool hunks_apply(git_patch *p, struct str file, const char *path, struct text *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	lines old = split(&scratch, file);
	size_t done = 0, shift = 0; /* the last hunk's offset is likely the next one's */
	text_addz(out, "");
	for (size_t i = 0; i < git_patch_num_hunks(p); i++) {
		struct hunk h = read_hunk(&scratch, p, i);
		size_t at;
		if (!find_place(&old, &h, done, h.start + shift, &at))
			return fail_hunk(path, &old, &h, e);
		add_lines(out, &old, done, at);
		add_lines(out, &h.new, 0, h.new.n);
		done = at + h.old.n;
		shift = at - h.start;
	}
	add_lines(out, &old, done, old.n);
	return true;
}

bool hunks_are_in(git_patch *p, struct str file)
{
	defer(arena_free) struct arena scratch = {0};
	lines now = split(&scratch, file);
	for (size_t i = 0; i < git_patch_num_hunks(p); i++) {
		struct hunk h = read_hunk(&scratch, p, i);
		bool found = false;
		for (size_t at = 0; h.new.n && !found &&at < now.n; at++)
			found = is_at(&now, &h.new, at);
		if (!found)
			return false;
	}
	return true;
}

bool hunks_make(git_patch *p, struct str file)
{
	defer(arena_free) struct arena scratch = {0};
	struct text made = {.a = &scratch};
	struct err ignored;
	return hunks_apply(p, S(""), "", &made, &ignored) && str_eq(text_str(&made), file);
}
