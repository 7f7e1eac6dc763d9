/* special.c - what in a dune file forbids that its folder be a link: dune writes to the folder
 * itself where a rule promotes its targets there, and relative to it where the dune file is a
 * program in OCaml. SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <string.h>

#define DEPTH_MAX 8
#define TEXT_LIMIT ((size_t)4 << 20)

/* DIR/NAME without "." and "..": NULL where it leaves the shadow. */
static const char *tidy(struct arena *a, const char *dir, struct str name)
{
	struct text out = {.a = a};
	text_addz(&out, dir);
	while (name.p) {
		struct str part = str_cut(&name, '/');
		if (!part.n || str_is(part, "."))
			continue;
		if (str_is(part, "..")) {
			if (!out.n)
				return NULL;
			while (out.n && out.p[--out.n] != '/')
				continue;
			out.p[out.n] = '\0';
			continue;
		}
		text_addf(&out, "%s%.*s", out.n ? "/" : "", STR(part));
	}
	return out.p;
}

static void mark_real(struct build *b, const char *dir)
{
	for (const char *at = dir; *at; at = path_dir(b->a, at)) {
		if (!strcmp(at, "."))
			return;
		*map_put(&b->real, str_of(at)) = b;
	}
}

static void mark_own(struct build *b, const char *dir)
{
	if (!dir)
		return;
	mark_real(b, dir);
	*map_put(&b->own, str_of(dir)) = b;
}

static bool ends_word(char c)
{
	return strchr(" \t\r\n()\"", c) != NULL;
}

/* The word behind the next "(NAME" of *TEXT; false at the end. */
static bool next_argument(struct str *text, const char *name, struct str *out)
{
	for (;;) {
		ptrdiff_t at = str_find(*text, str_of(name));
		if (at < 0)
			return false;
		*text = str_from(*text, (size_t)at + strlen(name));
		size_t i = 0;
		while (i < text->n && strchr(" \t\r\n\"", text->p[i]))
			i++;
		size_t start = i;
		while (i < text->n && !ends_word(text->p[i]))
			i++;
		*out = (struct str){text->p + start, i - start};
		if (start && i > start)
			return true;
	}
}

static void own_arguments(struct build *b, const char *dir, struct str text, const char *name)
{
	struct str word;
	while (next_argument(&text, name, &word))
		mark_own(b, tidy(b->a, dir, word));
}

static void read_includes(
	struct build *b, const char *dir, const char *real, struct str text, int depth)
{
	struct str word, included;
	struct err ignored;
	while (depth < DEPTH_MAX && next_argument(&text, "(include", &word)) {
		const char *file = path_join(b->a, real, str_copy(b->a, word));
		const char *path = tidy(b->a, dir, word);
		if (path)
			*map_put(&b->included, str_of(path)) = b;
		if (file_read(b->a, file, TEXT_LIMIT, &included, &ignored))
			special_read(b, dir, real, included, depth + 1);
	}
}

void special_read(struct build *b, const char *dir, const char *real, struct str text, int depth)
{
	if (str_starts(text, S("(* -*- tuareg")))
		mark_real(b, dir);
	read_includes(b, dir, real, text, depth);
	if (str_find(text, S("generate_opam_files")) >= 0) {
		mark_real(b, dir);
		*map_put(&b->opam, str_of(dir)) = b;
	}
	if (str_find(text, S("promote")) < 0)
		return;
	mark_own(b, dir);
	own_arguments(b, dir, text, "(into");
	own_arguments(b, dir, text, "promote-into");
	own_arguments(b, dir, text, "promote-until-clean-into");
	own_arguments(b, dir, text, "(subdir");
}
