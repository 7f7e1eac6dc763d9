/* sizes.c - which sections and symbols two images have in different sizes.
 * SPDX-License-Identifier: ISC */
#include "compare/private.h"

#include <stdlib.h>
#include <string.h>

/* Compilers number local statics ("buffer.3", of OCaml "camlTcp__Window__fun_699") by what precedes
 * them in the file: without the number, a new one does not look like a change of all that follow.
 */
static struct str pairing_name(const char *name)
{
	struct str s = str_of(name);
	char mark = str_starts(s, S("caml")) ? '_' : '.';
	size_t n = s.n;
	while (n && s.p[n - 1] >= '0' && s.p[n - 1] <= '9')
		n--;
	if (n > 1 && n < s.n && s.p[n - 1] == mark)
		s.n = n - 1;
	return s;
}

/* Sizes by package and name. Statics of one name in several files of a package add up. */
static struct size_change *entry(struct map *sizes, const char *package, const char *name)
{
	struct str pairing = pairing_name(name);
	void **place = map_put(sizes,
		str_of(str_format(sizes->a, "%s\n%.*s", package ? package : "", STR(pairing))));
	struct size_change *s = *place;
	if (!s) {
		s = *place = NEW(sizes->a, struct size_change);
		*s = (struct size_change){.name = name, .package = package};
	}
	return s;
}

static int64_t difference(const struct size_change *s)
{
	return llabs(s->after - s->before);
}

static int by_difference(const void *x, const void *y)
{
	const struct size_change *p = x, *q = y;
	int64_t dp = difference(p), dq = difference(q);
	return dp != dq ? (dp < dq ? 1 : -1) : strcmp(p->name, q->name);
}

static void compare_symbols(struct arena *a, struct comparison *c)
{
	defer(arena_free) struct arena scratch = {0};
	struct map sizes = {.a = &scratch};
	vec_for(symbol, &c->before->image.symbols)
		entry(&sizes, symbol->package, symbol->name)->before += (int64_t)symbol->size;
	vec_for(symbol, &c->after->image.symbols)
		entry(&sizes, symbol->package, symbol->name)->after += (int64_t)symbol->size;
	vec_for(e, &sizes.entries) {
		const struct size_change *s = e->value;
		if (s->before != s->after)
			vec_push(a, &c->symbols, *s);
	}
	if (c->symbols.n)
		qsort(c->symbols.v, c->symbols.n, sizeof(*c->symbols.v), by_difference);
}

static void compare_sections(struct arena *a, struct comparison *c)
{
	defer(arena_free) struct arena scratch = {0};
	struct map sizes = {.a = &scratch};
	vec_for(section, &c->before->image.sections)
		entry(&sizes, NULL, section->name)->before += (int64_t)section->size;
	vec_for(section, &c->after->image.sections)
		entry(&sizes, NULL, section->name)->after += (int64_t)section->size;
	vec_for(e, &sizes.entries) {
		const struct size_change *s = e->value;
		if (s->before != s->after)
			vec_push(a, &c->sections, *s);
	}
}

void compare_sizes(struct arena *a, struct comparison *c)
{
	compare_sections(a, c);
	compare_symbols(a, c);
}
