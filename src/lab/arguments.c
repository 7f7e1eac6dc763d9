/* arguments.c - boot.command_line as words. SPDX-License-Identifier: ISC */
#include "lab/arguments.h"

#include <string.h>

#define BLANKS " \t\r\n"

struct splitter {
	struct arena *a;
	struct str rest;
	const networks *nets;
	int64_t number;
	enum card_kind cards;
	struct text word;
	bool in_word; /* also where it is empty so far: '' is a word */
};

static char next(struct splitter *s)
{
	char c = s->rest.p[0];
	s->rest = str_from(s->rest, 1);
	return c;
}

static void add_char(struct splitter *s, char c)
{
	s->in_word = true;
	text_add(&s->word, (struct str){&c, 1});
}

/* ---- $WORD ----------------------------------------------------------------------------- */

static bool is_name(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* What NAME, with the network's number behind it or without, stands for; NULL: nothing. */
static const char *value_of(struct splitter *s, struct str name)
{
	static const char *const names[] = {"ADDRESS", "PREFIX", "HOST", "TAP"};
	uint64_t at = 0;
	size_t i = 0;
	while (i < 4 && !str_starts(name, str_of(names[i])))
		i++;
	struct str number = i < 4 ? str_from(name, strlen(names[i])) : name;
	if (i == 4 || (number.n && !str_u64(number, &at)) || at >= s->nets->n)
		return NULL;
	const struct network *net = &s->nets->v[at];
	switch (i) {
	case 0:
		return network_address(s->a, net, s->number);
	case 1:
		return str_format(s->a, "%d", net->prefix);
	case 2:
		return net->host;
	default:
		return s->cards == CARD_TAP ? card_name(s->a, CARD_TAP, at) : NULL;
	}
}

static bool unknown(struct splitter *s, struct str name, struct err *e)
{
	(void)fail(e, E_INPUT, "$%.*s stands for nothing here", STR(name));
	return fail_hint(e,
		"$ADDRESS, $PREFIX, $HOST%s are replaced, of the first of %zu network%s; of "
		"network N $ADDRESSN and so on; a dollar sign itself is \\$",
		s->cards == CARD_TAP ? ", $TAP" : "", s->nets->n, s->nets->n == 1 ? "" : "s");
}

/* Behind the '$'. One that no name follows is itself. */
static bool expand(struct splitter *s, struct err *e)
{
	bool braces = str_starts(s->rest, S("{"));
	struct str name = str_from(s->rest, braces);
	size_t n = 0;
	while (n < name.n && is_name(name.p[n]))
		n++;
	if (!n && !braces) {
		add_char(s, '$');
		return true;
	}
	bool closed = !braces || (n < name.n && name.p[n] == '}');
	name.n = n;
	const char *value = closed ? value_of(s, name) : NULL;
	if (!value)
		return unknown(s, name, e);
	s->rest = str_from(s->rest, n + 2 * (size_t)braces);
	s->in_word = true;
	text_addz(&s->word, value);
	return true;
}

/* ---- words ----------------------------------------------------------------------------- */

/* Behind the opening QUOTE, to the one that closes it. */
static bool take_quoted(struct splitter *s, char quote, struct err *e)
{
	s->in_word = true;
	while (s->rest.n) {
		char c = next(s);
		if (c == quote)
			return true;
		if (quote == '"' && c == '$') {
			if (!expand(s, e))
				return false;
		} else if (quote == '"' && c == '\\' && s->rest.n &&
			   strchr("\"\\$`", s->rest.p[0])) {
			add_char(s, next(s));
		} else {
			add_char(s, c);
		}
	}
	return fail(e, E_INPUT, "a quote (%c) has no end", quote);
}

static bool take_char(struct splitter *s, struct err *e)
{
	char c = next(s);
	if (c == '\'' || c == '"')
		return take_quoted(s, c, e);
	if (c == '$')
		return expand(s, e);
	if (c == '\\' && !s->rest.n)
		return fail(e, E_INPUT, "nothing follows the backslash at the end");
	add_char(s, c == '\\' ? next(s) : c);
	return true;
}

bool arguments_split(struct arena *a, const char *text, const networks *nets, int64_t number,
	enum card_kind cards, strings *out, struct err *e)
{
	struct splitter s = {.a = a,
		.rest = str_of(text),
		.nets = nets,
		.number = number,
		.cards = cards,
		.word = {.a = a}};
	while (s.rest.n || s.in_word) {
		if (s.rest.n && !strchr(BLANKS, s.rest.p[0])) {
			if (!take_char(&s, e))
				return false;
			continue;
		}
		if (s.in_word)
			vec_push(a, out, str_copy(a, text_str(&s.word)));
		s.word.n = 0;
		s.in_word = false;
		s.rest = str_from(s.rest, 1);
	}
	return true;
}

const char *arguments_join(struct arena *a, const strings *words)
{
	struct text line = {.a = a};
	vec_for(word, words)
		text_addf(&line, "%s%s", word == words->v ? "" : " ", *word);
	return line.p ? line.p : "";
}
