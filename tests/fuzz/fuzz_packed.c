/* fuzz_packed.c - the images' reader of their packed files on any bytes.
 * SPDX-License-Identifier: ISC */
#include <stdint.h>

#include "unikernel/site/files.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct archive a = {(const char *)data, (const char *)data + size};
	struct file f;
	while (files_next(&a, &f) == FOUND_FILE)
		if (f.data < (const char *)data || f.data + f.n > a.end || strlen(f.path) > size)
			__builtin_trap();
	return 0;
}
