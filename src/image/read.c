/* read.c - what is inside an image. SPDX-License-Identifier: ISC */
#include "image/image.h"

#include <string.h>

#include "image/elf_file.h"
#include "image/manifest.h"
#include "image/symbols.h"
#include "sys/sys.h"

static bool read_sections(struct arena *a, const sections *all, const char *file,
	struct image_info *out, struct err *e)
{
	vec_for(s, all) {
		struct image_section *section = vec_add(a, &out->sections);
		section->name = str_copy(a, str_of(s->name));
		section->address = s->header.sh_addr;
		section->size = s->header.sh_size;
		section->loaded = section_is_loaded(s);
		section->zeroed = section->loaded && s->header.sh_type == SHT_NOBITS;
		if (!section->loaded)
			continue;
		if (section->size > UINT64_MAX - section->address ||
			section->size > UINT64_MAX - out->loaded)
			return fail(e, E_INPUT, "section %s reaches beyond the end of memory",
				       s->name) ||
			       fail_where(e, "%s", file);
		out->loaded += section->size;
		out->zeroed += section->zeroed ? section->size : 0;
	}
	return true;
}

/* The manifest's bytes; empty where there is none. */
static bool find_manifest(const sections *all, const char *file, struct str *out, struct err *e)
{
	const struct section *s = section_find(all, S(MANIFEST_SECTION));
	*out = S("");
	if (!s)
		return true;
	Elf_Data *data = elf_rawdata(s->scn, NULL);
	if (!data || !data->d_buf)
		return fail(e, E_INPUT, "the manifest is empty") || fail_where(e, "%s", file);
	*out = (struct str){data->d_buf, data->d_size};
	return true;
}

static const struct image_section *loaded_section_at(
	const struct image_info *info, uint64_t address)
{
	vec_for(s, &info->sections) {
		if (s->loaded && address >= s->address && address - s->address < s->size)
			return s;
	}
	return NULL;
}

/* A range fills one section, so its first address tells about all of it. */
static bool sum_packages(struct image_info *info, const ranges *r, const char *file, struct err *e)
{
	vec_for(range, r) {
		const struct image_section *s = loaded_section_at(info, range->address);
		if (!s || range->size > s->size - (range->address - s->address))
			return fail(e, E_INPUT,
				       "the manifest speaks of address 0x%jx, where the image has "
				       "nothing",
				       (uintmax_t)range->address) ||
			       fail_where(e, "%s", file);
		struct manifest_package *p = &info->packages.v[range->package];
		*(s->zeroed ? &p->zeroed : &p->size) += range->size;
	}
	return true;
}

bool image_parse(struct arena *a, struct str bytes, const char *file, struct image_info *out,
	ranges *places, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	defer(elf_close) Elf *elf = NULL;
	struct image_info info = {.size = bytes.n};
	ranges found = {0};
	sections all;
	struct str manifest;
	if (!elf_open(bytes, file, &elf, e) || !elf_sections(&scratch, elf, file, &all, e) ||
		!read_sections(a, &all, file, &info, e) || !find_manifest(&all, file, &manifest, e))
		return false;
	if (manifest.n && !manifest_read(a, manifest, file, &info, &found, e))
		return false;
	if (!sum_packages(&info, &found, file, e) ||
		!symbols_read(a, elf, &all, file, &found, &info, e))
		return false;
	*out = info;
	*places = found;
	return true;
}

bool image_read(struct arena *a, const char *file, struct image_info *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct str bytes;
	ranges places;
	if (!file_read(&scratch, file, MAX_IMAGE, &bytes, e) ||
		!image_parse(a, bytes, file, out, &places, e))
		return false;
	struct digest digest = hash_bytes(bytes);
	out->sha256 = digest_hex(a, &digest);
	return true;
}

bool image_lists(const struct image_info *i, const struct manifest_package *p)
{
	if (p->size || p->zeroed || p->overlay_tree || !p->source || !*p->source || !i->name ||
		strcmp(p->name, i->name) != 0)
		return true;
	vec_for(other, &i->packages)
		if (strcmp(other->name, p->name) != 0 && other->source &&
			!strcmp(other->source, p->source))
			return false;
	return true;
}
