/* fuzz_dsc.c - the reader of .dsc files on any bytes: what it lets through is fit to be a URL's
 * end and a file's name. SPDX-License-Identifier: ISC */
#include <string.h>

#include "fetch/dsc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	struct dsc dsc;
	struct err e = {0};
	if (!dsc_read(&scratch, (struct str){(const char *)data, size}, &dsc, &e)) {
		if (e.code != E_INPUT || !e.text[0])
			__builtin_trap();
		return 0;
	}
	vec_for(f, &dsc.files) {
		if (!f->name[0] || f->name[0] == '.' || strpbrk(f->name, "/\\%\n ") || !f->size)
			__builtin_trap();
	}
	if (!dsc.format || !dsc.source || !dsc.version || !dsc.files.n)
		__builtin_trap();
	return 0;
}
