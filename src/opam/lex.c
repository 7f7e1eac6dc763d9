/* lex.c - cuts an opam file into words. SPDX-License-Identifier: ISC */
#include "opam/lex.h"

#include <string.h>

enum { ALPHA = 1, DIGIT = 2, OTHER = 4, BLANK = 8 };

static int class_of(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return ALPHA;
	if (c >= '0' && c <= '9')
		return DIGIT;
	if (c == '_' || c == '-')
		return OTHER;
	return c == ' ' || c == '\t' || c == '\r' ? BLANK : 0;
}

void lex_start(struct lexer *l, struct arena *a, struct str bytes, const char *path, struct err *e)
{
	if (!bytes.n)
		bytes.p = ""; /* an empty str may have no address, which none can be added to */
	*l = (struct lexer){.a = a,
		.p = bytes.p,
		.end = bytes.p + bytes.n,
		.line_start = bytes.p,
		.line = 1,
		.path = path,
		.e = e};
}

static struct opam_place place(const struct lexer *l)
{
	return (struct opam_place){l->line, (uint32_t)(l->p - l->line_start) + 1};
}

static void new_line(struct lexer *l)
{
	l->line++;
	l->line_start = l->p + 1;
}

static bool ahead(const struct lexer *l, const char *z)
{
	size_t n = strlen(z);
	return (size_t)(l->end - l->p) >= n && memcmp(l->p, z, n) == 0;
}

/* ---- between the words -------------------------------------------------------------------- */

/* Comments in parentheses nest; strings in them are comment like all else. */
MUST_CHECK static bool skip_comment(struct lexer *l)
{
	struct opam_place at = place(l);
	size_t depth = 0;
	for (; l->p < l->end; l->p++) {
		if (*l->p == '\n') {
			new_line(l);
		} else if (ahead(l, "(*")) {
			depth++;
			l->p++;
		} else if (ahead(l, "*)")) {
			l->p++;
			if (--depth == 0) {
				l->p++;
				return true;
			}
		}
	}
	return fail_place(
		l->e, l->path, at, "the comment that begins here has no end: expected '*)'");
}

MUST_CHECK static bool skip_blanks(struct lexer *l)
{
	while (l->p < l->end) {
		if (*l->p == '\n') {
			new_line(l);
			l->p++;
		} else if (class_of(*l->p) == BLANK) {
			l->p++;
		} else if (*l->p == '#') {
			const char *eol = memchr(l->p, '\n', (size_t)(l->end - l->p));
			l->p = eol ? eol : l->end;
		} else if (*l->p != '(' || !ahead(l, "(*")) {
			return true;
		} else if (!skip_comment(l)) {
			return false;
		}
	}
	return true;
}

/* ---- strings ------------------------------------------------------------------------------ */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte of "\123" or "\x7f" behind the backslash; -1 where it is none. *LENGTH without the
 * backslash. */
static int numeric_escape(const char *p, const char *end, size_t *length)
{
	if (end - p >= 3 && *p == 'x') {
		int high = hex_digit(p[1]), low = hex_digit(p[2]);
		*length = 3;
		return high < 0 || low < 0 ? -1 : high * 16 + low;
	}
	int value = 0;
	*length = 3;
	for (size_t i = 0; i < 3; i++) {
		if (end - p <= (ptrdiff_t)i || class_of(p[i]) != DIGIT)
			return -1;
		value = value * 10 + (p[i] - '0');
	}
	return value <= 255 ? value : -1;
}

static int plain_escape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	case 'r':
		return '\r';
	case '\\':
	case '"':
	case '\'':
	case ' ':
		return c;
	default:
		return -1;
	}
}

/* A backslash at the end of a line joins it to the next one, without the latter's indentation. */
static bool skip_line_end(struct lexer *l)
{
	const char *p = l->p;
	if (p < l->end && *p == '\r')
		p++;
	if (p == l->end || *p != '\n')
		return false;
	l->p = p;
	new_line(l);
	do
		l->p++;
	while (l->p < l->end && (*l->p == ' ' || *l->p == '\t'));
	return true;
}

/* At a backslash: what it stands for goes to OUT. */
MUST_CHECK static bool unescape(struct lexer *l, char **out)
{
	struct opam_place at = place(l);
	size_t length = 1;
	l->p++;
	if (skip_line_end(l))
		return true;
	int byte = l->p < l->end ? plain_escape(*l->p) : -1;
	if (byte < 0)
		byte = numeric_escape(l->p, l->end, &length);
	if (byte < 0)
		return fail_place(l->e, l->path, at,
			"no escape that a string may hold: expected one of \\n \\t \\b \\r \\\\ "
			"\\\" \\' \\DDD \\xHH, or the line's end behind the backslash");
	l->p += length;
	*(*out)++ = (char)byte;
	return true;
}

