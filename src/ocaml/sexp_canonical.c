/* sexp_canonical.c - reads canonical S-expressions (Rivest's: "4:name", lists in parentheses).
 * SPDX-License-Identifier: ISC */
#include "ocaml/sexp_lex.h"

typedef VEC(struct sexp) values;

MUST_CHECK static bool wrong(struct sexp_lexer *l, const char *expected)
{
	return sexp_wrong(l, 1, sexp_column(l), expected);
}

MUST_CHECK static bool read_text(struct sexp_lexer *l, struct sexp *out)
{
	uint64_t n = 0;
	const char *start = l->at;
	while (l->at < l->end && *l->at >= '0' && *l->at <= '9' && l->at - start < 10)
		n = n * 10 + (uint64_t)(*l->at++ - '0');
	if (l->at == start || l->at == l->end || *l->at != ':')
		return wrong(l, "expected a length and ':', '(' or ')'");
	l->at++;
	if (n > (uint64_t)(l->end - l->at))
		return wrong(l, "expected a text of that length: the file is cut off");
	out->text = (struct str){l->at, (size_t)n};
	l->at += n;
	return true;
}

MUST_CHECK static bool read_values(struct sexp_lexer *l, struct sexp *out)
{
	values items = {0};
	while (l->at < l->end && *l->at != ')') {
		struct sexp item = {.kind = SEXP_QUOTED, .line = 1, .column = sexp_column(l)};
		if (*l->at == '\n' || *l->at == '\r') {
			l->at++;
			continue;
		}
		if (!sexp_count(l))
			return false;
		if (*l->at != '(') {
			if (!read_text(l, &item))
				return false;
			vec_push(l->a, &items, item);
			continue;
		}
		item.kind = SEXP_LIST;
		if (++l->depth > SEXP_MAX_DEPTH)
			return wrong(l, "expected at most " SEXP_STRING(
						SEXP_MAX_DEPTH) " lists within each other");
		l->at++;
		if (!read_values(l, &item))
			return false;
		if (l->at == l->end)
			return wrong(l, "expected ')': the file is cut off");
		l->at++;
		l->depth--;
		vec_push(l->a, &items, item);
	}
	out->items = items.v;
	out->n = items.n;
	return true;
}

bool sexp_read_canonical(
	struct arena *a, const char *file, struct str text, struct sexp *out, struct err *e)
{
	struct sexp_lexer l = sexp_lexer_of(a, file, text, e);
	struct sexp all = {.kind = SEXP_LIST, .line = 1, .column = 1};
	if (text.n > SEXP_MAX_SIZE)
		return wrong(&l, "expected at most 64 MiB");
	if (text.n && !read_values(&l, &all))
		return false;
	if (text.n && l.at != l.end)
		return wrong(&l, "this ')' closes nothing");
	*out = all;
	return true;
}
