/* inner.c - reads the words of OCaml's sources, as far as it takes to see what a module defines.
 * SPDX-License-Identifier: ISC */
#include "resolve/inner.h"

#include <string.h>

#define MAX_LOCAL 20000 /* words that are looked at for the end of a local definition */

/* ---- words ------------------------------------------------------------------------------------
 */

struct scan {
	struct str rest;
	int line;
	int depth; /* of sig, struct, object and begin, and of brackets */
};

static char at(const struct scan *s, size_t i)
{
	return i < s->rest.n ? s->rest.p[i] : '\0';
}

static void skip(struct scan *s, size_t n)
{
	for (size_t i = 0; i < n && i < s->rest.n; i++)
		s->line += s->rest.p[i] == '\n';
	s->rest = str_from(s->rest, n);
}

static void skip_to(struct scan *s, struct str end)
{
	ptrdiff_t found = str_find(s->rest, end);
	skip(s, found < 0 ? s->rest.n : (size_t)found + end.n);
}

static void skip_string(struct scan *s)
{
	skip(s, 1);
	while (s->rest.n && at(s, 0) != '"')
		skip(s, at(s, 0) == '\\' ? 2 : 1);
	skip(s, 1);
}

static bool is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_letter(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool is_word(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '\'';
}

/* "{id|...|id}"; false where it is none. */
static bool skip_quoted(struct scan *s)
{
	size_t n = 1;
	char end[32];
	while (n < sizeof(end) - 2 && is_lower(at(s, n)))
		n++;
	if (at(s, n) != '|')
		return false;
	end[0] = '|';
	memcpy(end + 1, s->rest.p + 1, n - 1);
	end[n] = '}';
	skip(s, n + 1);
	skip_to(s, (struct str){end, n + 1});
	return true;
}

/* "'a'", "'\n'"; or the name of a type variable. */
static void skip_quote(struct scan *s)
{
	if (at(s, 1) == '\\') {
		skip(s, 3);
		skip_to(s, S("'"));
		return;
	}
	if (at(s, 2) == '\'') {
		skip(s, 3);
		return;
	}
	skip(s, 1);
	while (is_word(at(s, 0)))
		skip(s, 1);
}

/* Comments nest, and strings in them count. */
static void skip_comment(struct scan *s)
{
	int depth = 0;
	do {
		if (at(s, 0) == '(' && at(s, 1) == '*') {
			depth++;
			skip(s, 2);
		} else if (at(s, 0) == '*' && at(s, 1) == ')') {
			depth--;
			skip(s, 2);
		} else if (at(s, 0) == '"') {
			skip_string(s);
		} else if (at(s, 0) == '\'' && at(s, 1) == '"' && at(s, 2) == '\'') {
			skip(s, 3);
		} else {
			skip(s, 1);
		}
	} while (depth && s->rest.n);
}

static void count_bracket(struct scan *s, char c)
{
	if (c && strchr("([{", c))
		s->depth++;
	else if (c && strchr(")]}", c))
		s->depth--;
}

static void count_word(struct scan *s, struct str word)
{
	static const char *const opens[] = {"sig", "struct", "object", "begin"};
	for (size_t i = 0; i < sizeof(opens) / sizeof(*opens); i++)
		s->depth += str_is(word, opens[i]);
	s->depth -= str_is(word, "end");
}

/* What is neither blank, comment nor literal: a word, or one sign. Empty at the end. */
static struct str next(struct scan *s)
{
	while (s->rest.n) {
		char c = at(s, 0);
		size_t n = 1;
		if (c == '(' && at(s, 1) == '*') {
			skip_comment(s);
		} else if (c == '"') {
			skip_string(s);
		} else if (c == '\'') {
			skip_quote(s);
		} else if (c == '{' && skip_quoted(s)) {
			continue;
		} else if ((unsigned char)c <= ' ') {
			skip(s, 1);
		} else {
			while (is_letter(c) && n < s->rest.n && is_word(at(s, n)))
				n++;
			struct str word = {s->rest.p, n};
			count_bracket(s, c);
			count_word(s, word);
			skip(s, n);
			return word;
		}
	}
	return S("");
}

/* ---- definitions ------------------------------------------------------------------------------
 */

static const struct {
	const char *word, *kind;
} definers[] = {{"module", "module"}, {"let", "value"}, {"val", "value"}, {"external", "value"},
	{"type", "type"}, {"exception", "exception"}, {"class", "class"}};

static const char *definer(struct str word)
{
	for (size_t i = 0; i < sizeof(definers) / sizeof(*definers); i++)
		if (str_is(word, definers[i].word))
			return definers[i].kind;
	return NULL;
}

/* The name that is defined behind its keyword: without "rec", parameters and the like. */
static struct str defined_name(struct scan *s, const char **kind)
{
	int depth = s->depth;
	struct str word = next(s);
	while (word.n) {
		bool passes = s->depth > depth || !is_letter(*word.p) || str_is(word, "rec") ||
			      str_is(word, "nonrec") || str_is(word, "virtual");
		if (str_is(word, "type") && !strcmp(*kind, "module"))
			*kind = "module type";
		else if (!passes)
			return word;
		if (s->depth < depth || *word.p == '=' || *word.p == ':')
			break;
		word = next(s);
	}
	return S("");
}

/* "with type t = int and module M = N" constrains what it names; what "let module" defines is
 * local.
 */
static bool defines_nothing(struct scan after, struct str word, struct str before)
{
	struct str behind = str_is(word, "and") ? next(&after) : word;
	bool may_be = str_is(behind, "type") || str_is(behind, "module");
	if (str_is(before, "let"))
		return true;
	return may_be && (str_is(word, "and") || str_is(before, "with") || str_is(before, "and"));
}

/* Behind "let NAME": is there an "in" for it? */
static bool is_local(struct scan s)
{
	int depth = s.depth, open = 1;
	for (int words = 0; open && words < MAX_LOCAL && s.rest.n && s.depth >= depth; words++) {
		struct str word = next(&s);
		if (s.depth == depth)
			open += str_is(word, "let") - str_is(word, "in");
	}
	return !open;
}

static bool find_from(struct scan *s, const strings *names, size_t i, struct inner *out);

/* In the signature and the structure of the module whose name was just read; what a functor takes
 * stands in brackets, so deeper. Ends before the next definition. */
static bool find_inside(struct scan *s, const strings *names, size_t i, struct inner *out)
{
	int depth = s->depth;
	struct str word = {0}, before;
	while (s->rest.n && s->depth >= depth) {
		struct scan here = *s;
		before = word;
		word = next(s);
		bool ends = definer(word) || str_is(word, "and");
		if (ends && s->depth == depth && !defines_nothing(*s, word, before)) {
			*s = here;
			return false;
		}
		bool opens = str_is(word, "sig") || str_is(word, "struct");
		if (opens && s->depth == depth + 1 && find_from(s, names, i, out))
			return true;
	}
	return false;
}

static bool find_from(struct scan *s, const strings *names, size_t i, struct inner *out)
{
	int depth = s->depth;
	const char *last = "value";
	struct str word = {0}, before;
	while (s->rest.n && s->depth >= depth) {
		before = word;
		word = next(s);
		const char *kind = str_is(word, "and") ? last : definer(word);
		if (!kind || s->depth != depth || defines_nothing(*s, word, before))
			continue;
		last = kind;
		int line = s->line;
		struct str name = defined_name(s, &kind);
		if (!name.n || !str_is(name, names->v[i]))
			continue;
		if (!strcmp(kind, "value") && is_local(*s))
			continue;
		if (i + 1 == names->n) {
			*out = (struct inner){kind, line};
			return true;
		}
		if (!strncmp(kind, "module", 6) && find_inside(s, names, i + 1, out))
			return true;
	}
	return false;
}

bool inner_find(struct str text, const strings *names, struct inner *out)
{
	struct scan s = {.rest = text, .line = 1};
	return names->n && find_from(&s, names, 0, out);
}
