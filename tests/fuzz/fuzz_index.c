/* fuzz_index.c - an index whose bytes are damaged. SPDX-License-Identifier: ISC */
#include "resolve/index.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	const struct index_entry *first;
	struct index x;
	char *aligned = arena_alloc(&scratch, size);
	memcpy(aligned, data, size);
	if (!index_view((struct str){aligned, size}, &x))
		return 0;
	for (size_t i = 0; i < x.header->entries; i++) {
		struct str name = str_of(index_name(&x, &x.entries[i]));
		size_t n = index_find(&x, name, &first);
		for (size_t j = 0; j < n; j++)
			if (strlen(index_path(&x, &first[j])) > size)
				__builtin_trap();
	}
	return 0;
}
