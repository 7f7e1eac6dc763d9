/* seal.c - gives a linked image its manifest. SPDX-License-Identifier: ISC */
#include "image/image.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "image/elf_file.h"
#include "image/link_map.h"
#include "image/manifest.h"
#include "sys/sys.h"

#define MAX_PADDING 64
#define NO_PACKAGE SIZE_MAX

/* ---- which package fills which addresses ---------------------------------------------- */

/* "out/lwip.o" is package lwip; "files.o", the packed files, is the image itself. */
static size_t package_of(const struct image_info *m, struct str input)
{
	const manifest_packages *packages = &m->packages;
	struct str rest = input, name = input;
	while (rest.p)
		name = str_cut(&rest, '/');
	if (!str_ends(name, S(".o")))
		return NO_PACKAGE;
	name.n -= 2;
	if (str_is(name, "files"))
		name = str_of(m->name);
	for (size_t i = 0; i < packages->n; i++)
		if (str_is(name, packages->v[i].name))
			return i;
	return NO_PACKAGE;
}

/* What was merged away at the end of a section still has a size in the map. */
static bool clip_to_section(struct contribution *c, const struct section *s)
{
	uint64_t start = s->header.sh_addr, size = s->header.sh_size, offset = c->address - start;
	if (c->address < start || offset > size)
		return false;
	if (c->size > size - offset)
		c->size = size - offset;
	return true;
}

/* Padding between two parts of one package counts as the package's: thus a package whose every
 * function is a section of its own still is a few ranges. */
static void add_range(
	struct arena *a, const struct contribution *c, size_t package, bool same_section, ranges *r)
{
	struct range *last = r->n ? &r->v[r->n - 1] : NULL;
	if (same_section && last && last->package == package && last->address <= c->address &&
		c->address - last->address - last->size < MAX_PADDING)
		last->size = c->address + c->size - last->address;
	else
		vec_push(a, r, ((struct range){c->address, c->size, package}));
}

static void drop_others(ranges *r)
{
	size_t n = 0;
	vec_for(range, r) {
		if (range->package != NO_PACKAGE)
			r->v[n++] = *range;
	}
	r->n = n;
}

static bool find_ranges(struct arena *a, Elf *elf, const char *linked, const char *map,
	const struct image_info *m, ranges *out, struct err *e)
{
	struct str text, last_section = S("");
	sections all;
	contributions parts;
	uint64_t overlap;
	if (!file_read(a, map, MAX_IMAGE, &text, e) || !link_map_read(a, text, map, &parts, e) ||
		!elf_sections(a, elf, linked, &all, e))
		return false;
	if (section_find(&all, S(MANIFEST_SECTION)))
		return fail(e, E_INPUT, "the image is sealed already") ||
		       fail_where(e, "%s", linked);
	vec_for(part, &parts) {
		const struct section *s = section_find(&all, part->section);
		if (!s || !section_is_loaded(s))
			continue;
		if (!clip_to_section(part, s))
			return fail(e, E_INPUT,
				       "the link map is of another image: %.*s would be at 0x%jx, "
				       "beyond section %s",
				       STR(part->input), (uintmax_t)part->address, s->name) ||
			       fail_where(e, "%s", map);
		if (part->size)
			add_range(a, part, package_of(m, part->input),
				str_eq(part->section, last_section), out);
		last_section = part->section;
	}
	if (!ranges_sort(out, &overlap))
		return fail(e, E_INPUT, "the link map gives address 0x%jx to two sections",
			       (uintmax_t)overlap) ||
		       fail_where(e, "%s", map);
	drop_others(out);
	return true;
}

/* ---- the section ---------------------------------------------------------------------- */

/* The end of all that stays where it is: everything but the names of sections, which grow, and
 * the table of section headers. */
static uint64_t end_of_content(Elf *elf, const GElf_Ehdr *header, size_t names)
{
	uint64_t end = header->e_phoff + (uint64_t)header->e_phnum * header->e_phentsize;
	if (end < header->e_ehsize)
		end = header->e_ehsize;
	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		GElf_Shdr s = {0};
		bool stays = gelf_getshdr(scn, &s) && elf_ndxscn(scn) != names;
		uint64_t size = s.sh_type == SHT_NOBITS ? 0 : s.sh_size;
		if (stays && s.sh_offset + size > end)
			end = s.sh_offset + size;
	}
	return end;
}

