/* fuzz_arguments.c - command lines of machines. SPDX-License-Identifier: ISC */
#include "lab/arguments.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct network only = {.host = "10.77.0.1", .first = 0x0a4d0002, .prefix = 24};
	networks nets = {.v = &only, .n = 1};
	strings words = {0};
	struct err e = {0};
	const char *text = str_copy(&a, (struct str){(const char *)data, size});
	if (!arguments_split(&a, text, &nets, 1, CARD_TAP, &words, &e))
		return 0;
	/* Where nothing is quoted or replaced, blanks are all that goes. */
	bool plain = !strpbrk(text, "'\"\\$");
	vec_for(word, &words) {
		if (plain && (!**word || strpbrk(*word, " \t\r\n") || !strstr(text, *word)))
			__builtin_trap();
	}
	if (plain && str_of(arguments_join(&a, &words)).n > str_of(text).n)
		__builtin_trap();
	return 0;
}
