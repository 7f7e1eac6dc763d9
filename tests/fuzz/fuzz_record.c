/* fuzz_record.c - what the reader of action records takes, it must write the same again.
 * SPDX-License-Identifier: ISC */
#include "build/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	struct str text = {(const char *)data, size};
	struct record one, two;
	struct text first = {.a = &scratch}, second = {.a = &scratch};
	if (!record_read(&scratch, text, &one))
		return 0;
	record_write(&one, &first);
	if (!record_read(&scratch, text_str(&first), &two))
		__builtin_trap();
	record_write(&two, &second);
	if (!str_eq(text_str(&first), text_str(&second)))
		__builtin_trap();
	return 0;
}
