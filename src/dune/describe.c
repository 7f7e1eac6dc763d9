/* describe.c - libraries whose dune file is a program in OCaml: only dune knows them, and its
 * description is kept as long as no file comes or goes and no dune file changes.
 * SPDX-License-Identifier: ISC */
#include "dune/inner.h"

#include <string.h>

#define TEXT_LIMIT ((size_t)64 << 20)

static const char *file_of(const struct build *b)
{
	return str_format(b->a, "%s/dune/%s.described", b->state, b->side);
}

static const char *key_of(const struct build *b)
{
	struct hasher h;
	hash_start(&h);
	vec_for(entry, &b->inputs) {
		if (!is_workspace(entry->kind))
			continue;
		hash_add(&h, (struct str){entry->path, strlen(entry->path) + 1});
		if (is_dune_file(entry->path))
			hash_add(&h, (struct str){(const char *)entry->digest.b,
					     sizeof(entry->digest.b)});
	}
	struct digest d = hash_end(&h);
	return digest_hex(b->a, &d);
}

static bool take(struct build *b, struct str text, struct err *e)
{
	struct ocaml_workspace described = {0};
	if (!ocaml_describe_parse(b->a, b->dir, text, &described, e))
		return false;
	ocaml_workspace_confirm(b->a, &b->graph, &described);
	return true;
}

void described_read(struct build *b)
{
	struct str text;
	struct err ignored;
	if (!file_read(b->a, file_of(b), TEXT_LIMIT, &text, &ignored))
		return;
	struct str key = str_cut(&text, '\n');
	b->is_described = take(b, text, &ignored) && str_is(key, key_of(b));
}

bool described_renew(struct build *b, struct err *e)
{
	const char *profile = b->q->image->build.dune->profile;
	const char *const argv[] = {b->dune, "describe", "workspace", "--root", ".", "--no-config",
		"--lang", "0.1", "--format", "csexp", profile ? "--profile" : NULL, profile, NULL};
	const struct command c = {.argv = argv,
		.dir = b->dir,
		.env = b->env.v,
		.split = true,
		.output_limit = TEXT_LIMIT};
	struct outcome o;
	struct text out = {.a = b->a};
	if (!b->is_partial || b->is_described)
		return true;
	if (!command_must(b->a, &c, &o, e))
		return fail_context(e, "ask dune for the libraries of the workspace");
	text_addf(&out, "%s\n", key_of(b));
	text_add(&out, o.output);
	b->is_described = true;
	return take(b, o.output, e) && file_write_cache(file_of(b), text_str(&out), 0666, e);
}
