/* past.c - a store's commits and entries. SPDX-License-Identifier: ISC */
#include "past/past.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MAX 32 /* folders within folders */

/* ---- opening ----------------------------------------------------------------------------- */

static size_t number_of(const struct past *p, const struct git_id *id)
{
	return (size_t)(uintptr_t)map_get(&p->by_id, str_of(id->hex));
}

static bool find_tip(struct past *p, struct err *e)
{
	if (!p->git->find(p->repo, "HEAD", &p->tip, NULL, e) ||
		(!p->tip.hex[0] && !p->git->find(p->repo, "refs/heads/primary", &p->tip, NULL, e)))
		return false;
	vec_for(ref, &p->refs) {
		const struct str heads = S("refs/heads/");
		bool is_tip = !strcmp(ref->id.hex, p->tip.hex);
		if (!is_tip || !str_starts(str_of(ref->name), heads))
			continue;
		const char *name = ref->name + heads.n;
		if (!p->primary || !strcmp(name, "primary"))
			p->primary = name;
	}
	return true;
}

ptrdiff_t past_parent(const struct past *p, size_t i)
{
	const struct git_step *step = &p->steps.v[i];
	return step->parents.n ? (ptrdiff_t)number_of(p, &step->parents.v[0]) - 1 : -1;
}

static void draw_line(struct past *p)
{
	for (ptrdiff_t i = (ptrdiff_t)number_of(p, &p->tip) - 1; i >= 0;
		i = past_parent(p, (size_t)i))
		vec_push(p->a, &p->line, (size_t)i);
	for (size_t i = 0, k = p->line.n; i + 1 < k; i++) {
		size_t last = p->line.v[--k];
		p->line.v[k] = p->line.v[i];
		p->line.v[i] = last;
	}
}

bool past_open(struct arena *a, const char *dir, struct past *out, struct err *e)
{
	struct past p = {.a = a, .by_id = {.a = a}};
	if (!git_load(&p.git, e) || !p.git->open(dir, &p.repo, e))
		return false;
	if (!p.git->steps(p.repo, a, &p.steps, e) || !p.git->refs(p.repo, a, &p.refs, e)) {
		past_close(&p);
		return fail_context(e, "the history in %s", dir);
	}
	for (size_t i = 0; i < p.steps.n; i++)
		*map_put(&p.by_id, str_of(p.steps.v[i].id.hex)) = (void *)(i + 1);
	if (!find_tip(&p, e)) {
		past_close(&p);
		return fail_context(e, "the history in %s", dir);
	}
	draw_line(&p);
	p.changes = NEW_ARRAY(a, git_changes *, p.steps.n);
	*out = p;
	return true;
}

void past_close(struct past *p)
{
	if (p->repo)
		p->git->close(&p->repo);
}

bool past_changed(struct past *p, size_t i, const git_changes **out, struct err *e)
{
	ptrdiff_t parent = past_parent(p, i);
	if (!p->changes[i]) {
		git_changes *fresh = NEW(p->a, git_changes);
		if (!p->git->changes(p->repo, p->a, parent < 0 ? NULL : &p->steps.v[parent].tree,
			    &p->steps.v[i].tree, fresh, e))
			return false;
		p->changes[i] = fresh;
	}
	*out = p->changes[i];
	return true;
}

/* ---- entries ----------------------------------------------------------------------------- */

static bool list_below(struct past *p, struct arena *a, const struct git_id *tree,
	const char *prefix, int depth, past_entries *out, struct err *e)
{
	git_files files;
	if (depth == DEPTH_MAX)
		return fail(
			e, E_UNSAFE, "%s: more than %d folders within folders", prefix, DEPTH_MAX);
	if (!p->git->folder(p->repo, a, tree, &files, e))
		return false;
	vec_for(f, &files) {
		const char *path = *prefix ? str_format(a, "%s/%s", prefix, f->path) : f->path;
		if (!S_ISDIR(f->mode))
			*vec_add(a, out) = (struct past_entry){path, f->id};
		else if (!list_below(p, a, &f->id, path, depth + 1, out, e))
			return false;
	}
	return true;
}

