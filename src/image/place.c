/* place.c - what an address of an image is. SPDX-License-Identifier: ISC */
#include "image/image.h"

#include <stdlib.h>

#include "image/manifest.h"
#include "image/symbols.h"
#include "sys/sys.h"

static void find_section(
	struct arena *a, const struct image_info *info, uint64_t address, struct image_spot *out)
{
	vec_for(s, &info->sections)
		if (s->loaded && address >= s->address && address - s->address < s->size)
			out->section = str_copy(a, str_of(s->name));
}

/* A build maps each package's source tree to "/PACKAGE" in the debug information. */
static struct str without_package(struct arena *a, struct str path, const char *package)
{
	const char *prefix = package ? str_format(a, "/%s/", package) : "";
	return str_starts(path, str_of(prefix)) ? str_from(path, str_of(prefix).n) : path;
}

/* What addr2line prints: the function, then "FILE:LINE (discriminator 3)"; "??" where it does not
 * know. */
static void read_line(struct arena *a, struct str output, struct image_spot *out)
{
	struct str function = str_cut(&output, '\n'), place = str_cut(&output, '\n');
	uint64_t line;
	place = str_cut(&place, ' ');
	size_t colon = place.n;
	while (colon && place.p[colon - 1] != ':')
		colon--;
	if (!function.n || str_is(function, "??") || !colon || str_starts(place, S("??")) ||
		!str_u64(str_from(place, colon), &line) || !line || line > INT32_MAX)
		return;
	struct str file = {place.p, colon - 1};
	out->function = str_copy(a, function);
	out->file = str_copy(a, without_package(a, file, out->package));
	out->line = (int)line;
}

bool image_find(
	struct arena *a, const char *file, uint64_t address, struct image_spot *out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
	struct image_spot spot = {0};
	struct image_info info;
	struct str bytes;
	ranges places;
	struct outcome lines;
	const char *const argv[] = {"addr2line", "-f", "-e", file,
		str_format(&scratch, "0x%jx", (uintmax_t)address), NULL};
	struct command addr2line = {.argv = argv, .split = true};
	if (!file_read(&scratch, file, MAX_IMAGE, &bytes, e) ||
		!image_parse(&scratch, bytes, file, &info, &places, e) ||
		!command_must(&scratch, &addr2line, &lines, e))
		return false;
	const struct range *range = ranges_find(&places, address);
	if (range)
		spot.package = str_copy(a, str_of(info.packages.v[range->package].name));
	find_section(a, &info, address, &spot);
	if (!symbol_find(a, bytes, file, address, &spot, e))
		return false;
	read_line(a, lines.output, &spot);
	*out = spot;
	return true;
}

bool image_place(
	struct arena *a, const char *file, uint64_t address, const char **out, struct err *e)
{
	struct image_spot s;
	struct text t = {.a = a};
	if (!image_find(a, file, address, &s, e))
		return false;
	if (s.file)
		text_addf(&t, "%s at %s:%d", s.function, s.file, s.line);
	else if (s.function && s.has_offset && !s.is_data)
		text_addf(&t, "%s+0x%jx", s.function, (uintmax_t)s.offset);
	else
		text_addf(&t, "0x%jx", (uintmax_t)address);
	if (s.package)
		text_addf(&t, " (%s)", s.package);
	*out = t.p;
	return true;
}
