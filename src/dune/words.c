/* words.c - what dune prints, read and put into the user's words. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <string.h>

#define PROGRAM_WIDTH 12 /* dune puts the program's name at the right of so many columns */

/* "src/foo.o [solo5]" -> "src/foo.o", "solo5" */
static void cut_context(struct str *target, struct str *context)
{
	*context = (struct str){0};
	if (!target->n || target->p[target->n - 1] != ']')
		return;
	for (size_t i = target->n - 1; i > 1; i--)
		if (target->p[i] == '[' && target->p[i - 1] == ' ') {
			*context = (struct str){target->p + i + 1, target->n - i - 2};
			target->n = i - 1;
			return;
		}
}

bool dune_line_parse(struct str line, struct dune_line *out)
{
	struct dune_line l = {0};
	size_t spaces = 0;
	while (spaces < line.n && line.p[spaces] == ' ')
		spaces++;
	struct str rest = str_from(line, spaces);
	l.program = str_cut(&rest, ' ');
	size_t width = spaces + l.program.n;
	if (!l.program.n || !rest.n || (spaces ? width != PROGRAM_WIDTH : width < PROGRAM_WIDTH))
		return false;
	ptrdiff_t exit = str_find(rest, S(" (exit "));
	ptrdiff_t signal = str_find(rest, S(" (got signal "));
	ptrdiff_t end = exit >= 0 ? exit : signal;
	if (end >= 0) {
		l.failed = true;
		rest.n = (size_t)end;
	}
	cut_context(&rest, &l.context);
	l.target = rest;
	*out = l;
	return rest.n > 0 && rest.p[0] != ' ';
}

/* ---- paths ---------------------------------------------------------------------------- */

static bool in_path(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       strchr("_-+./@~%", c) != NULL;
}

static struct str replace(struct arena *a, struct str log, const char *from, const char *to)
{
	struct text out = {.a = a};
	ptrdiff_t at;
	struct str part = str_of(from);
	text_addz(&out, "");
	while ((at = str_find(log, part)) >= 0) {
		bool starts =
			at == 0 ? !out.n || !in_path(out.p[out.n - 1]) : !in_path(log.p[at - 1]);
		text_add(&out, (struct str){log.p, (size_t)at});
		text_addz(&out, starts ? to : from);
		log = str_from(log, (size_t)at + part.n);
	}
	text_add(&out, log);
	return text_str(&out);
}

/* With an overlay of all of the workspace only what is said to be a file is known to be one. */
static struct str map_files(struct build *b, struct str log)
{
	struct text out = {.a = b->a};
	struct str mark = S("File \"");
	ptrdiff_t at;
	text_addz(&out, "");
	while ((at = str_find(log, mark)) >= 0) {
		struct str rest = str_from(log, (size_t)at + mark.n);
		struct str path = str_cut(&rest, '"');
		text_add(&out, (struct str){log.p, (size_t)at + mark.n});
		text_addz(&out, user_path(b, str_copy(b->a, path)));
		log = str_from(log, (size_t)at + mark.n + path.n);
	}
	text_add(&out, log);
	return text_str(&out);
}

struct str user_log(struct build *b, struct str log)
{
	log = replace(b->a, log, str_format(b->a, "%s/_build/default/", b->dir), "");
	log = replace(b->a, log, str_format(b->a, "%s/", b->dir), "");
	if (b->mounts.v->over)
		return map_files(b, log);
	vec_for(m, &b->mounts)
		if (m->over || m->added)
			log = replace(b->a, log, str_format(b->a, "%s/", m->at),
				str_format(b->a, "%s/", m->shown));
	return log;
}
