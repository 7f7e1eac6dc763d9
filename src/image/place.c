/* place.c - an address of an image in words. SPDX-License-Identifier: ISC */
#include "image/image.h"

#include "image/manifest.h"
#include "sys/sys.h"

/* "tcp_output+0x12", by the image's own symbols. */
static const char *nearest_symbol(struct arena *a, const struct image_info *info, uint64_t address)
{
	vec_for(s, &info->symbols) {
		if (address >= s->address && address - s->address < s->size)
			return str_format(
				a, "%s+0x%jx", s->name, (uintmax_t)(address - s->address));
	}
	return str_format(a, "0x%jx", (uintmax_t)address);
}

/* A build maps each package's source tree to "/PACKAGE" in the debug information. */
static struct str without_package(struct arena *a, struct str path, const char *package)
{
	const char *prefix = package ? str_format(a, "/%s/", package) : "";
	return str_starts(path, str_of(prefix)) ? str_from(path, str_of(prefix).n) : path;
}

/* What addr2line prints: the function, then "FILE:LINE (discriminator 3)"; "??" where it does not
 * know. Empty then. */
static const char *source_line(struct arena *a, struct str output, const char *package)
{
	struct str function = str_cut(&output, '\n'), place = str_cut(&output, '\n');
	place = str_cut(&place, ' ');
	if (!function.n || str_is(function, "??") || str_starts(place, S("??")) ||
		str_ends(place, S(":?")) || str_ends(place, S(":0")))
		return NULL;
	return str_format(
		a, "%.*s at %.*s", STR(function), STR(without_package(a, place, package)));
}

bool image_place(
	struct arena *a, const char *file, uint64_t address, const char **out, struct err *e)
{
	defer(arena_free) struct arena scratch = {0};
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
	const char *package = range ? info.packages.v[range->package].name : NULL;
	const char *line = source_line(&scratch, lines.output, package);
	if (!line)
		line = nearest_symbol(&scratch, &info, address);
	*out = package ? str_format(a, "%s (%s)", line, package) : str_copy(a, str_of(line));
	return true;
}
