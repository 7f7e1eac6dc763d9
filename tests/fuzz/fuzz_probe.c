/* fuzz_probe.c - the search for __has_include in any bytes. SPDX-License-Identifier: ISC */
#include "build/engine.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	struct str text = {(const char *)data, size};
	strings names = {0};
	probes_read(&scratch, text, &names);
	vec_for(name, &names)
		if (!**name || strlen(*name) > 300)
			__builtin_trap();
	return 0;
}
