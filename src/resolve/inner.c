/* inner.c - reads the words of OCaml's sources, as far as it takes to see what a module defines.
 * SPDX-License-Identifier: ISC */
#include "resolve/inner.h"

#include <string.h>

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

static bool find_from(struct scan *s, const strings *names, size_t i, struct inner *out)
{
	int depth = s->depth;
	const char *last = "value";
	while (s->rest.n && s->depth >= depth) {
		struct str word = next(s);
		const char *kind = str_is(word, "and") ? last : definer(word);
		if (!kind || s->depth != depth)
			continue;
		last = kind;
		int line = s->line;
		struct str name = defined_name(s, &kind);
		if (!name.n || !str_is(name, names->v[i]))
			continue;
		if (i + 1 == names->n) {
			*out = (struct inner){kind, line};
			return true;
		}
		while (!strncmp(kind, "module", 6) && s->rest.n && s->depth == depth &&
			!definer(next(s)))
			;
		if (s->depth > depth && find_from(s, names, i + 1, out))
			return true;
	}
	return false;
}

bool inner_find(struct str text, const strings *names, struct inner *out)
{
	struct scan s = {.rest = text, .line = 1};
	return names->n && find_from(&s, names, 0, out);
}
