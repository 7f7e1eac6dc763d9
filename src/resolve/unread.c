/* unread.c - files that could not be read: what they hold is in no answer, so it is told.
 * SPDX-License-Identifier: ISC */
#include <string.h>
#include <strings.h>

#include "resolve/search.h"

void search_add_unread(struct search *s, const char *lines)
{
	struct map known = {.a = s->a};
	struct str rest = str_of(lines);
	if (!rest.n)
		return;
	vec_for(line, &s->unread)
		*map_put(&known, str_of(*line)) = s;
	while (rest.n) {
		struct str line = str_cut(&rest, '\n');
		if (!map_has(&known, line))
			vec_push(s->a, &s->unread, str_copy(s->a, line));
	}
}

static bool has_word(struct str text, struct str word)
{
	return text.n > word.n && !strncasecmp(text.p, word.p, word.n) &&
	       strchr("/:", text.p[word.n]);
}

/* Is it "…/NAME/META:1:1: ..." or "…/META.NAME:1:1: ..." of the package NAME? "Tcp.Flow" may be a
 * module of tcp. */
static bool is_of(const char *problem, struct str name)
{
	const char *end = strstr(problem, ": ");
	struct str file = {problem, end ? (size_t)(end - problem) : strlen(problem)};
	for (size_t i = 0; i < file.n; i++) {
		struct str rest = str_from(file, i + 1);
		if (file.p[i] != '/')
			continue;
		if (has_word(rest, name) ||
			(str_starts(rest, S("META.")) && has_word(str_from(rest, 5), name)))
			return true;
	}
	return false;
}

size_t search_sort_unread(struct search *s)
{
	struct str rest = s->query, name = str_cut(&rest, '.');
	strings own = {0}, others = {0};
	vec_for(line, &s->unread)
		vec_push(s->a, is_of(*line, name) ? &own : &others, *line);
	s->unread = own;
	vec_for(line, &others)
		vec_push(s->a, &s->unread, *line);
	return own.n;
}
