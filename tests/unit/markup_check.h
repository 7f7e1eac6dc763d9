/* markup_check.h - is a page well-formed, and made of nothing but what the report writes? Stricter
 * than any browser: an injected element, attribute or stray byte is an error even where it nests.
 * SPDX-License-Identifier: ISC */
#ifndef TESTS_MARKUP_CHECK_H
#define TESTS_MARKUP_CHECK_H

#include "base/base.h"

#include <ctype.h>
#include <string.h>

struct markup {
	struct str rest;
	const char *problem; /* NULL: fine so far */
	struct str open[32];
	size_t depth;
};

static inline bool markup_bad(struct markup *m, const char *problem)
{
	if (!m->problem)
		m->problem = problem;
	return false;
}

static inline bool markup_known(struct str word, const char *words)
{
	defer(arena_free) struct arena scratch = {0};
	const char *padded = str_format(&scratch, " %.*s ", STR(word));
	return word.n && strstr(words, padded);
}

/* Text up to END '<', or the value of an attribute up to END '"' (where ' is as good as a letter).
 */
static inline bool markup_text(struct markup *m, char end)
{
	static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
	while (m->rest.n && m->rest.p[0] != end) {
		unsigned char c = (unsigned char)m->rest.p[0];
		size_t n = 1;
		if (c == '<' || c == '>' || c == '"' || (c == '\'' && end == '<'))
			return markup_bad(m, "a bare < > \" or ' in text");
		if ((c < 0x20 && c != '\n') || c == 0x7F)
			return markup_bad(m, "a control character");
		if (c == '&') {
			n = 0;
			for (size_t i = 0; i < sizeof(entities) / sizeof(*entities); i++)
				if (str_starts(m->rest, str_of(entities[i])))
					n = strlen(entities[i]);
			if (!n)
				return markup_bad(m, "a bare &");
		}
		m->rest = str_from(m->rest, n);
	}
	return m->rest.n || markup_bad(m, "ends within text");
}

static inline struct str markup_word(struct markup *m)
{
	struct str word = {m->rest.p, 0};
	while (word.n < m->rest.n &&
		(isalnum((unsigned char)word.p[word.n]) || word.p[word.n] == '-'))
		word.n++;
	m->rest = str_from(m->rest, word.n);
	return word;
}

static inline bool markup_take(struct markup *m, struct str expected)
{
	if (!str_starts(m->rest, expected))
		return false;
	m->rest = str_from(m->rest, expected.n);
	return true;
}

static inline bool markup_attributes(struct markup *m)
{
	while (markup_take(m, S(" "))) {
		struct str name = markup_word(m);
		if (!markup_known(name,
			    " lang charset http-equiv content name id class scope title width "
			    "height x y rx aria-hidden aria-labelledby "))
			return markup_bad(m, "an attribute that the report does not write");
		if (!markup_take(m, S("=\"")) || !markup_text(m, '"') || !markup_take(m, S("\"")))
			return markup_bad(m, "an attribute without a quoted value");
	}
	return true;
}

static inline bool markup_tag(struct markup *m)
{
	bool closing = markup_take(m, S("/"));
	struct str name = markup_word(m);
	if (!markup_known(name,
		    " html head meta title style body main header section h1 h2 h3 p dl div dt dd "
		    "span b code table thead tbody tr th td svg rect details summary wbr "))
		return markup_bad(m, "an element that the report does not write");
	if (closing) {
		if (!m->depth || !str_eq(m->open[--m->depth], name))
			return markup_bad(m, "an end tag that closes nothing");
	} else {
		if (!markup_attributes(m))
			return false;
		if (markup_take(m, S("/>")))
			return true;
		if (m->depth == 32)
			return markup_bad(m, "too deep");
		m->open[m->depth++] = name;
	}
	return markup_take(m, S(">")) || markup_bad(m, "a tag that does not end");
}

/* The first problem of PAGE, NULL where there is none; *AT is what follows it. */
static inline const char *markup_problem(struct str page, struct str *at)
{
	struct markup m = {.rest = page};
	if (!markup_take(&m, S("<!DOCTYPE html>\n")))
		markup_bad(&m, "no document type");
	while (m.rest.n && !m.problem) {
		bool style = m.depth && str_is(m.open[m.depth - 1], "style");
		ptrdiff_t end = style ? str_find(m.rest, S("</style>")) : -1;
		if (end > 0)
			m.rest = str_from(m.rest, (size_t)end);
		if (markup_take(&m, S("<")))
			markup_tag(&m);
		else if (!m.depth && str_is(m.rest, "\n"))
			m.rest.n = 0;
		else
			markup_text(&m, '<');
	}
	if (m.depth)
		markup_bad(&m, "an element that is not closed");
	*at = m.rest;
	return m.problem;
}

#endif
