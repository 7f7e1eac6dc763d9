/* fuzz_tap.c - what programs print as TAP: counts that agree with the lines, whatever it is.
 * SPDX-License-Identifier: ISC */
#include "lab/tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct tap tap;
	tap_read(&a, (struct str){(const char *)data, size}, &tap);
	if (tap.passed + tap.failed + tap.skipped != tap.lines.n)
		__builtin_trap();
	vec_for(line, &tap.lines)
		if (!line->name || !*line->name || !line->why)
			__builtin_trap();
	return 0;
}