/* Where the string whose first byte is at l->p ends; NULL where it does not. *ESCAPES: there are
 * any, or line ends of two bytes. */
static const char *string_end(const struct lexer *l, bool triple, bool *escapes)
{
	*escapes = false;
	for (const char *p = l->p; p < l->end; p++) {
		if (*p == '\\') {
			*escapes = true;
			p++;
		} else if (*p == '\r') {
			*escapes = true;
		} else if (*p == '"' &&
			   (!triple || (l->end - p >= 3 && p[1] == '"' && p[2] == '"'))) {
			return p;
		}
	}
	return NULL;
}

/* Without escapes the string is a piece of the file; lines in it are counted still. */
static struct str take_plain(struct lexer *l, const char *end)
{
	struct str s = {l->p, (size_t)(end - l->p)};
	const char *eol;
	while ((eol = memchr(l->p, '\n', (size_t)(end - l->p)))) {
		l->p = eol;
		new_line(l);
		l->p++;
	}
	l->p = end;
	return s;
}

MUST_CHECK static bool take_escaped(struct lexer *l, const char *end, struct str *out)
{
	char *bytes = arena_alloc(l->a, (size_t)(end - l->p) + 1), *to = bytes;
	while (l->p < end) {
		if (*l->p == '\\') {
			if (!unescape(l, &to))
				return false;
			continue;
		}
		if (ahead(l, "\r\n"))
			l->p++;
		if (*l->p == '\n')
			new_line(l);
		*to++ = *l->p++;
	}
	*out = (struct str){bytes, (size_t)(to - bytes)};
	return true;
}

MUST_CHECK static bool lex_string(struct lexer *l, struct token *t)
{
	bool escapes, triple = ahead(l, "\"\"\"");
	t->kind = TOKEN_STRING;
	l->p += triple ? 3 : 1;
	const char *end = string_end(l, triple, &escapes);
	if (!end)
		return fail_place(l->e, l->path, t->at,
			"the string that begins here has no end: expected '%s'",
			triple ? "\"\"\"" : "\"");
	if (!escapes)
		t->text = take_plain(l, end);
	else if (!take_escaped(l, end, &t->text))
		return false;
	l->p = end + (triple ? 3 : 1);
	return true;
}

/* ---- names and numbers -------------------------------------------------------------------- */

/* The end of letters, digits, '_' and '-' from P on. *LETTER: one of them is a letter. */
static const char *run_end(const char *p, const char *end, bool *letter)
{
	int seen = 0, class;
	while (p < end && ((class = class_of(*p)) & (ALPHA | DIGIT | OTHER))) {
		seen |= class;
		p++;
	}
	*letter = seen & ALPHA;
	return p;
}

/* The end of a name of P on, NULL where there is none. "_" alone names the package itself. */
static const char *name_end(const char *p, const char *end, bool *self)
{
	bool letter;
	const char *after = run_end(p, end, &letter);
	*self = !letter && after > p && *p == '_';
	if (*self)
		return p + 1;
	return letter ? after : NULL;
}

/* "name", "package:name", "package+other:name", "_:name". */
static const char *ident_end(const char *p, const char *end)
{
	bool self, letter;
	const char *after = name_end(p, end, &self), *next;
	while (after && after < end && *after == '+' &&
		(next = name_end(after + 1, end, &letter))) {
		after = next;
		self = letter;
	}
	if (after && end - after >= 2 && *after == ':') {
		next = run_end(after + 1, end, &letter);
		if (letter)
			return next;
	}
	return self ? NULL : after;
}

/* Digits, with '_' between them to the writer's liking. */
MUST_CHECK static bool lex_int(struct lexer *l, struct token *t)
{
	bool negative = *l->p == '-';
	int64_t value = 0;
	const char *p = l->p + negative;
	for (; p < l->end && (class_of(*p) == DIGIT || *p == '_'); p++) {
		if (*p != '_' && (__builtin_mul_overflow(value, 10, &value) ||
					 __builtin_add_overflow(value, *p - '0', &value)))
			return fail_place(l->e, l->path, t->at, "a number beyond 64 bits");
	}
	t->kind = TOKEN_INT;
	t->text = (struct str){l->p, (size_t)(p - l->p)};
	t->number = negative ? -value : value;
	l->p = p;
	return true;
}

