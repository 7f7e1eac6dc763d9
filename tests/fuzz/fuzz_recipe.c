/* fuzz_recipe.c - recipes from any bytes: read or refused, never worse; and what was read has
 * canonical bytes. SPDX-License-Identifier: ISC */
#include "recipe/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct recipe r = {0};
	struct err e = {0};
	struct text t = {.a = &a};
	struct str bytes = {(const char *)data, size}, value;
	if (json_locate(bytes, "version", &value) &&
		(value.p < bytes.p || value.p + value.n > bytes.p + bytes.n))
		__builtin_trap();
	if (spec_read(&a, &recipe_spec, bytes, "recipe.json", &r, &e))
		spec_canonical(&recipe_spec, &r, &t);
	else if (!e.text[0] || !e.where[0])
		__builtin_trap();
	return 0;
}
