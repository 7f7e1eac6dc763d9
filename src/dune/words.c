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

/* Dune tells a program by its file's name, up to the first dot. So "x.c:3:1: error: y" is none, nor
 * is "/usr/bin/ld: y", nor what is left of a command that is broken into lines. */
static bool is_program(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			      (c >= '0' && c <= '9') || c == '_';
		if (!letter && (i == 0 || !strchr("-+~@%", c)))
			return false;
	}
	return name.n > 0;
}

/* Takes how a program failed off the end of TARGET; false where it says nothing of that. */
static bool cut_failure(struct str *target)
{
	static const char *const words[] = {" (exit ", " (got signal ", " (had unexpected output "};
	if (!str_ends(*target, S(")")))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		ptrdiff_t at = str_find(*target, str_of(words[i]));
		if (at < 0)
			continue;
		target->n = (size_t)at;
		return true;
	}
	return false;
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
	if (!is_program(l.program) || !rest.n || rest.p[0] == ' ' ||
		(spaces ? width != PROGRAM_WIDTH : width < PROGRAM_WIDTH))
		return false;
	l.failed = cut_failure(&rest);
	cut_context(&rest, &l.context);
	l.target = rest;
	*out = l;
	return rest.n > 0;
}

/* Of "src/{a,b}.c,src/d.c" the folder, and "" in *NAME; of one name alone that, too. */
static struct str first_folder(struct str target, struct str *name)
{
	static const char *const kinds[] = {"alias ", "install "};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (str_starts(target, str_of(kinds[i])))
			target = str_from(target, strlen(kinds[i]));
	size_t end = 0, folder = 0;
	while (end < target.n && target.p[end] != ',' && target.p[end] != '{') {
		if (target.p[end] == '/')
			folder = end;
		end++;
	}
	*name = end == target.n ? str_from(target, folder ? folder + 1 : 0) : S("");
	return (struct str){target.p, folder};
}

/* Has NAME an ending, as most files have, and no spaces, which text has? */
static bool looks_like_file(struct str name)
{
	struct str rest = name;
	str_cut(&rest, '.');
	return rest.n && str_find(name, S(" ")) < 0;
}

bool dune_line_holds(const struct build *b, const struct dune_line *line)
{
	struct str name, context = line->context, folder = first_folder(line->target, &name);
	if (str_is(line->target, "(internal)"))
		return true;
	struct str first = str_cut(&context, ',');
	const char *at = str_format(b->a, "%s/_build/%.*s/%.*s", b->dir,
		STR(first.n ? first : S("default")), STR(folder));
	if (str_starts(folder, S("_build/")))
		at = str_format(b->a, "%s/%.*s", b->dir, STR(folder));
	if (!dir_exists(at))
		return false;
	return folder.n || line->failed || !name.n || looks_like_file(name) ||
	       file_exists(path_join(b->a, at, str_copy(b->a, name)));
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