bool past_list(struct past *p, struct arena *a, const struct git_id *tree, past_entries *out,
	struct err *e)
{
	past_entries found = {0};
	if (!list_below(p, a, tree, "", 0, &found, e))
		return false;
	*out = found;
	return true;
}

bool past_text(
	struct past *p, struct arena *a, const struct git_id *id, struct str *out, struct err *e)
{
	return p->git->blob(p->repo, a, id, out, e);
}

bool past_matches(const char *pattern, const char *path)
{
	struct str folder = str_of(pattern);
	if (str_ends(folder, S("/")))
		return str_starts(str_of(path), folder);
	return fnmatch(pattern, path, FNM_PATHNAME) == 0;
}

struct str past_field(struct str text, const char *field)
{
	struct str name = str_of(field);
	while (text.n) {
		struct str line = str_cut(&text, '\n');
		if (!str_starts(line, name))
			continue;
		struct str rest = str_from(line, name.n);
		if (!rest.n || rest.p[0] == ' ' || rest.p[0] == '\t')
			return str_trim(rest);
	}
	return (struct str){0};
}

const struct git_id *past_tree(const struct past *p)
{
	return p->line.n ? &p->steps.v[p->line.v[p->line.n - 1]].tree : NULL;
}

/* ---- comparing ---------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The length of what PATTERN says S begins with, '0' standing for any digit; 0: it does not. */
static size_t match_digits(struct str s, struct str pattern)
{
	for (size_t i = 0; i < pattern.n; i++)
		if (i >= s.n || (pattern.p[i] == '0' ? !is_digit(s.p[i]) : s.p[i] != pattern.p[i]))
			return 0;
	return pattern.n;
}

static size_t count_digits(struct str s)
{
	size_t n = 0;
	while (n < s.n && is_digit(s.p[n]))
		n++;
	return n;
}

/* The length of a time at the start of S, as in "2026-11-26T06:43:20.553Z" (ISO 8601); 0: none. */
static size_t time_length(struct str s)
{
	size_t n = match_digits(s, S("0000-00-00T00:00:00"));
	if (!n)
		return 0;
	size_t fraction = n < s.n && s.p[n] == '.' ? count_digits(str_from(s, n + 1)) : 0;
	n += fraction ? fraction + 1 : 0;
	size_t offset = match_digits(str_from(s, n), S("+00:00"));
	if (!offset)
		offset = match_digits(str_from(s, n), S("-00:00"));
	return n + (str_starts(str_from(s, n), S("Z")) ? 1 : offset);
}

/* The length of a number at the start of S that says nothing: one of four and more digits, or a
 * folder's name behind the character BEFORE, as in "nat/tcp/10/2576"; 0: none. */
static size_t number_length(struct str s, char before)
{
	size_t n = count_digits(s);
	bool folder = n && before == '/' && n < s.n && s.p[n] == '/';
	return n >= 4 || folder ? n : 0;
}

const char *past_plain(struct arena *a, struct str text)
{
	struct text out = {.a = a};
	char before = '\0';
	text_addz(&out, "");
	while (text.n) {
		size_t n = time_length(text), digits = count_digits(text);
		if (!n)
			n = number_length(text, before);
		if (n)
			text_addz(&out, "#");
		else
			text_add(&out, (struct str){text.p, n = digits ? digits : 1});
		before = text.p[n - 1];
		text = str_from(text, n);
	}
	return out.p;
}

static bool has_digit(struct str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (is_digit(word.p[i]))
			return true;
	return false;
}

const char *past_kind(struct arena *a, const char *message)
{
	struct text out = {.a = a};
	struct str rest = str_of(message), line = str_cut(&rest, '\n');
	text_addz(&out, "");
	while (line.n) {
		struct str word = str_cut(&line, ' ');
		if (has_digit(word))
			break;
		text_addf(&out, "%s%.*s", out.n ? " " : "", STR(word));
	}
	while (out.n && strchr(":,;-", out.p[out.n - 1]))
		out.p[--out.n] = '\0';
	return out.n ? out.p : "(other)";
}
