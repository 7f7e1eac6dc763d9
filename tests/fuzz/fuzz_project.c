/* fuzz_project.c - kept recipes of a project from any bytes: they are taken or read anew, never
 * worse; and what is taken can be used as it is. SPDX-License-Identifier: ISC */
#include <string.h>

#include "project/reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct reading p = {.a = &a, .root = "/nowhere", .names.a = &a, .images.a = &a};
	struct workspace w = {.a = &a, .root = "/nowhere"};
	recipes closure;
	struct err e;
	char *text = str_copy(&a, (struct str){(const char *)data, size});
	if (!kept_parse(&p, (struct str){text, size}))
		return 0;
	w.all = p.made;
	vec_for(r, &w.all) {
		if (!(*r)->name || !(*r)->version || !(*r)->build.dune || !(*r)->build.dune->place)
			__builtin_trap();
		(void)recipe_of_place(&w, (*r)->build.dune->place);
		if (recipe_closure(&w, *r, &closure, &e) && closure.v[0] != *r)
			__builtin_trap();
	}
	return 0;
}
