/* sexp_string.c - quoted strings and block strings of S-expressions.
 * SPDX-License-Identifier: ISC */
#include "ocaml/sexp_lex.h"

#include <string.h>

static void add_char(struct text *t, char c)
{
	text_add(t, (struct str){&c, 1});
}

static int digit_of(char c, int base)
{
	int v = c >= '0' && c <= '9'   ? c - '0'
		: c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10
				       : 99;
	return v < base ? v : -1;
}

/* COUNT digits of a byte's value, "065" or "41" after the 'x'. */
MUST_CHECK static bool read_code(struct sexp_lexer *l, struct text *t, int base, int count)
{
	int value = 0;
	for (int i = 0; i < count; i++) {
		int digit = l->at < l->end ? digit_of(*l->at, base) : -1;
		if (digit < 0)
			return sexp_wrong(l, l->line, sexp_column(l),
				base == 16 ? "expected two hexadecimal digits after '\\x'"
					   : "expected three digits after '\\'");
		value = value * base + digit;
		l->at++;
	}
	if (value > 255)
		return sexp_wrong(l, l->line, sexp_column(l), "expected a code up to \\255");
	add_char(t, (char)value);
	return true;
}

/* A backslash before the end of a line: the string goes on at the next line's first letter. */
static void skip_line_end(struct sexp_lexer *l)
{
	if (*l->at == '\r')
		l->at++;
	l->at++;
	l->line++;
	l->line_start = l->at;
	while (l->at < l->end && (*l->at == ' ' || *l->at == '\t'))
		l->at++;
}

MUST_CHECK static bool read_escape(struct sexp_lexer *l, struct text *t)
{
	static const char from[] = "ntbr\\\"'%", to[] = "\n\t\b\r\\\"'%";
	int column = sexp_column(l);
	l->at++;
	if (sexp_at(l, S("\n")) || sexp_at(l, S("\r\n"))) {
		skip_line_end(l);
		return true;
	}
	if (l->at < l->end && *l->at == 'x') {
		l->at++;
		return read_code(l, t, 16, 2);
	}
	if (l->at < l->end && digit_of(*l->at, 10) >= 0)
		return read_code(l, t, 10, 3);
	const char *known = l->at < l->end && *l->at ? strchr(from, *l->at) : NULL;
	if (!known)
		return sexp_wrong(l, l->line, column,
			"expected one of n t b r \\ \" ' % x or three digits after this '\\'");
	add_char(t, to[known - from]);
	l->at++;
	return true;
}

/* One line of a block string, after "\| or "\>, with its end. */
MUST_CHECK static bool read_block_line(struct sexp_lexer *l, struct text *t)
{
	bool escapes = l->at[2] == '|';
	l->at += 3;
	if (sexp_at(l, S(" ")))
		l->at++;
	else if (l->at < l->end && *l->at != '\n' && *l->at != '\r')
		return sexp_wrong(
			l, l->line, sexp_column(l), "expected a space after \"\\| or \"\\>");
	while (l->at < l->end && *l->at != '\n' && !sexp_at(l, S("\r\n"))) {
		if (escapes && *l->at == '\\') {
			if (!read_escape(l, t))
				return false;
		} else {
			add_char(t, *l->at++);
		}
	}
	add_char(t, '\n');
	return true;
}

static bool at_block(const struct sexp_lexer *l)
{
	return sexp_at(l, S("\"\\|")) || sexp_at(l, S("\"\\>"));
}

/* To the next line's first letter, where that starts another line of the block. */
static bool find_next_block_line(struct sexp_lexer *l)
{
	struct sexp_lexer ahead = *l;
	while (ahead.at < ahead.end && (*ahead.at == '\r' || *ahead.at == '\n') &&
		ahead.line == l->line) {
		if (*ahead.at++ == '\n') {
			ahead.line++;
			ahead.line_start = ahead.at;
		}
	}
	while (ahead.at < ahead.end && (*ahead.at == ' ' || *ahead.at == '\t'))
		ahead.at++;
	if (ahead.line == l->line || !at_block(&ahead))
		return false;
	*l = ahead;
	return true;
}

MUST_CHECK static bool read_block(struct sexp_lexer *l, struct text *t)
{
	do {
		if (!read_block_line(l, t))
			return false;
	} while (find_next_block_line(l));
	return true;
}

MUST_CHECK static bool read_quoted(struct sexp_lexer *l, struct text *t)
{
	int line = l->line, column = sexp_column(l);
	l->at++;
	while (l->at < l->end && *l->at != '"') {
		if (*l->at == '\\') {
			if (!read_escape(l, t))
				return false;
			continue;
		}
		add_char(t, *l->at);
		if (*l->at++ == '\n') {
			l->line++;
			l->line_start = l->at;
		}
	}
	if (l->at == l->end)
		return sexp_wrong(l, line, column, "expected a '\"' that ends this string");
	l->at++;
	return true;
}

bool sexp_read_string(struct sexp_lexer *l, struct sexp *out)
{
	struct text t = {.a = l->a};
	text_addz(&t, "");
	out->kind = SEXP_QUOTED;
	if (!(at_block(l) ? read_block(l, &t) : read_quoted(l, &t)))
		return false;
	out->text = text_str(&t);
	return true;
}
