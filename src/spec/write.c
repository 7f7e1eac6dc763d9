/* write.c - JSON text, indented. SPDX-License-Identifier: ISC */
#include "spec/spec.h"

#include <math.h>

/* Length of the UTF-8 sequence at S (RFC 3629), 0 where there is none. */
static size_t utf8_length(struct str s)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s.p[0];
	size_t n = first < 0x80	      ? 1
		   : first >> 5 == 6  ? 2
		   : first >> 4 == 14 ? 3
		   : first >> 3 == 30 ? 4
				      : 0;
	if (n <= 1)
		return n;
	if (n > s.n)
		return 0;
	uint32_t code = first & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >> 6 != 2)
			return 0;
		code = code << 6 | (c & 0x3f);
	}
	bool surrogate = code >= 0xd800 && code < 0xe000;
	return code >= least[n] && code < 0x110000 && !surrogate ? n : 0;
}

static void add_quoted(struct text *out, struct str s)
{
	text_addz(out, "\"");
	while (s.n) {
		unsigned char c = (unsigned char)s.p[0];
		size_t n = utf8_length(s);
		if (n == 0)
			text_addz(out, "\xef\xbf\xbd");
		else if (c == '"' || c == '\\')
			text_addf(out, "\\%c", c);
		else if (c == '\n')
			text_addz(out, "\\n");
		else if (c < 0x20 || c == 0x7f)
			text_addf(out, "\\u%04x", c);
		else
			text_add(out, (struct str){s.p, n});
		s = str_from(s, n ? n : 1);
	}
	text_addz(out, "\"");
}

/* What stands before a value: comma, line, indentation, name. */
static void begin(struct json_writer *w, const char *name)
{
	if (w->depth) {
		text_addz(w->out, w->empty[w->depth] ? "\n" : ",\n");
		w->empty[w->depth] = false;
		for (int i = 0; i < w->depth; i++)
			text_addz(w->out, "  ");
	}
	if (name) {
		add_quoted(w->out, str_of(name));
		text_addz(w->out, ": ");
	}
}

void json_open(struct json_writer *w, const char *name, char kind)
{
	begin(w, name);
	text_addf(w->out, "%c", kind);
	w->depth++;
	w->closer[w->depth] = kind == '{' ? '}' : ']';
	w->empty[w->depth] = true;
}

void json_close(struct json_writer *w)
{
	bool was_empty = w->empty[w->depth];
	char closer = w->closer[w->depth--];
	if (!was_empty) {
		text_addz(w->out, "\n");
		for (int i = 0; i < w->depth; i++)
			text_addz(w->out, "  ");
	}
	text_addf(w->out, "%c", closer);
}

void json_put_string(struct json_writer *w, const char *name, const char *value)
{
	if (value)
		json_put_str(w, name, str_of(value));
	else
		json_put_raw(w, name, S("null"));
}

void json_put_str(struct json_writer *w, const char *name, struct str value)
{
	begin(w, name);
	add_quoted(w->out, value);
}

void json_put_int(struct json_writer *w, const char *name, int64_t value)
{
	begin(w, name);
	text_addf(w->out, "%lld", (long long)value);
}

void json_put_number(struct json_writer *w, const char *name, double value)
{
	begin(w, name);
	if (isfinite(value))
		text_addf(w->out, "%.12g", value);
	else
		text_addz(w->out, "null");
}

void json_put_bool(struct json_writer *w, const char *name, bool value)
{
	json_put_raw(w, name, value ? S("true") : S("false"));
}

void json_put_strings(struct json_writer *w, const char *name, const strings *values)
{
	json_open(w, name, '[');
	vec_for(v, values)
		json_put_string(w, NULL, *v);
	json_close(w);
}

void json_put_raw(struct json_writer *w, const char *name, struct str json)
{
	begin(w, name);
	text_add(w->out, json);
}
