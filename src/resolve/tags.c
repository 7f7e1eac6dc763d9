/* tags.c - runs universal-ctags and reads what it says. SPDX-License-Identifier: ISC */
#include "resolve/tags.h"

#include <string.h>

#include "sys/sys.h"

#define MAX_OUTPUT ((size_t)512 << 20)

/* Names that would have to be quoted on the way to ctags and back are no sources of anyone. */
static bool is_plain(const char *path)
{
	for (const char *c = path; *c; c++)
		if ((unsigned char)*c < ' ' || *c == '\\')
			return false;
	return true;
}

bool tags_knows(const char *path)
{
	static const char *const endings[] = {".c", ".h", ".S", ".s"};
	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (str_ends(str_of(path), str_of(endings[i])))
			return is_plain(path);
	return false;
}

const char *tag_words(char kind)
{
	static const struct {
		char kind;
		const char *words;
	} all[] = {{'d', "macro"}, {'e', "enumerator"}, {'f', "function"}, {'g', "enum"},
		{'l', "label"}, {'m', "macro"}, {'p', "function"}, {'s', "struct"}, {'t', "type"},
		{'u', "union"}, {'v', "variable"}, {'x', "variable"}};
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i].kind == kind)
			return all[i].words;
	return "file";
}

bool tag_is_declaration(char kind)
{
	return kind == 'p' || kind == 'x';
}

static bool parse_line(struct str line, const struct map *files, struct tag *tag)
{
	tag->name = str_cut(&line, '\t');
	uintptr_t file = (uintptr_t)map_get(files, str_cut(&line, '\t'));
	struct str number = str_cut(&line, ';'), mark = str_cut(&line, '\t');
	struct str kind = str_cut(&line, '\t');
	uint64_t at;
	if (!tag->name.n || !file || !str_is(mark, "\"") || kind.n != 1 || !str_u64(number, &at))
		return false;
	tag->file = (uint32_t)(file - 1);
	tag->line = at < UINT32_MAX ? (uint32_t)at : 0;
	tag->kind = kind.p[0];
	tag->local = str_starts(line, S("file:"));
	return true;
}

bool tags_parse(struct arena *a, struct str output, const strings *files, tags *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct map indices = {.a = &scratch};
	tags found = {0};
	for (size_t i = 0; i < files->n; i++)
		*map_put(&indices, str_of(files->v[i])) = (void *)(uintptr_t)(i + 1);
	while (output.n) {
		struct str line = str_cut(&output, '\n');
		struct tag tag;
		if (str_starts(line, S("!_TAG")))
			continue;
		if (!parse_line(line, &indices, &tag))
			return fail(e, E_CHILD, "ctags gave a line that is no tag: %.200s",
				str_copy(&scratch, line));
		vec_push(a, &found, tag);
	}
	*out = found;
	return true;
}

bool tags_read(struct arena *a, const char *root, const strings *files, tags *out, struct err *e)
{
	static const char *const argv[] = {"ctags", "--options=NONE", "--quiet=yes",
		"--languages=C,Asm", "--map-C=+.h", "--kinds-C=defgstuvpx", "--kinds-Asm=dlm",
		"--extras=-{anonymous}", "--fields=kf", "--excmd=number", "--sort=no",
		"--output-format=u-ctags", "-L", "-", "-f", "-", NULL};
	struct text list = {.a = a};
	struct outcome outcome;
	if (!files->n) {
		*out = (tags){0};
		return true;
	}
	vec_for(file, files) {
		text_addz(&list, *file);
		text_addz(&list, "\n");
	}
	struct command ctags = {.argv = argv,
		.dir = root,
		.input = text_str(&list),
		.output_limit = MAX_OUTPUT,
		.split = true};
	if (!command_must(a, &ctags, &outcome, e))
		return fail_hint(e, "symbols are found by universal-ctags: install it "
				    "(Debian: universal-ctags)");
	if (outcome.cut)
		return fail(e, E_INPUT, "%s has more symbols than can be handled", root);
	return tags_parse(a, outcome.output, files, out, e);
}
