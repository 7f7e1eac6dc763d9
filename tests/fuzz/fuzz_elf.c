/* fuzz_elf.c - image_read() and symbol_find() on any bytes. SPDX-License-Identifier: ISC */
#include "image/image.h"
#include "image/manifest.h"
#include "image/symbols.h"

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
	for (size_t i = 0; i < info.symbols.n && i < 100; i++) {
		struct image_spot spot = {0};
		uint64_t address = info.symbols.v[i].address;
		if (symbol_find(&scratch, bytes, "image", address, &spot, &e) && spot.function &&
			!spot.has_symbols)
			__builtin_trap();
	}
	vec_for(symbol, &info.symbols) {
		const struct range *range = ranges_find(&places, symbol->address);
		if (!symbol->section || !symbol->package != !range)
			__builtin_trap();
	}
	return 0;
}
