/* environment.c - the environment of an opam switch, as opam would set it for a program that is to
 * run in it. SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "project/reading.h"

/* Backslashes stand before blanks and before themselves. */
static const char *unescaped(struct arena *a, struct str s)
{
	struct text t = {.a = a};
	text_addz(&t, "");
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		text_add(&t, (struct str){s.p + i, 1});
	}
	return t.p;
}

/* OLD without the entry VALUE. */
static const char *without(struct arena *a, const char *old, const char *value)
{
	struct text t = {.a = a};
	struct str rest = str_of(old);
	bool first = true;
	text_addz(&t, "");
	while (rest.p) {
		struct str entry = str_cut(&rest, ':');
		if (str_is(entry, value))
			continue;
		text_addf(&t, "%s%.*s", first ? "" : ":", STR(entry));
		first = false;
	}
	return t.p;
}

/* "NAME\tOP\tVALUE\tcomment"; OP is "=", or where the value goes in a list: "+=", "=+", ":=", "=:"
 * and "=+=". */
static void apply(struct arena *a, struct str line)
{
	const char *name = str_copy(a, str_cut(&line, '\t'));
	struct str op = str_cut(&line, '\t'), field = str_cut(&line, '\t');
	const char *value = unescaped(a, field), *old = getenv(name);
	if (!*name || !op.n)
		return;
	const char *rest = old ? without(a, old, value) : "";
	bool behind = str_is(op, "=+") || str_is(op, "=:");
	if (!str_is(op, "=") && (*rest || str_is(op, "=:") || str_is(op, ":=")))
		value = behind ? str_format(a, "%s:%s", rest, value)
			       : str_format(a, "%s:%s", value, rest);
	setenv(name, value, 1);
}

void project_environment(const struct workspace *w)
{
	defer(arena_free) struct arena scratch = {0};
	const char *now = getenv("OPAM_SWITCH_PREFIX");
	struct str text;
	struct err ignored;
	if (!w->opam_switch || (now && !strcmp(now, w->opam_switch)))
		return;
	const char *file = path_join(&scratch, w->opam_switch, ".opam-switch/environment");
	if (!file_exists(file) || !file_read(&scratch, file, PROJECT_FILE_MAX, &text, &ignored))
		return;
	while (text.p)
		apply(&scratch, str_cut(&text, '\n'));
}