/* Makes BYTES the whole content of SCN, at OFFSET of the file. */
static bool set_content(Elf_Scn *scn, GElf_Shdr *header, struct str bytes, uint64_t offset)
{
	Elf_Data *data = header->sh_size ? elf_getdata(scn, NULL) : elf_newdata(scn);
	if (!data)
		return false;
	data->d_version = EV_CURRENT;
	data->d_buf = (char *)(uintptr_t)bytes.p;
	data->d_size = bytes.n;
	data->d_type = ELF_T_BYTE;
	data->d_align = 1;
	header->sh_offset = offset;
	header->sh_size = bytes.n;
	elf_flagdata(data, ELF_C_SET, ELF_F_DIRTY);
	return gelf_update_shdr(scn, header);
}

/* Lays out behind the content: names of sections, manifest, section headers. Nothing moves that a
 * program header points to. */
static bool add_section(struct arena *a, Elf *elf, struct str manifest)
{
	GElf_Ehdr header;
	GElf_Shdr names_header, own = {.sh_type = SHT_PROGBITS, .sh_addralign = 1};
	size_t names;
	if (!gelf_getehdr(elf, &header) || elf_getshdrstrndx(elf, &names))
		return false;
	uint64_t end = end_of_content(elf, &header, names);
	Elf_Scn *names_scn = elf_getscn(elf, names);
	Elf_Data *old = elf_getdata(names_scn, NULL);
	if (!old || !gelf_getshdr(names_scn, &names_header))
		return false;
	struct text grown = {.a = a};
	text_add(&grown, (struct str){old->d_buf, old->d_size});
	text_add(&grown, (struct str){MANIFEST_SECTION, sizeof(MANIFEST_SECTION)});
	own.sh_name = (GElf_Word)old->d_size;
	elf_flagelf(elf, ELF_C_SET, ELF_F_LAYOUT | ELF_F_DIRTY);
	Elf_Scn *scn = elf_newscn(elf);
	if (!scn || !set_content(names_scn, &names_header, text_str(&grown), end) ||
		!set_content(scn, &own, manifest, end + grown.n))
		return false;
	header.e_shoff = (end + grown.n + manifest.n + 7) & ~UINT64_C(7);
	return gelf_update_ehdr(elf, &header) && elf_update(elf, ELF_C_WRITE) > 0;
}

static bool read_back(struct arena *a, int fd, struct str *out, struct err *e)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *bytes = arena_alloc(a, size > 0 ? (size_t)size : 0);
	if (size < 0 || pread(fd, bytes, (size_t)size, 0) != size)
		return fail_errno(e, "read the sealed image");
	*out = (struct str){bytes, (size_t)size};
	return true;
}

/* In memory: libelf updates files only, so it gets one without a name. */
bool manifest_attach(struct arena *a, struct str linked, const char *file, struct str manifest,
	struct str *out, struct err *e)
{
	defer(close_fd) int fd = memfd_create("image", MFD_CLOEXEC);
	if (fd < 0 || write(fd, linked.p, linked.n) != (ssize_t)linked.n)
		return fail_errno(e, "make room for the sealed image");
	defer(elf_close) Elf *elf = elf_begin(fd, ELF_C_RDWR, NULL);
	if (!elf || !add_section(a, elf, manifest))
		return fail_elf(e, file, "can't add the manifest");
	return read_back(a, fd, out, e);
}

bool image_seal(const char *linked, const char *map, const struct image_info *m, const char *out,
	struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct str bytes, sealed;
	struct text manifest = {.a = &scratch};
	ranges found = {0};
	if (!file_read(&scratch, linked, MAX_IMAGE, &bytes, e))
		return false;
	defer(elf_close) Elf *elf = NULL;
	if (!elf_open(bytes, linked, &elf, e) ||
		!find_ranges(&scratch, elf, linked, map, m, &found, e))
		return false;
	manifest_write(m, &found, &manifest);
	return manifest_attach(&scratch, bytes, linked, text_str(&manifest), &sealed, e) &&
	       file_write_cache(out, sealed, 0755, e);
}
