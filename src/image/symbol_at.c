/* symbol_at.c - finds the symbol that an address is within. SPDX-License-Identifier: ISC */
#include "image/symbols.h"

#include <string.h>

struct near {
	uint64_t address;
	size_t section; /* of the address; 0: none */
	bool any;	/* is there a symbol at all? */
	bool has_best, is_inside;
	GElf_Sym best;
	const char *name;
};

static bool is_named(const GElf_Sym *s)
{
	unsigned char type = GELF_ST_TYPE(s->st_info);
	return s->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_OBJECT ||
						   type == STT_NOTYPE || type == STT_GNU_IFUNC);
}

static size_t underscores(const char *name)
{
	return strspn(name, "_");
}

/* Of two that hold the address the one with a size, then the one that starts later, then one that
 * others can name, then the plainer name: "printf", not "_IO_printf". */
static bool is_better(const struct near *n, const GElf_Sym *s, const char *name, bool is_inside)
{
	bool is_local = GELF_ST_BIND(s->st_info) == STB_LOCAL;
	if (!n->has_best || n->is_inside != is_inside)
		return !n->has_best || is_inside;
	if (s->st_value != n->best.st_value)
		return s->st_value > n->best.st_value;
	if (is_local != (GELF_ST_BIND(n->best.st_info) == STB_LOCAL))
		return !is_local;
	return underscores(name) < underscores(n->name);
}

/* One with a size that ends before the address closes what began before it. */
static void consider(void *ctx, const GElf_Sym *s, const char *name)
{
	struct near *n = ctx;
	if (!is_named(s) || !*name || *name == '$' || s->st_shndx != n->section)
		return;
	n->any = true;
	if (s->st_value > n->address)
		return;
	bool is_inside = n->address - s->st_value < s->st_size;
	if (!is_better(n, s, name, is_inside))
		return;
	n->has_best = true;
	n->is_inside = is_inside;
	n->best = *s;
	n->name = name;
}

static size_t section_at(const sections *all, uint64_t address)
{
	for (size_t i = 0; i < all->n; i++) {
		const GElf_Shdr *h = &all->v[i].header;
		if (section_is_loaded(&all->v[i]) && address >= h->sh_addr &&
			address - h->sh_addr < h->sh_size)
			return i + 1;
	}
	return 0;
}

bool symbol_find(struct arena *a, struct str bytes, const char *file, uint64_t address,
	struct image_spot *out, struct err *e)
{
	static const uint32_t tables[] = {SHT_SYMTAB, SHT_DYNSYM};
	defer(arena_free) struct arena scratch = {0};
	defer(elf_close) Elf *elf = NULL;
	struct near n = {.address = address};
	sections all;
	if (!elf_open(bytes, file, &elf, e) || !elf_sections(&scratch, elf, file, &all, e))
		return false;
	n.section = section_at(&all, address);
	for (size_t i = 0; i < 2 && !n.any; i++)
		vec_for(s, &all)
			if (s->header.sh_type == tables[i] &&
				!elf_symbols(elf, s, file, consider, &n, e))
				return false;
	out->has_symbols = n.any;
	if (!n.has_best || (n.best.st_size && !n.is_inside))
		return true;
	out->function = str_copy(a, str_of(n.name));
	out->offset = address - n.best.st_value;
	out->has_offset = true;
	out->is_data = !(all.v[n.section - 1].header.sh_flags & SHF_EXECINSTR);
	return true;
}
