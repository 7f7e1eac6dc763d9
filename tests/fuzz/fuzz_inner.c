/* fuzz_inner.c - the words of OCaml's sources, on any bytes: names are looked for at each level.
 * SPDX-License-Identifier: ISC */
#include "resolve/inner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"A", "B", "t"};
	defer(arena_free) struct arena a = {0};
	struct str text = {(const char *)data, size};
	int lines = 1;
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	for (size_t first = 0; first < 3; first++) {
		strings path = {0};
		struct inner found;
		for (size_t i = first; i < 3; i++)
			vec_push(&a, &path, names[i]);
		if (!inner_find(text, &path, &found))
			continue;
		if (!found.kind || found.line < 1 || found.line > lines)
			__builtin_trap();
	}
	return 0;
}
