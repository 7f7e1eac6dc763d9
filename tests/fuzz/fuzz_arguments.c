/* fuzz_arguments.c - command lines of machines: words that are joined are split into the same ones.
 * SPDX-License-Identifier: ISC */
#include "lab/arguments.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct network only = {.host = "10.77.0.1", .first = 0x0a4d0002, .prefix = 24};
	networks nets = {.v = &only, .n = 1};
	strings words = {0}, again = {0};
	struct err e = {0};
	const char *text = str_copy(&a, (struct str){(const char *)data, size});
	if (!arguments_split(&a, text, &nets, 1, CARD_TAP, &words, &e))
		return 0;
	/* What is a shell's alone is not quoted for Solo5. */
	vec_for(word, &words)
		if (strpbrk(*word, "$'`"))
			return 0;
	if (!arguments_split(&a, arguments_join(&a, &words), &nets, 1, CARD_TAP, &again, &e) ||
		again.n != words.n)
		__builtin_trap();
	for (size_t i = 0; i < words.n; i++)
		if (strcmp(words.v[i], again.v[i]) != 0)
			__builtin_trap();
	return 0;
}
