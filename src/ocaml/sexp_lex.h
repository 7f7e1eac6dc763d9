/* sexp_lex.h - the words of S-expressions, between sexp.c and the readers of words.
 * SPDX-License-Identifier: ISC */
#ifndef RESPIN_OCAML_SEXP_LEX_H
#define RESPIN_OCAML_SEXP_LEX_H

#include "ocaml/sexp.h"

#define SEXP_STRING_(x) #x
#define SEXP_STRING(x) SEXP_STRING_(x)

struct sexp_lexer {
	struct arena *a;
	const char *file;
	const char *at, *end;
	const char *line_start;
	int line, depth;
	int values; /* so far */
	struct err *e;
};

/* At the first byte of TEXT. */
struct sexp_lexer sexp_lexer_of(struct arena *a, const char *file, struct str text, struct err *e);
/* E_INPUT at "file:line:column". Returns false. */
bool sexp_wrong(struct sexp_lexer *l, int line, int column, const char *expected);
/* Counts one more value; E_INPUT where there are too many. */
MUST_CHECK bool sexp_count(struct sexp_lexer *l);
int sexp_column(const struct sexp_lexer *l);
bool sexp_at(const struct sexp_lexer *l, struct str word);
/* White space, "; ..." to the end of the line, and "#| ... |#". */
MUST_CHECK bool sexp_skip_blank(struct sexp_lexer *l);
MUST_CHECK bool sexp_read_atom(struct sexp_lexer *l, struct sexp *out);
/* "..." or the lines of a block string. */
MUST_CHECK bool sexp_read_string(struct sexp_lexer *l, struct sexp *out);

#endif
