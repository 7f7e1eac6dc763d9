/* solo5.c - the notes of a Solo5 image: its target, and the devices that it wants.
 * SPDX-License-Identifier: ISC */
#include "image/solo5.h"

#include <string.h>

#include "image/elf_file.h"
#include "image/manifest.h"
#include "sys/sys.h"

#define NOTE_OWNER "Solo5"
#define NOTE_ABI 0x31494241	 /* "ABI1" */
#define NOTE_MANIFEST 0x3154464d /* "MFT1" */
#define MANIFEST_VERSION 1
#define ENTRIES_MAX 64
/* struct mft_entry on 64-bit machines: name, type, then what only a running tender fills in. */
#define ENTRY_SIZE ((size_t)104)
#define NAME_SIZE ((size_t)68)
#define TYPE_BLOCK 1
#define TYPE_NET 2
#define TYPE_RESERVED 0x40000000 /* and above: no devices */

static const char *const targets[] = {
	[1] = "hvt", [2] = "spt", [3] = "virtio", [4] = "muen", [5] = "genode", [6] = "xen"};

/* All processors that Solo5 runs on are little-endian. */
static uint32_t number_at(struct str bytes, size_t at)
{
	const unsigned char *b = (const unsigned char *)bytes.p + at;
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* The contents of the first note of Solo5's with this TYPE among those of one segment. */
static bool find_in_segment(Elf_Data *data, uint32_t type, struct str *out)
{
	GElf_Nhdr note;
	size_t name, contents, at = 0;
	while ((at = gelf_getnote(data, at, &note, &name, &contents)) > 0) {
		const char *bytes = data->d_buf;
		if (note.n_type != type || note.n_namesz != sizeof(NOTE_OWNER) ||
			memcmp(bytes + name, NOTE_OWNER, sizeof(NOTE_OWNER)) != 0)
			continue;
		*out = (struct str){bytes + contents, note.n_descsz};
		return true;
	}
	return false;
}

static bool find_note(Elf *elf, uint32_t type, struct str *out)
{
	size_t n;
	if (elf_getphdrnum(elf, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr segment;
		if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_NOTE)
			continue;
		Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)segment.p_offset,
			segment.p_filesz, segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
		if (data && data->d_buf && find_in_segment(data, type, out))
			return true;
	}
	return false;
}

static bool read_target(struct str note, struct solo5_notes *out, struct err *e)
{
	uint32_t target = note.n >= 4 ? number_at(note, 0) : 0;
	if (!target || target >= sizeof(targets) / sizeof(*targets))
		return fail(e, E_INPUT, "a Solo5 image of an unknown target (%u)", target);
	out->target = targets[target];
	return true;
}

static bool is_device_name(struct str s)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(plain, s.p[i]))
			return false;
	return s.n > 0;
}

static bool read_entry(struct arena *a, struct str entry, struct solo5_notes *out, struct err *e)
{
	uint32_t type = number_at(entry, NAME_SIZE);
	struct str name = {entry.p, strnlen(entry.p, NAME_SIZE)};
	if (type >= TYPE_RESERVED)
		return true;
	if (type != TYPE_BLOCK && type != TYPE_NET)
		return fail(e, E_INPUT, "its manifest has a device of an unknown type (%u)", type);
	if (name.n == NAME_SIZE || !is_device_name(name))
		return fail(e, E_INPUT, "its manifest has a device with a name that is none");
	*vec_add(a, &out->devices) =
		(struct solo5_device){str_copy(a, name), .is_card = type == TYPE_NET};
	return true;
}

/* The manifest is aligned to 8 bytes in the file, the note to 4: up to 4 of padding. */
static bool read_manifest(struct arena *a, struct str note, struct solo5_notes *out, struct err *e)
{
	size_t start = note.n % 8 == 4 ? 4 : 0;
	struct str rest = str_from(note, start + 8);
	if (note.n < start + 8 || number_at(note, start) != MANIFEST_VERSION)
		return fail(e, E_INPUT, "its manifest is of an unknown version");
	uint32_t entries = number_at(note, start + 4);
	if (entries > ENTRIES_MAX || rest.n != entries * ENTRY_SIZE)
		return fail(e, E_INPUT, "its manifest of %u entries is %zu bytes long: damaged",
			entries, note.n);
	for (; rest.n; rest = str_from(rest, ENTRY_SIZE))
		if (!read_entry(a, rest, out, e))
			return false;
	return true;
}

bool solo5_parse(
	struct arena *a, struct str bytes, const char *file, struct solo5_notes *out, struct err *e)
{
	defer(elf_close) Elf *elf = NULL;
	struct solo5_notes notes = {0};
	struct str abi, manifest;
	if (!elf_open(bytes, file, &elf, e))
		return false;
	bool found = find_note(elf, NOTE_ABI, &abi) && find_note(elf, NOTE_MANIFEST, &manifest);
	if (!found)
		return fail(e, E_INPUT,
			       "this is no Solo5 image: its notes ABI1 and MFT1 are not "
			       "there") ||
		       fail_where(e, "%s", file);
	if (!read_target(abi, &notes, e) || !read_manifest(a, manifest, &notes, e))
		return fail_where(e, "%s", file);
	*out = notes;
	return true;
}

bool image_solo5(struct arena *a, const char *file, struct solo5_notes *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct str bytes;
	return file_read(&scratch, file, MAX_IMAGE, &bytes, e) &&
	       solo5_parse(a, bytes, file, out, e);
}
