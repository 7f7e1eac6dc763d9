/* check.c - are these bytes of somebody else's a well-formed tree, a well-formed commit? Strict as
 * git fsck is; of trees, files and folders with plain names only. SPDX-License-Identifier: ISC */
#include "parts.h"
#include <string.h>

#define DIGITS_MAX 18u /* of a date: what fits 63 bits */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool begins(const char *name, size_t n, const char *with)
{
	size_t i = 0;
	while (with[i] && i < n && lower(name[i]) == with[i])
		i++;
	return !with[i];
}

/* No file system takes such a name for .git, . or .. */
static bool is_plain_name(const char *name, size_t n)
{
	if (n == 0 || begins(name, n, ".git") || begins(name, n, "git~"))
		return false;
	if (name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.')))
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '/' || name[i] == '\\')
			return false;
	return true;
}

/* tree_entry() for bytes that may be anything. */
static bool check_entry(const uint8_t *p, size_t n, size_t at, struct tree_entry *e)
{
	static const struct table_id null;
	size_t left = n - at;
	bool folder = left > 6 && memcmp(p + at, "40000 ", 6) == 0;
	bool file = left > 7 && memcmp(p + at, "100644 ", 7) == 0;
	if (!folder && !file)
		return false;
	size_t mode_n = folder ? 6 : 7;
	const uint8_t *end = memchr(p + at + mode_n, 0, left - mode_n);
	if (!end || (size_t)(p + n - end) < 1 + sizeof(null))
		return false;
	return tree_entry(p, n, at, e) && is_plain_name(e->name, e->name_n) && !id_is(e->id, &null);
}

static bool has_file(const uint8_t *p, size_t n, const struct tree_entry *folder)
{
	struct tree_entry e;
	for (size_t at = 0; tree_entry(p, n, at, &e); at += e.size)
		if (!e.folder && e.name_n == folder->name_n &&
			memcmp(e.name, folder->name, e.name_n) == 0)
			return true;
	return false;
}

/* May E follow LAST? A file and a folder of one name need not be neighbours, but what is between
 * them begins with that name. */
static bool may_follow(
	const uint8_t *p, size_t at, const struct tree_entry *last, const struct tree_entry *e)
{
	if (tree_compare(last->name, last->name_n, last->folder, e->name, e->name_n, e->folder) >=
		0)
		return false;
	bool near = last->name_n >= e->name_n && memcmp(last->name, e->name, e->name_n) == 0;
	return !e->folder || !near || !has_file(p, at, e);
}

bool check_tree(const uint8_t *p, size_t n)
{
	struct tree_entry e, last = {0};
	for (size_t at = 0; at < n; at += e.size) {
		if (!check_entry(p, n, at, &e))
			return false;
		if (at && !may_follow(p, at, &last, &e))
			return false;
		last = e;
	}
	return true;
}

/* A place in a text. */
struct reader {
	const char *p, *end;
};

static bool skip_word(struct reader *r, const char *word)
{
	size_t n = strlen(word);
	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
		return false;
	r->p += n;
	return true;
}

static bool skip_id(struct reader *r)
{
	struct table_id id;
	if (r->end - r->p < 40 || !table_id_parse(r->p, 40, &id))
		return false;
	r->p += 40;
	return skip_word(r, "\n");
}

/* Up to one of < > and the line's end; how many bytes. */
static size_t skip_name(struct reader *r)
{
	const char *from = r->p;
	while (r->p < r->end && *r->p != '<' && *r->p != '>' && *r->p != '\n')
		r->p++;
	return (size_t)(r->p - from);
}

static size_t skip_digits(struct reader *r)
{
	const char *from = r->p;
	while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
		r->p++;
	return (size_t)(r->p - from);
}

/* "NAME <EMAIL> SECONDS +HHMM" */
static bool skip_person(struct reader *r)
{
	if (!skip_name(r) || r->p[-1] != ' ' || !skip_word(r, "<"))
		return false;
	skip_name(r);
	if (!skip_word(r, "> "))
		return false;
	bool padded = r->end - r->p > 1 && r->p[0] == '0' && r->p[1] != ' ';
	size_t digits = skip_digits(r);
	if (padded || !digits || digits > DIGITS_MAX || !skip_word(r, " "))
		return false;
	return (skip_word(r, "+") || skip_word(r, "-")) && skip_digits(r) == 4 &&
	       skip_word(r, "\n");
}

static bool has_blank_line(struct reader r)
{
	for (; r.end - r.p > 1; r.p++)
		if (r.p[0] == '\n' && r.p[1] == '\n')
			return true;
	return false;
}

bool check_commit(const uint8_t *p, size_t n)
{
	struct reader r = {(const char *)p, (const char *)p + n};
	if (memchr(p, 0, n) || !skip_word(&r, "tree ") || !skip_id(&r))
		return false;
	while (skip_word(&r, "parent "))
		if (!skip_id(&r))
			return false;
	if (!skip_word(&r, "author ") || !skip_person(&r) || !skip_word(&r, "committer ") ||
		!skip_person(&r))
		return false;
	r.p--; /* the line feed may be the first of two */
	return has_blank_line(r);
}
