/* fuzz_status.c - the reader of dpkg's status on any bytes, and of the lists of names in it.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "debian/debian.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_names(struct str list)
{
	struct relations r = {list, 0};
	struct relation one;
	while (relations_next(&r, &one))
		if (one.name.p < list.p || one.name.p + one.name.n > list.p + list.n)
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct str all = {(const char *)data, size};
	dpkg_list packages = {0};
	struct err e = {0};
	if (!dpkg_parse(&a, all, "status", &packages, &e)) {
		if (e.code != E_INPUT || !e.text[0] || strncmp(e.where, "status:", 7) != 0)
			__builtin_trap();
		return 0;
	}
	vec_for(p, &packages) {
		if (!*p->name || !*p->version || !*p->source || !*p->source_version)
			__builtin_trap();
		read_names(p->depends);
		read_names(p->provides);
	}
	return 0;
}
