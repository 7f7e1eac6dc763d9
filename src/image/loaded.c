/* loaded.c - names what a machine gets of an image. SPDX-License-Identifier: ISC */
#include <string.h>

#include "image/elf_file.h"
#include "image/image.h"
#include "sys/sys.h"

#define IMAGE_LIMIT ((size_t)1 << 30)

static void add_number(struct hasher *h, uint64_t n)
{
	hash_add(h, (struct str){(const char *)&n, sizeof(n)});
}

static bool add_section(struct hasher *h, const struct section *s, const char *file, struct err *e)
{
	hash_add(h, (struct str){s->name, strlen(s->name) + 1});
	add_number(h, s->header.sh_type);
	add_number(h, s->header.sh_flags);
	add_number(h, s->header.sh_addr);
	add_number(h, s->header.sh_size);
	if (s->header.sh_type == SHT_NOBITS || !s->header.sh_size)
		return true;
	Elf_Data *data = elf_rawdata(s->scn, NULL);
	if (!data || !data->d_buf)
		return fail_elf(e, file, "a section can't be read");
	hash_add(h, (struct str){data->d_buf, data->d_size});
	return true;
}

bool image_loaded(struct arena *a, const char *file, const char **out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	defer(elf_close) Elf *elf = NULL;
	struct str bytes;
	sections all;
	GElf_Ehdr head;
	struct hasher h;
	if (!file_read(&scratch, file, IMAGE_LIMIT, &bytes, e) || !elf_open(bytes, file, &elf, e) ||
		!elf_sections(&scratch, elf, file, &all, e))
		return false;
	if (!gelf_getehdr(elf, &head))
		return fail_elf(e, file, "damaged header");
	hash_start(&h);
	add_number(&h, head.e_entry);
	vec_for(s, &all)
		if (section_is_loaded(s) && !add_section(&h, s, file, e))
			return false;
	struct digest d = hash_end(&h);
	*out = digest_hex(a, &d);
	return true;
}
