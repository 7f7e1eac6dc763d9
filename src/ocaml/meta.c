/* meta.c - reads META files and evaluates their variables. SPDX-License-Identifier: ISC */
#include "ocaml/meta.h"
#include "ocaml/sexp_lex.h"

#include <string.h>

struct reader {
	struct arena *a;
	const char *file;
	const char *at, *end, *line_start;
	int line, depth;
	struct err *e;
};

MUST_CHECK static bool wrong(struct reader *r, const char *expected)
{
	(void)fail(r->e, E_INPUT, "expected %s", expected);
	return fail_where(r->e, "%s:%d:%d", r->file, r->line, (int)(r->at - r->line_start) + 1);
}

static void skip_blank(struct reader *r)
{
	bool comment = false;
	for (; r->at < r->end; r->at++) {
		if (*r->at == '#')
			comment = true;
		if (*r->at == '\n') {
			comment = false;
			r->line++;
			r->line_start = r->at + 1;
		} else if (!comment && !(*r->at && strchr(" \t\r\f", *r->at))) {
			return;
		}
	}
}

static bool is_at(const struct reader *r, char c)
{
	return r->at < r->end && *r->at == c;
}

MUST_CHECK static bool take(struct reader *r, char c, const char *expected)
{
	skip_blank(r);
	if (!is_at(r, c))
		return wrong(r, expected);
	r->at++;
	return true;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '-';
}

MUST_CHECK static bool take_name(struct reader *r, const char **out, const char *expected)
{
	skip_blank(r);
	const char *start = r->at;
	while (r->at < r->end && is_name_char(*r->at))
		r->at++;
	if (r->at == start)
		return wrong(r, expected);
	*out = str_copy(r->a, (struct str){start, (size_t)(r->at - start)});
	return true;
}

/* A string in double quotes, in which a backslash quotes the next character. */
MUST_CHECK static bool take_string(struct reader *r, const char **out)
{
	struct text t = {.a = r->a};
	text_addz(&t, "");
	if (!take(r, '"', "a value in double quotes"))
		return false;
	struct reader opened = *r;
	for (; r->at < r->end && *r->at != '"'; r->at++) {
		if (*r->at == '\\' && r->at + 1 < r->end)
			r->at++;
		if (*r->at == '\n') {
			r->line++;
			r->line_start = r->at + 1;
		}
		if (*r->at == '\0')
			return wrong(r, "text: a NUL byte is here");
		text_add(&t, (struct str){r->at, 1});
	}
	if (r->at == r->end) {
		opened.at--;
		return wrong(&opened, "a '\"' that ends this value");
	}
	r->at++;
	*out = t.p;
	return true;
}

/* "(byte,-mt)", after its '('. */
MUST_CHECK static bool take_predicates(struct reader *r, strings *out)
{
	for (;;) {
		const char *name;
		skip_blank(r);
		bool negative = is_at(r, '-');
		if (negative)
			r->at++;
		if (!take_name(r, &name, "a predicate"))
			return false;
		vec_push(r->a, out, negative ? str_format(r->a, "-%s", name) : name);
		skip_blank(r);
		if (is_at(r, ')'))
			break;
		if (!take(r, ',', "',' or ')' after a predicate"))
			return false;
	}
	r->at++;
	return true;
}

MUST_CHECK static bool read_variable(struct reader *r, const char *name, struct meta *m)
{
	struct meta_def def = {.name = name, .line = r->line};
	skip_blank(r);
	if (is_at(r, '(')) {
		r->at++;
		if (!take_predicates(r, &def.predicates))
			return false;
		skip_blank(r);
	}
	if (is_at(r, '+')) {
		r->at++;
		def.adds = true;
	}
	if (!take(r, '=', def.adds ? "'=' after '+'" : "'(', '=' or '+=' after a variable's name"))
		return false;
	if (!take_string(r, &def.value))
		return false;
	vec_push(r->a, &m->defs, def);
	return true;
}

MUST_CHECK static bool read_items(struct reader *r, struct meta *m);

MUST_CHECK static bool read_package(struct reader *r, struct meta *m)
{
	struct meta *inner = NEW(r->a, struct meta);
	inner->line = r->line;
	if (!take_string(r, &inner->name))
		return false;
	if (!take(r, '(', "'(' after a package's name"))
		return false;
	if (++r->depth > META_MAX_DEPTH)
		return wrong(
			r, "at most " SEXP_STRING(META_MAX_DEPTH) " packages within each other");
	if (!read_items(r, inner))
		return false;
	if (!take(r, ')', "a variable, a package, or ')' that ends this package"))
		return false;
	r->depth--;
	vec_push(r->a, &m->packages, inner);
	return true;
}

/* Definitions up to what is none. */
static bool read_items(struct reader *r, struct meta *m)
{
	for (;;) {
		const char *name;
		skip_blank(r);
		if (r->at == r->end || *r->at == ')')
			return true;
		if (!take_name(r, &name, "a variable's name or 'package'"))
			return false;
		skip_blank(r);
		bool is_package = !strcmp(name, "package") && is_at(r, '"');
		if (!(is_package ? read_package(r, m) : read_variable(r, name, m)))
			return false;
	}
}

bool meta_read(struct arena *a, const char *file, struct str text, struct meta *out, struct err *e)
{
	struct reader r = {.a = a,
		.file = file,
		.at = text.p,
		.end = text.p + text.n,
		.line_start = text.p,
		.line = 1,
		.e = e};
	struct meta m = {.name = "", .line = 1};
	if (text.n > META_MAX_SIZE)
		return wrong(&r, "a file of at most 4 MiB");
	if (text.n && !read_items(&r, &m))
		return false;
	if (text.n && r.at != r.end)
		return wrong(&r, "a variable's name: this ')' closes nothing");
	*out = m;
	return true;
}

static bool is_set(const strings *predicates, const char *name)
{
	vec_for(p, predicates) {
		if (!strcmp(*p, name))
			return true;
	}
	return false;
}

static bool is_fit(const struct meta_def *def, const strings *predicates)
{
	vec_for(p, &def->predicates) {
		bool negative = **p == '-';
		if (is_set(predicates, *p + negative) == negative)
			return false;
	}
	return true;
}

const char *meta_value(
	struct arena *a, const struct meta *m, const char *name, const strings *predicates)
{
	const struct meta_def *best = NULL;
	vec_for(def, &m->defs) {
		if (def->adds || strcmp(def->name, name) != 0 || !is_fit(def, predicates))
			continue;
		if (!best || def->predicates.n > best->predicates.n)
			best = def;
	}
	if (!best)
		return NULL;
	struct text t = {.a = a};
	text_addz(&t, best->value);
	vec_for(def, &m->defs) {
		if (def->adds && !strcmp(def->name, name) && is_fit(def, predicates))
			text_addf(&t, " %s", def->value);
	}
	return t.p;
}

strings meta_words(struct arena *a, const char *list)
{
	strings words = {0};
	for (const char *at = list ? list : ""; *at;) {
		size_t n = strcspn(at, ", \t\r\n\f");
		if (n)
			vec_push(a, &words, str_copy(a, (struct str){at, n}));
		at += n + (at[n] != '\0');
	}
	return words;
}
