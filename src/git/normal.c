/* normal.c - unified diffs of all makes in the one form that libgit2 reads: every file begins with
 * "diff --git", and what is between the files is left out. SPDX-License-Identifier: ISC */
#include "git/patch.h"

#include <string.h>

struct reader {
	struct str rest;
	size_t line; /* number of the line at REST, from 1 */
	struct text *out;
	struct err *e;
};

static struct str peek(const struct reader *r)
{
	struct str rest = r->rest;
	return str_cut(&rest, '\n');
}

static struct str take(struct reader *r)
{
	r->line++;
	return str_cut(&r->rest, '\n');
}

static void put(struct reader *r, struct str line)
{
	text_add(r->out, line);
	text_addz(r->out, "\n");
}

static bool wrong(struct reader *r, size_t line, const char *what)
{
	fail(r->e, E_INPUT, "line %zu of the diff: %s", line, what);
	return fail_hint(r->e, "expected a whole unified diff, as git diff or diff -u write it");
}

/* "12,3" or "12": the count; 1 where it is not said. */
static bool read_range(struct str range, uint64_t *count)
{
	uint64_t start;
	struct str first = str_cut(&range, ',');
	*count = 1;
	return str_u64(first, &start) && start < INT32_MAX &&
	       (!range.p || (str_u64(range, count) && *count < INT32_MAX));
}

/* "@@ -1,2 +3,4 @@ function" */
static bool read_counts(struct str line, uint64_t *old, uint64_t *new)
{
	struct str words = str_from(line, 3), minus = str_cut(&words, ' '),
		   plus = str_cut(&words, ' ');
	return str_starts(minus, S("-")) && str_starts(plus, S("+")) &&
	       str_starts(words, S("@@")) && read_range(str_from(minus, 1), old) &&
	       read_range(str_from(plus, 1), new);
}

/* Takes a line of a hunk off the counts of its head; false where it can't belong to it. */
static bool count_line(struct str line, uint64_t *old, uint64_t *new)
{
	/* Mail programs cut off the space of an empty line. */
	char kind = line.n ? line.p[0] : ' ';
	bool is_old = kind == ' ' || kind == '-', is_new = kind == ' ' || kind == '+';
	if (kind == '\\')
		return true;
	if ((!is_old && !is_new) || (is_old && !*old) || (is_new && !*new))
		return false;
	*old -= is_old;
	*new -= is_new;
	return true;
}

/* Does LINE, behind a hunk, look like one more line of it? "-- " begins a mail's signature. */
static bool is_surplus(struct str line)
{
	bool is_change = str_starts(line, S("+")) || str_starts(line, S("-"));
	return is_change && !str_starts(line, S("-- ")) && !str_is(line, "--") &&
	       !str_starts(line, S("--- "));
}

static bool copy_hunk(struct reader *r)
{
	uint64_t old, new;
	size_t start = r->line;
	struct str head = take(r);
	if (!read_counts(head, &old, &new))
		return wrong(r, start, "expected \"@@ -LINE,COUNT +LINE,COUNT @@\"");
	put(r, head);
	while (old || new) {
		if (!r->rest.p || !r->rest.n)
			return wrong(r, r->line, "the diff ends in the middle of a hunk");
		struct str line = take(r);
		if (!count_line(line, &old, &new))
			return wrong(r, r->line - 1,
				"this line is not of the hunk, which should go on here");
		put(r, line.n ? line : S(" "));
	}
	if (str_starts(peek(r), S("\\")))
		put(r, take(r));
	if (is_surplus(peek(r)))
		return wrong(r, r->line, "the hunk has more lines than its head says");
	return true;
}

static bool copy_hunks(struct reader *r)
{
	while (str_starts(peek(r), S("@@ ")))
		if (!copy_hunk(r))
			return false;
	return true;
}

/* The path in a "--- " or "+++ " line: without time, and without its first part. */
static struct str path_of(struct str line)
{
	struct str path = str_from(line, 4);
	path = str_trim(str_cut(&path, '\t'));
	const char *slash = path.n ? memchr(path.p, '/', path.n) : NULL;
	if (str_is(path, "/dev/null") || !slash || slash == path.p)
		return path;
	return str_from(path, (size_t)(slash - path.p) + 1);
}

