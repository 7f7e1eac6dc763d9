/* symbols.c - the symbols of an image, with the bytes that each takes.
 * SPDX-License-Identifier: ISC */
#include "image/symbols.h"

#include <stdlib.h>
#include <string.h>

struct definition {
	GElf_Sym symbol;
	const char *name;
};
typedef VEC(struct definition) definitions;

struct table {
	struct arena *a;
	const sections *all;
	definitions found;
};

static void take(void *ctx, const GElf_Sym *symbol, const char *name)
{
	struct table *t = ctx;
	unsigned char type = GELF_ST_TYPE(symbol->st_info);
	if (symbol->st_shndx != SHN_UNDEF && symbol->st_shndx <= t->all->n &&
		(type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE))
		vec_push(t->a, &t->found, ((struct definition){*symbol, name}));
}

static const GElf_Shdr *section_of(const struct table *t, const struct definition *d)
{
	return &t->all->v[d->symbol.st_shndx - 1].header;
}

/* OCaml's compilers for targets that they don't know well, as Solo5's, give functions no size. */
static bool is_unsized_function(const struct table *t, const struct definition *d)
{
	struct str s = str_of(d->name);
	bool is_ocaml = str_starts(s, S("caml")) && s.n > 4 && s.p[4] >= 'A' && s.p[4] <= 'Z';
	return !d->symbol.st_size && is_ocaml && (section_of(t, d)->sh_flags & SHF_EXECINSTR) &&
	       !str_ends(s, S("code_begin")) && !str_ends(s, S("code_end"));
}

static int by_place(const void *x, const void *y)
{
	const struct definition *a = x, *b = y;
	if (a->symbol.st_shndx != b->symbol.st_shndx)
		return a->symbol.st_shndx < b->symbol.st_shndx ? -1 : 1;
	return (a->symbol.st_value > b->symbol.st_value) -
	       (a->symbol.st_value < b->symbol.st_value);
}

/* To what starts next in its section, or the section's end. The definitions are sorted. */
static uint64_t size_until_next(const struct table *t, const struct definition *d)
{
	const GElf_Shdr *h = section_of(t, d);
	const struct definition *end = t->found.v + t->found.n, *next = d;
	while (next < end && by_place(next, d) == 0)
		next++;
	if (next < end && next->symbol.st_shndx == d->symbol.st_shndx)
		return next->symbol.st_value - d->symbol.st_value;
	uint64_t into = d->symbol.st_value - h->sh_addr;
	return into < h->sh_size ? h->sh_size - into : 0;
}

static void add_symbols(
	struct arena *a, const struct table *t, const ranges *packages, struct image_info *out)
{
	vec_for(d, &t->found) {
		const struct range *range = ranges_find(packages, d->symbol.st_value);
		uint64_t size =
			is_unsized_function(t, d) ? size_until_next(t, d) : d->symbol.st_size;
		if (!size)
			continue;
		vec_push(a, &out->symbols,
			((struct image_symbol){.name = str_copy(a, str_of(d->name)),
				.section = out->sections.v[d->symbol.st_shndx - 1].name,
				.package = range ? out->packages.v[range->package].name : NULL,
				.address = d->symbol.st_value,
				.size = size}));
	}
}

static int largest_first(const void *x, const void *y)
{
	const struct image_symbol *a = x, *b = y;
	if (a->size != b->size)
		return a->size < b->size ? 1 : -1;
	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return strcmp(a->name, b->name);
}

bool symbols_read(struct arena *a, Elf *elf, const sections *all, const char *file,
	const ranges *packages, struct image_info *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	vec_for(s, all) {
		struct table t = {.a = &scratch, .all = all};
		if (s->header.sh_type != SHT_SYMTAB)
			continue;
		if (!elf_symbols(elf, s, file, take, &t, e))
			return false;
		if (t.found.n)
			qsort(t.found.v, t.found.n, sizeof(*t.found.v), by_place);
		add_symbols(a, &t, packages, out);
	}
	if (out->symbols.n)
		qsort(out->symbols.v, out->symbols.n, sizeof(*out->symbols.v), largest_first);
	return true;
}
