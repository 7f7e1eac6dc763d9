/* fuzz_pc.c - the reader of pkg-config's files on any bytes. SPDX-License-Identifier: ISC */
#include <string.h>

#include "resolve/pc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct pc pc = {0};
	struct err e = {0};
	if (pc_parse(&a, (struct str){(const char *)data, size}, "pc", &pc, &e))
		return 0;
	if (e.code != E_INPUT || !e.text[0] || strncmp(e.where, "pc:", 3) != 0)
		__builtin_trap();
	return 0;
}
