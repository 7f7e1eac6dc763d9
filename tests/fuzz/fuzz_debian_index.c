/* fuzz_debian_index.c - a damaged index of the distribution leads nowhere outside of itself.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "debian/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	struct debian_index x;
	struct debian_dependents d;
	struct err e = {0};
	/* As a file is mapped: aligned. */
	char *bytes = arena_alloc(&scratch, size + 1);
	memcpy(bytes, data, size);
	if (!debian_index_view((struct str){bytes, size}, &x))
		return 0;
	if (!debian_dependents(&scratch, &x, "a", true, &d, &e) && e.code != E_NOTFOUND)
		__builtin_trap();
	return 0;
}
