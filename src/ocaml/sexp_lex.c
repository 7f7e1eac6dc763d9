/* sexp_lex.c - the words of S-expressions: blanks, comments and atoms.
 * SPDX-License-Identifier: ISC */
#include "ocaml/sexp_lex.h"

#include <string.h>

struct sexp_lexer sexp_lexer_of(struct arena *a, const char *file, struct str text, struct err *e)
{
	return (struct sexp_lexer){.a = a,
		.file = file,
		.at = text.p,
		.end = text.p ? text.p + text.n : NULL,
		.line_start = text.p,
		.line = 1,
		.e = e};
}

bool sexp_wrong(struct sexp_lexer *l, int line, int column, const char *expected)
{
	(void)fail(l->e, E_INPUT, "%s", expected);
	return fail_where(l->e, "%s:%d:%d", l->file, line, column);
}

bool sexp_count(struct sexp_lexer *l)
{
	if (++l->values <= SEXP_MAX_VALUES)
		return true;
	return sexp_wrong(l, l->line, sexp_column(l),
		"expected at most " SEXP_STRING(SEXP_MAX_VALUES) " values");
}

int sexp_column(const struct sexp_lexer *l)
{
	return (int)(l->at - l->line_start) + 1;
}

bool sexp_at(const struct sexp_lexer *l, struct str word)
{
	return str_starts((struct str){l->at, (size_t)(l->end - l->at)}, word);
}

static void next(struct sexp_lexer *l)
{
	if (*l->at++ == '\n') {
		l->line++;
		l->line_start = l->at;
	}
}

/* Past "|#"; those within each other count. */
MUST_CHECK static bool skip_block_comment(struct sexp_lexer *l)
{
	int line = l->line, column = sexp_column(l);
	for (int open = 0; l->at < l->end;) {
		if (sexp_at(l, S("#|"))) {
			open++;
			l->at += 2;
		} else if (sexp_at(l, S("|#"))) {
			l->at += 2;
			if (--open == 0)
				return true;
		} else {
			next(l);
		}
	}
	return sexp_wrong(l, line, column, "expected a '|#' that ends this comment");
}

bool sexp_skip_blank(struct sexp_lexer *l)
{
	while (l->at < l->end) {
		if (strchr(" \t\r\n\f", *l->at) && *l->at) {
			next(l);
		} else if (*l->at == ';') {
			while (l->at < l->end && *l->at != '\n')
				l->at++;
		} else if (sexp_at(l, S("#|"))) {
			if (!skip_block_comment(l))
				return false;
		} else {
			return true;
		}
	}
	return true;
}

/* Past the '}' that ends "%{name:argument}", which may hold blanks. */
MUST_CHECK static bool skip_variable(struct sexp_lexer *l)
{
	int line = l->line, column = sexp_column(l);
	while (l->at < l->end && *l->at != '}' && !strchr("\n\"()", *l->at))
		l->at++;
	if (l->at == l->end || *l->at != '}')
		return sexp_wrong(l, line, column, "expected a '}' that ends this '%{'");
	l->at++;
	return true;
}

bool sexp_read_atom(struct sexp_lexer *l, struct sexp *out)
{
	const char *start = l->at;
	out->kind = SEXP_ATOM;
	while (l->at < l->end && !(*l->at && strchr(" \t\r\n\f()\";", *l->at))) {
		if (sexp_at(l, S("%{"))) {
			if (!skip_variable(l))
				return false;
		} else if ((unsigned char)*l->at < ' ' || *l->at == 127) {
			return sexp_wrong(l, l->line, sexp_column(l),
				"expected text: a control character is here");
		} else if ((unsigned char)*l->at > 127) {
			return sexp_wrong(l, l->line, sexp_column(l),
				"expected ASCII outside of \"strings\": other text is here");
		} else {
			l->at++;
		}
	}
	out->text = (struct str){start, (size_t)(l->at - start)};
	return true;
}
