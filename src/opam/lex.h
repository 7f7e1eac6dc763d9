/* lex.h - the words of an opam file, one after the other. SPDX-License-Identifier: ISC */
#ifndef RESPIN_OPAM_LEX_H
#define RESPIN_OPAM_LEX_H

#include "opam/inner.h"

enum token_kind {
	TOKEN_END,
	TOKEN_STRING,
	TOKEN_IDENT,
	TOKEN_BOOL,
	TOKEN_INT,
	TOKEN_OPEN_LIST,
	TOKEN_CLOSE_LIST,
	TOKEN_OPEN_GROUP,
	TOKEN_CLOSE_GROUP,
	TOKEN_OPEN_BRACE,
	TOKEN_CLOSE_BRACE,
	TOKEN_COLON,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_DEFINED,
	TOKEN_RELOP,
	TOKEN_ENV_OP
};
struct token {
	enum token_kind kind;
	enum opam_op op; /* of TOKEN_RELOP and TOKEN_ENV_OP */
	struct opam_place at;
	struct str text; /* of a string without its quotes and escapes; of all others as written */
	int64_t number;	 /* of TOKEN_INT; 0 and 1 of TOKEN_BOOL */
};
struct lexer {
	struct arena *a; /* for strings with escapes; all others point into the bytes */
	const char *p, *end, *line_start;
	uint32_t line;
	const char *path; /* for messages */
	struct err *e;
};

void lex_start(struct lexer *l, struct arena *a, struct str bytes, const char *path, struct err *e);
/* The next word; TOKEN_END behind the last, again and again. */
MUST_CHECK bool lex_next(struct lexer *l, struct token *out);
/* "'}'", "the string \"abc\"", "the end of the file": for messages. */
const char *token_words(struct arena *a, const struct token *t);

#endif
