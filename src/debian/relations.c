/* relations.c - lists of dependencies (Debian Policy, chapter 7). SPDX-License-Identifier: ISC */
#include <string.h>

#include "debian/debian.h"

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       c == '+' || c == '-' || c == '.' || c == '_';
}

/* What stands between OPEN and CLOSE in TEXT; empty where that is not there. */
static struct str between(struct str text, char open, char close)
{
	str_cut(&text, open);
	if (!text.p)
		return S("");
	for (size_t i = text.n; i > 0; i--)
		if (text.p[i - 1] == close)
			return str_trim((struct str){text.p, i - 1});
	return S("");
}

/* The next alternative as it is written. *LAST: the group ends with it. */
static struct str cut_alternative(struct str *rest, bool *last)
{
	size_t i = 0;
	while (i < rest->n && rest->p[i] != ',' && rest->p[i] != '|')
		i++;
	struct str one = {rest->p, i};
	*last = i == rest->n || rest->p[i] == ',';
	*rest = i < rest->n ? str_from(*rest, i + 1) : S("");
	return str_trim(one);
}

bool relations_next(struct relations *r, struct relation *out)
{
	while (r->rest.n) {
		bool last;
		size_t group = r->group;
		struct str one = cut_alternative(&r->rest, &last);
		r->group += last;
		struct str name = {one.p, 0};
		while (name.n < one.n && is_name_char(one.p[name.n]))
			name.n++;
		if (!name.n)
			continue;
		struct str tail = str_from(one, name.n);
		*out = (struct relation){.name = name,
			.version = between(tail, '(', ')'),
			.arch = between(tail, '[', ']'),
			.profiles = between(tail, '<', '>'),
			.group = group};
		/* "(<< 2)" is no profile. */
		if (out->version.n && str_find(out->version, S("<")) >= 0)
			out->profiles = between(
				str_from(tail, (size_t)(out->version.p + out->version.n - tail.p)),
				'<', '>');
		return true;
	}
	return false;
}

static struct str next_word(struct str *rest)
{
	while (rest->n && (rest->p[0] == ' ' || rest->p[0] == '\n' || rest->p[0] == '\t'))
		*rest = str_from(*rest, 1);
	struct str word = {rest->p, 0};
	while (word.n < rest->n && !strchr(" \n\t", rest->p[word.n]))
		word.n++;
	*rest = str_from(*rest, word.n);
	return word;
}

/* "linux-any" and "any-amd64" mean this machine where the part that they name is its own. */
static bool arch_is(struct str word, const char *arch)
{
	return str_is(word, arch) || str_is(word, "any") || str_is(word, "linux-any") ||
	       (str_starts(word, S("any-")) && str_is(str_from(word, 4), arch));
}

static bool arch_holds(struct str list, const char *arch)
{
	bool negated = false;
	for (struct str word = next_word(&list); word.n; word = next_word(&list)) {
		negated = word.p[0] == '!';
		if (arch_is(negated ? str_from(word, 1) : word, arch))
			return !negated;
	}
	return negated;
}

static bool is_active(const strings *profiles, struct str word)
{
	if (profiles)
		vec_for(p, profiles)
			if (str_is(word, *p))
				return true;
	return false;
}

/* All of "!a b". */
static bool profiles_fit(struct str list, const strings *profiles)
{
	for (struct str word = next_word(&list); word.n; word = next_word(&list)) {
		bool negated = word.p[0] == '!';
		if (is_active(profiles, negated ? str_from(word, 1) : word) == negated)
			return false;
	}
	return true;
}

bool relation_holds(const struct relation *r, const char *arch, const strings *profiles)
{
	struct str rest = r->profiles;
	if (r->arch.n && !arch_holds(r->arch, arch))
		return false;
	if (!rest.n)
		return true;
	/* Any of "<a b> <c>". */
	while (rest.p) {
		struct str one = str_cut(&rest, '>');
		while (one.n && (one.p[0] == '<' || one.p[0] == ' '))
			one = str_from(one, 1);
		if (profiles_fit(one, profiles))
			return true;
	}
	return false;
}
