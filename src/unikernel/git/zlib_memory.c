/* zlib_memory.c - zlib's memory, out of a fixed piece. SPDX-License-Identifier: ISC */
#include "parts.h"

static voidpf take(voidpf memory, uInt items, uInt size)
{
	struct zlib_memory *m = memory;
	size_t n = ((size_t)items * size + 15) & ~(size_t)15;
	if (n > ZLIB_MEMORY - m->used)
		return Z_NULL;
	void *p = m->bytes + m->used;
	m->used += n;
	return p;
}

static void give_back(voidpf memory, voidpf p)
{
	(void)memory;
	(void)p;
}

void git_zlib_prepare(z_stream *z, struct zlib_memory *m)
{
	m->used = 0;
	*z = (z_stream){.zalloc = take, .zfree = give_back, .opaque = m};
}
