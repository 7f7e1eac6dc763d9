/* fuzz_solo5.c - the notes of a Solo5 image, in any bytes. SPDX-License-Identifier: ISC */
#include "image/solo5.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	struct solo5_notes notes;
	struct err e;
	struct str bytes = {(const char *)data, size};
	if (!solo5_parse(&scratch, bytes, "image", &notes, &e))
		return 0;
	vec_for(device, &notes.devices)
		if (!*device->name || str_of(device->name).n > 67)
			__builtin_trap();
	if (!notes.target)
		__builtin_trap();
	return 0;
}
