/* sexp.c - reads S-expressions: lists, atoms and comments. SPDX-License-Identifier: ISC */
#include "ocaml/sexp_lex.h"

#include <string.h>

typedef VEC(struct sexp) values;

MUST_CHECK static bool read_value(struct sexp_lexer *l, struct sexp *out);

MUST_CHECK static bool too_deep(struct sexp_lexer *l, int line, int column)
{
	return sexp_wrong(l, line, column,
		"expected at most " SEXP_STRING(SEXP_MAX_DEPTH) " lists within each other");
}

/* White space and comments; "#;" takes the value after it along. */
MUST_CHECK static bool skip_to_value(struct sexp_lexer *l)
{
	for (;;) {
		if (!sexp_skip_blank(l))
			return false;
		if (!sexp_at(l, S("#;")))
			return true;
		struct sexp ignored;
		int line = l->line, column = sexp_column(l);
		l->at += 2;
		if (++l->depth > SEXP_MAX_DEPTH)
			return too_deep(l, line, column);
		if (!skip_to_value(l))
			return false;
		if (l->at == l->end || *l->at == ')')
			return sexp_wrong(l, line, column, "expected a value after '#;'");
		if (!read_value(l, &ignored))
			return false;
		l->depth--;
	}
}

/* Values up to the end of the text or a ')', which stays. */
MUST_CHECK static bool read_values(struct sexp_lexer *l, struct sexp *out)
{
	values items = {0};
	for (;;) {
		if (!skip_to_value(l))
			return false;
		if (l->at == l->end || *l->at == ')')
			break;
		struct sexp item;
		if (!read_value(l, &item))
			return false;
		vec_push(l->a, &items, item);
	}
	out->items = items.v;
	out->n = items.n;
	return true;
}

MUST_CHECK static bool read_list(struct sexp_lexer *l, struct sexp *out)
{
	if (++l->depth > SEXP_MAX_DEPTH)
		return too_deep(l, out->line, out->column);
	out->kind = SEXP_LIST;
	l->at++;
	if (!read_values(l, out))
		return false;
	if (l->at == l->end)
		return sexp_wrong(l, out->line, out->column, "expected a ')' that closes this '('");
	l->at++;
	l->depth--;
	return true;
}

static bool read_value(struct sexp_lexer *l, struct sexp *out)
{
	*out = (struct sexp){.line = l->line, .column = sexp_column(l)};
	if (!sexp_count(l))
		return false;
	if (*l->at == '(')
		return read_list(l, out);
	if (*l->at == '"')
		return sexp_read_string(l, out);
	return sexp_read_atom(l, out);
}

bool sexp_read(struct arena *a, const char *file, struct str text, struct sexp *out, struct err *e)
{
	struct sexp_lexer l = sexp_lexer_of(a, file, text, e);
	struct sexp all = {.kind = SEXP_LIST, .line = 1, .column = 1};
	if (text.n > SEXP_MAX_SIZE)
		return sexp_wrong(&l, 1, 1, "expected a file of at most 64 MiB");
	if (!text.n) {
		*out = all;
		return true;
	}
	if (!read_values(&l, &all))
		return false;
	if (l.at != l.end)
		return sexp_wrong(&l, l.line, sexp_column(&l), "this ')' closes nothing");
	*out = all;
	return true;
}

bool sexp_is_atom(const struct sexp *s)
{
	return s->kind != SEXP_LIST;
}

const char *sexp_copy(struct arena *a, const struct sexp *s)
{
	return sexp_is_atom(s) ? str_copy(a, s->text) : NULL;
}

bool sexp_is_call(const struct sexp *s, const char *name)
{
	return s->kind == SEXP_LIST && s->n && sexp_is_atom(s->items) &&
	       str_is(s->items->text, name);
}

const struct sexp *sexp_field(const struct sexp *s, const char *name)
{
	for (size_t i = 0; s->kind == SEXP_LIST && i < s->n; i++)
		if (sexp_is_call(&s->items[i], name))
			return &s->items[i];
	return NULL;
}

const char *sexp_word(struct arena *a, const struct sexp *s, const char *name)
{
	const struct sexp *field = sexp_field(s, name);
	return field && field->n == 2 ? sexp_copy(a, &field->items[1]) : NULL;
}

static void add_quoted(struct text *t, struct str s)
{
	text_addz(t, "\"");
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"' || c == '\\')
			text_addf(t, "\\%c", c);
		else if (c == '\n')
			text_addz(t, "\\n");
		else if (c < ' ' || c == 127)
			text_addf(t, "\\%03d", c);
		else
			text_add(t, (struct str){s.p + i, 1});
	}
	text_addz(t, "\"");
}

static void add_value(struct text *t, const struct sexp *s)
{
	if (s->kind == SEXP_ATOM)
		text_add(t, s->text);
	else if (s->kind == SEXP_QUOTED)
		add_quoted(t, s->text);
	if (s->kind != SEXP_LIST)
		return;
	text_addz(t, "(");
	for (size_t i = 0; i < s->n; i++) {
		if (i)
			text_addz(t, " ");
		add_value(t, &s->items[i]);
	}
	text_addz(t, ")");
}

const char *sexp_text(struct arena *a, const struct sexp *s)
{
	struct text t = {.a = a};
	text_addz(&t, "");
	add_value(&t, s);
	return t.p;
}
