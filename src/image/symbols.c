/* symbols.c - the symbols of an image, with the bytes that each takes.
 * SPDX-License-Identifier: ISC */
#include "image/symbols.h"

#include <stdlib.h>
#include <string.h>

struct reading {
	struct arena *a;
	Elf *elf;
	const struct section *table;
	const sections *all;
	const char *file;
};
/* Where something of a section starts. */
struct start {
	size_t section;
	uint64_t address;
};
typedef VEC(struct start) starts;

static bool is_definition(const struct reading *r, const GElf_Sym *symbol)
{
	unsigned char type = GELF_ST_TYPE(symbol->st_info);
	return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx <= r->all->n &&
	       (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE);
}

static const struct section *section_of(const struct reading *r, const GElf_Sym *symbol)
{
	return &r->all->v[symbol->st_shndx - 1];
}

/* OCaml's compilers for targets that they don't know well, as Solo5's, give functions no size. */
static bool is_unsized_function(const struct reading *r, const GElf_Sym *symbol, const char *name)
{
	struct str s = str_of(name);
	bool is_ocaml = str_starts(s, S("caml")) && s.n > 4 && s.p[4] >= 'A' && s.p[4] <= 'Z';
	return !symbol->st_size && is_ocaml &&
	       (section_of(r, symbol)->header.sh_flags & SHF_EXECINSTR) &&
	       !str_ends(s, S("code_begin")) && !str_ends(s, S("code_end"));
}

static int by_place(const void *x, const void *y)
{
	const struct start *a = x, *b = y;
	if (a->section != b->section)
		return a->section < b->section ? -1 : 1;
	return (a->address > b->address) - (a->address < b->address);
}

static starts all_starts(const struct reading *r, Elf_Data *data)
{
	starts out = {0};
	GElf_Sym symbol;
	for (int i = 0; gelf_getsym(data, i, &symbol); i++)
		if (is_definition(r, &symbol))
			vec_push(r->a, &out, ((struct start){symbol.st_shndx, symbol.st_value}));
	if (out.n)
		qsort(out.v, out.n, sizeof(*out.v), by_place);
	return out;
}

/* From SYMBOL to what starts next in its section, or the section's end. */
static uint64_t size_until_next(const struct reading *r, const starts *all, const GElf_Sym *symbol)
{
	const GElf_Shdr *h = &section_of(r, symbol)->header;
	struct start here = {symbol->st_shndx, symbol->st_value};
	size_t low = 0, high = all->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (by_place(&all->v[middle], &here) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < all->n && all->v[low].section == here.section)
		return all->v[low].address - here.address;
	uint64_t into = here.address - h->sh_addr;
	return into < h->sh_size ? h->sh_size - into : 0;
}

static void add_symbol(const struct reading *r, const GElf_Sym *symbol, const char *name,
	uint64_t size, const ranges *packages, struct image_info *out)
{
	const struct range *range = ranges_find(packages, symbol->st_value);
	vec_push(r->a, &out->symbols,
		((struct image_symbol){.name = str_copy(r->a, str_of(name)),
			.section = out->sections.v[symbol->st_shndx - 1].name,
			.package = range ? out->packages.v[range->package].name : NULL,
			.address = symbol->st_value,
			.size = size}));
}

static bool read_table(
	const struct reading *r, const ranges *packages, struct image_info *out, struct err *e)
{
	Elf_Data *data = elf_getdata(r->table->scn, NULL);
	starts all = {0};
	GElf_Sym symbol;
	if (!data || !r->table->header.sh_entsize)
		return fail_elf(e, r->file, "damaged table of symbols");
	for (int i = 0; gelf_getsym(data, i, &symbol); i++) {
		if (!is_definition(r, &symbol))
			continue;
		const char *name = elf_strptr(r->elf, r->table->header.sh_link, symbol.st_name);
		if (!name)
			return fail_elf(e, r->file, "damaged name of a symbol");
		uint64_t size = symbol.st_size;
		if (is_unsized_function(r, &symbol, name)) {
			if (!all.n)
				all = all_starts(r, data);
			size = size_until_next(r, &all, &symbol);
		}
		if (size)
			add_symbol(r, &symbol, name, size, packages, out);
	}
	return true;
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
	vec_for(s, all) {
		struct reading r = {a, elf, s, all, file};
		if (s->header.sh_type == SHT_SYMTAB && !read_table(&r, packages, out, e))
			return false;
	}
	if (out->symbols.n)
		qsort(out->symbols.v, out->symbols.n, sizeof(*out->symbols.v), largest_first);
	return true;
}
