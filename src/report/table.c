/* table.c - lays out cells in columns. SPDX-License-Identifier: ISC */
#include "report/table.h"

#include "report/chars.h"

#define INDENT 2
#define GAP 2
#define YIELDS_TO 16

void table_add(struct table *t, enum tint tint, const char *text)
{
	vec_push(t->a, &t->cells, ((struct cell){chars_clean(t->a, text), tint}));
}

/* The column to take a character from. */
static size_t to_shorten(const struct table *t, const size_t *widths)
{
	size_t at = t->yielding;
	if (widths[at] > YIELDS_TO)
		return at;
	for (size_t i = 0; i < t->columns; i++)
		if (widths[i] > widths[at])
			at = i;
	return at;
}

/* The columns' widths, which together fit on the screen. */
static size_t *lay_out(const struct table *t, const struct screen *screen)
{
	size_t *widths = NEW_ARRAY(t->a, size_t, t->columns);
	for (size_t i = 0; i < t->cells.n; i++) {
		size_t *width = &widths[i % t->columns];
		size_t wanted = chars_columns(t->cells.v[i].text);
		if (wanted > screen->width)
			wanted = screen->width;
		if (wanted > *width)
			*width = wanted;
	}
	size_t all = INDENT;
	for (size_t i = 0; i < t->columns; i++)
		all += widths[i] + (i ? GAP : 0);
	for (; all > screen->width; all--)
		widths[to_shorten(t, widths)]--;
	return widths;
}

static void add_spaces(struct text *out, size_t n)
{
	text_addf(out, "%*s", (int)n, "");
}

static void add_tinted(const struct screen *screen, enum tint tint, const char *text)
{
	static const char *const codes[] = {
		[TINT_BOLD] = "1",
		[TINT_DIM] = "2",
		[TINT_GREEN] = "32",
		[TINT_RED] = "31",
		[TINT_YELLOW] = "33",
		[TINT_BLUE] = "34",
	};
	if (screen->color && tint != TINT_NONE && *text)
		text_addf(screen->out, "\033[%sm%s\033[0m", codes[tint], text);
	else
		text_addz(screen->out, text);
}

void table_print(struct table *t, const struct screen *screen)
{
	const size_t *widths = lay_out(t, screen);
	size_t spaces = 0; /* held back, so that no line ends in them */
	for (size_t i = 0; i < t->cells.n; i++) {
		size_t column = i % t->columns;
		const char *text = chars_elide(t->a, t->cells.v[i].text, widths[column]);
		spaces += column ? GAP : INDENT;
		if (*text) {
			add_spaces(screen->out, spaces);
			add_tinted(screen, t->cells.v[i].tint, text);
			spaces = 0;
		}
		spaces += widths[column] - chars_columns(text);
		if (column + 1 == t->columns) {
			text_addz(screen->out, "\n");
			spaces = 0;
		}
	}
}

void screen_line(const struct screen *screen, enum tint tint, const char *text)
{
	defer(arena_free) struct arena scratch = {0};
	const char *clean = chars_clean(&scratch, text);
	add_tinted(screen, tint, chars_elide(&scratch, clean, screen->width));
	text_addz(screen->out, "\n");
}
