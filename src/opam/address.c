/* address.c - URLs and names as opam writes them. SPDX-License-Identifier: ISC */
#include "opam/opam.h"

#include <string.h>

static bool all_of(struct str s, const char *signs, bool *letter)
{
	*letter = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i], lower = (char)(c | 0x20);
		bool is_letter = lower >= 'a' && lower <= 'z';
		*letter = *letter || is_letter;
		if (!is_letter && !(c >= '0' && c <= '9') && !(c && strchr(signs, c)))
			return false;
	}
	return s.n > 0 && s.n <= 255;
}

bool opam_name_valid(struct str name)
{
	bool letter;
	return all_of(name, "_+-", &letter) && letter;
}

bool opam_version_valid(struct str version)
{
	bool letter;
	return all_of(version, "_+-.~", &letter);
}

bool opam_name_split(struct str both, struct str *name, struct str *version)
{
	struct str rest = both;
	struct str first = str_cut(&rest, '.');
	if (!rest.p || !opam_name_valid(first) || !opam_version_valid(rest))
		return false;
	*name = first;
	*version = rest;
	return true;
}

/* ---- URLs ---------------------------------------------------------------------------------- */

static bool drop_prefix(struct str *s, const char *prefix)
{
	if (!str_starts(*s, str_of(prefix)))
		return false;
	*s = str_from(*s, strlen(prefix));
	return true;
}

struct opam_url opam_url_parse(struct str url)
{
	static const struct {
		const char *prefix;
		enum opam_backend backend;
		bool keep; /* the prefix is the address's scheme, too */
	} kinds[] = {
		{"git+", OPAM_GIT, false},
		{"hg+", OPAM_HG, false},
		{"darcs+", OPAM_DARCS, false},
		{"rsync+", OPAM_FOLDER, false},
		{"git://", OPAM_GIT, true},
		{"hg://", OPAM_HG, true},
		{"darcs://", OPAM_DARCS, true},
		{"rsync://", OPAM_FOLDER, true},
		{"file://", OPAM_FOLDER, true},
		{"path://", OPAM_FOLDER, true},
		{"http://", OPAM_ARCHIVE, true},
		{"https://", OPAM_ARCHIVE, true},
		{"ftp://", OPAM_ARCHIVE, true},
	};
	struct opam_url out = {.backend = OPAM_FOLDER, .fragment = url};
	out.address = str_cut(&out.fragment, '#');
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!str_starts(out.address, str_of(kinds[i].prefix)))
			continue;
		out.backend = kinds[i].backend;
		if (!kinds[i].keep)
			(void)drop_prefix(&out.address, kinds[i].prefix);
		break;
	}
	if (out.backend == OPAM_ARCHIVE && str_ends(out.address, S(".git")))
		out.backend = OPAM_GIT;
	return out;
}

/* "user@host:path" of ssh is "host/path" of a URL. */
static void scp_to_path(char *key)
{
	char *colon = strchr(key, ':'), *slash = strchr(key, '/');
	if (colon && (!slash || colon < slash) && (colon[1] < '0' || colon[1] > '9'))
		*colon = '/';
}

struct str opam_repository_key(struct arena *a, struct str url)
{
	struct str s = opam_url_parse(url).address;
	ptrdiff_t scheme = str_find(s, S("://"));
	if (scheme >= 0)
		s = str_from(s, (size_t)scheme + 3);
	struct str rest = s;
	struct str host = str_cut(&rest, '/');
	ptrdiff_t user = str_find(host, S("@"));
	if (user >= 0)
		s = str_from(s, (size_t)user + 1);
	for (size_t n = 0; n != s.n;) {
		n = s.n;
		while (s.n > 1 && s.p[s.n - 1] == '/')
			s.n--;
		if (s.n > 4 && str_ends(s, S(".git")))
			s.n -= 4;
	}
	char *key = str_copy(a, s);
	scp_to_path(key);
	for (char *c = key; *c && *c != '/'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c | 0x20);
	return (struct str){key, s.n};
}
