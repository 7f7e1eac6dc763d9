/* fuzz_status.c - the reader of dpkg's status on any bytes, and of the lists of names in it.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "distro/distro.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_names(struct str list, struct str all)
{
	struct str name;
	while ((name = distro_next_name(&list)).n)
		if (name.p < all.p || name.p + name.n > all.p + all.n)
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena a = {0};
	struct str all = {(const char *)data, size};
	distro_packages packages = {0};
	struct err e = {0};
	if (!distro_status_parse(&a, all, "status", &packages, &e)) {
		if (e.code != E_INPUT || !e.text[0] || strncmp(e.where, "status:", 7) != 0)
			__builtin_trap();
		return 0;
	}
	vec_for(p, &packages) {
		if (!p->name.n || !p->version.n || !p->source.n || !p->source_version.n)
			__builtin_trap();
		for (size_t i = 0; i < 2; i++)
			if (p->depends[i].n)
				read_names(p->depends[i], all);
		if (p->provides.n)
			read_names(p->provides, all);
	}
	return 0;
}
