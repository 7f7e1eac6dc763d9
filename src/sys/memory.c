/* memory.c - where arenas get their memory on the host. SPDX-License-Identifier: ISC */
#include "sys/sys.h"

#include <stdio.h>
#include <stdlib.h>

void *base_get_memory(size_t size)
{
	return malloc(size);
}

void base_put_memory(void *p)
{
	free(p);
}

void base_out_of_memory(size_t size)
{
	fprintf(stderr, "respin: out of memory: %zu bytes could not be had\n", size);
	abort();
}

void free_memory(void *place)
{
	free(*(void **)place);
}
