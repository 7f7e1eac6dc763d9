/* depfile.c - the make rules that compilers write. SPDX-License-Identifier: ISC */
#include "build/depfile.h"

#include <string.h>

static bool has_nul(struct str text)
{
	return text.n && memchr(text.p, '\0', text.n);
}

/* Takes one word off *REST, without its escapes; false at the rule's end. */
static bool next_word(struct arena *a, struct str *rest, const char **out)
{
	struct str s = *rest;
	struct text word = {.a = a};
	while (s.n) {
		bool two = s.n > 1;
		if (two && s.p[0] == '\\' && s.p[1] == '\n') {
			s = str_from(s, 2);
			if (word.n)
				break;
		} else if (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r') {
			s = str_from(s, 1);
			if (word.n)
				break;
		} else if (s.p[0] == '\n') {
			break;
		} else {
			bool escaped =
				two && ((s.p[0] == '\\' && (s.p[1] == ' ' || s.p[1] == '#')) ||
					       (s.p[0] == '$' && s.p[1] == '$'));
			s = str_from(s, escaped ? 1 : 0);
			text_add(&word, (struct str){s.p, 1});
			s = str_from(s, 1);
		}
	}
	*rest = s;
	*out = word.p;
	return word.n > 0;
}

bool depfile_read(struct arena *a, struct str text, strings *out)
{
	strings words = {0};
	ptrdiff_t colon = str_find(text, S(": "));
	if (colon < 0 || has_nul(text))
		return false;
	text = str_from(text, (size_t)colon + 1);
	for (const char *word; next_word(a, &text, &word);)
		vec_push(a, &words, word);
	*out = words;
	return true;
}

bool depfile_read_linker(struct arena *a, struct str text, strings *out)
{
	strings files = {0};
	struct str target = str_cut(&text, '\n');
	if (!str_ends(target, S(": \\")) || has_nul(text))
		return false;
	while (text.n) {
		struct str line = str_cut(&text, '\n');
		bool more = str_ends(line, S(" \\"));
		line.n -= more ? 2 : 0;
		if (str_starts(line, S("  ")))
			vec_push(a, &files, str_copy(a, str_from(line, 2)));
		if (!more)
			break;
	}
	*out = files;
	return true;
}
