/* fuzz_map.c - the reader of link maps on any bytes. SPDX-License-Identifier: ISC */
#include "image/link_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	contributions parts;
	struct err e;
	struct str text = {(const char *)data, size};
	if (!link_map_read(&scratch, text, "map", &parts, &e))
		return 0;
	vec_for(part, &parts) {
		if (!part->section.n || !part->input.n || !part->size)
			__builtin_trap();
	}
	return 0;
}
