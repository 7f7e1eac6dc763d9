/* exports.c - the symbols that a library offers, by libelf. SPDX-License-Identifier: ISC */
#include "distro/distro.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>

static void close_elf(Elf **elf)
{
	elf_end(*elf);
}

MUST_CHECK static bool damaged(const char *file, struct err *e)
{
	const char *said = elf_errmsg(-1);
	(void)fail(e, E_INPUT, "damaged library%s%s", said ? ": " : "", said ? said : "");
	return fail_where(e, "%s", file);
}

/* An archive's own table names each symbol that its objects define for others. */
MUST_CHECK static bool read_archive(
	struct arena *a, Elf *elf, const char *file, struct distro_exports *out, struct err *e)
{
	size_t n = 0;
	const Elf_Arsym *symbols = elf_getarsym(elf, &n);
	if (!symbols)
		return elf_errno() == 0 || damaged(file, e);
	for (size_t i = 0; i < n; i++)
		if (symbols[i].as_name)
			vec_push(a, &out->symbols, str_copy(a, str_of(symbols[i].as_name)));
	return true;
}

static bool is_exported(const GElf_Sym *s)
{
	int bind = GELF_ST_BIND(s->st_info), type = GELF_ST_TYPE(s->st_info);
	bool global = bind == STB_GLOBAL || bind == STB_WEAK || bind == STB_GNU_UNIQUE;
	bool is_code_or_data =
		type == STT_FUNC || type == STT_OBJECT || type == STT_GNU_IFUNC || type == STT_TLS;
	return global && is_code_or_data && s->st_shndx != SHN_UNDEF &&
	       GELF_ST_VISIBILITY(s->st_other) == STV_DEFAULT;
}

MUST_CHECK static bool read_symbols(struct arena *a, Elf *elf, Elf_Scn *scn,
	const GElf_Shdr *header, const char *file, struct distro_exports *out, struct err *e)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	if (!data || !header->sh_entsize)
		return damaged(file, e);
	size_t n = data->d_size / header->sh_entsize;
	for (size_t i = 0; i < n && i <= INT32_MAX; i++) {
		GElf_Sym symbol;
		if (!gelf_getsym(data, (int)i, &symbol))
			return damaged(file, e);
		const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (is_exported(&symbol) && name && *name)
			vec_push(a, &out->symbols, str_copy(a, str_of(name)));
	}
	return true;
}

static void read_dynamic(struct arena *a, Elf *elf, Elf_Scn *scn, const GElf_Shdr *header,
	struct distro_exports *out)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	GElf_Dyn entry;
	for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
		if (entry.d_tag != DT_SONAME)
			continue;
		const char *name = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
		if (name)
			out->soname = str_copy(a, str_of(name));
	}
}

MUST_CHECK static bool read_shared(
	struct arena *a, Elf *elf, const char *file, struct distro_exports *out, struct err *e)
{
	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		GElf_Shdr header;
		if (!gelf_getshdr(scn, &header))
			return damaged(file, e);
		if (header.sh_type == SHT_DYNAMIC)
			read_dynamic(a, elf, scn, &header, out);
		if (header.sh_type == SHT_DYNSYM &&
			!read_symbols(a, elf, scn, &header, file, out, e))
			return false;
	}
	return true;
}

bool distro_exports_read(
	struct arena *a, const char *file, struct distro_exports *out, struct err *e)
{
	struct distro_exports found = {0};
	elf_version(EV_CURRENT);
	defer(close_fd) int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(e, "open %s", file);
	defer(close_elf) Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	Elf_Kind kind = elf ? elf_kind(elf) : ELF_K_NONE;
	if (kind != ELF_K_AR && kind != ELF_K_ELF)
		return fail(e, E_INPUT, "this is no library") || fail_where(e, "%s", file);
	if (kind == ELF_K_AR ? !read_archive(a, elf, file, &found, e)
			     : !read_shared(a, elf, file, &found, e))
		return false;
	*out = found;
	return true;
}
