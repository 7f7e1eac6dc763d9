/* quilt.c - Debian's patches of a source tree. SPDX-License-Identifier: ISC */
#include "fetch/quilt.h"

#include <string.h>

#include "fetch/rules.h"
#include "sys/sys.h"

enum { SERIES_MOST = 1 << 20, DEPTH_MOST = 8, STRIP_MOST = 64 };

/* A line of the series while it is read. */
struct line {
	struct arena *a;
	struct str rest;
	int number;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static struct str next_word(struct line *l)
{
	struct str s = l->rest;
	while (s.n && is_blank(s.p[0]))
		s = str_from(s, 1);
	struct str word = {s.p, 0};
	while (word.n < s.n && !is_blank(s.p[word.n]))
		word.n++;
	/* A comment: a name may hold the sign, but not begin with it. */
	if (word.n && word.p[0] == '#')
		word.n = s.n = 0;
	l->rest = str_from(s, word.n);
	return word;
}

MUST_CHECK static bool wrong(struct line *l, struct str word, struct err *e)
{
	(void)fail(e, E_INPUT, "debian/patches/series, line %d: '%s' is no option of a patch",
		l->number, name_quote(l->a, word));
	return fail_hint(e, "known are -pN, the leading folders to strip, and -R, to reverse it");
}

MUST_CHECK static bool read_option(
	struct line *l, struct str word, struct quilt_patch *out, struct err *e)
{
	uint64_t strip;
	if (str_is(word, "-R")) {
		out->reverse = true;
		return true;
	}
	struct str number = str_from(word, 2);
	if (!str_starts(word, S("-p")))
		return wrong(l, word, e);
	if (!number.n)
		number = next_word(l);
	if (!str_u64(number, &strip) || strip > STRIP_MOST)
		return wrong(l, word, e);
	out->strip = (int)strip;
	return true;
}

bool quilt_series(struct arena *a, struct str text, quilt_patches *out, struct err *e)
{
	struct line l = {.a = a};
	while (text.p) {
		l.rest = str_cut(&text, '\n');
		l.number++;
		struct str name = next_word(&l);
		if (!name.n)
			continue;
		const char *rule = name_refused(name, DEPTH_MOST);
		if (rule)
			return fail(e, E_UNSAFE, "debian/patches/series: '%s' refused: %s",
				name_quote(a, name), rule);
		struct quilt_patch patch = {.name = str_copy(a, name), .strip = 1};
		for (struct str word = next_word(&l); word.n; word = next_word(&l))
			if (!read_option(&l, word, &patch, e))
				return false;
		vec_push(a, out, patch);
	}
	return true;
}

/* --unified keeps patch(1) from running scripts of ed, --get=0 from asking version control. */
MUST_CHECK static bool run_patch(struct arena *a, const char *tree, const struct quilt_patch *p,
	struct str input, const char *file, struct err *e)
{
	const char *strip = str_format(a, "--strip=%d", p->strip);
	const char *fuzz = str_format(a, "--fuzz=%d", p->fuzz);
	/* --forward refuses what seems to be applied already; in reverse that is the aim. */
	const char *way = p->reverse ? "--reverse" : "--forward";
	const char *const argv[] = {"patch", strip, fuzz, "--batch", way, "--unified", "--get=0",
		"--no-backup-if-mismatch", "--reject-file=-", "--input", input.p ? "-" : file,
		NULL};
	struct outcome o;
	if (!command_run(a, &(struct command){.argv = argv, .dir = tree, .input = input}, &o, e)) {
		if (e->code != E_ABSENT)
			return false;
		return fail_hint(e,
			"patches are applied by the program patch; its package has the same "
			"name");
	}
	if (o.exit_code != 0)
		return fail(e, E_INPUT, "%s does not apply: patch %s:\n%.*s", file,
			outcome_words(a, &o), STR(str_trim(o.output)));
	return true;
}

bool diff_apply(const char *tree, struct str diff, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const struct quilt_patch all = {.strip = 1};
	return run_patch(&scratch, tree, &all, diff, "the .diff.gz", e);
}

bool quilt_apply_one(const char *tree, const struct quilt_patch *p, struct str text, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	return run_patch(&scratch, tree, p, text, p->name, e);
}

/* The distribution's own series goes before the common one. */
static const char *find_series(struct arena *a, const char *tree)
{
	static const char *const names[] = {
		"debian/patches/debian.series", "debian/patches/series"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *file = path_join(a, tree, names[i]);
		if (file_exists(file))
			return file;
	}
	return NULL;
}

bool quilt_apply(const char *tree, quilt_applied *applied, void *ctx, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	const char *series = find_series(&scratch, tree);
	if (!series)
		return true;
	struct str text;
	quilt_patches patches = {0};
	if (!file_read(&scratch, series, SERIES_MOST, &text, e) ||
		!quilt_series(&scratch, text, &patches, e))
		return false;
	vec_for(p, &patches) {
		const char *file = str_format(&scratch, "debian/patches/%s", p->name);
		if (!run_patch(&scratch, tree, p, (struct str){0}, file, e) ||
			(applied && !applied(ctx, p->name, path_join(&scratch, tree, file), e)))
			return false;
	}
	return true;
}
