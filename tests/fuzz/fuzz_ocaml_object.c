/* fuzz_ocaml_object.c - the readers of the OCaml compiler's files on any bytes: the names that they
 * let through are words. SPDX-License-Identifier: ISC */
#include <string.h>

#include "ocaml/objects.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const struct err *e)
{
	if (e->code != E_INPUT || !e->text[0])
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	defer(arena_free) struct arena scratch = {0};
	struct str bytes = {(const char *)data, size};
	strings units = {0}, own = {0};
	object_aliases aliases = {0};
	const char *name = NULL;
	struct err e = {0};
	if (!object_units(&scratch, bytes, &units, &e))
		check_error(&e);
	vec_for(unit, &units) {
		if (!**unit || strpbrk(*unit, " /\n"))
			__builtin_trap();
	}
	if (!object_interface(&scratch, bytes, &name, &aliases, &own, &e))
		check_error(&e);
	else if (!name || !*name)
		__builtin_trap();
	vec_for(alias, &aliases) {
		if (!alias->name[0] || !alias->target[0])
			__builtin_trap();
	}
	return 0;
}
