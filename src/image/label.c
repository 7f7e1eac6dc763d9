/* label.c - gives an image that OCaml's compiler linked its manifest. SPDX-License-Identifier: ISC
 */
#include "image/image.h"

#include <string.h>

#include "image/elf_file.h"
#include "image/manifest.h"
#include "sys/sys.h"

/* Where a unit's code or data is, as its pair of symbols says. */
struct span {
	uint64_t begin, end;
	bool has_begin, has_end;
	size_t package;
};

struct label {
	struct arena *a;
	struct map units; /* name -> struct image_unit * */
	struct map spans; /* "code Tcp__Window" -> struct span * */
};

/* "camlTcp__Window__code_begin", since OCaml 5.1 "camlTcp__Window.code_begin". */
static bool cut_mark(struct str *name, const char *mark)
{
	struct str tail = str_of(mark);
	if (!str_starts(*name, S("caml")) || !str_ends(*name, tail))
		return false;
	struct str rest = {name->p + 4, name->n - 4 - tail.n};
	if (str_ends(rest, S("__")))
		rest.n -= 2;
	else if (str_ends(rest, S(".")))
		rest.n -= 1;
	else
		return false;
	*name = rest;
	return true;
}

static void add_mark(
	struct label *l, struct str name, const char *kind, bool is_begin, uint64_t value)
{
	const struct image_unit *unit = map_get(&l->units, name);
	if (!unit)
		return;
	struct span **place = (struct span **)map_put(
		&l->spans, str_of(str_format(l->a, "%s %.*s", kind, STR(name))));
	if (!*place)
		*place = NEW(l->a, struct span);
	(*place)->package = unit->package;
	if (is_begin) {
		(*place)->begin = value;
		(*place)->has_begin = true;
	} else {
		(*place)->end = value;
		(*place)->has_end = true;
	}
}

static void take_symbol(void *ctx, const GElf_Sym *symbol, const char *name)
{
	struct label *l = ctx;
	static const struct {
		const char *mark, *kind;
		bool is_begin;
	} marks[] = {{"code_begin", "code", true}, {"code_end", "code", false},
		{"data_begin", "data", true}, {"data_end", "data", false}};
	if (symbol->st_shndx == SHN_UNDEF)
		return;
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		struct str unit = str_of(name);
		if (cut_mark(&unit, marks[i].mark)) {
			add_mark(l, unit, marks[i].kind, marks[i].is_begin, symbol->st_value);
			return;
		}
	}
}

/* Only what lies in one loaded section, and does not overlap what was there before. */
static void add_ranges(struct label *l, const sections *all, ranges *out)
{
	vec_for(entry, &l->spans.entries) {
		const struct span *span = entry->value;
		if (!span->has_begin || !span->has_end || span->end <= span->begin)
			continue;
		vec_for(s, all) {
			uint64_t start = s->header.sh_addr, size = s->header.sh_size;
			if (section_is_loaded(s) && span->begin >= start &&
				span->end - start <= size)
				vec_push(l->a, out,
					((struct range){span->begin, span->end - span->begin,
						span->package}));
		}
	}
}

/* END, the end of a part of the file, is the farthest so far. False beyond the file's SIZE. */
static bool reach(uint64_t start, uint64_t length, uint64_t size, uint64_t *end)
{
	if (start > size || length > size - start)
		return false;
	if (start + length > *end)
		*end = start + length;
	return true;
}

/* Where the file should end; false where it ends before. */
static bool find_end(const sections *all, const GElf_Ehdr *h, uint64_t size, uint64_t *end)
{
	uint64_t programs = (uint64_t)h->e_phnum * h->e_phentsize;
	if (!reach(h->e_shoff, (uint64_t)h->e_shnum * h->e_shentsize, size, end) ||
		!reach(h->e_phoff, programs, size, end))
		return false;
	vec_for(s, all) {
		uint64_t length = s->header.sh_type == SHT_NOBITS ? 0 : s->header.sh_size;
		if (length && !reach(s->header.sh_offset, length, size, end))
			return false;
	}
	return true;
}

/* What follows the last section would be lost. */
static bool check_end(const sections *all, Elf *elf, size_t size, const char *file, struct err *e)
{
	GElf_Ehdr header;
	uint64_t end = 0;
	if (!gelf_getehdr(elf, &header))
		return fail_elf(e, file, "damaged header");
	if (!find_end(all, &header, size, &end)) {
		fail(e, E_INPUT, "the file is cut off: it ends before the last of its sections");
		return fail_where(e, "%s", file);
	}
	if (size == end)
		return true;
	fail(e, E_INPUT, "%zu bytes follow the end of the program: OCaml's bytecode, it seems",
		size - (size_t)end);
	fail_hint(e, "let dune make the native program, NAME.exe");
	return fail_where(e, "%s", file);
}

static bool find_ranges(
	struct label *l, Elf *elf, struct str bytes, const char *file, ranges *out, struct err *e)
{
	sections all;
	uint64_t overlap;
	if (!elf_sections(l->a, elf, file, &all, e) || !check_end(&all, elf, bytes.n, file, e))
		return false;
	vec_for(s, &all)
		if (s->header.sh_type == SHT_SYMTAB &&
			!elf_symbols(elf, s, file, take_symbol, l, e))
			return false;
	add_ranges(l, &all, out);
	if (!ranges_sort(out, &overlap)) {
		fail(e, E_INPUT, "two units fill address 0x%jx", (uintmax_t)overlap);
		return fail_where(e, "%s", file);
	}
	return true;
}

bool image_label(const char *linked, const struct image_info *m, const image_units *units,
	const char *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct label l = {.a = &scratch, .units = {.a = &scratch}, .spans = {.a = &scratch}};
	struct text manifest = {.a = &scratch};
	struct str bytes, sealed;
	ranges found = {0};
	defer(elf_close) Elf *elf = NULL;
	vec_for(unit, units)
		*map_put(&l.units, str_of(unit->name)) = unit;
	if (!file_read(&scratch, linked, MAX_IMAGE, &bytes, e) ||
		!elf_open(bytes, linked, &elf, e) ||
		!find_ranges(&l, elf, bytes, linked, &found, e))
		return false;
	manifest_write(m, &found, &manifest);
	return manifest_attach(&scratch, bytes, linked, text_str(&manifest), &sealed, e) &&
	       file_write_cache(out, sealed, 0755, e);
}
