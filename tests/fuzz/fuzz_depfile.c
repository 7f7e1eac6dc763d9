/* fuzz_depfile.c - the readers of compilers' and linkers' file lists on any bytes.
 * SPDX-License-Identifier: ISC */
#include "build/depfile.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	struct str text = {(const char *)data, size};
	strings files;
	if (depfile_read(&scratch, text, &files))
		vec_for(file, &files)
			if (!**file || strlen(*file) > size)
				__builtin_trap();
	if (depfile_read_linker(&scratch, text, &files))
		vec_for(file, &files)
			if (strlen(*file) > size)
				__builtin_trap();
	return 0;
}
