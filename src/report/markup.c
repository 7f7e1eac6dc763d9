/* markup.c - escaping by construction; tables and bars. SPDX-License-Identifier: ISC */
#include "report/markup.h"

#include "report/chars.h"

#include <math.h>

static void add_escaped(struct text *out, const char *z)
{
	for (struct str rest = str_of(z); rest.n;) {
		uint32_t c = char_next(&rest);
		switch (c) {
		case '&':
			text_addz(out, "&amp;");
			break;
		case '<':
			text_addz(out, "&lt;");
			break;
		case '>':
			text_addz(out, "&gt;");
			break;
		case '"':
			text_addz(out, "&quot;");
			break;
		case '\'':
			text_addz(out, "&#39;");
			break;
		default:
			char_add(out, c);
		}
	}
}

void page_add(struct text *out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct str rest = str_of(format);
	while (rest.n) {
		text_add(out, str_cut(&rest, '%'));
		if (!rest.p)
			break;
		if (rest.n && rest.p[0] == 's')
			add_escaped(out, va_arg(args, const char *));
		else
			text_addz(out, "%");
		rest = str_from(rest, 1);
	}
	va_end(args);
}

void page_section(struct text *out, const char *id, const char *title)
{
	page_add(out, "<section>\n<h2 id=\"%s\">%s</h2>\n", id, title);
}

static void start_table(
	struct text *out, const char *class, const char *id, const char *const *heads, size_t n)
{
	page_add(out, "<table class=\"%s\" aria-labelledby=\"%s\">\n<thead><tr>", class, id);
	for (size_t i = 0; i < n; i++)
		page_add(out, "<th scope=\"col\">%s</th>", heads[i]);
	page_add(out, "</tr></thead>\n<tbody>\n");
}

void page_table(struct text *out, const char *id, const char *const *heads, size_t n)
{
	start_table(out, "numbers", id, heads, n);
}

void page_texts(struct text *out, const char *id, const char *const *heads, size_t n)
{
	start_table(out, "texts", id, heads, n);
}

void page_path(struct text *out, const char *path)
{
	page_add(out, "<code>");
	for (struct str rest = str_of(path); rest.p;) {
		struct str part = str_cut(&rest, '/');
		page_add(out, "%s%s", str_copy(out->a, part), rest.p ? "/" : "");
		if (rest.p)
			page_add(out, "<wbr/>");
	}
	page_add(out, "</code>");
}

void page_table_end(struct text *out)
{
	page_add(out, "</tbody>\n</table>\n");
}

const char *percent(struct arena *a, double value, double whole)
{
	double share = 100 * fabs(value) / fabs(whole);
	return str_format(a, "%.2f", isfinite(share) ? fmin(share, 100) : 0);
}

/* Numbers stand beside every bar: for a screen reader bars are decoration. */
void page_bars(struct text *out, double before, double after)
{
	double most = fmax(fabs(before), fabs(after));
	page_add(out,
		"<svg class=\"bars\" aria-hidden=\"true\" width=\"100%%\" height=\"12\">"
		"<rect class=\"before\" width=\"%s%%\" height=\"5\" rx=\"1\"/>"
		"<rect class=\"after\" width=\"%s%%\" height=\"5\" y=\"7\" rx=\"1\"/></svg>",
		percent(out->a, before, most), percent(out->a, after, most));
}

void page_bar(struct text *out, double value, double most)
{
	page_add(out,
		"<svg class=\"bars\" aria-hidden=\"true\" width=\"100%%\" height=\"5\">"
		"<rect class=\"plain\" width=\"%s%%\" height=\"5\" rx=\"1\"/></svg>",
		percent(out->a, value, most));
}
