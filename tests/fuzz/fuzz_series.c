/* fuzz_series.c - the reader of debian/patches/series on any bytes: what it lets through stays
 * below the folder of patches. SPDX-License-Identifier: ISC */
#include <string.h>

#include "fetch/quilt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	quilt_patches patches = {0};
	struct err e = {0};
	if (!quilt_series(&scratch, (struct str){(const char *)data, size}, &patches, &e)) {
		if ((e.code != E_INPUT && e.code != E_UNSAFE) || !e.text[0])
			__builtin_trap();
		return 0;
	}
	vec_for(p, &patches) {
		if (!p->name[0] || p->name[0] == '/' || strpbrk(p->name, " \t\n") || p->strip < 0)
			__builtin_trap();
		for (struct str rest = str_of(p->name); rest.p;)
			if (str_is(str_cut(&rest, '/'), ".."))
				__builtin_trap();
	}
	return 0;
}
