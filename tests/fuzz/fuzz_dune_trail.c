/* fuzz_dune_trail.c - the record of a build by dune: any bytes, with the right checksum put in.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "dune/inner.h"

#define SUM_AT 16
#define SUM_END (SUM_AT + sizeof(struct digest))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	struct trail out;
	char *copy = arena_alloc(&scratch, size + 1);
	memcpy(copy, data, size);
	if (size >= SUM_END) {
		struct digest sum = hash_bytes((struct str){copy + SUM_END, size - SUM_END});
		memcpy(copy + SUM_AT, &sum, sizeof(sum));
	}
	if (!trail_parse(&scratch, (struct str){copy, size}, &out))
		return 0;
	size_t length = 0;
	vec_for(in, &out.inputs)
		length += strlen(in->path) + strlen(in->real);
	return length > size * (out.inputs.n + 1) ? 1 : 0;
}
