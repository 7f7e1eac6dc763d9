/* fuzz_result.c - results as kept in run.json: what was read is written and read again the same.
 * SPDX-License-Identifier: ISC */
#include "lab/run.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct text once = {.a = &a}, twice = {.a = &a};
	struct check_result first, second;
	struct err e = {0};
	if (!result_read(&a, (struct str){(const char *)data, size}, &first, &e))
		return 0;
	result_write(&first, &once);
	if (!result_read(&a, text_str(&once), &second, &e))
		__builtin_trap();
	result_write(&second, &twice);
	if (!str_eq(text_str(&once), text_str(&twice)))
		__builtin_trap();
	return 0;
}