static bool check_path(struct reader *r, struct str path)
{
	defer(arena_free) struct arena scratch = {0};
	const char *name = str_copy(&scratch, path);
	if (path_is_safe(name))
		return true;
	fail(r->e, E_UNSAFE, "the patch writes to \"%s\", which is not a path within the tree",
		name);
	return fail_hint(r->e, "paths are relative, without \"..\" and without .git");
}

/* diff -N gives a missing file a name, and the time 0. */
static bool is_missing(struct str line, struct str hunk, const char *range)
{
	bool epoch = str_find(line, S("\t1970-01-01 0")) >= 0 ||
		     str_find(line, S("\t1970-01-01 1")) >= 0 ||
		     str_find(line, S("\t1969-12-31 ")) >= 0;
	return str_is(path_of(line), "/dev/null") || (epoch && str_find(hunk, str_of(range)) >= 0);
}

/* A file as diff -u writes it. */
static bool copy_plain(struct reader *r)
{
	size_t start = r->line;
	struct str old_line = take(r), new_line = take(r), hunk = peek(r);
	bool made = is_missing(old_line, hunk, " -0,0 "),
	     gone = is_missing(new_line, hunk, " +0,0 ");
	struct str old = path_of(old_line), new = path_of(new_line);
	struct str path = gone ? old : new;
	if (made && gone)
		return wrong(r, start, "both sides are /dev/null");
	if (!check_path(r, path))
		return false;
	text_addf(r->out, "diff --git a/%.*s b/%.*s\n", STR(path), STR(path));
	if (made || gone)
		text_addf(r->out, "%s file mode 100644\n", made ? "new" : "deleted");
	struct str nothing = S("/dev/null");
	text_addf(r->out, "--- %s%.*s\n", made ? "" : "a/", STR(made ? nothing : path));
	text_addf(r->out, "+++ %s%.*s\n", gone ? "" : "b/", STR(gone ? nothing : path));
	if (!str_starts(peek(r), S("@@ ")))
		return wrong(r, r->line, "expected \"@@ -LINE,COUNT +LINE,COUNT @@\"");
	return copy_hunks(r);
}

static bool is_extended(struct str line)
{
	static const char *const words[] = {"old mode ", "new mode ", "deleted file mode ",
		"new file mode ", "copy from ", "copy to ", "rename from ", "rename to ",
		"similarity index ", "dissimilarity index ", "index ", "--- ", "+++ "};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_starts(line, str_of(words[i])))
			return true;
	return false;
}

/* "GIT binary patch", then one or two blocks, each ended by an empty line. */
static void copy_binary(struct reader *r)
{
	put(r, take(r));
	while (str_starts(peek(r), S("literal ")) || str_starts(peek(r), S("delta "))) {
		while (r->rest.n && peek(r).n)
			put(r, take(r));
		if (r->rest.n)
			take(r);
		text_addz(r->out, "\n");
	}
}

/* A file as git writes it. */
static bool copy_git(struct reader *r)
{
	put(r, take(r));
	struct str last = {NULL, 0};
	while (r->rest.n && is_extended(peek(r))) {
		last = take(r);
		put(r, last);
	}
	if (str_starts(peek(r), S("@@ ")) && !str_starts(last, S("+++ ")))
		return wrong(r, r->line, "a hunk without the name of its file before it");
	/* An empty file: libgit2 does not see its end by itself. */
	if (str_starts(last, S("index ")) && !str_starts(peek(r), S("GIT binary patch")))
		put(r, S("-- "));
	struct str line = peek(r);
	if (str_starts(line, S("GIT binary patch")))
		copy_binary(r);
	else if (str_starts(line, S("Binary files ")))
		return wrong(r, r->line,
			"a binary file without its content (git diff --binary "
			"gives it)");
	return copy_hunks(r);
}

bool normal_diff(struct str patch, struct text *out, struct err *e)
{
	struct reader r = {.rest = patch, .line = 1, .out = out, .e = e};
	text_addz(out, "");
	while (r.rest.n) {
		struct str line = peek(&r), next = str_from(r.rest, line.n + 1);
		bool good = true;
		if (str_starts(line, S("diff --git ")))
			good = copy_git(&r);
		else if (str_starts(line, S("--- ")) && str_starts(next, S("+++ ")))
			good = copy_plain(&r);
		else if (str_starts(line, S("@@ ")))
			good = wrong(&r, r.line, "a hunk without the name of its file before it");
		else
			take(&r);
		if (!good)
			return false;
	}
	return out->n || wrong(&r, 1, "there is no diff in it");
}
