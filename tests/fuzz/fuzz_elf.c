/* fuzz_elf.c - image_read() on any bytes. SPDX-License-Identifier: ISC */
#include "image/image.h"
#include "image/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	struct image_info info;
	ranges places;
	struct err e;
	struct str bytes = {(const char *)data, size};
	if (!image_parse(&scratch, bytes, "image", &info, &places, &e))
		return 0;
	vec_for(symbol, &info.symbols) {
		const struct range *range = ranges_find(&places, symbol->address);
		if (!symbol->section || !symbol->package != !range)
			__builtin_trap();
	}
	return 0;
}
