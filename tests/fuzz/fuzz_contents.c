/* fuzz_contents.c - lines of apt-file's index and of dpkg's lists, and what their paths are taken
 * for. SPDX-License-Identifier: ISC */
#include "debian/debian.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_within(struct str part, struct str whole)
{
	if (part.n && (part.p < whole.p || part.p + part.n > whole.p + whole.n))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data, size};
	while (rest.n) {
		struct str line = str_cut(&rest, '\n'), path, packages, name, package;
		if (debian_file_kind(line, &name) != DEBIAN_OTHER) {
			is_within(name, line);
			if (!name.n)
				__builtin_trap();
		}
		if (!debian_contents_line(line, &path, &packages))
			continue;
		is_within(path, line);
		while ((package = debian_contents_package(&packages)).n)
			is_within(package, line);
	}
	return 0;
}
