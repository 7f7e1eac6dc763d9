/* parse.c - the words of an opam file become items and values. SPDX-License-Identifier: ISC */
#include "opam/lex.h"

struct parser {
	struct lexer lexer;
	struct token token; /* the next one, not taken yet */
	size_t depth;
};

MUST_CHECK static bool advance(struct parser *p)
{
	return lex_next(&p->lexer, &p->token);
}

MUST_CHECK static bool unexpected(struct parser *p, const char *wanted)
{
	defer(arena_free) struct arena scratch = {0};
	return fail_place(p->lexer.e, p->lexer.path, p->token.at, "expected %s, found %s", wanted,
		token_words(&scratch, &p->token));
}

MUST_CHECK static bool expect(struct parser *p, enum token_kind kind, const char *wanted)
{
	return p->token.kind == kind ? advance(p) : unexpected(p, wanted);
}

MUST_CHECK static bool descend(struct parser *p)
{
	if (++p->depth <= OPAM_DEPTH_MAX)
		return true;
	return fail_place(p->lexer.e, p->lexer.path, p->token.at,
		"nested too deep: expected %d levels at most", OPAM_DEPTH_MAX);
}

static struct opam_value *new_value(struct parser *p, enum opam_kind kind)
{
	struct opam_value *v = NEW(p->lexer.a, struct opam_value);
	v->kind = (uint8_t)kind;
	v->op = (uint8_t)p->token.op;
	v->at = p->token.at;
	return v;
}

static bool parse_value(struct parser *p, struct opam_value **out);

/* ---- values ------------------------------------------------------------------------------- */

static bool is_atom(enum token_kind kind)
{
	return kind == TOKEN_STRING || kind == TOKEN_IDENT || kind == TOKEN_BOOL ||
	       kind == TOKEN_INT;
}

MUST_CHECK static bool parse_atom(struct parser *p, struct opam_value **out)
{
	static const uint8_t kinds[] = {
		[TOKEN_STRING] = OPAM_STRING,
		[TOKEN_IDENT] = OPAM_IDENT,
		[TOKEN_BOOL] = OPAM_BOOL,
		[TOKEN_INT] = OPAM_INT,
	};
	if (!is_atom(p->token.kind))
		return unexpected(p, "a string, a name, a number or a bool");
	struct opam_value *v = *out = new_value(p, kinds[p->token.kind]);
	if (v->kind == OPAM_STRING || v->kind == OPAM_IDENT)
		v->text = p->token.text;
	else
		v->number = p->token.number;
	return advance(p);
}

/* Values up to the token END; the one that opened them is taken. */
MUST_CHECK static bool parse_items(
	struct parser *p, enum token_kind end, const char *wanted, struct opam_value **out)
{
	struct opam_value **last = out;
	if (!descend(p))
		return false;
	while (p->token.kind != end) {
		if (p->token.kind == TOKEN_END || p->token.kind == TOKEN_COLON)
			return unexpected(p, wanted);
		if (!parse_value(p, last))
			return false;
		last = &(*last)->next;
	}
	*last = NULL;
	p->depth--;
	return advance(p);
}

MUST_CHECK static bool parse_brackets(struct parser *p, struct opam_value **out)
{
	bool list = p->token.kind == TOKEN_OPEN_LIST;
	struct opam_value *v = *out = new_value(p, list ? OPAM_LIST : OPAM_GROUP);
	return advance(p) &&
	       (list ? parse_items(p, TOKEN_CLOSE_LIST, "a value or ']'", &v->items)
		     : parse_items(p, TOKEN_CLOSE_GROUP, "a value or ')'", &v->items));
}

MUST_CHECK static bool parse_relation(struct parser *p, struct opam_value **out)
{
	struct opam_value *left;
	if (!parse_atom(p, &left))
		return false;
	*out = left;
	if (p->token.kind != TOKEN_RELOP && p->token.kind != TOKEN_ENV_OP)
		return true;
	bool relop = p->token.kind == TOKEN_RELOP;
	struct opam_value *v = *out = new_value(p, relop ? OPAM_RELATION : OPAM_ENV_UPDATE);
	v->left = left;
	v->at = left->at;
	return advance(p) && parse_atom(p, &v->right);
}

MUST_CHECK static bool parse_prefix_relop(struct parser *p, struct opam_value **out)
{
	struct opam_value *v = *out = new_value(p, OPAM_PREFIX_RELOP);
	return advance(p) && parse_atom(p, &v->left);
}

