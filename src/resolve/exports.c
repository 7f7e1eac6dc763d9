/* exports.c - the symbols that a library offers, by libelf. SPDX-License-Identifier: ISC */
#include "resolve/exports.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <unistd.h>

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

/* ---- archives ----------------------------------------------------------------------------------
 * Their first member, "/", names each symbol that their objects define for others: a number N, N
 * places of objects, N texts, each with a NUL. libelf's own reader of it believes the texts' ends.
 */

#define ARCHIVE_MAGIC "!<arch>\n"
#define MAX_TABLE ((uint64_t)256 << 20)

struct member {
	char name[16], date[12], user[6], group[6], mode[8], size[10], end[2];
};

/* The table's bytes; empty where the archive has none. */
MUST_CHECK static bool read_table(struct arena *a, int fd, struct str *out, struct err *e)
{
	struct member m;
	uint64_t size;
	*out = S("");
	ssize_t got = pread(fd, &m, sizeof(m), (off_t)strlen(ARCHIVE_MAGIC));
	if (got == 0)
		return true;
	if (got != (ssize_t)sizeof(m) || memcmp(m.end, "`\n", 2) != 0 ||
		!str_u64(str_trim((struct str){m.size, sizeof(m.size)}), &size) || size > MAX_TABLE)
		return fail(e, E_INPUT, "damaged archive: its first member has no size");
	if (m.name[0] != '/' || m.name[1] != ' ')
		return true;
	char *bytes = arena_alloc(a, size);
	got = pread(fd, bytes, size, (off_t)(strlen(ARCHIVE_MAGIC) + sizeof(m)));
	if (got < 0 || (uint64_t)got != size)
		return fail(e, E_INPUT, "damaged archive: its table of symbols is cut off");
	*out = (struct str){bytes, size};
	return true;
}

MUST_CHECK static bool read_archive(struct arena *a, int fd, struct exports *out, struct err *e)
{
	struct str table;
	if (!read_table(a, fd, &table, e))
		return false;
	if (!table.n)
		return true;
	const unsigned char *p = (const unsigned char *)table.p;
	uint64_t n = table.n < 4 ? UINT64_MAX
				 : (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 |
					   (uint64_t)p[2] << 8 | (uint64_t)p[3];
	if (n > table.n / 4 - 1)
		return fail(e, E_INPUT, "damaged archive: its table of symbols is too short");
	struct str names = str_from(table, 4 + 4 * (size_t)n);
	while (n-- && names.p && names.n) {
		struct str name = str_cut(&names, '\0');
		if (name.n && names.p)
			vec_push(a, &out->symbols, str_copy(a, name));
	}
	return true;
}

/* ---- shared libraries --------------------------------------------------------------------------
 */

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
	const GElf_Shdr *header, const char *file, struct exports *out, struct err *e)
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

static void read_dynamic(
	struct arena *a, Elf *elf, Elf_Scn *scn, const GElf_Shdr *header, struct exports *out)
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
	struct arena *a, Elf *elf, const char *file, struct exports *out, struct err *e)
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

static bool is_archive(int fd)
{
	char magic[8];
	return pread(fd, magic, sizeof(magic), 0) == (ssize_t)sizeof(magic) &&
	       !memcmp(magic, ARCHIVE_MAGIC, sizeof(magic));
}

MUST_CHECK static bool read_elf(
	struct arena *a, int fd, const char *file, struct exports *out, struct err *e)
{
	elf_version(EV_CURRENT);
	defer(close_elf) Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF)
		return fail(e, E_INPUT, "this is no library");
	return read_shared(a, elf, file, out, e);
}

bool exports_read(struct arena *a, const char *file, struct exports *out, struct err *e)
{
	struct exports found = {0};
	defer(close_fd) int fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(e, "open %s", file);
	if (is_archive(fd) ? !read_archive(a, fd, &found, e) : !read_elf(a, fd, file, &found, e))
		return fail_where(e, "%s", file);
	*out = found;
	return true;
}
