/* elf_file.c - libelf behind our own errors. SPDX-License-Identifier: ISC */
#include "image/elf_file.h"

bool fail_elf(struct err *e, const char *file, const char *what)
{
	return fail(e, E_INPUT, "%s: %s", what, elf_errmsg(-1)) || fail_where(e, "%s", file);
}

bool elf_open(struct str bytes, const char *file, Elf **out, struct err *e)
{
	elf_version(EV_CURRENT);
	/* libelf writes to what it got as memory only when asked to update it. */
	Elf *elf = elf_memory((char *)(uintptr_t)bytes.p, bytes.n);
	if (elf && elf_kind(elf) == ELF_K_ELF) {
		*out = elf;
		return true;
	}
	elf_end(elf);
	return fail(e, E_INPUT, "this is no ELF file") || fail_where(e, "%s", file);
}

void elf_close(Elf **elf)
{
	elf_end(*elf);
}

/* A file that was cut off looks to libelf as if it had no sections, or empty ones. */
static bool check_complete(Elf *elf, const char *file, struct err *e)
{
	GElf_Ehdr header;
	size_t count, size = 0;
	if (!gelf_getehdr(elf, &header) || elf_getshdrnum(elf, &count) || !elf_rawfile(elf, &size))
		return fail_elf(e, file, "damaged ELF header");
	if (header.e_shoff > size || (header.e_shoff && !count))
		return fail(e, E_INPUT, "the file is cut off: it has no table of sections") ||
		       fail_where(e, "%s", file);
	return true;
}

bool elf_sections(struct arena *a, Elf *elf, const char *file, sections *out, struct err *e)
{
	sections found = {0};
	size_t names;
	if (!check_complete(elf, file, e))
		return false;
	if (elf_getshdrstrndx(elf, &names))
		return fail_elf(e, file, "no names of sections");
	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		struct section *s = vec_add(a, &found);
		s->scn = scn;
		if (!gelf_getshdr(scn, &s->header))
			return fail_elf(e, file, "damaged section header");
		s->name = elf_strptr(elf, names, s->header.sh_name);
		if (!s->name)
			return fail_elf(e, file, "damaged name of a section");
		if (s->header.sh_type != SHT_NOBITS && !elf_rawdata(scn, NULL))
			return fail_elf(e, file, "a section lies beyond the end of the file");
	}
	*out = found;
	return true;
}

/* Zeroed thread-local storage is only a size for each thread's copy. */
bool section_is_loaded(const struct section *s)
{
	bool is_tbss = s->header.sh_type == SHT_NOBITS && (s->header.sh_flags & SHF_TLS);
	return (s->header.sh_flags & SHF_ALLOC) && !is_tbss;
}

const struct section *section_find(const sections *s, struct str name)
{
	vec_for(section, s) {
		if (str_is(name, section->name))
			return section;
	}
	return NULL;
}

bool elf_symbols(Elf *elf, const struct section *table, const char *file,
	void (*take)(void *ctx, const GElf_Sym *symbol, const char *name), void *ctx, struct err *e)
{
	Elf_Data *data = elf_getdata(table->scn, NULL);
	GElf_Sym symbol;
	if (!data || !table->header.sh_entsize)
		return fail_elf(e, file, "damaged table of symbols");
	for (int i = 0; gelf_getsym(data, i, &symbol); i++) {
		const char *name = elf_strptr(elf, table->header.sh_link, symbol.st_name);
		if (!name)
			return fail_elf(e, file, "damaged name of a symbol");
		take(ctx, &symbol, name);
	}
	return true;
}