MUST_CHECK static bool lex_word(struct lexer *l, struct token *t)
{
	const char *end = ident_end(l->p, l->end);
	if (!end) {
		const char *digit = l->p + (*l->p == '-');
		if (digit < l->end && class_of(*digit) == DIGIT)
			return lex_int(l, t);
		return fail_place(l->e, l->path, t->at,
			"'%c' begins no word: expected a name or a number", *l->p);
	}
	t->kind = TOKEN_IDENT;
	t->text = (struct str){l->p, (size_t)(end - l->p)};
	l->p = end;
	bool yes = str_is(t->text, "true");
	if (yes || str_is(t->text, "false")) {
		t->kind = TOKEN_BOOL;
		t->number = yes;
	}
	return true;
}

/* ---- signs -------------------------------------------------------------------------------- */

/* Longer signs before those that they begin with. '~' is what opam 2.1 takes for ">=". */
static const struct {
	const char *text;
	enum token_kind kind;
	enum opam_op op;
} signs[] = {
	{"=+=", TOKEN_ENV_OP, OPAM_EQ_PLUS_EQ},
	{"=+", TOKEN_ENV_OP, OPAM_EQ_PLUS},
	{"=:", TOKEN_ENV_OP, OPAM_EQ_COLON},
	{"+=", TOKEN_ENV_OP, OPAM_PLUS_EQ},
	{":=", TOKEN_ENV_OP, OPAM_COLON_EQ},
	{"!=", TOKEN_RELOP, OPAM_NE},
	{"<=", TOKEN_RELOP, OPAM_LE},
	{">=", TOKEN_RELOP, OPAM_GE},
	{"=", TOKEN_RELOP, OPAM_EQ},
	{"<", TOKEN_RELOP, OPAM_LT},
	{">", TOKEN_RELOP, OPAM_GT},
	{"~", TOKEN_RELOP, OPAM_GE},
	{"!", TOKEN_NOT, 0},
	{"?", TOKEN_DEFINED, 0},
	{"&", TOKEN_AND, 0},
	{"|", TOKEN_OR, 0},
	{":", TOKEN_COLON, 0},
	{"[", TOKEN_OPEN_LIST, 0},
	{"]", TOKEN_CLOSE_LIST, 0},
	{"(", TOKEN_OPEN_GROUP, 0},
	{")", TOKEN_CLOSE_GROUP, 0},
	{"{", TOKEN_OPEN_BRACE, 0},
	{"}", TOKEN_CLOSE_BRACE, 0},
};

MUST_CHECK static bool lex_sign(struct lexer *l, struct token *t)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		if (*signs[i].text != *l->p || !ahead(l, signs[i].text))
			continue;
		t->kind = signs[i].kind;
		t->op = signs[i].op;
		t->text = str_of(signs[i].text);
		l->p += t->text.n;
		return true;
	}
	unsigned char c = (unsigned char)*l->p;
	return c > ' ' && c < 0x7f
		       ? fail_place(l->e, l->path, t->at,
				 "'%c' is no sign of opam's language: expected a word, a string, "
				 "a bracket or an operator",
				 c)
		       : fail_place(l->e, l->path, t->at,
				 "byte 0x%02x outside of a string: expected printable ASCII there",
				 c);
}

bool lex_next(struct lexer *l, struct token *out)
{
	if (!skip_blanks(l))
		return false;
	*out = (struct token){.kind = TOKEN_END, .at = place(l)};
	if (l->p == l->end)
		return true;
	if (*l->p == '"')
		return lex_string(l, out);
	return class_of(*l->p) ? lex_word(l, out) : lex_sign(l, out);
}

/* At most 40 bytes of S, fit for a message: what is not printable ASCII becomes '?'. */
static const char *shown(struct arena *a, struct str s)
{
	size_t n = s.n < 40 ? s.n : 40;
	char *text = str_format(a, "%.*s%s", (int)n, s.p, n < s.n ? "..." : "");
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c == 0x7f)
			*c = '?';
	return text;
}

const char *token_words(struct arena *a, const struct token *t)
{
	if (t->kind == TOKEN_END)
		return "the end of the file";
	if (t->kind == TOKEN_STRING)
		return str_format(a, "the string \"%s\"", shown(a, t->text));
	return str_format(a, "'%s'", shown(a, t->text));
}
