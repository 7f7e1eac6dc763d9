/* deb822.c - paragraphs of "Field: value" lines. SPDX-License-Identifier: ISC */
#include <string.h>
#include <strings.h>

#include "debian/debian.h"

static bool is_continued(struct str text)
{
	return text.n && (text.p[0] == ' ' || text.p[0] == '\t');
}

static struct str peek_line(struct str text)
{
	struct str line = str_cut(&text, '\n');
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

/* The rest after the line that REST begins with. */
static struct str after_line(struct str rest)
{
	str_cut(&rest, '\n');
	return rest.p ? rest : S("");
}

/* The lines from START on that go on a value; *REST is what follows them. */
static struct str take_value(struct str start, struct str *rest)
{
	struct str next = after_line(start);
	while (is_continued(next) && str_trim(peek_line(next)).n)
		next = after_line(next);
	size_t n = next.n ? (size_t)(next.p - start.p) : start.n;
	*rest = next;
	return str_trim((struct str){start.p, n});
}

bool deb822_field(struct deb822 *r, struct deb822_field *out)
{
	while (r->rest.n) {
		struct str value = peek_line(r->rest);
		if (!str_trim(value).n)
			return false;
		bool left_out = value.p[0] == '#' || is_continued(r->rest);
		struct str name = str_cut(&value, ':');
		if (left_out || !value.p || !name.n) {
			if (!left_out && !r->odd)
				r->odd = r->rest.p;
			r->rest = after_line(r->rest);
			continue;
		}
		out->name = name;
		out->value = take_value(str_from(r->rest, name.n + 1), &r->rest);
		return true;
	}
	return false;
}

bool deb822_read(struct deb822 *r, const struct deb822_wanted *wanted, size_t n)
{
	struct deb822_field f;
	bool any = false;
	while (deb822_field(r, &f)) {
		any = true;
		for (size_t i = 0; i < n; i++)
			if (deb822_is(&f, wanted[i].name))
				*wanted[i].value = f.value;
	}
	return any;
}

bool deb822_next(struct deb822 *r)
{
	struct deb822_field unused;
	while (deb822_field(r, &unused))
		continue;
	while (r->rest.n && !str_trim(peek_line(r->rest)).n)
		r->rest = after_line(r->rest);
	return r->rest.n > 0;
}

bool deb822_is(const struct deb822_field *f, const char *name)
{
	return f->name.n == strlen(name) && !strncasecmp(f->name.p, name, f->name.n);
}
