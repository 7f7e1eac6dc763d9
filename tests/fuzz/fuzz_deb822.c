/* fuzz_deb822.c - apt's lists of any bytes: they become an index that can be asked.
 * SPDX-License-Identifier: ISC */
#include "debian/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	struct str text = {(const char *)data, size}, bytes;
	struct debian_index x;
	struct debian_dependents d;
	strings marked = {0};
	struct err e = {0};
	debian_index_pack(&scratch, "amd64", &text, 1, &text, 1, &marked, 1, &bytes);
	if (!debian_index_view(bytes, &x))
		__builtin_trap();
	if (!debian_dependents(&scratch, &x, "a", true, &d, &e) && e.code != E_NOTFOUND)
		__builtin_trap();
	return 0;
}
