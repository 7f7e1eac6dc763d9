/* fuzz_console.c - consoles of images: a panic is found or not, and told in one line.
 * SPDX-License-Identifier: ISC */
#include "lab/panic.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct panic p;
	if (!panic_find(&a, (struct str){(const char *)data, size}, &p))
		return 0;
	if (p.addresses.n != p.places.n || strchr(panic_words(&a, &p), '\n'))
		__builtin_trap();
	return 0;
}
