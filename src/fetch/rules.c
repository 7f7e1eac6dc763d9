/* rules.c - which names and links of an archive may become files. SPDX-License-Identifier: ISC */
#include "fetch/rules.h"

#include <limits.h>
#include <strings.h>

enum { PATH_MOST = 1024, QUOTE_MOST = 200 };

static bool is_control(struct str s, size_t i)
{
	unsigned char c = (unsigned char)s.p[i];
	if (c < 0x20 || c == 0x7f)
		return true;
	/* U+0080..U+009F in UTF-8: terminals obey these too. */
	return c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0;
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_control(s, i))
			return true;
	return false;
}

/* What some file system takes for git's own folder: git guards against the same spellings. */
static bool is_git(struct str part)
{
	struct str stem = str_cut(&part, ':');
	while (stem.n && (stem.p[stem.n - 1] == '.' || stem.p[stem.n - 1] == ' '))
		stem.n--;
	return (stem.n == 4 && strncasecmp(stem.p, ".git", 4) == 0) ||
	       (stem.n == 5 && strncasecmp(stem.p, "git~1", 5) == 0);
}

static const char *part_refused(struct str part)
{
	if (str_is(part, ".."))
		return "'..' in its path";
	if (is_git(part))
		return "git's own folder in its path";
	if (part.n > NAME_MAX)
		return "a name of more than 255 bytes";
	return NULL;
}

static bool is_nothing(struct str part)
{
	return part.n == 0 || str_is(part, ".");
}

const char *name_refused(struct str name, size_t depth)
{
	if (name.n == 0)
		return "it has no name";
	if (name.p[0] == '/')
		return "an absolute path";
	if (name.n > PATH_MOST)
		return "a path of more than 1024 bytes";
	if (has_control(name))
		return "control characters in its name";
	size_t parts = 0;
	while (name.p) {
		struct str part = str_cut(&name, '/');
		const char *why = part_refused(part);
		if (why)
			return why;
		parts += !is_nothing(part);
	}
	return parts > depth ? "too many folders deep" : NULL;
}

const char *name_clean(struct arena *a, struct str name)
{
	struct text t = {.a = a};
	text_addz(&t, "");
	while (name.p) {
		struct str part = str_cut(&name, '/');
		if (is_nothing(part))
			continue;
		if (t.n)
			text_addz(&t, "/");
		text_add(&t, part);
	}
	return t.p;
}

static size_t folders_above(struct str name)
{
	size_t n = 0;
	for (size_t i = 0; i < name.n; i++)
		n += name.p[i] == '/';
	return n;
}

/* ".." is taken at the front only: behind a name, which may be a link itself, where it leads can't
 * be told from the text. */
const char *link_refused(struct str name, struct str target, size_t *height)
{
	if (target.n == 0)
		return "a link to nothing";
	if (target.p[0] == '/')
		return "a link to an absolute path";
	if (target.n > PATH_MOST)
		return "a link to a path of more than 1024 bytes";
	if (has_control(target))
		return "control characters in the link's target";
	size_t left = folders_above(name);
	bool named = false;
	while (target.p) {
		struct str part = str_cut(&target, '/');
		if (!str_is(part, "..")) {
			named = named || !is_nothing(part);
			continue;
		}
		if (named)
			return "a link with '..' behind a name";
		if (left-- == 0)
			return "a link that leads out of the tree";
	}
	*height = left;
	return NULL;
}

const char *name_quote(struct arena *a, struct str name)
{
	struct text t = {.a = a};
	text_addz(&t, "");
	for (size_t i = 0; i < name.n && i < QUOTE_MOST; i++) {
		unsigned char c = (unsigned char)name.p[i];
		if (c < 0x20 || c >= 0x7f)
			text_addf(&t, "\\x%02x", c);
		else
			text_add(&t, (struct str){name.p + i, 1});
	}
	if (name.n > QUOTE_MOST)
		text_addz(&t, "...");
	return t.p;
}
