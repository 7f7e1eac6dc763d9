/* edit.c - changes what a recipe says of its version and its source, and nothing else of its file.
 * SPDX-License-Identifier: ISC */
#include "recipe/recipe.h"

#include <string.h>

#include "sys/sys.h"

#define RECIPE_LIMIT ((size_t)1024 * 1024)

static void put_field(struct text *out, bool *first, const char *name, const char *value)
{
	struct text quoted = {.a = out->a};
	struct json_writer w = {.out = &quoted};
	if (!value)
		return;
	json_put_string(&w, NULL, value);
	text_addf(out, "%s\"%s\": %s", *first ? "" : ", ", name, quoted.p);
	*first = false;
}

/* What the line of TEXT that holds the field NAME begins with: the file's own way to indent. */
static struct str indent_of(struct str text, const char *name)
{
	struct str value;
	if (!json_locate(text, name, &value))
		return S("  ");
	const char *line = value.p;
	while (line > text.p && line[-1] != '\n')
		line--;
	size_t n = strspn(line, " \t");
	return n ? (struct str){line, n} : S("  ");
}

/* Each place on a line of its own. */
static struct str write_sources(struct arena *a, const source_list *list, struct str indent)
{
	struct text out = {.a = a};
	const char *first_line = str_format(a, "\n%.*s%.*s{ ", STR(indent), STR(indent));
	text_addz(&out, "[");
	vec_for(s, list) {
		bool first = true;
		text_addf(&out, "%s%s", s == list->v ? "" : ",", first_line);
		put_field(&out, &first, "debian", s->debian);
		put_field(&out, &first, "url", s->url);
		put_field(&out, &first, "git", s->git);
		put_field(&out, &first, "path", s->path);
		put_field(&out, &first, "version", s->version);
		put_field(&out, &first, "commit", s->commit);
		put_field(&out, &first, "sha256", s->sha256);
		put_field(&out, &first, "sha512", s->sha512);
		put_field(&out, &first, "md5", s->md5);
		text_addz(&out, " }");
	}
	text_addf(&out, "\n%.*s]", STR(indent));
	return text_str(&out);
}

static bool replace(struct arena *a, struct str *text, const char *name, struct str value,
	const struct recipe *r, struct err *e)
{
	struct str old;
	struct text out = {.a = a};
	if (!json_locate(*text, name, &old)) {
		fail(e, E_INPUT, "expected a field \"%s\"", name);
		return fail_where(e, "%s", r->file);
	}
	text_add(&out, (struct str){text->p, (size_t)(old.p - text->p)});
	text_add(&out, value);
	text_add(&out, str_from(*text, (size_t)(old.p - text->p) + old.n));
	*text = text_str(&out);
	return true;
}

bool recipe_edit(struct arena *a, const struct recipe *r, const char *version,
	const source_list *list, struct str *before, struct str *after, struct err *e)
{
	struct text quoted = {.a = a};
	struct json_writer w = {.out = &quoted};
	struct recipe parsed = {0};
	json_put_string(&w, NULL, version);
	if (!file_read(a, r->file, RECIPE_LIMIT, before, e))
		return false;
	struct str text = *before;
	if (!replace(a, &text, "version", text_str(&quoted), r, e) ||
		!replace(a, &text, "source", write_sources(a, list, indent_of(text, "source")), r,
			e) ||
		!spec_read(a, &recipe_spec, text, r->file, &parsed, e))
		return false;
	*after = text;
	return true;
}
