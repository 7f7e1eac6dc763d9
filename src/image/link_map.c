/* link_map.c - reads GNU ld's link map. SPDX-License-Identifier: ISC */
#include "image/link_map.h"

struct reader {
	struct str rest;    /* what is not read yet */
	struct str section; /* the output section that the lines are in */
	struct str pending; /* name of an input section whose numbers stand in the next line */
	const char *file;
	size_t line;
};

static struct str skip_blanks(struct str s)
{
	while (s.n && s.p[0] == ' ')
		s = str_from(s, 1);
	return s;
}

/* Takes "0x1a0" from the start of *S. */
static bool take_hex(struct str *s, uint64_t *out)
{
	struct str rest = skip_blanks(*s), token = str_cut(&rest, ' ');
	if (!str_hex(token, out))
		return false;
	*s = rest;
	return true;
}

/* Patterns ("*(.text)", "KEEP (*(.init))"), fill bytes and commands are no input sections. */
static bool is_section_name(struct str name)
{
	return name.n && name.p[0] != '*' && str_find(name, S("(")) < 0;
}

/* Of a section whose strings were merged into others the map still tells a size, but what follows
 * starts where it really ends. */
static void clip_last(contributions *parts, const struct contribution *next)
{
	struct contribution *last = parts->n ? &parts->v[parts->n - 1] : NULL;
	if (!last || !str_eq(last->section, next->section) || next->address < last->address ||
		next->address - last->address >= last->size)
		return;
	last->size = next->address - last->address;
	if (!last->size)
		parts->n--;
}

/* The numbers and the file of an input section: "  0x0000000000401000   0x1a0 lwip.o". What does
 * not have this form is a symbol, an assignment, or the size before relaxing. */
static bool take_contribution(
	struct reader *r, struct arena *a, struct str s, contributions *out, struct err *e)
{
	struct contribution c = {.section = r->section};
	if (!take_hex(&s, &c.address) || !take_hex(&s, &c.size))
		return true;
	c.input = skip_blanks(s);
	if (!c.size || !c.input.n)
		return true;
	bool wraps = c.address + c.size < c.address;
	if (wraps || !r->section.n) {
		return fail(e, E_INPUT, "the link map has an input section %s",
			       wraps ? "beyond the end of memory"
				     : "outside of all output sections") ||
		       fail_where(e, "%s:%zu", r->file, r->line);
	}
	clip_last(out, &c);
	vec_push(a, out, c);
	return true;
}

static bool read_line(
	struct reader *r, struct arena *a, struct str line, contributions *out, struct err *e)
{
	struct str rest = skip_blanks(line), after = rest, name;
	size_t indent = line.n - rest.n;
	struct str pending = r->pending;
	r->pending = S("");
	if (!rest.n)
		return true;
	if (indent == 0) {
		r->section = str_cut(&rest, ' ');
		return true;
	}
	if (indent > 1)
		return !pending.n || take_contribution(r, a, rest, out, e);
	name = str_cut(&after, ' ');
	if (!is_section_name(name))
		return true;
	if (!skip_blanks(after).n) {
		r->pending = name;
		return true;
	}
	return take_contribution(r, a, after, out, e);
}

bool link_map_read(
	struct arena *a, struct str text, const char *file, contributions *out, struct err *e)
{
	static const char title[] = "Linker script and memory map";
	struct reader r = {.rest = text, .file = file};
	contributions found = {0};
	bool in_map = false;
	while (r.rest.n) {
		struct str line = str_cut(&r.rest, '\n');
		r.line++;
		if (in_map && !read_line(&r, a, line, &found, e))
			return false;
		in_map = in_map || str_is(line, title);
	}
	if (!in_map)
		return fail(e, E_INPUT, "this is no link map of GNU ld: there is no line \"%s\"",
			       title) ||
		       fail_where(e, "%s", file);
	*out = found;
	return true;
}