/* "value {filter} {filter}": binds closer than '!' before it. */
MUST_CHECK static bool parse_options(struct parser *p, struct opam_value **value)
{
	size_t depth = p->depth;
	while (p->token.kind == TOKEN_OPEN_BRACE) {
		struct opam_value *v = new_value(p, OPAM_OPTION);
		v->left = *value;
		v->at = v->left->at;
		*value = v;
		if (!advance(p) ||
			!parse_items(p, TOKEN_CLOSE_BRACE, "a value or '}'", &v->items) ||
			!descend(p))
			return false;
	}
	p->depth = depth;
	return true;
}

MUST_CHECK static bool parse_prefixed(struct parser *p, struct opam_value **out)
{
	struct opam_value *v;
	switch (p->token.kind) {
	case TOKEN_NOT:
	case TOKEN_DEFINED:
		v = *out = new_value(p, p->token.kind == TOKEN_NOT ? OPAM_NOT : OPAM_DEFINED);
		if (!descend(p) || !advance(p) || !parse_prefixed(p, &v->left))
			return false;
		p->depth--;
		return true;
	case TOKEN_OPEN_LIST:
	case TOKEN_OPEN_GROUP:
		return parse_brackets(p, out) && parse_options(p, out);
	case TOKEN_RELOP:
		return parse_prefix_relop(p, out) && parse_options(p, out);
	case TOKEN_STRING:
	case TOKEN_IDENT:
	case TOKEN_BOOL:
	case TOKEN_INT:
		return parse_relation(p, out) && parse_options(p, out);
	default:
		return unexpected(p, "a value");
	}
}

/* One chain of '&' or '|' is one value, however long: depth comes from nesting only. */
MUST_CHECK static bool parse_chain(struct parser *p, enum token_kind joint, enum opam_kind kind,
	bool (*part)(struct parser *p, struct opam_value **out), struct opam_value **out)
{
	struct opam_value *first;
	if (!part(p, &first))
		return false;
	*out = first;
	if (p->token.kind != joint)
		return true;
	struct opam_value *chain = *out = new_value(p, kind);
	chain->at = first->at;
	chain->items = first;
	for (struct opam_value **last = &first->next; p->token.kind == joint; last = &(*last)->next)
		if (!advance(p) || !part(p, last))
			return false;
	return true;
}

MUST_CHECK static bool parse_and(struct parser *p, struct opam_value **out)
{
	return parse_chain(p, TOKEN_AND, OPAM_AND, parse_prefixed, out);
}

static bool parse_value(struct parser *p, struct opam_value **out)
{
	return parse_chain(p, TOKEN_OR, OPAM_OR, parse_and, out);
}

/* ---- items -------------------------------------------------------------------------------- */

static bool parse_file_items(struct parser *p, enum token_kind end, struct opam_item **out);

MUST_CHECK static bool parse_section(struct parser *p, struct opam_item *item)
{
	if (p->token.kind == TOKEN_STRING) {
		item->label = p->token.text;
		if (!advance(p))
			return false;
	}
	if (!expect(p, TOKEN_OPEN_BRACE, item->label.p ? "'{'" : "':' or '{'") || !descend(p) ||
		!parse_file_items(p, TOKEN_CLOSE_BRACE, &item->items))
		return false;
	p->depth--;
	return advance(p);
}

MUST_CHECK static bool parse_item(struct parser *p, struct opam_item **out)
{
	struct opam_item *item = *out = NEW(p->lexer.a, struct opam_item);
	item->name = p->token.text;
	item->at = p->token.at;
	if (!advance(p))
		return false;
	if (p->token.kind == TOKEN_COLON)
		return advance(p) && parse_value(p, &item->value);
	return parse_section(p, item);
}

/* END is left for the caller to take. */
static bool parse_file_items(struct parser *p, enum token_kind end, struct opam_item **out)
{
	struct opam_item **last = out;
	while (p->token.kind != end) {
		if (p->token.kind != TOKEN_IDENT)
			return unexpected(p, end == TOKEN_END ? "a field or a section"
							      : "a field, a section or '}'");
		if (!parse_item(p, last))
			return false;
		last = &(*last)->next;
	}
	*last = NULL;
	return true;
}

bool opam_parse(
	struct arena *a, struct str bytes, const char *path, struct opam_file *out, struct err *e)
{
	struct parser p = {.depth = 0};
	struct opam_file file = {.path = path};
	lex_start(&p.lexer, a, bytes, path, e);
	if (bytes.n > OPAM_FILE_MAX)
		return fail_too_large(e, path);
	if (!advance(&p) || !parse_file_items(&p, TOKEN_END, &file.items))
		return false;
	*out = file;
	return true;
}

const struct opam_value *opam_field(const struct opam_item *items, const char *name)
{
	const struct opam_value *found = NULL;
	for (const struct opam_item *i = items; i; i = i->next)
		if (i->value && str_is(i->name, name))
			found = i->value;
	return found;
}
