/* fields.c - what of an entry two states have in different ways. SPDX-License-Identifier: ISC */
#include "report/fields.h"

#include "report/words.h"

#include <string.h>

/* One side's lines of "NAME VALUE"; a name that comes again counts its turn. */
static void read_side(struct arena *a, const char *text, bool after, struct map *by_name)
{
	struct map turns = {.a = a};
	for (struct str rest = str_of(text); rest.n;) {
		struct str value = str_trim(str_cut(&rest, '\n')), name = str_cut(&value, ' ');
		if (!name.n)
			continue;
		void **turn = map_put(&turns, name);
		*turn = (void *)((uintptr_t)*turn + 1);
		const char *key = str_format(a, "%.*s %zu", STR(name), (size_t)(uintptr_t)*turn);
		struct field_change **place = (struct field_change **)map_put(by_name, str_of(key));
		if (!*place) {
			*place = NEW(a, struct field_change);
			(*place)->name = str_copy(a, name);
		}
		*(after ? &(*place)->after : &(*place)->before) = str_copy(a, str_trim(value));
	}
}

static bool is_same(struct arena *a, const struct field_change *f)
{
	return f->before && f->after &&
	       !strcmp(past_plain(a, str_of(f->before)), past_plain(a, str_of(f->after)));
}

void fields_differ(struct arena *a, const struct past_change *c, field_changes *out)
{
	struct map by_name = {.a = a};
	field_changes found = {0};
	if (c->path_before && c->path_after) {
		read_side(a, c->before, false, &by_name);
		read_side(a, c->after, true, &by_name);
	}
	vec_for(entry, &by_name.entries) {
		const struct field_change *f = entry->value;
		if (!is_same(a, f))
			vec_push(a, &found, *f);
	}
	*out = found;
}

/* "mac 02", or "static" alone where the line is one word. */
static const char *field_words(struct arena *a, const char *name, const char *value)
{
	return *value ? str_format(a, "%s %s", name, value) : name;
}

static const char *change_words(struct arena *a, const struct field_change *f)
{
	if (!f->before)
		return str_format(a, "+ %s", field_words(a, f->name, f->after));
	if (!f->after)
		return str_format(a, "- %s", field_words(a, f->name, f->before));
	return str_format(a, "%s %s -> %s", f->name, f->before, f->after);
}

const char *fields_words(struct arena *a, const struct past_change *c)
{
	field_changes changes;
	struct text out = {.a = a};
	fields_differ(a, c, &changes);
	vec_for(f, &changes)
		text_addf(&out, "%s%s", out.n ? "; " : "", change_words(a, f));
	if (out.n)
		return out.p;
	const char *old = c->path_before ? words_line(a, c->before) : "";
	const char *new = c->path_after ? words_line(a, c->after) : "";
	return str_format(a, "%s%s%s", old, *old && *new ? " -> " : "", new);
}

const char *fields_side(struct arena *a, const struct past_change *c, bool after, const char *dash)
{
	field_changes changes;
	struct text out = {.a = a};
	if (!(after ? c->path_after : c->path_before))
		return dash;
	fields_differ(a, c, &changes);
	if (!changes.n)
		return words_line(a, after ? c->after : c->before);
	vec_for(f, &changes) {
		const char *value = after ? f->after : f->before;
		if (value)
			text_addf(&out, "%s%s", out.n ? "; " : "", field_words(a, f->name, value));
	}
	return out.n ? out.p : dash;
}
