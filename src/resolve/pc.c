/* pc.c - reads a file of pkg-config's. SPDX-License-Identifier: ISC */
#include "resolve/pc.h"

#include <string.h>

#define DEPTH_MAX 16		     /* of variables in variables */
#define VALUE_MAX ((size_t)64 << 10) /* of what they come to */

struct reader {
	struct arena *a;
	const char *path;
	int line;
	struct map variables; /* struct str by name */
};

MUST_CHECK static bool wrong(const struct reader *r, struct err *e, const char *what)
{
	(void)fail(e, E_INPUT, "%s", what);
	return fail_where(e, "%s:%d", r->path, r->line);
}

/* TEXT with each "${name}" replaced, unknown ones by nothing, and "$$" by "$". */
MUST_CHECK static bool expand(
	struct reader *r, struct str text, int depth, struct text *out, struct err *e)
{
	if (depth > DEPTH_MAX)
		return wrong(r, e, "variables are nested too deeply");
	while (text.n) {
		struct str plain = str_cut(&text, '$');
		text_add(out, plain);
		if (out->n > VALUE_MAX)
			return wrong(r, e, "a value is too long");
		if (!text.p)
			break;
		if (!text.n || *text.p != '{') {
			text_addz(out, "$");
			text = str_from(text, text.n && *text.p == '$');
			continue;
		}
		struct str rest = str_from(text, 1), name = str_cut(&rest, '}');
		const struct str *value = map_get(&r->variables, name);
		if (!rest.p)
			return wrong(r, e, "expected a '}' behind \"${\"");
		if (value && !expand(r, *value, depth + 1, out, e))
			return false;
		text = rest;
	}
	return true;
}

static struct str *field_of(struct pc *pc, struct str name)
{
	struct {
		const char *name;
		struct str *at;
	} fields[] = {{"Name", &pc->name}, {"Description", &pc->description},
		{"Version", &pc->version}, {"Libs", &pc->libs}, {"Requires", &pc->requires},
		{"Cflags", &pc->cflags}, {"CFlags", &pc->cflags}};
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (str_is(name, fields[i].name))
			return fields[i].at;
	return NULL;
}

static size_t word_length(struct str line)
{
	size_t n = 0;
	while (n < line.n && (line.p[n] > 0x20 && line.p[n] != ':' && line.p[n] != '='))
		n++;
	return n;
}

MUST_CHECK static bool read_line(struct reader *r, struct str line, struct pc *out, struct err *e)
{
	size_t n = word_length(line);
	struct str name = {line.p, n}, rest = str_trim(str_from(line, n));
	if (!n || !rest.n || (*rest.p != ':' && *rest.p != '='))
		return wrong(r, e, "expected 'Field: value' or 'variable=value'");
	struct str value = str_trim(str_from(rest, 1));
	if (*rest.p == '=') {
		struct str *kept = NEW(r->a, struct str);
		*kept = value;
		*map_put(&r->variables, name) = kept;
		return true;
	}
	struct str *field = field_of(out, name);
	struct text t = {.a = r->a};
	if (!field)
		return true;
	text_addz(&t, "");
	if (!expand(r, value, 0, &t, e))
		return false;
	*field = text_str(&t);
	return true;
}

/* A '#' begins a comment, a '\' at the end joins lines. */
bool pc_parse(struct arena *a, struct str text, const char *path, struct pc *out, struct err *e)
{
	struct reader r = {.a = a, .path = path, .variables.a = a};
	struct pc pc = {0};
	while (text.n) {
		struct text joined = {.a = a};
		struct str line = str_cut(&text, '\n');
		r.line++;
		while (str_ends(line, S("\\")) && text.n) {
			text_add(&joined, (struct str){line.p, line.n - 1});
			line = str_cut(&text, '\n');
			r.line++;
		}
		text_add(&joined, line);
		struct str whole = text_str(&joined);
		whole = str_trim(str_cut(&whole, '#'));
		if (whole.n && !read_line(&r, whole, &pc, e))
			return false;
	}
	*out = pc;
	return true;
}
