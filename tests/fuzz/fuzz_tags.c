/* fuzz_tags.c - the reader of ctags' output on any bytes. SPDX-License-Identifier: ISC */
#include "resolve/tags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *names[] = {"src/core/tcp_out.c", "a.h"};
	defer(arena_free) struct arena scratch = {0};
	strings files = {names, 2, 2};
	tags found;
	struct err e;
	struct str output = {(const char *)data, size};
	if (!tags_parse(&scratch, output, &files, &found, &e))
		return 0;
	vec_for(tag, &found) {
		if (tag->file >= files.n || !tag->name.n || !tag_words(tag->kind)[0])
			__builtin_trap();
	}
	return 0;
}
