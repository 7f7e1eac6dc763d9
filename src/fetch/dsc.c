/* dsc.c - reads the .dsc of a Debian source package. SPDX-License-Identifier: ISC */
#include "fetch/dsc.h"

#include <string.h>

struct reader {
	struct arena *a;
	struct str rest;
	int line; /* of the last one that was taken */
	bool is_signed, ended;
	struct map fields; /* names that were there, to find doubles */
	struct str field;  /* that continuation lines belong to */
	struct dsc out;
	struct err *e;
};

MUST_CHECK static bool wrong(struct reader *r, const char *what)
{
	return fail(r->e, E_INPUT, ".dsc, line %d: %s", r->line, what);
}

/* The next line without its end; a NULL str behind the last. */
static struct str next_line(struct reader *r)
{
	if (!r->rest.n)
		return (struct str){NULL, 0};
	struct str line = str_cut(&r->rest, '\n');
	r->line++;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool name_is_safe(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool plain =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!plain && !(c && strchr("+-.~_", c)))
			return false;
	}
	return name.n > 0 && name.n <= 255 && name.p[0] != '.';
}

static struct str next_word(struct str *line)
{
	*line = str_trim(*line);
	return str_cut(line, ' ');
}

/* " SHA256 SIZE NAME" */
MUST_CHECK static bool read_file_line(struct reader *r, struct str line)
{
	struct dsc_file file;
	bool sum = digest_parse(next_word(&line), &file.sha256);
	bool size = str_u64(next_word(&line), &file.size) && file.size > 0;
	struct str name = str_trim(line);
	if (!sum || !size || !name_is_safe(name))
		return wrong(r, "expected a SHA-256, a size and a plain file name");
	vec_for(seen, &r->out.files) {
		if (str_is(name, seen->name))
			return wrong(r, "a file that is listed twice");
	}
	file.name = str_copy(r->a, name);
	vec_push(r->a, &r->out.files, file);
	return true;
}

MUST_CHECK static bool read_field(struct reader *r, struct str line)
{
	struct str value = line;
	r->field = str_cut(&value, ':');
	if (!value.p || !r->field.n || str_find(r->field, S(" ")) >= 0)
		return wrong(r, "expected 'Field: value'");
	void **seen = map_put(&r->fields, r->field);
	if (*seen)
		return wrong(r, "a field that is there already");
	*seen = r;
	value = str_trim(value);
	if (str_is(r->field, "Format"))
		r->out.format = str_copy(r->a, value);
	else if (str_is(r->field, "Source"))
		r->out.source = str_copy(r->a, value);
	else if (str_is(r->field, "Version"))
		r->out.version = str_copy(r->a, value);
	else if (str_is(r->field, "Checksums-Sha256") && value.n)
		return wrong(r, "expected the files in lines of their own");
	return true;
}

MUST_CHECK static bool read_line(struct reader *r, struct str line)
{
	if (str_find(line, (struct str){"", 1}) >= 0)
		return wrong(r, "a NUL byte");
	if (line.p[0] != ' ' && line.p[0] != '\t')
		return read_field(r, line);
	if (!r->field.n)
		return wrong(r, "a continuation of nothing");
	return !str_is(r->field, "Checksums-Sha256") || read_file_line(r, line);
}

/* Headers like "Hash: SHA512" stand between the first line and an empty one. */
MUST_CHECK static bool skip_armour(struct reader *r)
{
	r->is_signed = str_starts(r->rest, S("-----BEGIN PGP SIGNED MESSAGE-----"));
	for (struct str line = {"", 1}; r->is_signed && line.n;) {
		line = next_line(r);
		if (!line.p)
			return wrong(r, "the signed message has no text");
	}
	return true;
}

/* The one paragraph: up to an empty line, the signature or the end. */
MUST_CHECK static bool read_paragraph(struct reader *r)
{
	for (struct str line = next_line(r); line.p; line = next_line(r)) {
		if (r->is_signed && str_is(line, "-----BEGIN PGP SIGNATURE-----")) {
			r->ended = true;
			break;
		}
		if (r->is_signed && str_starts(line, S("- ")))
			line = str_from(line, 2);
		if (line.n == 0)
			break;
		if (!read_line(r, line))
			return false;
	}
	return true;
}

/* Nothing that counts may follow the paragraph. */
MUST_CHECK static bool read_end(struct reader *r)
{
	for (struct str line = next_line(r); line.p && !r->ended; line = next_line(r)) {
		if (r->is_signed && str_is(line, "-----BEGIN PGP SIGNATURE-----"))
			r->ended = true;
		else if (line.n)
			return wrong(r, "a second paragraph");
	}
	if (r->is_signed && !r->ended)
		return wrong(r, "the signature is missing: the file is cut off");
	return true;
}

bool dsc_read(struct arena *a, struct str text, struct dsc *out, struct err *e)
{
	struct reader r = {.a = a, .rest = text, .fields.a = a, .e = e};
	if (!skip_armour(&r) || !read_paragraph(&r) || !read_end(&r))
		return false;
	if (!r.out.format || !r.out.source || !r.out.version || !r.out.files.n)
		return fail(e, E_INPUT,
			".dsc: it lacks one of Format, Source, Version and Checksums-Sha256");
	*out = r.out;
	return true;
}
