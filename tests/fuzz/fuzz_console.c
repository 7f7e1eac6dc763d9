/* fuzz_console.c - consoles of images: a panic is found or not, and told in one line.
 * SPDX-License-Identifier: ISC */
#include "lab/panic.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct str console = {(const char *)data, size};
	struct panic p;
	if (panic_find(&a, console, &p) &&
		(p.addresses.n != p.places.n || strchr(panic_words(&a, &p), '\n')))
		__builtin_trap();
	if (panic_of_runtime(&a, console, &p) &&
		(p.addresses.n > p.places.n || strchr(panic_words(&a, &p), '\n')))
		__builtin_trap();
	return 0;
}
